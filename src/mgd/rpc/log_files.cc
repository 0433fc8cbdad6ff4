#include "mgd/rpc/log_files.h"

#include <algorithm>

namespace sluice::rpc {

std::vector<LogFile> log_files(const Context& context) {
  std::vector<LogFile> all;
  const auto add = [&all](std::filesystem::path path, bool audit) {
    std::string name = path.filename();
    if (std::ranges::find(all, name, &LogFile::name) != all.end()) return;
    all.push_back({std::move(name), std::move(path), audit});
  };
  if (context.parts.audit != nullptr) {
    for (std::filesystem::path& path : context.parts.audit->files()) add(std::move(path), true);
  }
  const auto session_log = context.parts.flowd.ask(&link::Flowd::Stub::LogFiles, v1::LogFilesRequest());
  if (session_log) {
    for (const std::string& path : session_log->paths()) add(path, false);
  }
  std::ranges::sort(all, {}, &LogFile::name);
  return all;
}

}  // namespace sluice::rpc
