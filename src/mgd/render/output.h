// Output: where rendered bytes go: a socket's frames, a line filter, a string in a test.
#pragma once

#include <string>
#include <string_view>

namespace sluice::render {

class Output {
 public:
  virtual ~Output() = default;
  virtual void write(std::string_view bytes) = 0;
  // False once nobody reads any more (the operator left, or a filter has all it wants): a
  // producer of a long reply stops then.
  [[nodiscard]] virtual bool wanted() const { return true; }
};

// Collects everything; for tests and for small replies.
class StringOutput : public Output {
 public:
  void write(std::string_view bytes) override { text_ += bytes; }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// Gathers small writes into large ones. flush() or the destructor hands over the rest.
class Buffer {
 public:
  explicit Buffer(Output& out) : out_(out) {}
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { flush(); }

  Buffer& operator<<(std::string_view text) {
    bytes_ += text;
    if (bytes_.size() >= kFlushAt) flush();
    return *this;
  }
  std::string& bytes() { return bytes_; }
  // For writers that append to bytes() themselves.
  void flush_if_large() {
    if (bytes_.size() >= kFlushAt) flush();
  }
  void flush() {
    if (!bytes_.empty()) out_.write(bytes_);
    bytes_.clear();
  }
  [[nodiscard]] bool wanted() const { return out_.wanted(); }

 private:
  static constexpr std::size_t kFlushAt = 32 * 1024;
  Output& out_;
  std::string bytes_;
};

}  // namespace sluice::render
