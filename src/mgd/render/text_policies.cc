#include "mgd/render/layouts.h"

// show security policies, brief and detail, and hit-count; show security match-policies.
namespace sluice::render {
namespace {

bool recent(const Page& page) {
  return forms_of(page.profile).modern;
}

// "a, b, c" of LEAF in each ONE below ALL.
std::string joined(const View& policy, std::string_view all, std::string_view one, std::string_view leaf) {
  std::string text;
  for (const View& item : policy.child(all).children(one)) {
    if (!text.empty()) text += ", ";
    text += item[leaf];
  }
  return text;
}

std::string action_words(const View& policy) {
  const View action = policy.child("policy-action");
  std::string text(action["action-type"]);
  if (action.has("log")) text += ", log";
  if (action.has("count")) text += ", count";
  return text;
}

void context_line(const View& context, std::string_view indent, Page& page) {
  page.print("{}From zone: {}, To zone: {}\n", indent, context["source-zone-name"],
             context["destination-zone-name"]);
}

void print_brief(const View& policy, Page& page) {
  page.print("  Policy: {}, State: {}, Index: {}, Scope Policy: {}, Sequence number: {}",
             policy["policy-name"], policy["policy-state"], policy["policy-identifier"],
             policy["scope-policy-identifier"], policy["policy-sequence-number"]);
  page.print("{}\n", recent(page) ? ", Log Profile ID: 0" : "");
  if (policy.has("multiple-source-zones")) {
    page.print("    From zones: {}\n",
               joined(policy, "multiple-source-zones", "source-zone", "source-zone-name"));
    page.print("    To zones: {}\n",
               joined(policy, "multiple-destination-zones", "destination-zone", "destination-zone-name"));
  }
  if (recent(page)) page.print("    Source vrf group: any\n    Destination vrf group: any\n");
  page.print("    Source addresses: {}\n",
             joined(policy, "source-addresses", "source-address", "address-name"));
  page.print("    Destination addresses: {}\n",
             joined(policy, "destination-addresses", "destination-address", "address-name"));
  page.print("    Applications: {}\n", joined(policy, "applications", "application", "application-name"));
  if (recent(page)) page.print("    Source identity feeds: any\n    Destination identity feeds: any\n");
  page.print("    Action: {}\n", action_words(policy));
}

void detail_addresses(const View& policy, std::string_view all, std::string_view one, Page& page) {
  for (const View& address : policy.child(all).children(one)) {
    const View range = address.child("address-range");
    if (range) {
      page.print("    {}: {} ~ {} \n", address["address-name"], range["address-low"], range["address-high"]);
    } else {
      page.print("    {}: {} \n", address["address-name"], address.child("prefixes")["address-prefix"]);
    }
  }
}

std::string ports(const View& range) {
  if (range.has("single")) return std::string(range["single"]);
  return fmt::format("[{}-{}]", range["low"], range["high"]);
}

void print_term(const View& term, Page& page) {
  page.print("    IP protocol: {}, ALG: {}, Inactivity timeout: {}\n", term["protocol"], term["alg-name"],
             term["inactivity-timeout"]);
  if (const View icmp = term.child("icmp-info")) {
    page.print("      ICMP Information: type={}, code={}\n", icmp["icmp-type"],
               icmp.has("icmp-code") ? icmp["icmp-code"] : "0");
    return;
  }
  const View source = term.child("source-port-range");
  const std::string source_ports =
      source.has("single") ? fmt::format("[{0}-{0}]", source["single"]) : ports(source);
  page.print("      Source port range: {} \n", source_ports);
  page.print("      Destination ports: {}\n", ports(term.child("destination-port-range")));
}

void print_counter(Page& page, std::string_view label, std::string_view value) {
  page.print("    {:<19}:{:>21}\n", label, value);
}

void print_policy_statistics(const View& s, Page& page) {
  page.print("  Policy statistics:\n");
  for (const auto& [label, base] : {std::pair{"Input  bytes", "input-bytes"},
                                    {"Output bytes", "output-bytes"},
                                    {"Input  packets", "input-packets"},
                                    {"Output packets", "output-packets"}}) {
    print_counter(page, label, s[base]);
    print_counter(page, "  Initial direction", s[fmt::format("{}-init", base)]);
    print_counter(page, "  Reply direction", s[fmt::format("{}-reply", base)]);
  }
  print_counter(page, "Session rate", s["session-creations"]);
  print_counter(page, "Active sessions", s["active-sessions"]);
  print_counter(page, "Session deletions", s["session-deletions"]);
  print_counter(page, "Policy lookups", s["policy-lookups"]);
}

void detail_head(const View& policy, Page& page) {
  page.print("Policy: {}, action-type: {}, ", policy["policy-name"],
             policy.child("policy-action")["action-type"]);
  if (recent(page)) page.print("services-offload:not-configured , ");
  page.print("State: {}, Index: {}, Scope Policy: {}\n", policy["policy-state"], policy["policy-identifier"],
             policy["scope-policy-identifier"]);
  page.print("  Policy Type: {}\n", policy.child("policy-type-information")["policy-type-string"]);
  if (policy.has("policy-description")) page.print("  Description: {}\n", policy["policy-description"]);
  page.print("  Sequence number: {}\n", policy["policy-sequence-number"]);
}

void detail_zones(const View& policy, Page& page) {
  if (!policy.has("multiple-source-zones"))
    return context_line(policy.child("context-information"), "  ", page);
  page.print("  From zones:\n");
  for (const View& zone : policy.child("multiple-source-zones").children("source-zone")) {
    page.print("    {}\n", zone["source-zone-name"]);
  }
  page.print("  To zones:\n");
  for (const View& zone : policy.child("multiple-destination-zones").children("destination-zone")) {
    page.print("    {}\n", zone["destination-zone-name"]);
  }
}

void print_detail(const View& policy, Page& page) {
  detail_head(policy, page);
  detail_zones(policy, page);
  if (recent(page)) page.print("  Source vrf group:\n    any\n  Destination vrf group:\n    any\n");
  page.print("  Source addresses:\n");
  detail_addresses(policy, "source-addresses", "source-address", page);
  page.print("  Destination addresses:\n");
  detail_addresses(policy, "destination-addresses", "destination-address", page);
  for (const View& application : policy.child("applications").children("application")) {
    page.print("  Application: {}\n", application["application-name"]);
    for (const View& term : application.children("application-term")) print_term(term, page);
  }
  if (recent(page)) page.print("  Source identity feeds:\n    any\n  Destination identity feeds:\n    any\n");
  const View tcp = policy.child("policy-action").child("policy-tcp-options");
  page.print("  Per policy TCP Options: SYN check: {}, SEQ check: {}, Window scale: {}\n",
             tcp["policy-tcp-options-syn-check"], tcp["policy-tcp-options-sequence-check"],
             tcp["policy-tcp-options-window-scale"]);
  if (const View log = policy.child("policy-log")) {
    const bool both = log.has("log-session-creation") && log.has("log-session-close");
    page.print("  Session log: {}{}{}\n", log.has("log-session-creation") ? "at-create" : "",
               both ? ", " : "", log.has("log-session-close") ? "at-close" : "");
  }
  if (const View statistics = policy.child("policy-statistics-information"))
    print_policy_statistics(statistics, page);
}

void print_contexts(const View& contexts, Page& page) {
  page.print("{:<24} {:<24} {}\n", "From zone", "To zone", "Policy count");
  for (const View& entry : contexts.children("policy-zone-context-entry")) {
    page.print("{:<24} {:<24} {}\n", entry["policy-zone-context-from-zone"],
               entry["policy-zone-context-to-zone"], entry["policy-zone-context-policy-count"]);
  }
}

void print_document(const View& document, Page& page) {
  if (document.has("default-policy")) page.print("Default policy: {}\n", document["default-policy"]);
  if (document.has("pre-id-default-policy")) {
    page.print("Default policy log Profile ID: {}\n", document["default-policy-log-profile-id"]);
    page.print("Pre ID default policy: {}\n", document["pre-id-default-policy"]);
    page.print("Default HTTP Mux policy: {}\n", document["default-http-mux-policy"]);
  }
  if (const View contexts = document.child("policy-zone-context")) return print_contexts(contexts, page);
  for (const View& context : document.children("security-context")) {
    const std::vector<View> policies = context.child("policies").children("policy-information");
    const bool detail = !policies.empty() && policies.front().has("policy-type-information");
    const View names = context.child("context-information");
    if (!detail && names.has("global-context")) page.print("Global policies:\n");
    if (!detail && !names.has("global-context")) context_line(names, "", page);
    for (const View& policy : policies) detail ? print_detail(policy, page) : print_brief(policy, page);
  }
}

// One that no configuration names has no more to tell.
void print_built_in(const View& policy, Page& page) {
  page.print("Policy: {}, action-type: {}, State: {}, Index: {}\n  Sequence number: {}\n",
             policy["policy-name"], policy.child("policy-action")["action-type"], policy["policy-state"],
             policy["policy-identifier"], policy["policy-sequence-number"]);
}

void print_matches(const View& document, Page& page) {
  for (const View& policy : document.children("policy-information")) {
    policy.has("policy-type-information") ? print_detail(policy, page) : print_built_in(policy, page);
  }
}

// Long names push the columns to the right; a blank always stays between them.
void print_hit_counts(const View& document, Page& page) {
  const std::vector<View> rows = document.children("policy-hit-count-entry");
  const bool actions = forms_of(page.profile).hit_count_action;
  const bool redirects = !rows.empty() && rows.front().has("policy-redirect-count");
  page.print("Logical system: {}\n", document["logical-system-name"]);
  page.print("Index   From zone        To zone           Name           Policy count{}{}\n",
             actions ? "  Action" : "", redirects ? "  Redirect" : "");
  for (const View& row : rows) {
    page.print("{:<7} {:<16} {:<17} {:<14} {}", row["policy-hit-count-index"],
               row["policy-hit-count-from-zone"], row["policy-hit-count-to-zone"],
               row["policy-hit-count-policy-name"],
               fmt::format("{:<{}}", row["policy-hit-count-count"], actions || redirects ? 13 : 0));
    if (actions) page.print(" {:<{}}", row["policy-hit-count-action"], redirects ? 7 : 0);
    if (redirects) page.print(" {}", row["policy-redirect-count"]);
    page.print("\n");
  }
  page.print("\nNumber of policy: {}\n", document["policy-hit-count-num"]);
}

}  // namespace

const TextLayout kPolicies{"", nullptr, print_document};
const TextLayout kPolicyHitCount{"", nullptr, print_hit_counts};
const TextLayout kPolicyMatch{"", nullptr, print_matches};

}  // namespace sluice::render
