// Fragments (RFC 791, RFC 8200 4.5): put together before the session is looked up, and taken apart again
// when the egress MTU asks for it.
//
// A datagram is judged as a whole, so that every fragment follows its first one's session in whatever order
// they come, and overlapping ones can deceive nobody. Who owns a Reassembler: a worker, for the datagrams
// whose addresses hash to it. Thread: the worker. The tables and the memory are rte_ip_frag's, and so is the
// limit of eight fragments to a datagram (11840 bytes of data over links of 1500).
#pragma once

#include <cstdint>
#include <memory>

#include "dataplane/packet/packet.h"

struct rte_mbuf;
struct rte_mempool;

namespace sluice::packet {

class Reassembler {
 public:
  // At most `datagrams` at a time, each given `timeout_ms` to complete.
  Reassembler(std::uint32_t datagrams, std::uint32_t timeout_ms);
  ~Reassembler();
  Reassembler(const Reassembler&) = delete;
  Reassembler& operator=(const Reassembler&) = delete;

  enum class Result : std::uint8_t {
    waiting,   // the buffer is kept here
    complete,  // `packet` is the whole datagram, parsed
    dropped,   // refused; `packet.reason` says why, the buffers are freed
  };
  [[nodiscard]] Result add(Packet& packet, std::uint64_t now_ns) noexcept;

  // Forgets datagrams whose time is over; returns how many fragments that lost. Call about once a second.
  std::uint32_t expire(std::uint64_t now_ns) noexcept;

 private:
  struct Tables;
  std::unique_ptr<Tables> tables_;
};

// Splits a packet that is to be sent with `packet.egress_mtu`. Fills `out` with at most `room` whole
// frames and returns how many; 0 when out of buffers. The packet's own buffer is freed when it was split.
std::uint32_t split(const Packet& packet, rte_mempool* pool, rte_mbuf** out, std::uint32_t room) noexcept;

// The fragments that it will be split into have this identification: of IPv6, which has none in its header.
void set_identification(const Packet& packet, std::uint32_t identification) noexcept;

// The sum (checksum.h) of `length` bytes from `at` on, in whichever buffers they are.
[[nodiscard]] std::uint64_t sum_of(const Packet& packet, std::uint16_t at, std::uint16_t length) noexcept;

}  // namespace sluice::packet
