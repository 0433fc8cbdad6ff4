#include "mgd/rpc/log_files.h"

#include <algorithm>

namespace sluice::rpc {
namespace {

std::filesystem::path real_folder(const std::filesystem::path& file) {
  std::error_code unknown;
  return std::filesystem::weakly_canonical(file, unknown).parent_path();
}

}  // namespace

std::string_view permission_of(LogFile::Kind kind) {
  switch (kind) {
    case LogFile::Kind::session_log:
      return "";
    case LogFile::Kind::audit_log:
      return "maintenance";
    case LogFile::Kind::elsewhere:
      break;
  }
  return "all";
}

std::vector<LogFile> log_files(const Context& context) {
  std::vector<LogFile> all;
  const auto add = [&all](std::filesystem::path path, LogFile::Kind kind) {
    std::string name = path.filename();
    if (std::ranges::find(all, name, &LogFile::name) != all.end()) return;
    all.push_back({std::move(name), std::move(path), kind});
  };
  std::filesystem::path folder;
  if (context.parts.audit != nullptr) {
    folder = real_folder(context.parts.audit->file());
    for (std::filesystem::path& path : context.parts.audit->files())
      add(std::move(path), LogFile::Kind::audit_log);
  }
  const auto session_log = context.parts.flowd.ask(&link::Flowd::Stub::LogFiles, v1::LogFilesRequest());
  if (session_log) {
    for (const std::string& path : session_log->paths()) {
      const bool inside = folder.empty() || real_folder(path) == folder;
      add(path, inside ? LogFile::Kind::session_log : LogFile::Kind::elsewhere);
    }
  }
  std::ranges::sort(all, {}, &LogFile::name);
  return all;
}

}  // namespace sluice::rpc
