#include "flowd/logship/sightings.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace sluice::logship {
namespace {

constexpr std::size_t kBlock = 4U << 20U;

bool has(std::string_view line, std::string_view mark) {
  return ::memmem(line.data(), line.size(), mark.data(), mark.size()) != nullptr;
}

// Lines of `text`, which is whole lines, that have the address and the port in them, or the address and a
// range of ports. The address is looked for in all of it.
struct Marks {
  std::string_view address, port;
};
template <class Take>
void lines_with(std::string_view text, const Marks& marks, const Take& take) {
  for (std::size_t from = 0; from < text.size();) {
    const void* found =
        ::memmem(text.data() + from, text.size() - from, marks.address.data(), marks.address.size());
    if (found == nullptr) return;
    const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
    const std::size_t before = text.rfind('\n', at);
    const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
    from = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(begin, from - begin);
    if (has(line, marks.port) || has(line, kBlockMessages)) take(line);
  }
}

// As a destination that is translated. Who is pinged answers with the identifier, not with the sequence.
bool has_as_destination(const RecordLine& record, const Wanted& wanted) {
  const std::uint16_t port = is_icmp(record.protocol) ? record.source_port : record.destination_port;
  return port == wanted.port && record.destination == packet::to_string(wanted.address) &&
         translates_destination(record);
}

// The time up to which there can be lines in the file.
std::int64_t last_written(const std::string& path, std::int64_t latest_unix_s) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return latest_unix_s;
  return std::min<std::int64_t>(status.st_mtime, latest_unix_s);
}

}  // namespace

std::vector<std::string> files_of(const LogOptions& options) {
  std::vector<std::string> files;
  std::error_code ignored;
  for (const FileTarget& target : options.files) {
    if (std::filesystem::is_regular_file(target.path, ignored)) files.push_back(target.path);
    for (std::uint32_t i = 0; i < target.keep; ++i) {
      std::string rotated = fmt::format("{}.{}", target.path, i);
      if (std::filesystem::is_regular_file(rotated, ignored)) files.push_back(std::move(rotated));
    }
  }
  return files;
}

bool has_as_source(const RecordLine& record, const Wanted& wanted) {
  return record.nat_source_port == wanted.port && record.nat_source == packet::to_string(wanted.address);
}

void find_sightings(const std::string& path, const Wanted& wanted, const LineTimes& times,
                    const Reading& reading) {
  const std::string address = packet::to_string(wanted.address);
  const std::string port = std::to_string(wanted.port);
  const Marks marks{address, port};
  const LineTimes in_file{.latest_unix_s = last_written(path, times.latest_unix_s), .utc = times.utc};
  const auto read = [&](std::string_view line) {
    const auto record = read_record(line, in_file);
    if (record && (has_as_source(*record, wanted) || has_as_destination(*record, wanted)))
      return reading.take(*record);
    const auto block = read_block(line, in_file);
    if (block && block->address == address && block->low <= wanted.port && wanted.port <= block->high)
      reading.take_block(*block);
  };
  std::ifstream file(path, std::ios::binary);
  std::string text;
  while (file && !reading.stop()) {
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
    lines_with(lines, marks, read);
    text.erase(0, lines.size());
  }
}

}  // namespace sluice::logship
