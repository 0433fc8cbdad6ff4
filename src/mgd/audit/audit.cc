#include "mgd/audit/audit.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>

#include "base/time_text.h"

namespace sluice::audit {
namespace {

constexpr int kFacility = 10;  // authpriv: for the eyes of few
constexpr int kNotice = 5, kWarning = 4;
constexpr std::string_view kId = "junos@2636.1.1.1.2.129";
constexpr std::size_t kLongestCommand = 1024;

std::string_view name_of(Outcome outcome) {
  return outcome == Outcome::done ? "success" : outcome == Outcome::failed ? "failure" : "denied";
}

std::string timestamp() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
  const std::time_t seconds = ms / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return rfc3339(parts, static_cast<unsigned>(ms % 1000));
}

// A record is one line, whatever somebody typed.
std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < ' ' || byte == 127) {
      out += fmt::format("#{:03o}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

void append_parameter(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  out += fmt::format(" {}=\"", name);
  for (const char c : one_line(value)) {
    if (c == '"' || c == '\\' || c == ']') out += '\\';
    out += c;
  }
  out += '"';
}

std::string line_of(const Event& event, const std::string& host_name) {
  const int severity = event.outcome == Outcome::done ? kNotice : kWarning;
  std::string line = fmt::format("<{}>1 {} {} mgd {} {} [{}", kFacility * 8 + severity, timestamp(),
                                 host_name, ::getpid(), event.tag, kId);
  append_parameter(line, "username", event.user);
  append_parameter(line, "source", event.source);
  append_parameter(line, "command", event.command);
  append_parameter(line, "outcome", name_of(event.outcome));
  append_parameter(line, "reason", event.reason);
  return fmt::format("{}] {}\n", line, one_line(event.message));
}

// Of a file that is there for its owner only. 0, or what went wrong.
int append(const std::filesystem::path& file, std::string_view line) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return errno;
  const ssize_t written = ::write(fd, line.data(), line.size());
  const int failure = written == static_cast<ssize_t>(line.size()) ? 0 : written < 0 ? errno : ENOSPC;
  ::close(fd);
  return failure;
}

}  // namespace

void Log::write(const Event& event) {
  const std::string line = line_of(event, host_name_());
  const std::lock_guard guard(lock_);
  rotate_if_large();
  const int failure = append(file_, line);
  complain(failure == 0 ? ""
                        : fmt::format("the audit log {} cannot be written: {}", file_.string(),
                                      std::strerror(failure)));
}

std::string Log::kept(unsigned number) const {
  return fmt::format("{}.{}", file_.string(), number);
}

std::vector<std::filesystem::path> Log::files() const {
  std::vector<std::filesystem::path> all{file_};
  for (unsigned number = 1; number <= kKept; ++number) all.emplace_back(kept(number));
  std::erase_if(all, [](const std::filesystem::path& file) {
    std::error_code none;
    return !std::filesystem::exists(file, none);
  });
  return all;
}

void Log::rotate_if_large() {
  std::error_code none;
  const std::uintmax_t size = std::filesystem::file_size(file_, none);
  if (none || size < kLargest) return;
  for (unsigned number = kKept; number > 1; --number) {
    std::filesystem::rename(kept(number - 1), kept(number), none);
  }
  std::filesystem::rename(file_, kept(1), none);
}

// Once, until it is different.
void Log::complain(const std::string& what) {
  if (what != complained_ && !what.empty()) fmt::print(stderr, "sluice-mgd: {}\n", what);
  complained_ = what;
}

std::string shortened(std::string text) {
  if (text.size() > kLongestCommand) text = text.substr(0, kLongestCommand) + "...";
  return text;
}

}  // namespace sluice::audit
