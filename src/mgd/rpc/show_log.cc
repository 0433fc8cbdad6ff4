#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/text.h"
#include "base/time_text.h"
#include "mgd/rpc/handlers.h"
#include "mgd/rpc/log_files.h"

// show log: which log files there are; show log FILE: its lines.
namespace sluice::rpc {
namespace {

using render::Document;
using render::Element;
using render::Sink;

// "-rw-r-----"
std::string mode_text(mode_t mode) {
  std::string text = S_ISDIR(mode) ? "d" : S_ISLNK(mode) ? "l" : "-";
  constexpr std::string_view kRights = "rwxrwxrwx";
  for (std::size_t i = 0; i < kRights.size(); ++i) {
    text += (mode & (0400U >> i)) != 0 ? kRights[i] : '-';
  }
  return text;
}

// The name that the machine has for a number of a user or group; the number when it has none.
template <class Entry, class Id>
std::string name_of(Id id, int (*look_up)(Id, Entry*, char*, std::size_t, Entry**), char* Entry::*name) {
  std::array<char, 4096> buffer;
  Entry entry{};
  Entry* found = nullptr;
  if (look_up(id, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) {
    return std::to_string(id);
  }
  return entry.*name;
}

// As ls has it: the year where it is another than half of one.
std::string date_text(std::int64_t unix_s, std::int64_t now_s) {
  constexpr std::int64_t kHalfYear = 182LL * 24 * 3600;
  const std::time_t time = unix_s;
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::array<char, 32> text;
  const bool recent = unix_s <= now_s && now_s - unix_s < kHalfYear;
  const std::size_t size =
      std::strftime(text.data(), text.size(), recent ? "%b %e %H:%M" : "%b %e  %Y", &parts);
  return {text.data(), size};
}

void file_element(Sink& sink, const LogFile& file, const struct stat& status, std::int64_t now_s) {
  const Element element(sink, "file-information");
  sink.leaf("file-name", file.name);
  sink.leaf("file-permissions", fmt::format("{:o}", status.st_mode & 07777U),
            {{"junos:format", mode_text(status.st_mode)}});
  sink.leaf("file-owner", name_of(status.st_uid, ::getpwuid_r, &passwd::pw_name));
  sink.leaf("file-group", name_of(status.st_gid, ::getgrgid_r, &group::gr_name));
  sink.leaf("file-links", status.st_nlink);
  sink.leaf("file-size", status.st_size);
  sink.leaf("file-date", fmt::to_string(status.st_mtime),
            {{"junos:format", date_text(status.st_mtime, now_s)}});
}

Status list_files(const Context& context, Sink& sink) {
  const Document document(sink, "directory-list", "");
  const Element directory(sink, "directory");
  std::size_t files = 0;
  std::uint64_t blocks = 0;
  for (const LogFile& file : log_files(context)) {
    struct stat status {};
    if (::lstat(file.path.c_str(), &status) != 0) continue;  // rotated away meanwhile
    file_element(sink, file, status, context.parts.now_unix_s());
    ++files;
    blocks += static_cast<std::uint64_t>(status.st_blocks) / 2;  // of 1024 bytes, as Junos counts
  }
  sink.leaf("total-files", files);
  sink.leaf("total-file-blocks", blocks);
  return {};
}

// U+0080 to U+009F, of which one begins a terminal's commands, are text to XML.
bool has_c1_control(std::string_view line) {
  for (std::size_t at = line.find('\xC2'); at != std::string_view::npos; at = line.find('\xC2', at + 1)) {
    if (at + 1 < line.size() && static_cast<unsigned char>(line[at + 1]) < 0xA0) return true;
  }
  return false;
}

// A record is to do nothing to the terminal that shows it, whoever wrote it.
std::string shown(std::string_view line) {
  std::string text(line);
  if (is_text(line) && !has_c1_control(line)) return text;
  for (char& c : text) {
    const bool printable = c == '\t' || (c >= ' ' && c <= '~');
    if (!printable) c = '?';
  }
  return text;
}

class OpenFile {
 public:
  explicit OpenFile(const std::filesystem::path& path)
      : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)) {}
  ~OpenFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_;
};

// A line that never ends is told in pieces.
constexpr std::size_t kLongestLine = 64 * 1024;

// Tells the whole lines at the front of `text`, and takes them away.
void tell_lines(std::string& text, Sink& sink) {
  std::size_t from = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos && sink.wanted();
       end = text.find('\n', from)) {
    sink.leaf("file-content", shown(std::string_view(text).substr(from, end - from)));
    from = end + 1;
  }
  text.erase(0, from);
  if (text.size() < kLongestLine) return;
  sink.leaf("file-content", shown(text));
  text.clear();
}

Error unreadable(const LogFile& file, std::string_view why) {
  return {"operation-failed", "filename", fmt::format("log file {} cannot be read: {}", file.name, why)};
}

Status tell_file(const LogFile& file, Sink& sink) {
  const OpenFile open(file.path);
  struct stat status {};
  if (open.fd() < 0 || ::fstat(open.fd(), &status) != 0) return unreadable(file, std::strerror(errno));
  if (!S_ISREG(status.st_mode)) return unreadable(file, "it is no file");
  const Document document(sink, "log-file", "");
  std::array<char, kLongestLine> block;
  std::string text;
  // Not more than there is now: a busy log grows faster than it is read.
  for (off_t left = status.st_size; left > 0 && sink.wanted();) {
    const ssize_t got =
        ::read(open.fd(), block.data(), std::min<std::size_t>(block.size(), static_cast<std::size_t>(left)));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unreadable(file, std::strerror(errno));
    if (got == 0) break;
    left -= got;
    text.append(block.data(), static_cast<std::size_t>(got));
    tell_lines(text, sink);
  }
  if (!text.empty() && sink.wanted()) sink.leaf("file-content", shown(text));
  return {};
}

}  // namespace

Status show_log(const Inputs& inputs, const Context& context, Sink& sink) {
  if (!inputs.has("filename")) return list_files(context, sink);
  const std::vector<LogFile> files = log_files(context);
  const auto at = std::ranges::find(files, inputs.text("filename"), &LogFile::name);
  if (at == files.end()) {
    std::vector<std::string> names;
    for (const LogFile& file : files) names.push_back(file.name);
    return Error{"invalid-value", "filename",
                 fmt::format("log file {} not found; {}", inputs.text("filename"), there_are(names))};
  }
  if (const std::string_view permission = permission_of(at->kind); !permission.empty()) {
    if (auto may = authorize(permission, "show log " + at->name, context); !may) return may;
  }
  return tell_file(*at, sink);
}

}  // namespace sluice::rpc
