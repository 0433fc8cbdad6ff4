// Why a session ended, in the words of the field (Junos reference 7.5).
#pragma once

#include <cstdint>
#include <string_view>

namespace sluice::session {

enum class CloseReason : std::uint8_t {
  unset,              // "unset": a TCP connection whose handshake was never finished ran out of time
  tcp_fin,            // "TCP FIN"
  tcp_client_rst,     // "TCP CLIENT RST"
  tcp_server_rst,     // "TCP SERVER RST"
  idle_timeout,       // "idle Timeout"
  response_received,  // "response received"
  icmp_error,         // "ICMP error"
  policy_delete,      // "policy delete": its policy is gone, or now denies it (policy-rematch)
  aged_out,           // "aged out": early ageing of a full table
  cli,                // "CLI"
  route_change,       // "first path reroute, session recreated"
  interface_gone,     // "other": an interface it used was removed
  count_,
};

[[nodiscard]] std::string_view name(CloseReason reason);

}  // namespace sluice::session
