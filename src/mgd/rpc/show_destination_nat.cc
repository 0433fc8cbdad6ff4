#include <fmt/format.h>

#include "mgd/rpc/handlers.h"
#include "mgd/rpc/ip.h"
#include "mgd/rpc/nat_elements.h"

// show security nat destination summary, pool, rule; show security nat static rule.
namespace sluice::rpc {
namespace {

using render::Document;
using render::Element;
using render::Name;
using render::Sink;

std::string_view port_of(const NatPool& pool) {
  return pool.node.child("address").text("port").value_or("0");
}

void pool_element(Sink& sink, const NatPool& pool) {
  const Element element(sink, "destination-nat-pool-entry");
  sink.leaf("pool-name", pool.node.key());
  if (const auto description = pool.node.text("description")) sink.leaf("pool-description", *description);
  sink.leaf("pool-id", pool.counted.pool_id());
  sink.leaf("routing-instance-name", "default");
  sink.leaf("total-pool-address", shown_addresses(addresses_of(pool)));
  sink.leaf("address-pool-hits", pool.counted.counters().hits());
  for (const v1::NatPoolRange& range : pool.counted.ranges()) {
    const Element entry(sink, "pool-address-range");
    sink.leaf("address-range-low", address_text(range.low()));
    sink.leaf("address-range-high", address_text(range.high()));
    sink.leaf("address-port", port_of(pool));
  }
  nat_session_leaves(sink, pool.counted.counters());  // ours
}

std::vector<std::string_view> one_or_none(std::optional<std::string_view> value) {
  return value ? std::vector{*value} : std::vector<std::string_view>();
}

std::optional<std::string_view> destination_prefix(const config::Node& match) {
  return match.child("destination-address").text("dst-addr");
}
std::optional<std::string_view> destination_name(const config::Node& match) {
  return match.child("destination-address-name").text("dst-addr-name");
}

void rule_element(Sink& sink, const NatRule& rule) {
  const Element element(sink, "destination-nat-rule-entry");
  nat_rule_leaves(sink, rule);
  nat_from_leaves(sink, rule);
  const config::Node match = match_of(rule);
  nat_address_entries(sink, match.values("source-address"), match.values("source-address-name"),
                      {"rule-source-address-range-entry", "rule-source-address-low-range",
                       "rule-source-address-high-range", "rule-source-address"});
  nat_address_entries(sink, one_or_none(destination_prefix(match)), one_or_none(destination_name(match)),
                      {"rule-destination-address-range-entry", "rule-destination-address-low-range",
                       "rule-destination-address-high-range", "rule-destination-address"});
  for (const config::Node& range : match.list("destination-port")) {
    const Element entry(sink, "destination-port-entry");
    nat_port_leaves(sink, range, "name", {"rule-destination-port-low", "rule-destination-port-high"});
  }
  for (const std::string_view protocol : match.values("protocol")) {
    sink.leaf("destination-nat-protocol", protocol);
  }
  if (!match.values("application").empty()) sink.leaf("destination-nat-application", "configured");
  sink.leaf("destination-nat-rule-action", action_of(rule));
  nat_rule_counter_leaves(sink, rule.counted.counters());
}

// "32" of "10.0.0.7/32" and of "10.0.0.7".
unsigned length_of(std::string_view prefix) {
  const auto read = parse_prefix(prefix);
  return read ? read->length : 0U;
}

// Junos's own order: what has lists comes last.
void static_rule_element(Sink& sink, const NatRule& rule) {
  const Element element(sink, "static-nat-rule-entry");
  nat_rule_leaves(sink, rule);
  nat_from_leaves(sink, rule);
  const config::Node match = match_of(rule);
  const config::Node action = rule.node.child("then").child("static-nat");
  const config::Node mapped = action.child("prefix");
  const std::string_view prefix = mapped.text("addr-prefix").value_or("");
  const auto public_prefix = destination_prefix(match);
  sink.leaf("rule-destination-address-prefix",
            public_prefix ? span_of(*public_prefix).low : std::string(destination_name(match).value_or("")));
  if (action.has("inet")) {
    sink.leaf("rule-host-address-prefix", "inet");
    sink.leaf("rule-address-netmask", public_prefix ? length_of(*public_prefix) : 0U);
  } else {
    sink.leaf("rule-host-address-prefix", span_of(prefix).low);
    sink.leaf("rule-address-netmask", length_of(prefix));
  }
  sink.leaf("rule-host-routing-instance", "N/A");
  nat_rule_counter_leaves(sink, rule.counted.counters());
  nat_address_entries(sink, match.values("source-address"), match.values("source-address-name"),
                      {"static-source-address-range-entry", "rule-source-address-low-range",
                       "rule-source-address-high-range", "rule-source-address"});
  if (match.has("destination-port")) {
    nat_port_leaves(sink, match.child("destination-port"), "low",
                    {"rule-destination-port-low", "rule-destination-port-high"});
  }
  if (mapped.has("mapped-port")) {
    nat_port_leaves(sink, mapped.child("mapped-port"), "low", {"rule-host-port-low", "rule-host-port-high"});
  }
}

void summary_pool(Sink& sink, const NatPool& pool) {
  for (const v1::NatPoolRange& range : pool.counted.ranges()) {
    const Element entry(sink, "destination-nat-entry");
    sink.leaf("destination-nat-pool-name", pool.node.key());
    sink.leaf("destination-address-range",
              fmt::format("{}-{}", address_text(range.low()), address_text(range.high())));
    sink.leaf("destination-port-number", port_of(pool));
    sink.leaf("total-pool-address", shown_addresses(range.addresses()));
  }
}

void summary_rule(Sink& sink, const NatRule& rule) {
  const Element entry(sink, "destination-nat-rule-entry");
  sink.leaf("rule-name", rule.node.key());
  sink.leaf("rule-set-name", rule.set.key());
  nat_from_leaves(sink, rule);
  sink.leaf("destination-nat-rule-action", action_of(rule));
}

}  // namespace

Status show_destination_nat_summary(const Inputs&, const Context& context, Sink& sink) {
  const auto nat = read_nat(v1::NAT_DESTINATION, context);
  if (!nat) return nat.error();
  const Document document(sink, "destination-nat-summary-information", kNatModule);
  sink.leaf("total-pools", nat->pools.size());
  for (const NatPool& pool : nat->pools) summary_pool(sink, pool);
  sink.leaf("total-rules", nat->rules.size());
  for (const NatRule& rule : nat->rules) summary_rule(sink, rule);
  return {};
}

Status show_destination_nat_pool(const Inputs& inputs, const Context& context, Sink& sink) {
  auto nat = read_nat(v1::NAT_DESTINATION, context);
  if (!nat) return nat.error();
  if (auto selected = select_pools(*nat, inputs); !selected) return selected;
  const Document document(sink, "destination-nat-pool-information", kNatModule);
  if (!inputs.has("pool-name")) {
    const Element total(sink, "total-destination-nat-pool-number");
    sink.leaf("total-pools", nat->pools.size());
  }
  for (const NatPool& pool : nat->pools) pool_element(sink, pool);
  return {};
}

Status show_destination_nat_rule(const Inputs& inputs, const Context& context, Sink& sink) {
  auto nat = read_nat(v1::NAT_DESTINATION, context);
  if (!nat) return nat.error();
  if (auto selected = select_rules(*nat, inputs); !selected) return selected;
  const Document document(sink, "destination-nat-rule-information", kNatModule);
  if (!inputs.has("rule-name")) {
    {
      const Element total(sink, "total-destination-nat-rules");
      sink.leaf("total-rules", nat->rules.size());
    }
    const PrefixCount prefixes = count_prefixes(*nat);
    const Element total(sink, "total-destination-nat-rule-ref-addr-num");
    sink.leaf("total-destination-nat-rule-ref-addr-num-v4", prefixes.inet);
    sink.leaf("total-destination-nat-rule-ref-addr-num-v6", prefixes.inet6);
  }
  for (const NatRule& rule : nat->rules) rule_element(sink, rule);
  return {};
}

Status show_static_nat_rule(const Inputs& inputs, const Context& context, Sink& sink) {
  auto nat = read_nat(v1::NAT_STATIC, context);
  if (!nat) return nat.error();
  if (auto selected = select_rules(*nat, inputs); !selected) return selected;
  const Document document(sink, "static-nat-rule-information", kNatModule);
  if (!inputs.has("rule-name")) {
    {
      const Element total(sink, "total-static-nat-rules");
      sink.leaf("total-rules", nat->rules.size());
    }
    const PrefixCount prefixes = count_prefixes(*nat);
    const Element total(sink, "total-static-nat-rule-ref-addr-num");
    sink.leaf("total-static-nat-rule-ref-addr-num-v4", prefixes.inet);
    sink.leaf("total-static-nat-rule-ref-addr-num-v6", prefixes.inet6);
  }
  for (const NatRule& rule : nat->rules) static_rule_element(sink, rule);
  return {};
}

}  // namespace sluice::rpc
