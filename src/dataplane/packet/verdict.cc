#include "dataplane/packet/verdict.h"

#include <array>

#include "base/check.h"

namespace sluice::packet {
namespace {

struct Words {
  DropReason reason;
  std::string_view name;
  std::string_view description;
};

constexpr std::array<Words, kDropReasons> kWords{{
    {DropReason::none, "none", "Not dropped"},
    {DropReason::frame_too_short, "frame-too-short", "Frame has no whole Ethernet header"},
    {DropReason::not_for_us, "not-for-us", "Unicast frame for another station"},
    {DropReason::ip_header_invalid, "ip-header-invalid", "IP version or lengths do not fit the frame"},
    {DropReason::ip_checksum_wrong, "ip-checksum-wrong", "IPv4 header checksum is wrong"},
    {DropReason::l4_header_truncated, "l4-header-truncated", "No room for the transport header"},
    {DropReason::tcp_header_invalid, "tcp-header-invalid", "TCP offset or flags are impossible"},
    {DropReason::ip_source_invalid, "ip-source-invalid", "Loopback, multicast or broadcast source"},
    {DropReason::ip_destination_invalid, "ip-destination-invalid",
     "Unspecified, loopback or broadcast destination"},
    {DropReason::ip_source_route, "ip-source-route", "Source-routed packet"},
    {DropReason::fragment_invalid, "fragment-invalid", "Overlapping or inconsistent fragment"},
    {DropReason::fragment_timeout, "fragment-timeout", "Rest of a fragmented datagram never came"},
    {DropReason::fragment_table_full, "fragment-table-full", "Too many datagrams in reassembly"},
    {DropReason::fragment_limit, "fragment-limit", "Datagram in more than eight fragments"},
    {DropReason::interface_unknown, "interface-unknown", "No enabled logical interface for the frame"},
    {DropReason::zone_unbound, "zone-unbound", "Interface is in no zone"},
    {DropReason::no_route, "no-route", "No route to the destination"},
    {DropReason::route_discard, "route-discard", "Discard or reject route"},
    {DropReason::reverse_route, "reverse-route", "Source not reachable through its zone"},
    {DropReason::neighbor_unresolved, "neighbor-unresolved", "Next hop does not answer ARP or ND"},
    {DropReason::ttl_expired, "ttl-expired", "TTL or hop limit exceeded in transit"},
    {DropReason::fragmentation_needed, "fragmentation-needed",
     "Larger than the MTU and may not be fragmented"},
    {DropReason::multicast_unsupported, "multicast-unsupported", "Multicast and broadcast are not forwarded"},
    {DropReason::policy_deny, "policy-deny", "Denied by a policy"},
    {DropReason::policy_reject, "policy-reject", "Rejected by a policy"},
    {DropReason::default_deny, "default-deny", "No policy matched"},
    {DropReason::host_inbound, "host-inbound", "Service not in host-inbound-traffic"},
    {DropReason::dns_reply_unmatched, "dns-reply-unmatched", "DNS reply without a query"},
    {DropReason::nat_exhausted, "nat-exhausted", "Source NAT pool has nothing left"},
    {DropReason::nat_no_address, "nat-no-address", "Source NAT has no address for the host"},
    {DropReason::nat_conflict, "nat-conflict", "Translated addresses and ports are in use"},
    {DropReason::nat_filtered, "nat-filtered", "Persistent NAT does not permit the remote host"},
    {DropReason::nat_session_limit, "nat-session-limit", "Persistent NAT binding has its most sessions"},
    {DropReason::nat_bindings_full, "nat-bindings-full", "Too many persistent NAT bindings"},
    {DropReason::nat64_unsupported, "nat64-unsupported", "Not translated between IPv6 and IPv4"},
    {DropReason::nat64_private, "nat64-private", "Private IPv4 address behind 64:ff9b::/96"},
    {DropReason::tcp_no_syn, "tcp-no-syn", "First packet of a TCP session is not a SYN"},
    {DropReason::tcp_window, "tcp-window", "TCP segment out of window"},
    {DropReason::tcp_state, "tcp-state", "TCP flag not allowed in this state"},
    {DropReason::tcp_rst_sequence, "tcp-rst-sequence", "TCP RST with an unexpected sequence number"},
    {DropReason::icmp_no_session, "icmp-no-session", "ICMP error that quotes no session"},
    {DropReason::icmp_reply_unsolicited, "icmp-reply-unsolicited", "ICMP echo reply without a request"},
    {DropReason::session_table_full, "session-table-full", "Session table is full"},
    {DropReason::session_invalidated, "session-invalidated", "Session ended while the packet waited"},
    {DropReason::hand_off_full, "hand-off-full", "Queue to the owning worker is full"},
    {DropReason::owner_changed, "owner-changed", "No longer of the worker that it was handed to"},
    {DropReason::transmit_failed, "transmit-failed", "Port did not take the packet"},
    {DropReason::hold_queue_full, "hold-queue-full", "Too many packets wait for neighbors"},
    {DropReason::no_buffer, "no-buffer", "Out of packet buffers"},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kWords.size(); ++i) {
    if (kWords[i].reason != static_cast<DropReason>(i)) {
      return false;
    }
  }
  return true;
}
static_assert(in_order(), "kWords has one row for each DropReason, in its order");

const Words& words(DropReason reason) {
  const auto index = static_cast<std::size_t>(reason);
  check(index < kWords.size(), "a DropReason out of its enum");
  return kWords[index];
}

}  // namespace

std::string_view name(DropReason reason) {
  return words(reason).name;
}
std::string_view describe(DropReason reason) {
  return words(reason).description;
}

}  // namespace sluice::packet
