#include "mgd/rpc/nat_elements.h"

namespace sluice::rpc {

using render::Element;
using render::Sink;

void nat_rule_leaves(Sink& sink, const NatRule& rule) {
  sink.leaf("rule-name", rule.node.key());
  sink.leaf("rule-set-name", rule.set.key());
  if (const auto description = rule.node.text("description")) sink.leaf("rule-description", *description);
  sink.leaf("rule-id", rule.counted.rule_id());
  sink.leaf("rule-matching-position", rule.position);
}

void nat_from_leaves(Sink& sink, const NatRule& rule) {
  const auto contexts = contexts_of(rule, "from");
  if (contexts.empty()) return;
  sink.leaf("rule-from-context", contexts.front().first);
  for (const auto& context : contexts) sink.leaf("rule-from-context-name", context.second);
}

void nat_to_leaves(Sink& sink, const NatRule& rule) {
  const auto contexts = contexts_of(rule, "to");
  if (contexts.empty()) return;
  sink.leaf("rule-to-context", contexts.front().first);
  for (const auto& context : contexts) sink.leaf("rule-to-context-name", context.second);
}

void nat_rule_counter_leaves(Sink& sink, const v1::NatCounters& counters) {
  sink.leaf("rule-translation-hits", counters.hits());
  nat_session_leaves(sink, counters);
}

void nat_session_leaves(Sink& sink, const v1::NatCounters& counters) {
  sink.leaf("succ-hits", counters.succeeded());
  sink.leaf("failed-hits", counters.failed());
  sink.leaf("concurrent-hits", counters.active());
}

void nat_address_entries(Sink& sink, const std::vector<std::string_view>& prefixes,
                         const std::vector<std::string_view>& names, const AddressNames& elements) {
  for (const std::string_view prefix : prefixes) {
    const Element entry(sink, elements.entry);
    const AddressSpan span = span_of(prefix);
    sink.leaf(elements.low, span.low);
    sink.leaf(elements.high, span.high);
  }
  for (const std::string_view name : names) {
    const Element entry(sink, elements.entry);
    sink.leaf(elements.name, name);
  }
}

void nat_port_leaves(Sink& sink, const config::Node& range, std::string_view low_leaf,
                     const PortNames& elements) {
  const std::string_view low = range.text(low_leaf).value_or("");
  sink.leaf(elements.low, low);
  sink.leaf(elements.high, range.text("to").value_or(low));
}

}  // namespace sluice::rpc
