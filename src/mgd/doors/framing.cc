#include "mgd/doors/framing.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

namespace sluice::doors {
namespace {

constexpr std::size_t kLongestHeader = 2 + 10 + 1;  // "\n#" 4294967295 "\n"

Error broken(std::string_view what) {
  return {"malformed-message", "", fmt::format("message framing is broken: {}", what)};
}

}  // namespace

std::string chunk_header(std::size_t size) {
  return fmt::format("\n#{}\n", size);
}

// What was consumed is dropped here and not piece by piece: a peer that sends tiny pieces costs no more than
// one that sends large ones.
void FrameReader::feed(std::string_view bytes) {
  bytes_.erase(0, at_);
  scanned_ -= std::min(scanned_, at_);
  at_ = 0;
  bytes_ += bytes;
}

Result<std::optional<std::string>> FrameReader::next() {
  while (true) {
    auto piece = next_piece();
    if (!piece) return piece.error();
    if (!*piece) return std::optional<std::string>();
    if (message_.size() + (*piece)->bytes.size() > largest_) return broken("the message is too large");
    if (message_.empty()) {
      message_ = std::move((*piece)->bytes);
    } else {
      message_ += (*piece)->bytes;
    }
    if ((*piece)->last) return std::optional<std::string>(std::exchange(message_, {}));
  }
}

Result<std::optional<Piece>> FrameReader::next_piece() {
  return framing_ == Framing::chunked ? chunk_piece() : delimited_piece();
}

Result<std::optional<Piece>> FrameReader::delimited_piece() {
  const std::size_t end = bytes_.find(kEndOfMessage, std::max(scanned_, at_));
  if (end == std::string::npos) {
    if (bytes_.size() - at_ > largest_) return broken("the message is too large");
    scanned_ = bytes_.size() - std::min(bytes_.size(), kEndOfMessage.size());
    return std::optional<Piece>();
  }
  Piece piece{{}, true};
  const bool is_all = at_ == 0 && end + kEndOfMessage.size() == bytes_.size();
  if (is_all) {
    bytes_.resize(end);
    piece.bytes = std::exchange(bytes_, {});
    scanned_ = 0;
  } else {
    piece.bytes = bytes_.substr(at_, end - at_);
    at_ = end + kEndOfMessage.size();
  }
  return std::optional<Piece>(std::move(piece));
}

// A chunk is handed on as it comes, in as many pieces as it comes in.
Result<std::optional<Piece>> FrameReader::chunk_piece() {
  if (chunk_left_ == 0) {
    const auto read = chunk_header_read();
    if (!read) return read.error();
    if (!*read) return std::optional<Piece>();
    if (std::exchange(ended_, false)) return std::optional<Piece>(Piece{{}, true});
  }
  const std::size_t size = std::min(chunk_left_, bytes_.size() - at_);
  if (size == 0) return std::optional<Piece>();
  Piece piece{bytes_.substr(at_, size), false};
  at_ += size;
  chunk_left_ -= size;
  return std::optional<Piece>(std::move(piece));
}

Result<bool> FrameReader::chunk_header_read() {
  constexpr std::string_view kRule = "a chunk begins with a line feed, '#' and its size";
  const std::string_view left = std::string_view(bytes_).substr(at_);
  if (left.starts_with(kEndOfChunks)) {
    if (!in_message_) return broken("a message without a chunk");
    at_ += kEndOfChunks.size();
    in_message_ = false;
    ended_ = true;
    return true;
  }
  const std::string_view header = left.substr(0, left.find('\n', 1));
  if (header.size() == left.size()) {
    const bool plausible =
        left.size() <= kLongestHeader && std::string_view("\n#").starts_with(left.substr(0, 2));
    if (!plausible) return broken(kRule);
    return false;
  }
  std::uint32_t size = 0;
  const std::string_view digits = header.substr(std::min<std::size_t>(2, header.size()));
  const auto [rest, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), size);
  const bool well_formed =
      header.starts_with("\n#") && failure == std::errc{} && rest == digits.data() + digits.size();
  if (!well_formed || size == 0) return broken(kRule);
  if (size > largest_) return broken("the message is too large");
  at_ += header.size() + 1;
  chunk_left_ = size;
  in_message_ = true;
  return true;
}

}  // namespace sluice::doors
