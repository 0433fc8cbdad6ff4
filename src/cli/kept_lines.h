// KeptLines: the newest lines of a text that passes by, as many as fit into a bound, each by its number.
#pragma once

#include <cstddef>
#include <deque>
#include <string>

namespace sluice::cli {

class KeptLines {
 public:
  void add(std::string line) {
    bytes_ += line.size() + sizeof(line);
    lines_.push_back(std::move(line));
    while (bytes_ > kMostBytes && lines_.size() > 1) {
      bytes_ -= lines_.front().size() + sizeof(std::string);
      lines_.pop_front();
      ++first_;
    }
  }

  // Lines are counted from 0.
  [[nodiscard]] std::size_t first() const { return first_; }
  [[nodiscard]] std::size_t end() const { return first_ + lines_.size(); }
  [[nodiscard]] const std::string& operator[](std::size_t number) const { return lines_[number - first_]; }

 private:
  static constexpr std::size_t kMostBytes = 16 << 20;
  std::deque<std::string> lines_;
  std::size_t first_ = 0, bytes_ = 0;
};

}  // namespace sluice::cli
