// Log files: append, rotate by size, open again on request and when the name leads elsewhere.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <limits>

#include "base/clock.h"
#include "flowd/logship/transport.h"

namespace sluice::logship {
namespace {

constexpr std::uint64_t kRetryNs = kNsPerSecond;

// A file that rotation threw away. It gives its pages back bit by bit, because all at once a full file takes
// ext4 100 ms and more, in which the workers' rings overflow. Whoever still reads it sees it shrink; a file
// that has another name is left alone.
class DiscardedFile {
 public:
  DiscardedFile() = default;
  ~DiscardedFile() { finish(); }
  DiscardedFile(const DiscardedFile&) = delete;
  DiscardedFile& operator=(const DiscardedFile&) = delete;

  // The name is free afterwards; what is left of an earlier file goes at once.
  void take(const std::string& path) {
    finish();
    fd_ = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    ::unlink(path.c_str());
    struct stat status {};
    if (fd_ < 0 || fstat(fd_, &status) != 0 || status.st_nlink != 0 || !S_ISREG(status.st_mode)) {
      finish();
      return;
    }
    size_ = static_cast<std::uint64_t>(status.st_size);
  }
  void shrink(std::uint64_t bytes) {
    if (fd_ < 0) [[likely]] {
      return;
    }
    due_ += bytes;
    if (due_ < kStep) {
      return;
    }
    size_ -= std::min(size_, due_);
    due_ = 0;
    if (size_ == 0 || ::ftruncate(fd_, static_cast<off_t>(size_)) != 0) {
      finish();
    }
  }
  // All of it goes at once: time matters less than its blocks.
  void release() {
    if (fd_ >= 0) {
      // Not left to the closing: who still reads the file would keep its blocks.
      static_cast<void>(::ftruncate(fd_, 0) == 0);
      finish();
    }
  }

 private:
  // Worth a system call, and well below a millisecond.
  static constexpr std::uint64_t kStep = 4ULL << 20U;

  void finish() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
    fd_ = -1;
    size_ = due_ = 0;
  }

  int fd_ = -1;
  std::uint64_t size_ = 0;
  std::uint64_t due_ = 0;  // what may go, but was not yet worth a system call
};

class FileTransport final : public Transport {
 public:
  FileTransport(FileTarget target, const TransportParts& parts)
      : target_(std::move(target)),
        health_(parts.counters, parts.report),
        rotates_(target_.size_limit != 0) {}
  ~FileTransport() override { close(); }

  void send(Outbox& outbox, std::uint64_t now_ns) override {
    while ((!outbox.empty() || wanted_) && now_ns >= retry_at_ns_) {
      leave_file_that_was_taken_away();
      if (fd_ < 0) {
        // A record that is half written in the old file is written whole in the new one.
        outbox.rewind();
      }
      if ((fd_ < 0 && !open()) || (!outbox.empty() && !write(outbox))) {
        retry_at_ns_ = now_ns + kRetryNs;
      }
    }
  }
  void reopen() override {
    wanted_ = fd_ >= 0;
    close();
    retry_at_ns_ = 0;
    rotates_ = target_.size_limit != 0;
  }
  [[nodiscard]] Framing framing() const override { return Framing::newline; }

 private:
  bool open();
  void leave_file_that_was_taken_away();
  bool write(Outbox& outbox);
  void rotate();
  void close() {
    if (fd_ >= 0) {
      ::close(fd_);
      fd_ = -1;
    }
  }
  void failed(std::string_view verb) {
    const int error = errno;
    // On a full disk its blocks are the room that is missing, and nothing that is written shrinks it.
    discarded_.release();
    health_.failed(fmt::format("cannot {} {}: {}", verb, target_.path, std::strerror(error)));
  }

  const FileTarget target_;
  Health health_;
  int fd_ = -1;
  bool wanted_ = false;  // to be opened before there is a record: whoever renamed it looks for the new one
  std::uint64_t size_ = 0;
  std::uint64_t retry_at_ns_ = 0;
  DiscardedFile discarded_;
  bool rotates_;  // off when the file could not be renamed: better too long than lost
};

// Whether the file's last record is whole: a crash or a full disk may have cut it.
bool ends_with_line(const std::string& path, const struct stat& status) {
  const int fd =
      S_ISREG(status.st_mode) && status.st_size != 0 ? ::open(path.c_str(), O_RDONLY | O_CLOEXEC) : -1;
  if (fd < 0) {
    return true;
  }
  char last = '\n';
  const bool read = pread(fd, &last, 1, status.st_size - 1) == 1;
  ::close(fd);
  return !read || last == '\n';
}

bool FileTransport::open() {
  fd_ = ::open(target_.path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
  struct stat status {};
  if (fd_ < 0 || fstat(fd_, &status) != 0) {
    failed("open");
    close();
    return false;
  }
  wanted_ = false;
  size_ = static_cast<std::uint64_t>(status.st_size);
  if (!ends_with_line(target_.path, status) && ::write(fd_, "\n", 1) == 1) {
    ++size_;
  }
  health_.up();
  return true;
}

// Asked before every write, of which there is one for hundreds of records when they are many: what goes into
// a file that was removed is lost. Where the name cannot be asked, the file that is open is the better guess.
void FileTransport::leave_file_that_was_taken_away() {
  if (fd_ < 0) {
    return;
  }
  struct stat named {};
  struct stat opened {};
  if (stat(target_.path.c_str(), &named) != 0) {
    if (errno == ENOENT) {
      close();
    }
  } else if (fstat(fd_, &opened) == 0 && (named.st_dev != opened.st_dev || named.st_ino != opened.st_ino)) {
    close();
  } else {
    size_ = static_cast<std::uint64_t>(named.st_size);  // somebody may have emptied it
  }
}

// One write, of whole records where a size limit decides which file they belong to.
bool FileTransport::write(Outbox& outbox) {
  std::span<const char> bytes = outbox.unsent();
  if (rotates_ && outbox.at_record_start()) {
    const std::uint64_t room = target_.size_limit > size_ ? target_.size_limit - size_ : 0;
    bytes = outbox.unsent_records(room);
    if (bytes.size() > room && size_ != 0) {
      rotate();
      return true;
    }
  }
  const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
  if (written < 0) {
    if (errno == EINTR) {
      return true;
    }
    failed("write to");
    return false;
  }
  health_.up();
  size_ += static_cast<std::uint64_t>(written);
  outbox.mark_sent_and_arrived(static_cast<std::size_t>(written));
  // Twice as fast as the new file grows: gone before the next one follows.
  discarded_.shrink(2 * static_cast<std::uint64_t>(written));
  return true;
}

// path.N-1 is the oldest and goes; path becomes path.0.
void FileTransport::rotate() {
  close();
  const auto name = [this](std::uint32_t i) { return fmt::format("{}.{}", target_.path, i); };
  if (target_.keep == 0) {
    discarded_.take(target_.path);
    return;
  }
  // Not left to the renaming below: ext4 writes a file out that takes the place of another.
  discarded_.take(name(target_.keep - 1));
  for (std::uint32_t i = target_.keep - 1; i > 0; --i) {
    // Those that do not exist yet are no failure.
    std::rename(name(i - 1).c_str(), name(i).c_str());
  }
  if (std::rename(target_.path.c_str(), name(0).c_str()) != 0) {
    failed("rotate");
    rotates_ = false;
  }
}

}  // namespace

std::unique_ptr<Transport> make_file_transport(const FileTarget& target, const TransportParts& parts) {
  return std::make_unique<FileTransport>(target, parts);
}

}  // namespace sluice::logship
