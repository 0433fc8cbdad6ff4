#include "replay/log_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace sluice::replay {

LogFile::LogFile(std::string name, std::string path, int fd)
    : name_(std::move(name)), path_(std::move(path)), fd_(fd) {}

LogFile::LogFile(LogFile&& other) noexcept
    : name_(std::move(other.name_)), path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)) {}

LogFile::~LogFile() {
  if (fd_ >= 0) ::close(fd_);
}

Result<LogFile> LogFile::make(const std::string& name) {
  if (name.empty()) {
    const int fd = ::memfd_create("session-log", MFD_CLOEXEC);
    if (fd < 0) {
      return Error{
          "resource-denied", "",
          fmt::format("no memory for the session log: {}; --log writes it to a file", std::strerror(errno))};
    }
    return LogFile("", fmt::format("/proc/self/fd/{}", fd), fd);
  }
  const int fd = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) {
    return Error{"invalid-value", name,
                 fmt::format("the session log cannot be written there: {}", std::strerror(errno))};
  }
  return LogFile(name, name, fd);
}

// What cannot be cut, a terminal or a pipe, has nothing old in it.
void LogFile::clear() const {
  [[maybe_unused]] const int done = ::ftruncate(fd_, 0);
}

void LogFile::read(const std::function<void(std::string_view)>& take) const {
  std::array<char, 65536> block{};
  std::string line;
  off_t at = 0;
  for (ssize_t size = 0; (size = ::pread(fd_, block.data(), block.size(), at)) > 0; at += size) {
    std::string_view rest(block.data(), static_cast<std::size_t>(size));
    for (std::size_t end = 0; (end = rest.find('\n')) != std::string_view::npos;) {
      line += rest.substr(0, end);
      take(line);
      line.clear();
      rest.remove_prefix(end + 1);
    }
    line += rest;
  }
  if (!line.empty()) take(line);
}

}  // namespace sluice::replay
