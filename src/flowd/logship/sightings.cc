#include "flowd/logship/sightings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace sluice::logship {
namespace {

constexpr std::size_t kBlock = 4U << 20U;

// How the address and port are written in each format.
std::array<std::string, 3> written_forms(const Wanted& wanted) {
  const std::string address = packet::to_string(wanted.address);
  return {fmt::format(" {}/{}->", address, wanted.port),
          fmt::format(R"( nat-source-address="{}" nat-source-port="{}")", address, wanted.port),
          fmt::format(R"("nat-source-address":"{}","nat-source-port":{},)", address, wanted.port)};
}

// Lines of `text`, which is whole lines, that have `form` in them.
template <class Take>
void lines_with(std::string_view text, const std::string& form, const Take& take) {
  for (std::size_t from = 0; from < text.size();) {
    const void* found = ::memmem(text.data() + from, text.size() - from, form.data(), form.size());
    if (found == nullptr) return;
    const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
    const std::size_t before = text.rfind('\n', at);
    const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
    from = std::min(text.find('\n', at), text.size());
    take(text.substr(begin, from - begin));
  }
}

}  // namespace

std::vector<std::string> files_of(const LogOptions& options) {
  std::vector<FileTarget> targets;
  for (const Stream& stream : options.streams) {
    if (const auto* file = std::get_if<FileTarget>(&stream.target)) targets.push_back(*file);
  }
  if (options.streams.empty()) targets.push_back(options.default_file);
  std::vector<std::string> files;
  std::error_code ignored;
  for (const FileTarget& target : targets) {
    if (target.path.empty()) continue;
    if (std::filesystem::is_regular_file(target.path, ignored)) files.push_back(target.path);
    for (std::uint32_t i = 0; i < target.keep; ++i) {
      std::string rotated = fmt::format("{}.{}", target.path, i);
      if (std::filesystem::is_regular_file(rotated, ignored)) files.push_back(std::move(rotated));
    }
  }
  return files;
}

void find_sightings(const std::string& path, const Wanted& wanted, const LineTimes& times,
                    const std::function<void(const RecordLine&)>& take) {
  const std::string address = packet::to_string(wanted.address);
  const std::array<std::string, 3> forms = written_forms(wanted);
  const auto read = [&](std::string_view line) {
    const auto record = read_record(line, times);
    if (record && record->nat_source == address && record->nat_source_port == wanted.port) take(*record);
  };
  std::ifstream file(path, std::ios::binary);
  std::string text;
  while (file) {
    const std::size_t kept = text.size();  // the beginning of a line that goes on
    text.resize(kept + kBlock);
    file.read(text.data() + kept, kBlock);
    text.resize(kept + static_cast<std::size_t>(file.gcount()));
    const std::size_t last = file ? text.rfind('\n') : text.size() - 1;
    if (last == std::string::npos) {
      if (text.size() > 2 * kBlock) return;  // no log
      continue;
    }
    const std::string_view lines(text.data(), std::min(last + 1, text.size()));
    for (const std::string& form : forms) lines_with(lines, form, read);
    text.erase(0, lines.size());
  }
}

}  // namespace sluice::logship
