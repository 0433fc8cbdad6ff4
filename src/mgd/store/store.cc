#include "mgd/store/store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "mgd/store/heading.h"

namespace sluice::storage {
namespace {

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

enum class Durability { synced, buffered };

Status write_file(const std::filesystem::path& path, std::string_view text, Durability durability) {
  const File file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (file.fd() < 0) return failed(path, "cannot be written", errno);
  while (!text.empty()) {
    const ssize_t written = ::write(file.fd(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed(path, "cannot be written", errno);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  if (durability == Durability::synced && ::fsync(file.fd()) != 0)
    return failed(path, "cannot be brought to disk", errno);
  return {};
}

void sync_directory(const std::filesystem::path& path) {
  const File directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.fd() >= 0) ::fsync(directory.fd());
}

// Editors add some.
std::string_view without_line_ends(std::string_view text) {
  return text.substr(0, text.find_last_not_of(" \r\n") + 1);
}

Error cut_off(const std::filesystem::path& path) {
  return {"operation-failed", path, fmt::format("the file was cut off: its last line is not '{}'", kEnd)};
}

// Takes the promise of an end and the end off; false when it is not kept. Files of an operator's own, and
// of releases before there was an end, promise none.
bool take_end(Saved& saved, std::string& text) {
  if (!text.starts_with(kPromise)) return true;
  text.erase(0, kPromise.size());
  ++saved.lines_before;
  const std::string_view kept = without_line_ends(text);
  if (!kept.ends_with(kEnd)) return false;
  text.erase(kept.size() - kEnd.size());
  saved.complete = true;
  return true;
}

Result<Saved> parse(const std::filesystem::path& path, std::string text) {
  Saved saved;
  take_heading(saved, text);
  if (!take_end(saved, text)) return cut_off(path);
  saved.text = std::move(text);
  return saved;
}

// nullopt: there is none.
Result<std::optional<std::string>> read_file(const std::filesystem::path& path) {
  constexpr std::size_t kBlock = 64 * 1024;
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.fd() < 0 && errno == ENOENT) return std::optional<std::string>();
  if (file.fd() < 0) return failed(path, "cannot be read", errno);
  std::string text;
  while (true) {
    const std::size_t before = text.size();
    text.resize(before + kBlock);
    const ssize_t got = ::read(file.fd(), text.data() + before, kBlock);
    if (got < 0 && errno != EINTR) return failed(path, "cannot be read", errno);
    text.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got == 0) return std::optional<std::string>(std::move(text));
  }
}

// Takes no more of the file than its heading and its end.
Status glance(const std::filesystem::path& path, Saved& saved) {
  constexpr std::size_t kLongestHeading = 16 * 1024, kLongestEnd = 64;
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string head(kLongestHeading, '\0'), end(kLongestEnd, '\0');
  const ssize_t begins = file.fd() < 0 ? -1 : ::read(file.fd(), head.data(), head.size());
  if (begins < 0) return failed(path, "cannot be read", errno);
  head.resize(static_cast<std::size_t>(begins));
  take_heading(saved, head);
  if (!head.starts_with(kPromise)) return {};
  const off_t size = ::lseek(file.fd(), 0, SEEK_END);
  const ssize_t ends =
      ::pread(file.fd(), end.data(), end.size(), std::max<off_t>(size - off_t{kLongestEnd}, 0));
  end.resize(static_cast<std::size_t>(std::max<ssize_t>(ends, 0)));
  if (!without_line_ends(end).ends_with(kEnd)) return cut_off(path);
  return {};
}

Result<std::optional<Saved>> load_file(const std::filesystem::path& path) {
  auto text = read_file(path);
  if (!text) return text.error();
  if (!*text) return std::optional<Saved>();
  auto saved = parse(path, std::move(**text));
  if (!saved) return saved.error();
  return std::optional<Saved>(std::move(*saved));
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
  return load_file(file(number));
}

Result<std::optional<Saved>> Store::load_fallback() const {
  return load_file(fallback_file());
}

Result<std::optional<Saved>> Store::load_scheduled() const {
  return load_file(scheduled_file());
}

std::vector<Kept> Store::history() const {
  std::vector<Kept> all;
  for (unsigned number = 0; number < kRollbacks; ++number) {
    const std::filesystem::path path = file(number);
    std::error_code unreadable;
    if (!std::filesystem::exists(path, unreadable) && !unreadable) continue;
    Kept kept{number, {}, {}};
    if (auto read = glance(path, kept.saved); !read) kept.damage = read.error().message;
    all.push_back(std::move(kept));
  }
  return all;
}

Status Store::save_fallback(const Saved& saved) const {
  return replace(fallback_file(), saved);
}

Result<std::optional<std::string>> Store::load_candidate() const {
  return read_file(candidate_file());
}

// Not synced: it has to outlive this process, and a power cut may cost the last edits.
Status Store::save_candidate(std::string_view text) const {
  const std::filesystem::path fresh = directory_ / "candidate.conf.new";
  if (auto written = write_file(fresh, text, Durability::buffered); !written) {
    std::error_code ignored;
    std::filesystem::remove(fresh, ignored);
    return written;
  }
  if (::rename(fresh.c_str(), candidate_file().c_str()) != 0) {
    return failed(candidate_file(), "cannot be replaced", errno);
  }
  return {};
}

Result<std::filesystem::path> Store::save_report(std::string_view text) const {
  const std::filesystem::path report = directory_ / "load-report.txt";
  if (auto written = write_file(report, text, Durability::buffered); !written) return written.error();
  return report;
}

void Store::remove_candidate() const {
  std::error_code ignored;
  std::filesystem::remove(candidate_file(), ignored);
}

// Moves the rollbacks on and links the committed file as number 1, or puts it aside. A crash in
// between leaves a gap, which the next commit fills, or the same file under two names, which it notices;
// "sluice.conf" itself is not touched.
Status Store::keep_previous(Previous previous) const {
  if (previous == Previous::same) return {};
  if (previous == Previous::damaged) return put_aside();
  std::error_code ignored;
  if (std::filesystem::equivalent(file(0), file(1), ignored)) return {};
  unsigned free = 1;
  while (free < kRollbacks - 1 && std::filesystem::exists(file(free), ignored)) ++free;
  for (unsigned number = free; number > 1; --number) {
    std::error_code failure;
    std::filesystem::rename(file(number - 1), file(number), failure);
    if (failure) return failed(file(number - 1), "cannot be moved on as a rollback", failure.value());
  }
  std::filesystem::remove(file(1), ignored);
  if (::link(file(0).c_str(), file(1).c_str()) != 0 && errno != ENOENT) {
    return failed(file(1), "the previous configuration cannot be kept", errno);
  }
  return {};
}

// Under a name that nothing has. What is no file cannot be linked, and gives its place away at once.
Status Store::put_aside() const {
  std::error_code ignored;
  std::filesystem::path aside = damaged_file();
  for (unsigned number = 1; std::filesystem::exists(std::filesystem::symlink_status(aside, ignored));
       ++number) {
    aside = fmt::format("{}.{}", damaged_file().string(), number);
  }
  if (::link(file(0).c_str(), aside.c_str()) == 0 || errno == ENOENT) return {};
  if (std::filesystem::is_directory(file(0), ignored) && ::rename(file(0).c_str(), aside.c_str()) == 0)
    return {};
  return failed(aside, "the damaged configuration cannot be kept", errno);
}

Result<std::filesystem::path> Store::write_beside(const std::filesystem::path& path,
                                                  const Saved& saved) const {
  std::filesystem::path fresh = path;
  fresh += ".new";
  const std::string text = fmt::format("{}{}{}{}\n", heading_of(saved), kPromise, saved.text, kEnd);
  if (auto written = write_file(fresh, text, Durability::synced); !written) {
    std::error_code ignored;
    std::filesystem::remove(fresh, ignored);
    return written.error();
  }
  return fresh;
}

Status Store::save(const Saved& saved, Previous previous) const {
  const auto fresh = write_beside(file(0), saved);
  if (!fresh) return fresh.error();
  if (auto kept = keep_previous(previous); !kept) return kept;
  if (::rename(fresh->c_str(), file(0).c_str()) != 0) return failed(file(0), "cannot be replaced", errno);
  // From here on it is the configuration that a restart loads, so nothing may be called a failure any more.
  sync_directory(directory_);
  return {};
}

Status Store::save_scheduled(const Saved& saved) const {
  return replace(scheduled_file(), saved);
}

Status Store::replace(const std::filesystem::path& path, const Saved& saved) const {
  const auto fresh = write_beside(path, saved);
  if (!fresh) return fresh.error();
  if (::rename(fresh->c_str(), path.c_str()) != 0) return failed(path, "cannot be replaced", errno);
  sync_directory(directory_);
  return {};
}

Status Store::remove_scheduled() const {
  if (::unlink(scheduled_file().c_str()) != 0 && errno != ENOENT) {
    return failed(scheduled_file(), "cannot be removed", errno);
  }
  sync_directory(directory_);
  return {};
}

}  // namespace sluice::storage
