#include <fmt/format.h>

#include <algorithm>

#include "mgd/rpc/handlers.h"
#include "mgd/rpc/policies.h"

// show security policies hit-count.
namespace sluice::rpc {
namespace {

using render::Element;
using render::Profile;
using render::Sink;

struct Row {
  std::string from_zone, to_zone, name, action;
  std::uint64_t hits = 0;
};

std::string capitalized(std::string_view word) {
  std::string text(word.substr(0, word.find('-')));
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

bool selects(const Inputs& inputs) {
  return inputs.has("from-zone") || inputs.has("to-zone") || inputs.has("policy-name");
}

std::vector<Row> rows_of(const Policies& policies, const Inputs& inputs) {
  std::vector<Row> rows;
  if (!selects(inputs)) {
    rows.push_back({"all-zone", "all-zone", "default-policy", capitalized(policies.default_action()),
                    policies.counters(kDefaultPolicyId).hits()});
  }
  for (const Policy& policy : policies.list) {
    rows.push_back({std::string(policy.global() ? kGlobalZone : policy.from_zone),
                    std::string(policy.global() ? kGlobalZone : policy.to_zone),
                    std::string(policy.node.key()), capitalized(action_of(policy)),
                    policies.counters(policy.id).hits()});
  }
  return rows;
}

void narrow(std::vector<Row>& rows, const Inputs& inputs) {
  if (inputs.has("less-than")) {
    std::erase_if(rows, [&](const Row& row) { return row.hits >= inputs.number("less-than"); });
  }
  if (inputs.has("greater-than")) {
    std::erase_if(rows, [&](const Row& row) { return row.hits <= inputs.number("greater-than"); });
  }
  if (inputs.text("order") == "ascending") std::ranges::stable_sort(rows, std::less<>(), &Row::hits);
  if (inputs.text("order") == "descending") std::ranges::stable_sort(rows, std::greater<>(), &Row::hits);
}

}  // namespace

Status show_policy_hit_count(const Inputs& inputs, const Context& context, Sink& sink) {
  auto policies = read_policies(context);
  if (!policies) return policies.error();
  if (auto selected = select_policies(*policies, inputs); !selected) return selected;
  std::vector<Row> rows = rows_of(*policies, inputs);
  narrow(rows, inputs);

  const render::Document document(sink, "policy-hit-count", "junos-policies");
  sink.leaf("logical-system-name", "root-logical-system");
  sink.leaf("policy-hit-count-num", rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Row& row = rows[i];
    const Element element(sink, "policy-hit-count-entry");
    sink.leaf("policy-hit-count-index", i + 1);
    sink.leaf("policy-hit-count-from-zone", row.from_zone);
    sink.leaf("policy-hit-count-to-zone", row.to_zone);
    sink.leaf("policy-hit-count-policy-name", row.name);
    sink.leaf("policy-hit-count-count", row.hits);
    if (forms_of(context.profile).modern) sink.leaf("policy-hit-count-action", row.action);
    // There is nothing here that redirects.
    if (inputs.has("detail")) sink.leaf("policy-redirect-count", 0);
  }
  return {};
}

}  // namespace sluice::rpc
