#include <algorithm>

#include "mgd/render/layouts.h"

// show security flow statistics, show security flow status, show security monitoring.
namespace sluice::render {
namespace {

// Which reasons to drop are listed.
enum class Drops : std::uint8_t { all, that_occurred };

void print_drops(const View& statistics, Drops which, std::string_view margin, Page& page) {
  std::vector<View> drops = statistics.children("flow-drop-reason");
  if (which == Drops::that_occurred) {
    std::erase_if(drops, [](const View& drop) { return drop["flow-drop-reason-count"] == "0"; });
  }
  if (drops.empty()) return;
  std::size_t width = 0;
  for (const View& drop : drops) width = std::max(width, drop["flow-drop-reason-name"].size());
  page.print("{}Packets dropped by reason:\n", margin);
  for (const View& drop : drops) {
    page.print("{}  {:<{}} {:>12}  {}\n", margin, fmt::format("{}:", drop["flow-drop-reason-name"]),
               width + 1, drop["flow-drop-reason-count"], drop["flow-drop-reason-description"]);
  }
}

void print_counters(const View& s, Drops which, std::string_view margin, Page& page) {
  const bool recent = forms_of(page.profile).modern;
  const auto line = [&](std::string_view label, std::string_view element) {
    page.print("{}{}: {}\n", margin, label, s[element]);
  };
  line("Current sessions", "flow-session-count-valid");
  if (recent) {
    line("Packets received", "flow-pkt-count-rx");
    line("Packets transmitted", "flow-pkt-count-tx");
  }
  line(recent ? "Packets forwarded/queued" : "Packets forwarded", "flow-pkt-count-fwd");
  if (recent) line("Packets copied", "flow-pkt-count-copy");
  line("Packets dropped", "flow-pkt-count-drop");
  if (recent) line("Services-offload packets processed", "flow-llf-pkt-count-prd");
  line("Fragment packets", "flow-frag-count-fwd");
  line("Pre fragments generated", "tunnel-frag-gen-pre");
  line("Post fragments generated", "tunnel-frag-gen-post");
  print_drops(s, which, margin, page);
  line("Log records", "flow-log-record-count");
  line("Log records lost", "flow-log-record-lost-count");
}

void print_statistics(const View& s, Page& page) {
  page.print("\n");
  print_counters(s, Drops::all, "    ", page);
  for (const View& worker : s.children("flow-worker-statistics")) {
    page.print("    Worker {}:\n", worker["flow-worker"]);
    print_counters(worker, Drops::that_occurred, "      ", page);
  }
}

void print_status(const View& s, Page& page) {
  const bool recent = forms_of(page.profile).modern;
  const View mode = s.child("flow-forwarding-mode");
  page.print("  Flow forwarding mode:\n");
  page.print("    Inet forwarding mode: {}\n", mode["flow-forwarding-mode-inet"]);
  page.print("    Inet6 forwarding mode: {}\n", mode["flow-forwarding-mode-inet6"]);
  page.print("    MPLS forwarding mode: {}\n", mode["flow-forwarding-mode-mpls"]);
  page.print("    ISO forwarding mode: {}\n", mode["flow-forwarding-mode-iso"]);
  if (recent) {
    const View profile = s.child("flow-default-policy-profile");
    page.print("    Tap mode: {}\n", mode["flow-tap-mode"]);
    page.print("  Flow scaled L3L4 mode:\n");
    page.print("    Scaled L3L4 mode: {}\n", s.child("flow-l3l4-scaling-mode")["l3l4-mode-status"]);
    page.print("  Flow default policy profile:\n");
    page.print("    Selective session sync: {}\n", profile["selective-session-sync"]);
    page.print("    Session sync min age: {}\n", profile["session-sync-min-age"]);
  }
  page.print("  Flow trace status\n");
  page.print("    Flow tracing status: {}\n", s.child("flow-trace-option")["flow-trace-status"]);
  if (!recent) return;
  const View distribution = s.child("flow-session-distribution");
  page.print("  Flow session distribution\n");
  page.print("    Distribution mode: {}\n", distribution["mode"]);
  page.print("    GTP-U distribution: {}\n", distribution["gtpu-distr-status"]);
  page.print("    SCTP distribution: {}\n", distribution["sctp-distr-status"]);
  page.print("  Flow gre performance acceleration: {}\n",
             s.child("flow-gre-performance-acceleration")["grea-status"]);
  page.print("  Flow packet ordering\n");
  page.print("    Ordering mode: {}\n", s.child("flow-packet-ordering")["ordering-mode"]);
  page.print("  Flow power mode: {}\n", s.child("flow-power-mode")["power-mode-status"]);
  page.print("  Flow power mode IPsec: {}\n", s.child("flow-power-mode-ipsec")["pmi-status"]);
  page.print("  Flow power mode IPsec QAT: {}\n", s.child("flow-power-mode-ipsec-qat")["pmi-qat-status"]);
  page.print("  Fat core group status: {}\n", s.child("flow-fat-core-group")["fcg-status"]);
  page.print("  Flow inline fpga crypto: {}\n", s.child("flow-inline-fpga-crypto")["ifc-status"]);
  page.print("  Flow multicast strict-order: {}\n",
             s.child("flow-multicast-strict-order")["multicast-strict-order-status"]);
  const View drop = s.child("flow-drop-flow");
  page.print("  Flow Drop-flow Summary:\n");
  page.print("    Maximum Drop-flow sessions: {}\n", drop["drop-flow-max-sess"]);
  page.print("    Timeout: {}s\n", drop["drop-flow-timeout"]);
  page.print("    Logging: {}\n", drop["drop-flow-status"]);
}

void print_monitoring(const View& information, Page& page) {
  page.print("\n{:>30}{:>15}{:>15}{:>15}\n", "Flow session", "Flow session", "CP session", "CP session");
  page.print("FPC PIC CPU Mem{:>15}{:>15}{:>15}{:>15}\n", "current", "maximum", "current", "maximum");
  for (const View& card : information.children("performance-summary-statistics")) {
    page.print("{:>3} {:>3} {:>3} {:>3}", card["fpc-number"], card["pic-number"], card["spu-cpu-utilization"],
               card["spu-memory-utilization"]);
    page.print(" {:>14} {:>14} {:>14} {:>14}\n", card["spu-current-flow-session"],
               card["spu-max-flow-session"], card["spu-current-cp-session"], card["spu-max-cp-session"]);
  }
}

}  // namespace

const TextLayout kMonitoring{"", nullptr, print_monitoring};
const TextLayout kFlowStatistics{"", nullptr, print_statistics};
const TextLayout kFlowStatus{"", nullptr, print_status};

}  // namespace sluice::render
