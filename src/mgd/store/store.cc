#include "mgd/store/store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <sstream>

namespace sluice::storage {
namespace {

constexpr std::string_view kHeading = "## Last commit: ";
constexpr std::string_view kPromise = "## This file is complete when its last line is '## End'\n";
constexpr std::string_view kEnd = "## End";

Error failed(const std::filesystem::path& path, std::string_view what, int code) {
  return {"operation-failed", path, fmt::format("{}: {}", what, std::strerror(code))};
}

class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_;
};

Status write_synced(const std::filesystem::path& path, std::string_view text) {
  const File file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (file.fd() < 0) return failed(path, "cannot be written", errno);
  while (!text.empty()) {
    const ssize_t written = ::write(file.fd(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed(path, "cannot be written", errno);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(file.fd()) != 0) return failed(path, "cannot be brought to disk", errno);
  return {};
}

Status sync_directory(const std::filesystem::path& path) {
  const File directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.fd() < 0 || ::fsync(directory.fd()) != 0)
    return failed(path, "cannot be brought to disk", errno);
  return {};
}

// Takes the promise of an end and the end off; false when it is not kept. Files of an operator's own, and
// of releases before there was an end, promise none.
bool take_end(Saved& saved, std::string& text) {
  if (!text.starts_with(kPromise)) return true;
  text.erase(0, kPromise.size());
  ++saved.lines_before;
  const std::string_view kept(text.data(), text.find_last_not_of(" \r\n") + 1);  // editors add a line's end
  if (!kept.ends_with(kEnd)) return false;
  text.erase(kept.size() - kEnd.size());
  return true;
}

// "## Last commit: 1767575093 by root\n": seconds, as they need no time zone.
Result<Saved> parse(const std::filesystem::path& path, std::string text) {
  Saved saved;
  if (text.starts_with(kHeading)) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1);
    const std::string_view line = std::string_view(text).substr(kHeading.size(), end - kHeading.size());
    const auto [rest, failure] = std::from_chars(line.data(), line.data() + line.size(), saved.unix_s);
    const std::string_view tail = line.substr(static_cast<std::size_t>(rest - line.data()));
    if (failure == std::errc{} && tail.starts_with(" by ")) saved.user = tail.substr(4);
    text.erase(0, end + 1);
    ++saved.lines_before;
  }
  if (!take_end(saved, text))
    return Error{"operation-failed", path,
                 fmt::format("the file was cut off: its last line is not '{}'", kEnd)};
  saved.text = std::move(text);
  return saved;
}

}  // namespace

Result<Store> Store::open(std::filesystem::path directory) {
  std::error_code failure;
  std::filesystem::create_directories(directory, failure);
  if (failure) return failed(directory, "the folder cannot be made", failure.value());
  return Store(std::move(directory));
}

std::filesystem::path Store::file(unsigned number) const {
  return directory_ / (number == 0 ? "sluice.conf" : fmt::format("sluice.conf.{}", number));
}

Result<std::optional<Saved>> Store::load(unsigned number) const {
  const std::filesystem::path path = file(number);
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    if (errno == ENOENT) return std::optional<Saved>();
    return failed(path, "cannot be read", errno);
  }
  std::ostringstream text;
  text << in.rdbuf();
  if (in.bad()) return failed(path, "cannot be read", errno);
  auto saved = parse(path, std::move(text).str());
  if (!saved) return saved.error();
  return std::optional<Saved>(std::move(*saved));
}

// Moves the rollbacks on and links the committed file as number 1, or as the damaged one. A crash in
// between leaves a gap or the same file under two names, which is harmless; "sluice.conf" itself is not
// touched.
Status Store::keep_previous(Previous previous) const {
  std::error_code ignored;
  for (unsigned number = kRollbacks - 1; number > 1 && previous == Previous::rollback; --number) {
    std::filesystem::rename(file(number - 1), file(number), ignored);  // absent ones stay absent
  }
  const std::filesystem::path kept = previous == Previous::rollback ? file(1) : damaged_file();
  std::filesystem::remove(kept, ignored);
  if (::link(file(0).c_str(), kept.c_str()) != 0 && errno != ENOENT) {
    return failed(kept, "the previous configuration cannot be kept", errno);
  }
  return {};
}

Status Store::save(const Saved& saved, Previous previous) const {
  const std::filesystem::path fresh = directory_ / "sluice.conf.new";
  const std::string text =
      fmt::format("{}{} by {}\n{}{}{}\n", kHeading, saved.unix_s, saved.user, kPromise, saved.text, kEnd);
  if (auto written = write_synced(fresh, text); !written) {
    std::error_code ignored;
    std::filesystem::remove(fresh, ignored);
    return written;
  }
  if (auto kept = keep_previous(previous); !kept) return kept;
  if (::rename(fresh.c_str(), file(0).c_str()) != 0) return failed(file(0), "cannot be replaced", errno);
  return sync_directory(directory_);
}

}  // namespace sluice::storage
