// `security flow`, in effective values (Junos reference 8.1).
#include "flowd/compile/parts.h"
#include "flowd/compile/statement.h"

namespace sluice::compile {
namespace {

using config::Node;

// time-wait-state absent: a closed session stays 2 s. Present: 150 s, or session-timeout, or with
// session-ageout the session's own timeout.
constexpr std::uint32_t kTimeWaitS = 150;

std::uint32_t seconds(const Node& node, std::string_view leaf, std::uint32_t otherwise) {
  return static_cast<std::uint32_t>(node.number(leaf).value_or(otherwise));
}

void read_tcp_session(const Node& tcp, snapshot::FlowOptions& out) {
  out.tcp_syn_check = !tcp.has("no-syn-check");
  out.tcp_strict_syn_check = tcp.has("strict-syn-check");
  out.tcp_sequence_check = !tcp.has("no-sequence-check");
  out.tcp_rst_sequence_check = tcp.has("rst-sequence-check");
  out.rst_invalidate_session = tcp.has("rst-invalidate-session");
  out.fin_invalidate_session = tcp.has("fin-invalidate-session");
  out.tcp_initial_timeout_s = seconds(tcp, "tcp-initial-timeout", out.tcp_initial_timeout_s);
  const Node time_wait = tcp.child("time-wait-state");
  if (!time_wait) return;
  out.tcp_close_timeout_s = seconds(time_wait, "session-timeout", kTimeWaitS);
  out.time_wait_service_timeout = time_wait.has("session-ageout");
  out.time_wait_half_close = time_wait.has("apply-to-half-close-state");
}

// Taken, so that an SRX's configuration reads, and told, so that nobody relies on it.
void warn_of_missing(const Node& flow, std::vector<std::string>& warnings) {
  if (flow.has("syn-flood-protection-mode")) {
    warn(warnings, path_below(flow, "syn-flood-protection-mode"),
         "protection against SYN floods is not available yet, so the mode has no effect");
  }
  const Node tcp = flow.child("tcp-session");
  if (tcp.has("no-syn-check-in-tunnel")) {
    warn(warnings, path_below(tcp, "no-syn-check-in-tunnel"),
         "tunnels are not available yet, so the statement has no effect");
  }
}

}  // namespace

void compile_flow(const Node& root, Compiled& out) {
  const Node flow = root.child("security").child("flow");
  const Node aging = flow.child("aging");
  const Node policies = root.child("security").child("policies");
  snapshot::FlowOptions& options = out.snapshot.flow;
  options.allow_dns_reply = flow.has("allow-dns-reply");
  options.allow_embedded_icmp = flow.has("allow-embedded-icmp");
  options.route_change_timeout_s = seconds(flow, "route-change-timeout", 0);
  options.tcp_mss_all =
      static_cast<std::uint16_t>(flow.child("tcp-mss").child("all-tcp").number("mss").value_or(0));
  options.aging_low_watermark =
      static_cast<std::uint8_t>(aging.number("low-watermark").value_or(options.aging_low_watermark));
  options.aging_high_watermark =
      static_cast<std::uint8_t>(aging.number("high-watermark").value_or(options.aging_high_watermark));
  options.early_ageout_s = seconds(aging, "early-ageout", options.early_ageout_s);
  options.policy_rematch = policies.has("policy-rematch");
  options.policy_rematch_extensive = policies.child("policy-rematch").has("extensive");
  read_tcp_session(flow.child("tcp-session"), options);
  warn_of_missing(flow, out.warnings);
}

}  // namespace sluice::compile
