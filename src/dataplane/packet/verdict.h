// What becomes of a packet, and why it was dropped if it was.
//
// flow decides, worker acts: a Verdict is the whole of what passes between them.
#pragma once

#include <cstdint>
#include <string_view>

namespace sluice::packet {

// Every reason for which a packet can be lost. Each has one counter per worker, one leaf in the
// statistics reply and one test in test/path named after it.
enum class DropReason : std::uint8_t {
  none,  // not dropped

  // Malformed: packet::parse
  frame_too_short,         // no whole Ethernet header
  not_for_us,              // unicast frame for another station
  ip_header_invalid,       // version, header length or total length do not fit the frame
  ip_checksum_wrong,       // RFC 1812 5.2.2
  l4_header_truncated,     // no room for the transport header
  tcp_header_invalid,      // data offset out of the segment, or an impossible flag combination
  ip_source_invalid,       // loopback, multicast or broadcast source (RFC 1812 5.3.7)
  ip_destination_invalid,  // unspecified, loopback or limited broadcast destination (RFC 1812 5.3.7)
  ip_source_route,         // source-routed packets are not forwarded
  fragment_invalid,        // overlapping, oversized or inconsistent fragment
  fragment_timeout,        // the rest of the datagram never came
  fragment_table_full,
  fragment_limit,  // the datagram came in more pieces than are put together (eight)

  // Interfaces, zones, routes
  interface_unknown,      // no unit for this VLAN, or the interface is disabled
  zone_unbound,           // ingress or egress interface is in no zone
  no_route,               // no route to the destination
  route_discard,          // a discard or reject route
  reverse_route,          // the source is not reachable through the zone it came from
  neighbor_unresolved,    // the next hop did not answer ARP or ND
  ttl_expired,            // TTL or hop limit reached zero in transit
  fragmentation_needed,   // larger than the egress MTU and may not be fragmented
  multicast_unsupported,  // to a group, of IP or of Ethernet (RFC 1812 5.3.4), and not for us

  // Policy and host traffic
  policy_deny,
  policy_reject,
  default_deny,         // no policy matched and default-policy denies
  host_inbound,         // host-inbound-traffic does not allow the service
  dns_reply_unmatched,  // first packet to UDP port 53 is a DNS response (allow-dns-reply off)

  // Translation
  nat_exhausted,      // the pool has no free port or address left that answers could come back to
  nat_no_address,     // nothing in the pool, or on the interface, for this host
  nat_conflict,       // the translated addresses and ports are those of another session
  nat_filtered,       // to a persistent binding that does not permit the sender
  nat_session_limit,  // the persistent binding has as many sessions as it may
  nat_bindings_full,  // no room for another persistent binding
  nat64_unsupported,  // between the families, and neither TCP, UDP nor echo, or an error the other has no
                      // word for
  nat64_private,      // to a private IPv4 address behind 64:ff9b::/96 (RFC 6052 3.1)

  // Sessions
  tcp_no_syn,              // no session, and not a SYN
  tcp_window,              // out of the receiver's window (RFC 9293 3.10.7.4)
  tcp_state,               // a flag that this state does not allow
  tcp_rst_sequence,        // RST outside the expected sequence (RFC 5961 3.2)
  icmp_no_session,         // an ICMP error that quotes no session of ours
  icmp_reply_unsolicited,  // an echo reply without its request
  session_table_full,
  session_invalidated,  // the session ended while the packet waited

  // Machinery
  hand_off_full,  // the owner's queue was full
  owner_changed,  // whoever it was handed to is its owner no more: the session ended, or NAT's rules changed
  transmit_failed,  // the port did not take it
  hold_queue_full,  // waiting for a neighbour, and too many already do
  no_buffer,

  count_,
};

inline constexpr std::size_t kDropReasons = static_cast<std::size_t>(DropReason::count_);

// The reason's name as counters and statistics spell it: "tcp-no-syn".
[[nodiscard]] std::string_view name(DropReason reason);
// One line for an operator.
[[nodiscard]] std::string_view describe(DropReason reason);

enum class Action : std::uint8_t {
  forward,   // transmit on `port`
  drop,      // free and count `reason`
  consumed,  // somebody else owns the buffer now
  hand_off,  // give to worker `core`
};

struct Verdict {
  Action action = Action::drop;
  DropReason reason = DropReason::none;
  std::uint16_t target = 0;  // forward: the port; hand_off: the worker

  static constexpr Verdict forward(std::uint16_t port) { return {Action::forward, DropReason::none, port}; }
  static constexpr Verdict drop(DropReason why) { return {Action::drop, why, 0}; }
  static constexpr Verdict consumed() { return {Action::consumed, DropReason::none, 0}; }
  static constexpr Verdict hand_off(std::uint16_t core) { return {Action::hand_off, DropReason::none, core}; }
};

}  // namespace sluice::packet
