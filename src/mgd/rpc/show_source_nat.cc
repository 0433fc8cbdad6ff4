#include <fmt/format.h>

#include "mgd/rpc/handlers.h"
#include "mgd/rpc/ip.h"
#include "mgd/rpc/nat_elements.h"

// show security nat source summary, pool, rule.
namespace sluice::rpc {
namespace {

using render::Document;
using render::Element;
using render::Sink;

constexpr std::uint64_t kFirstPort = 1024;
constexpr std::uint64_t kLastPort = 65535;

struct Ports {
  std::uint64_t low = kFirstPort, high = kLastPort;
  std::uint64_t overloading = 1;  // sessions that each may have
};
// False: they are kept.
bool translated_ports(const config::Node& pool, Ports& ports) {
  const config::Node port = pool.child("port");
  if (port.has("no-translation")) return false;
  if (port.has("range")) {
    ports.low = port.child("range").number("low").value_or(kFirstPort);
    ports.high = port.child("range").number("to").value_or(ports.low);
  }
  ports.overloading = port.number("port-overloading-factor").value_or(1);
  return true;
}

std::uint64_t ports_of(const std::vector<NatPool>& pools) {
  std::uint64_t sum = 0;
  for (const NatPool& pool : pools) {
    Ports ports;
    if (translated_ports(pool.node, ports)) {
      sum += addresses_of(pool) * (ports.high - ports.low + 1) * ports.overloading;
    }
  }
  return sum;
}

// How hosts come to their addresses.
std::string_view assignment_of(const NatPool& pool, const Nat& nat) {
  const config::Node source = nat.tree.root().child("security").child("nat").child("source");
  const config::Node port = pool.node.child("port");
  const bool paired = pool.node.child("address-pooling").has("paired") || source.has("address-persistent") ||
                      port.has("block-allocation") || port.has("deterministic");
  return paired ? "paired" : "no-paired";
}

// Twin ports, which other firewalls keep for pairs of ports, are none here.
void pool_element(Sink& sink, const NatPool& pool, const Nat& nat) {
  const Element element(sink, "source-nat-pool-info-entry");
  sink.leaf("pool-name", pool.node.key());
  if (const auto description = pool.node.text("description")) sink.leaf("pool-description", *description);
  sink.leaf("pool-id", pool.counted.pool_id());
  sink.leaf("routing-instance-name", "default");
  sink.leaf("host-address-base", span_of(pool.node.text("host-address-base").value_or("0.0.0.0")).low);
  Ports ports;
  const bool translated = translated_ports(pool.node, ports);
  sink.leaf("source-pool-port-translation",
            translated ? fmt::format("[{}, {}]", ports.low, ports.high) : "no translation");
  if (translated) {
    sink.leaf("port-overloading-factor", ports.overloading);
    sink.leaf("source-pool-address-assignment", assignment_of(pool, nat));
  }
  sink.leaf("total-pool-address", shown_addresses(addresses_of(pool)));
  sink.leaf("address-pool-hits", pool.counted.counters().hits());
  std::uint64_t sum = 0;
  for (const v1::NatPoolRange& range : pool.counted.ranges()) {
    const Element entry(sink, "source-pool-address-range");
    sink.leaf("address-range-low", address_text(range.low()));
    sink.leaf("address-range-high", address_text(range.high()));
    sink.leaf("single-port", range.ports_taken());
    sink.leaf("twin-port", 0);
    sum += range.ports_taken();
  }
  {
    const Element entry(sink, "source-pool-address-range-sum");
    sink.leaf("single-port-sum", sum);
    sink.leaf("twin-port-sum", 0);
  }
  nat_session_leaves(sink, pool.counted.counters());  // ours
}

void match_elements(Sink& sink, const NatRule& rule) {
  const config::Node match = match_of(rule);
  nat_address_entries(sink, match.values("source-address"), match.values("source-address-name"),
                      {"source-address-range-entry", "rule-source-address-low-range",
                       "rule-source-address-high-range", "rule-source-address"});
  nat_address_entries(sink, match.values("destination-address"), match.values("destination-address-name"),
                      {"destination-address-range-entry", "rule-destination-address-low-range",
                       "rule-destination-address-high-range", "rule-destination-address"});
  for (const config::Node& range : match.list("destination-port")) {
    const Element entry(sink, "destination-port-entry");
    nat_port_leaves(sink, range, "name", {"rule-destination-port-low", "rule-destination-port-high"});
  }
  for (const config::Node& range : match.list("source-port")) {
    const Element entry(sink, "source-port-entry");
    nat_port_leaves(sink, range, "name", {"rule-source-port-low", "rule-source-port-high"});
  }
  for (const std::string_view protocol : match.values("protocol")) {
    const Element entry(sink, "src-nat-protocol-entry");
    sink.leaf("src-nat-protocol", protocol);
  }
  if (!match.values("application").empty()) {
    const Element entry(sink, "src-nat-app-entry");
    sink.leaf("src-nat-application", "configured");
  }
}

// In the forms that scripts know, blanks too.
void persistent_leaves(Sink& sink, const NatRule& rule) {
  const config::Node action = rule.node.child("then").child("source-nat");
  const config::Node persistent =
      action.child(action.has("interface") ? "interface" : "pool").child("persistent-nat");
  const auto permits = persistent.child("permit").children();
  sink.leaf("persistent-nat-type", fmt::format("{:<17}", permits.empty() ? "N/A" : permits.front().name()));
  sink.leaf("persistent-nat-mapping-type",
            persistent.has("address-mapping") ? "address-mapping " : "address-port-mapping ");
  const auto number = [&](const char* leaf) { return persistent ? persistent.number(leaf).value_or(0) : 0; };
  sink.leaf("persistent-nat-timeout", number("inactivity-timeout"));
  sink.leaf("persistent-nat-max-session", number("max-session-number"));
  sink.leaf("persistent-nat-blocksess", "disabled ");
}

void rule_element(Sink& sink, const NatRule& rule) {
  const Element element(sink, "source-nat-rule-entry");
  nat_rule_leaves(sink, rule);
  nat_from_leaves(sink, rule);
  nat_to_leaves(sink, rule);
  match_elements(sink, rule);
  {
    const Element action(sink, "source-nat-rule-action-entry");
    sink.leaf("source-nat-rule-action", action_of(rule));
    persistent_leaves(sink, rule);
  }
  const Element hits(sink, "source-nat-rule-hits-entry");
  nat_rule_counter_leaves(sink, rule.counted.counters());
}

void summary_pool(Sink& sink, const NatPool& pool) {
  Ports ports;
  const bool translated = translated_ports(pool.node, ports);
  for (const v1::NatPoolRange& range : pool.counted.ranges()) {
    const Element entry(sink, "ssg-source-pool-entry");
    sink.leaf("ssg-source-pool-name", pool.node.key());
    sink.leaf("ssg-source-pool-address-range",
              fmt::format("{}-{}", address_text(range.low()), address_text(range.high())));
    sink.leaf("ssg-source-pool-routing-instance", "default");
    sink.leaf("ssg-source-pool-pat", translated ? "yes" : "no");
    sink.leaf("ssg-source-pool-total-address", shown_addresses(range.addresses()));
  }
}

void summary_rule(Sink& sink, const NatRule& rule) {
  const Element entry(sink, "ssg-source-rule-entry");
  sink.leaf("ssg-source-rule-name", rule.node.key());
  sink.leaf("ssg-source-rule-set-name", rule.set.key());
  sink.leaf("ssg-source-rule-action", action_of(rule));
  for (const auto& from : contexts_of(rule, "from")) sink.leaf("ssg-source-rule-context-from", from.second);
  for (const auto& to : contexts_of(rule, "to")) sink.leaf("ssg-source-rule-context-to", to.second);
}

}  // namespace

Status show_source_nat_summary(const Inputs&, const Context& context, Sink& sink) {
  const auto nat = read_nat(v1::NAT_SOURCE, context);
  if (!nat) return nat.error();
  const Document document(sink, "ssg-source-nat-summary-information", kNatModule);
  {
    const Element total(sink, "ssg-total-source-pat-port-num");
    sink.leaf("total-source-summary-pat-port-num", ports_of(nat->pools));
  }
  {
    const Element most(sink, "ssg-max-source-pat-port-num");
    sink.leaf("max-source-pat-port-num", nat->maximum_ports);
  }
  {
    const Element total(sink, "ssg-total-source-pool-num");
    sink.leaf("total-source-summary-pools", nat->pools.size());
  }
  for (const NatPool& pool : nat->pools) summary_pool(sink, pool);
  {
    const Element total(sink, "ssg-total-source-rule-num");
    sink.leaf("summary-total-source-rules", nat->rules.size());
  }
  for (const NatRule& rule : nat->rules) summary_rule(sink, rule);
  return {};
}

Status show_source_nat_pool(const Inputs& inputs, const Context& context, Sink& sink) {
  auto nat = read_nat(v1::NAT_SOURCE, context);
  if (!nat) return nat.error();
  if (auto selected = select_pools(*nat, inputs); !selected) return selected;
  const Document document(sink, "source-nat-pool-detail-information", kNatModule);
  if (!inputs.has("pool-name")) {
    const Element total(sink, "total-source-nat-pools");
    sink.leaf("total-source-pools", nat->pools.size());
  }
  for (const NatPool& pool : nat->pools) pool_element(sink, pool, *nat);
  return {};
}

Status show_source_nat_rule(const Inputs& inputs, const Context& context, Sink& sink) {
  auto nat = read_nat(v1::NAT_SOURCE, context);
  if (!nat) return nat.error();
  if (auto selected = select_rules(*nat, inputs); !selected) return selected;
  const Document document(sink, "source-nat-rule-detail-information", kNatModule);
  if (!inputs.has("rule-name")) {
    {
      const Element total(sink, "total-source-nat-rules");
      sink.leaf("total-src-rules", nat->rules.size());
    }
    const PrefixCount prefixes = count_prefixes(*nat);
    const Element total(sink, "total-source-nat-rule-ref-addr-num");
    sink.leaf("total-source-nat-rule-ref-addr-num-v4", prefixes.inet);
    sink.leaf("total-source-nat-rule-ref-addr-num-v6", prefixes.inet6);
  }
  for (const NatRule& rule : nat->rules) rule_element(sink, rule);
  return {};
}

}  // namespace sluice::rpc
