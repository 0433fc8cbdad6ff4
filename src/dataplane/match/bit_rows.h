// Rows of one bit for each rule, by rank.
#pragma once

#include <cstdint>
#include <vector>

namespace sluice::match {

class BitRows {
 public:
  BitRows() = default;
  BitRows(std::size_t rows, std::size_t bits) : words_((bits + 63) / 64), bits_(rows * words_) {}

  void set(std::size_t row, std::size_t bit) {
    bits_[row * words_ + bit / 64] |= std::uint64_t{1} << (bit % 64);
  }
  [[nodiscard]] const std::uint64_t* row(std::size_t index) const noexcept {
    return bits_.data() + index * words_;
  }

  [[nodiscard]] static std::size_t bytes(std::size_t rows, std::size_t bits) {
    return rows * ((bits + 63) / 64) * 8;
  }

 private:
  std::size_t words_ = 0;
  std::vector<std::uint64_t> bits_;
};

}  // namespace sluice::match
