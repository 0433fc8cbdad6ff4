// TCP: a connection followed from outside.
//
// Each side's send sequence space is known by three numbers (Side, packed into 64 bits of the record); a
// segment must lie in the window that the other side offered, with the slack that any middlebox needs because
// it does not know which acknowledgements arrived (RFC 9293 3.10.7.4, RFC 5961, RFC 7323 for window scale).
// In an established connection nearly every segment is a plain ACK: fast_segment() deals with those in a
// few instructions; track() knows the rest. Thread: the owner worker.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

#include "base/wire.h"
#include "dataplane/packet/verdict.h"
#include "dataplane/session/close_reason.h"
#include "dataplane/session/record.h"

namespace sluice::session::tcp {

enum class State : std::uint8_t {
  none,
  syn_sent,      // the initiator's SYN was seen
  syn_received,  // and its SYN-ACK
  established,
  reopening,  // an end has sent a SYN that starts over: it has lost the connection, or is not who it says
  closed,     // FINs of both sides acknowledged, or reset: lingers for tcp_close
};

// Bits of Record::detail.
namespace detail {
inline constexpr std::uint8_t kFin = 1;         // << wing: this side has sent FIN
inline constexpr std::uint8_t kFinAcked = 4;    // << wing: and the other side has acknowledged it
inline constexpr std::uint8_t kReset = 16;      // << wing: this side reset the connection
inline constexpr std::uint8_t kMidStream = 64;  // picked up without its SYN: windows unknown
inline constexpr std::uint8_t kCoarse = 128;    // a window scale beyond packed::kExactScale
}  // namespace detail

inline constexpr std::uint8_t kFinFlag = 0x01;
inline constexpr std::uint8_t kSynFlag = 0x02;
inline constexpr std::uint8_t kRstFlag = 0x04;
inline constexpr std::uint8_t kAckFlag = 0x10;
inline constexpr unsigned kMaxScale = 14;  // RFC 7323 2.3

struct Segment {
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgement = 0;
  std::uint32_t payload = 0;
  std::uint16_t window = 0;  // as in the header
  std::uint8_t flags = 0;
  std::uint8_t header_length = 20;
  const std::uint8_t* header = nullptr;  // where it stands, for its options

