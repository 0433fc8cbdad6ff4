#include "mgd/doors/framing.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

namespace sluice::doors {
namespace {

constexpr std::size_t kLongestHeader = 2 + 10 + 1;  // "\n#" 4294967295 "\n"

Error malformed(std::string_view what) {
  return {"malformed-message", "", fmt::format("message framing is broken: {}", what)};
}

}  // namespace

std::string chunk_header(std::size_t size) {
  return fmt::format("\n#{}\n", size);
}

Result<std::optional<std::string>> FrameReader::next() {
  while (true) {
    auto piece = next_piece();
    if (!piece) return piece.error();
    if (!*piece) return std::optional<std::string>();
    if (message_.size() + (*piece)->bytes.size() > largest_) return malformed("the message is too large");
    message_ += (*piece)->bytes;
    if ((*piece)->last) return std::optional<std::string>(std::exchange(message_, {}));
  }
}

Result<std::optional<Piece>> FrameReader::next_piece() {
  return framing_ == Framing::chunked ? chunk_piece() : delimited_piece();
}

Result<std::optional<Piece>> FrameReader::delimited_piece() {
  const std::size_t end = bytes_.find(kEndOfMessage, scanned_);
  if (end == std::string::npos) {
    if (bytes_.size() > largest_) return malformed("the message is too large");
    scanned_ = bytes_.size() < kEndOfMessage.size() ? 0 : bytes_.size() - kEndOfMessage.size();
    return std::optional<Piece>();
  }
  Piece piece{bytes_.substr(0, end), true};
  bytes_.erase(0, end + kEndOfMessage.size());
  scanned_ = 0;
  return std::optional<Piece>(std::move(piece));
}

Result<std::optional<Piece>> FrameReader::chunk_piece() {
  constexpr std::string_view kRule = "a chunk begins with a line feed, '#' and its size";
  if (bytes_.starts_with(kEndOfChunks)) {
    bytes_.erase(0, kEndOfChunks.size());
    if (!in_message_) return malformed("a message without a chunk");
    in_message_ = false;
    return std::optional<Piece>(Piece{{}, true});
  }
  const std::size_t end = bytes_.find('\n', 1);
  if (end == std::string::npos) {
    const bool plausible =
        bytes_.size() <= kLongestHeader && std::string_view("\n#").starts_with(bytes_.substr(0, 2));
    if (!plausible) return malformed(kRule);
    return std::optional<Piece>();
  }
  const std::string_view header = std::string_view(bytes_).substr(0, end);
  std::uint32_t size = 0;
  const std::string_view digits = header.substr(std::min<std::size_t>(2, header.size()));
  const auto [rest, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), size);
  const bool well_formed = header.starts_with("\n#") && failure == std::errc{} && rest == header.data() + end;
  if (!well_formed || size == 0) {
    return malformed(kRule);
  }
  if (size > largest_) return malformed("the message is too large");
  if (bytes_.size() - end - 1 < size) return std::optional<Piece>();
  Piece piece{bytes_.substr(end + 1, size), false};
  bytes_.erase(0, end + 1 + size);
  in_message_ = true;
  return std::optional<Piece>(std::move(piece));
}

}  // namespace sluice::doors
