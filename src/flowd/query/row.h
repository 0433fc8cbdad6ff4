// Row: one session as displays need it, copied out of the records and free of them. Names are still
// numbers.
#pragma once

#include <cstdint>
#include <memory>

#include "dataplane/packet/address.h"
#include "dataplane/packet/ids.h"
#include "dataplane/route/route.h"
#include "dataplane/session/table.h"
#include "dataplane/sessionlog/sessionlog.h"

namespace sluice::query {

// The instant that a query answers for, and the timeouts that rule then.
struct Moment {
  std::uint32_t now_s = 0;  // Unix time
  session::TimeoutClasses timeouts{};
  std::shared_ptr<const route::View> routes{};  // by which packets leave; null: nobody asks for it
};

struct RowWing {
  packet::IpAddress source;  // of a session between the families each wing has addresses of its own
  packet::IpAddress destination;
  std::uint16_t source_port = 0;  // host order
  std::uint16_t destination_port = 0;
  IflId interface;
  ZoneId zone;
  NextHopId next_hop;
  std::uint32_t flag = 0;  // Junos reference 2.3: bit 0 initiator, 1 IPv6, 4 the firewall itself, 12 TCP
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  std::uint32_t fin_sequence = 0;  // TCP: of the FIN that the wing's source sent; 0: it did not
  std::uint32_t fin_state = 0;     // TCP: 1 sent, 3 acknowledged too
  std::uint8_t protocol = 0;       // of the wing's own family
};

struct Row {
  std::uint32_t identifier = 0;
  std::uint64_t identifier_64 = 0;
  std::uint16_t worker = 0;
  packet::Family family = packet::Family::inet;  // of the initiator
  std::uint8_t protocol = 0;                     // likewise
  std::uint8_t tcp_state = 0;                    // session::Record::state
  std::uint8_t tcp_detail = 0;                   // session::Record::detail
  std::uint16_t flags = 0;                       // session::flag
  PolicyId policy;
  AppId application;
  std::uint16_t source_nat_pool = 0;
  std::uint32_t timeout_s = 0;    // the idle timeout that rules
  std::uint32_t remaining_s = 0;  // remaining_s()
  std::uint32_t start_unix_s = 0;
  std::uint32_t duration_s = 0;
  RowWing wing[2];  // In, Out
};

template <class F>
[[nodiscard]] Row make_row(const session::Copy<F>& session, const Moment& moment);

// What is left of an idle timeout, never negative, in steps of two seconds: ageing shows a two-second wheel.
[[nodiscard]] std::uint32_t remaining_s(std::uint32_t last_seen_s, std::uint32_t timeout_s,
                                        std::uint32_t now_s) noexcept;

// What the row was when the session ended, from its event of type `closed`.
[[nodiscard]] Row ended_row(const sessionlog::Event& event);

}  // namespace sluice::query
