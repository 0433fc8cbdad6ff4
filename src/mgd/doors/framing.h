// Framing of NETCONF messages (RFC 6242): ']]>]]>' after each for 1.0, chunks for 1.1.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::doors {

enum class Framing { end_of_message, chunked };

// What has arrived of a message: a chunk of it, or all of it.
struct Piece {
  std::string bytes;
  bool last = false;  // the message is complete with these
};

// Bytes that arrive in any pieces become messages, whole or as they come.
class FrameReader {
 public:
  explicit FrameReader(std::size_t largest_message = kLargestMessage) : largest_(largest_message) {}

  // Bytes already fed are read in the new framing from the next message on.
  void use(Framing framing) { framing_ = framing; }
  [[nodiscard]] Framing framing() const { return framing_; }
  void feed(std::string_view bytes);
  // The next whole message; nullopt: more bytes are needed. An Error is final: the peer does not
  // keep to the framing, or its message is too large.
  Result<std::optional<std::string>> next();
  // The next piece of a message, for readers that do not wait for all of it.
  Result<std::optional<Piece>> next_piece();

  // Bytes that have arrived behind the last message that was taken.
  [[nodiscard]] std::string_view ahead() const { return std::string_view(bytes_).substr(at_); }
  // Bytes that wait for the rest of their message.
  [[nodiscard]] std::size_t held() const { return bytes_.size() - at_ + message_.size(); }

  // Enough for a configuration of some hundred thousand statements.
  static constexpr std::size_t kLargestMessage = 64 << 20;

 private:
  Result<std::optional<Piece>> delimited_piece();
  Result<std::optional<Piece>> chunk_piece();

  // Consumes the header that ends a message, or begins a chunk; false: more bytes are needed.
  Result<bool> chunk_header_read();

  std::size_t largest_;
  Framing framing_ = Framing::end_of_message;
  std::string bytes_;
  std::size_t at_ = 0;          // bytes_ before here are consumed
  std::size_t scanned_ = 0;     // bytes_ before here hold no delimiter
  std::size_t chunk_left_ = 0;  // of the chunk that is being read
  bool in_message_ = false;     // a chunk of it has been read
  bool ended_ = false;          // the header read last ended the message
  std::string message_;         // for next(): what there is of it so far
};

inline constexpr std::string_view kEndOfMessage = "]]>]]>";
inline constexpr std::string_view kEndOfChunks = "\n##\n";
// The whole message <interrupt/> of a client that takes chunks.
inline constexpr std::string_view kInterruption = "\n#12\n<interrupt/>\n##\n";

// "\n#LENGTH\n" before a chunk of this size.
std::string chunk_header(std::size_t size);

}  // namespace sluice::doors