  // The sequence number after this segment; SYN and FIN count.
  [[nodiscard]] std::uint32_t end() const noexcept {
    return sequence + payload + ((flags & kSynFlag) != 0 ? 1 : 0) + ((flags & kFinFlag) != 0 ? 1 : 0);
  }
};

// The header at `transport`, of a segment with `length` bytes in all (header and payload).
[[nodiscard]] inline Segment read_segment(const std::uint8_t* transport, std::uint16_t length) noexcept {
  Segment segment;
  segment.header = transport;
  const auto numbers = load_be<std::uint64_t>(transport + 4);
  const auto rest = load_be<std::uint32_t>(transport + 12);  // data offset, flags, window
  segment.sequence = static_cast<std::uint32_t>(numbers >> 32);
  segment.acknowledgement = static_cast<std::uint32_t>(numbers);
  segment.header_length = static_cast<std::uint8_t>((rest >> 28) * 4);
  segment.flags = static_cast<std::uint8_t>((rest >> 16) & 0x3f);
  segment.window = static_cast<std::uint16_t>(rest);
  segment.payload = static_cast<std::uint32_t>(length) - segment.header_length;
  return segment;
}

// Whether offset and flags can be those of a real segment.
[[nodiscard]] bool sound(const Segment& segment, std::uint16_t length) noexcept;

// Whether it can be the first of a connection.
[[nodiscard]] inline bool opens_connection(const Segment& segment) noexcept {
  return (segment.flags & (kSynFlag | kAckFlag | kRstFlag | kFinFlag)) == kSynFlag;
}

// Whether it can belong to a connection whose beginning was not seen: a reset is nobody's beginning, and
// without ACK there is only that and the SYN (RFC 9293 3.10.7.4).
[[nodiscard]] inline bool continues_connection(const Segment& segment) noexcept {
  return (segment.flags & (kAckFlag | kRstFlag)) == kAckFlag;
}

// Where the option of this kind and length (both in bytes as on the wire) begins in the header; 0: it has
// none.
[[nodiscard]] unsigned find_option(const std::uint8_t* transport, std::uint8_t header_length,
                                   std::uint8_t kind, std::uint8_t length) noexcept;

// Window scale option of a SYN, kNoScale without one.
inline constexpr std::uint8_t kNoScale = 15;
[[nodiscard]] std::uint8_t scale_option(const std::uint8_t* transport, std::uint8_t header_length) noexcept;

[[nodiscard]] inline bool before_or_at(std::uint32_t a, std::uint32_t b) noexcept {
  return static_cast<std::int32_t>(a - b) <= 0;
}

// What `security flow tcp-session` asks for.
struct Options {
  bool rst_sequence_check = false;
  bool rst_invalidate = false;
  bool fin_invalidate = false;
  bool half_close_timeout = false;            // time-wait-state apply-to-half-close-state
  bool closed_keeps_service_timeout = false;  // time-wait-state session-ageout
  bool strict_handshake = false;              // strict-syn-check: no data before the handshake is done
};

struct Outcome {
  packet::DropReason drop = packet::DropReason::none;
  bool restart = false;  // a new connection of the same ports: end this session and start over
  bool end = false;      // end the session after this segment
  bool change_timeout = false;
  TimeoutClass timeout = TimeoutClass::service;
};

// One direction of a connection.
struct Side {
  std::uint32_t end = 0;         // next sequence number this side will send
  std::uint32_t max_end = 0;     // right edge that the other side's window allows it
  std::uint32_t max_window = 0;  // largest window it ever offered, scaled
};

// A Side in 64 bits: `end`, 27 bits of `max_end`, and `max_window` as a power of two. What does not fit is
// rounded up, so that no good segment is refused.
namespace packed {

inline constexpr unsigned kWindowBits = 5;
inline constexpr std::uint32_t kWindowMask = (1U << kWindowBits) - 1;

// An edge lies at most a window after `end`, so 27 bits say where: exactly, unless the window that sets it
// has a scale beyond 10; then in units of so many bits.
inline constexpr unsigned kExactScale = 10;
[[nodiscard]] inline unsigned unit_bits(std::uint8_t scales, unsigned wing) noexcept {
  const unsigned scale = (scales >> ((wing ^ 1U) * 4)) & 0x0fU;
  return scale > kExactScale ? scale - kExactScale : 0;
}

[[nodiscard]] inline std::uint32_t window_of(std::uint64_t side) noexcept {
  return 1U << (static_cast<std::uint32_t>(side >> 32) & kWindowMask);
}
[[nodiscard]] inline std::uint32_t window_code(std::uint32_t window) noexcept {
  return window <= 1 ? 0 : static_cast<std::uint32_t>(std::bit_width(window - 1));
}
[[nodiscard]] inline std::uint32_t end_of(std::uint64_t side) noexcept {
  return static_cast<std::uint32_t>(side);
}
// How far the edge lies ahead of `end`, in units.
[[nodiscard]] inline std::int32_t room_of(std::uint64_t side, unsigned unit) noexcept {
  const std::uint32_t edge = static_cast<std::uint32_t>(side >> 32) & ~kWindowMask;
  return static_cast<std::int32_t>(edge - ((end_of(side) >> unit) << kWindowBits)) >> kWindowBits;
}
[[nodiscard]] inline std::uint32_t edge_of(std::uint64_t side, unsigned unit) noexcept {
  return ((end_of(side) >> unit) + static_cast<std::uint32_t>(room_of(side, unit))) << unit;
}
[[nodiscard]] inline std::uint64_t join(std::uint32_t end, std::uint32_t max_end, std::uint32_t code,
                                        unsigned unit) noexcept {
  const std::uint32_t edge = (max_end + (1U << unit) - 1) >> unit;
  return (std::uint64_t{(edge << kWindowBits) | code} << 32) | end;
}
[[nodiscard]] inline Side open(std::uint64_t side, unsigned unit) noexcept {
  return Side{.end = end_of(side), .max_end = edge_of(side, unit), .max_window = window_of(side)};
}

}  // namespace packed

// A side of the record, unpacked and packed again. The record's scales rule it.
template <class F>
[[nodiscard]] inline Side side_of(const Record<F>& record, unsigned wing) noexcept {
  return packed::open(record.tcp[wing], packed::unit_bits(record.scale, wing));
}
template <class F>
inline void put_side(Record<F>& record, unsigned wing, const Side& side) noexcept {
  put(record.tcp[wing], packed::join(side.end, side.max_end, packed::window_code(side.max_window),
                                     packed::unit_bits(record.scale, wing)));
}

// The first segment of a session: a SYN, or any segment when `security flow` does not insist on one.
template <class F>
void start(Record<F>& record, const Segment& segment) noexcept;

template <class F>
[[nodiscard]] Outcome track(Record<F>& record, Cold<F>& cold, unsigned wing, const Segment& segment,
                            const Options& options) noexcept;

// Why a TCP session ended, from what was seen of it.
template <class F>
[[nodiscard]] CloseReason close_reason(const Record<F>& record) noexcept;

// The oldest acknowledgement that is still believed, in bytes before the receiver's edge.
inline constexpr std::uint32_t kAckSlack = 66000;

// The window rules, each a distance that must not be negative.
struct WindowCheck {
  std::int32_t left;     // not older than what the receiver may still hold
  std::int32_t right;    // not beyond the window
  std::int32_t ack_new;  // acknowledges nothing that was not sent
  std::int32_t ack_old;  // nor something ancient
  [[nodiscard]] bool inside() const noexcept { return (left | right | ack_new | ack_old) >= 0; }
};

[[nodiscard]] inline WindowCheck check_window(const Side& sender, const Side& receiver,
                                              const Segment& segment, std::uint32_t end) noexcept {
  const std::uint32_t slack = sender.max_window > kAckSlack ? sender.max_window : kAckSlack;
  return WindowCheck{
      .left = static_cast<std::int32_t>(end - (sender.end - receiver.max_window)),
      .right = static_cast<std::int32_t>(sender.max_end - segment.sequence),
      .ack_new = static_cast<std::int32_t>(receiver.end - segment.acknowledgement),
      .ack_old = static_cast<std::int32_t>(segment.acknowledgement - (receiver.end - slack)),
  };
}

// Moves the edges that an accepted segment of this wing moves. `unit`: of the edge that it sets.
template <class F>
inline void advance(Record<F>& record, unsigned wing, const Segment& segment, std::uint32_t end,
                    std::uint32_t window, unsigned unit) noexcept {
  std::uint64_t sender = record.tcp[wing];
  if (window > packed::window_of(sender)) [[unlikely]] {
    sender = (sender & ~(std::uint64_t{packed::kWindowMask} << 32)) |
             (std::uint64_t{packed::window_code(window)} << 32);
  }
  const std::uint32_t last = packed::end_of(sender);
  const std::uint32_t forward = static_cast<std::int32_t>(end - last) > 0 ? end : last;
  put(record.tcp[wing], (sender & 0xffffffff00000000) | forward);

  const std::uint64_t receiver = record.tcp[wing ^ 1U];
  const std::uint32_t edge = segment.acknowledgement + (window == 0 ? 1 : window);
  const std::uint32_t held = packed::edge_of(receiver, unit);
  const std::uint32_t farther = static_cast<std::int32_t>(edge - held) > 0 ? edge : held;
  put(record.tcp[wing ^ 1U],
      packed::join(packed::end_of(receiver), farther,
                   static_cast<std::uint32_t>(receiver >> 32) & packed::kWindowMask, unit));
}

// A plain segment of an established connection, in window: updates the record and answers true. Anything
// else, also the first to offer a larger window: changes nothing and answers false, and track() must look.
// `length` bytes at `transport`, at least a header without options. What check_window() and advance() say,
// with everything as a distance from what its side will send next.
template <class F>
[[nodiscard, gnu::noinline]] inline bool fast_segment(Record<F>& record, unsigned wing,
                                                      const std::uint8_t* transport,
                                                      std::uint32_t length) noexcept {
  constexpr std::uint32_t kShortest = 20;
  constexpr std::uint32_t kFlags = kSynFlag | kFinFlag | kRstFlag | kAckFlag;
  const auto front = load<std::uint16_t>(transport + 12);  // data offset and flags
  const std::uint32_t header = (front >> 2) & 0x3cU;
  const bool plain = ((front >> 8) & kFlags) == kAckFlag && record.detail == 0 &&
                     record.state == static_cast<std::uint8_t>(State::established);
  if (!plain || header - kShortest > length - kShortest) [[unlikely]] {
    return false;
  }
  constexpr unsigned kByte = 0;  // with no bit of `detail` set edges are exact
  const auto numbers = load_be<std::uint64_t>(transport + 4);
  const std::uint32_t window = std::uint32_t{load_be<std::uint16_t>(transport + 14)}
                               << ((record.scale >> (wing * 4)) & 0x0f);
  const std::uint64_t sender = record.tcp[wing];
  const std::uint64_t receiver = record.tcp[wing ^ 1U];
  const std::uint32_t begin = static_cast<std::uint32_t>(numbers >> 32) - packed::end_of(sender);
  const std::uint32_t end = begin + length - header;
  const std::uint32_t answer = static_cast<std::uint32_t>(numbers) - packed::end_of(receiver);
  const std::uint32_t largest = packed::window_of(sender);
  const WindowCheck check{
      .left = static_cast<std::int32_t>(end + packed::window_of(receiver)),
      .right = static_cast<std::int32_t>(static_cast<std::uint32_t>(packed::room_of(sender, kByte)) - begin),
      .ack_new = static_cast<std::int32_t>(-answer),
      .ack_old = static_cast<std::int32_t>(answer + std::max(largest, kAckSlack))};
  if (!check.inside() || window > largest) [[unlikely]] {
    return false;
  }
  const auto moved = static_cast<std::uint32_t>(std::max(static_cast<std::int32_t>(end), 0));
  put(record.tcp[wing], (sender & 0xffffffff00000000) | (packed::end_of(sender) + moved));
  const std::uint32_t offered = answer + window + (window == 0 ? 1 : 0);
  const std::int32_t room = std::max(static_cast<std::int32_t>(offered), packed::room_of(receiver, kByte));
  put(record.tcp[wing ^ 1U],
      packed::join(packed::end_of(receiver), packed::end_of(receiver) + static_cast<std::uint32_t>(room),
                   static_cast<std::uint32_t>(receiver >> 32) & packed::kWindowMask, kByte));
  return true;
}

}  // namespace sluice::session::tcp
