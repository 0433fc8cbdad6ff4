// Names by number, escaped once for one format, ready to be copied.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "flowd/logship/put.h"

namespace sluice::logship {

enum class Escape : std::uint8_t {
  none,        // as it is
  structured,  // RFC 5424 section 6.3.3: " \ ]
  json,        // RFC 8259 section 7
};

// The text as the format wants it. Control characters become '?' in every format: a line feed would
// end the record. At most kMaxName bytes.
inline constexpr std::size_t kMaxName = 512;
[[nodiscard]] std::string escaped(std::string_view text, Escape escape);

// Immutable once filled; owned by one Formatter.
class NameTable {
 public:
  // `absent` stands for an empty name, `unknown` for a number that has none.
  NameTable(const std::vector<std::string>& names, std::string_view absent, std::string_view unknown,
            Escape escape);

  char* put(char* at, std::uint32_t id) const noexcept {
    const Piece piece = pieces_[id < unknown_ ? id : unknown_];
    return put_text(at, text_.data() + piece.offset, piece.size);
  }
  [[nodiscard]] std::size_t longest() const { return longest_; }

 private:
  struct Piece {
    std::uint32_t offset;
    std::uint32_t size;
  };
  void add(std::string_view text);

  std::vector<char> text_;
  std::vector<Piece> pieces_;
  std::uint32_t unknown_ = 0;  // index of the piece for numbers without a name
  std::size_t longest_ = 0;
};

}  // namespace sluice::logship
