#include "base/xml_text.h"
#include "mgd/render/layouts.h"

// show security nat source rule, destination rule, static rule.
namespace sluice::render {
namespace {

// Labels are as wide as the widest, and what follows on further lines stands below what came first.
void line(Page& page, std::string_view label, std::string_view value) {
  page.print("  {:<27}: {}\n", label, value);
}
void inner_line(Page& page, std::string_view label, std::string_view value) {
  page.print("    {:<25}: {}\n", label, value);
}

void context_lines(const View& rule, std::string_view side, Page& page) {
  const bool from = side == "From";
  std::string kind(rule[from ? "rule-from-context" : "rule-to-context"]);
  if (kind == "routing-instance") kind = "routing instance";
  std::string label = fmt::format("{} {}", side, kind);
  for (const View& name : rule.children(from ? "rule-from-context-name" : "rule-to-context-name")) {
    line(page, label, name.value());
    label.clear();
  }
}

void span_line(Page& page, std::string_view label, std::string_view low, std::string_view high) {
  const std::string span = fmt::format("{:<15} - {}", low, high);
  if (label.empty()) {
    line(page, label, span);
  } else {
    inner_line(page, label, span);
  }
}

// The elements of a match that are of one kind: each is a range, or a name.
struct MatchNames {
  std::string_view entry, low, high, name;
};
void match_lines(const View& rule, std::string_view label, const MatchNames& names, Page& page) {
  for (const View& entry : rule.children(names.entry)) {
    if (entry.has(names.low)) {
      span_line(page, label, entry[names.low], entry[names.high]);
    } else if (label.empty()) {
      line(page, label, entry[names.name]);
    } else {
      inner_line(page, label, entry[names.name]);
    }
    label = {};
  }
}

void total_lines(const View& document, std::string_view label, const MatchNames& names, Page& page) {
  if (!document.has(names.entry)) return;
  page.print("{}: {}\n", label, document.child(names.entry)[names.name]);
  const View prefixes = document.child(names.low);
  const std::vector<View> counts = prefixes.children();
  if (counts.size() == 2) {
    page.print("Total referenced IPv4/IPv6 ip-prefixes: {}/{}\n", counts[0].value(), counts[1].value());
  }
}

void head_lines(const View& rule, std::string_view kind, Page& page) {
  if (forms_of(page.profile).nat_rule_set_line) {
    page.print("{} NAT rule: {}\n", kind, rule["rule-name"]);
    line(page, "Rule set", rule["rule-set-name"]);
    line(page, "Rule Id", rule["rule-id"]);
  } else {
    const std::size_t width = kind == "Destination" ? 22 : 20;
    page.print("{} NAT rule: {:<{}} Rule-set: {}\n", kind, rule["rule-name"], width, rule["rule-set-name"]);
    line(page, "Rule-Id", rule["rule-id"]);
  }
  line(page, "Rule position", rule["rule-matching-position"]);
  context_lines(rule, "From", page);
}

// The captures that we have show no failures, and so no line where there are none; the older ones end here.
void counter_lines(const View& counters, Page& page) {
  line(page, "Translation hits", counters["rule-translation-hits"]);
  if (!forms_of(page.profile).nat_rule_set_line) return;
  inner_line(page, "Successful sessions", counters["succ-hits"]);
  if (counters["failed-hits"] != "0") inner_line(page, "Failed sessions", counters["failed-hits"]);
  line(page, "Number of sessions", counters["concurrent-hits"]);
}

// Older releases print the blanks that they fill values up with, and one after the last.
void action_lines(const View& action, Page& page) {
  const bool recent = forms_of(page.profile).nat_rule_set_line;
  const auto print = [&](std::string_view label, std::string_view value) {
    page.print("    {:<28}: {}\n", label, recent ? trimmed(value) : value);
  };
  page.print("  {:<30}: {}\n", "Action", action["source-nat-rule-action"]);
  print("Persistent NAT type", action["persistent-nat-type"]);
  print("Persistent NAT mapping type", action["persistent-nat-mapping-type"]);
  print("Inactivity timeout", action["persistent-nat-timeout"]);
  print("Max session number", fmt::format("{} ", action["persistent-nat-max-session"]));
  if (recent) print("Persistent NAT block session", action["persistent-nat-blocksess"]);
}

void print_source(const View& rule, Page& page) {
  head_lines(rule, "source", page);
  context_lines(rule, "To", page);
  if (forms_of(page.profile).nat_rule_set_line) page.print("  Match\n");
  match_lines(rule, "Source addresses",
              {"source-address-range-entry", "rule-source-address-low-range",
               "rule-source-address-high-range", "rule-source-address"},
              page);
  match_lines(rule, "Destination addresses",
              {"destination-address-range-entry", "rule-destination-address-low-range",
               "rule-destination-address-high-range", "rule-destination-address"},
              page);
  match_lines(rule, "Destination port",
              {"destination-port-entry", "rule-destination-port-low", "rule-destination-port-high", {}},
              page);
  match_lines(rule, "Source port", {"source-port-entry", "rule-source-port-low", "rule-source-port-high", {}},
              page);
  match_lines(rule, "IP protocol", {"src-nat-protocol-entry", {}, {}, "src-nat-protocol"}, page);
  match_lines(rule, "Application", {"src-nat-app-entry", {}, {}, "src-nat-application"}, page);
  action_lines(rule.child("source-nat-rule-action-entry"), page);
  counter_lines(rule.child("source-nat-rule-hits-entry"), page);
}

void print_destination(const View& rule, Page& page) {
  head_lines(rule, "Destination", page);
  match_lines(rule, "Source addresses",
              {"rule-source-address-range-entry", "rule-source-address-low-range",
               "rule-source-address-high-range", "rule-source-address"},
              page);
  match_lines(rule, "Destination addresses",
              {"rule-destination-address-range-entry", "rule-destination-address-low-range",
               "rule-destination-address-high-range", "rule-destination-address"},
              page);
  match_lines(rule, "Destination port",
              {"destination-port-entry", "rule-destination-port-low", "rule-destination-port-high", {}},
              page);
  for (const View& protocol : rule.children("destination-nat-protocol")) {
    inner_line(page, "IP protocol", protocol.value());
  }
  if (rule.has("destination-nat-application")) {
    inner_line(page, "Application", rule["destination-nat-application"]);
  }
  line(page, "Action", rule["destination-nat-rule-action"]);
  counter_lines(rule, page);
}

void print_static(const View& rule, Page& page) {
  head_lines(rule, "Static", page);
  match_lines(rule, "Source addresses",
              {"static-source-address-range-entry", "rule-source-address-low-range",
               "rule-source-address-high-range", "rule-source-address"},
              page);
  line(page, "Destination addresses", rule["rule-destination-address-prefix"]);
  if (rule.has("rule-destination-port-low")) {
    line(page, "Destination ports",
         fmt::format("{} - {}", rule["rule-destination-port-low"], rule["rule-destination-port-high"]));
  }
  line(page, "Host addresses", rule["rule-host-address-prefix"]);
  if (rule.has("rule-host-port-low")) {
    line(page, "Host ports", fmt::format("{} - {}", rule["rule-host-port-low"], rule["rule-host-port-high"]));
  }
  line(page, "Netmask", rule["rule-address-netmask"]);
  line(page, "Host routing-instance", rule["rule-host-routing-instance"]);
  counter_lines(rule, page);
}

// The totals come before the rules, so the whole reply is kept.
void print_source_rules(const View& document, Page& page) {
  total_lines(document, "Total rules",
              {"total-source-nat-rules", "total-source-nat-rule-ref-addr-num", {}, "total-src-rules"}, page);
  for (const View& rule : document.children("source-nat-rule-entry")) print_source(rule, page);
}
void print_destination_rules(const View& document, Page& page) {
  total_lines(document, "Total destination-nat rules",
              {"total-destination-nat-rules", "total-destination-nat-rule-ref-addr-num", {}, "total-rules"},
              page);
  for (const View& rule : document.children("destination-nat-rule-entry")) print_destination(rule, page);
}
void print_static_rules(const View& document, Page& page) {
  total_lines(document, "Total static-nat rules",
              {"total-static-nat-rules", "total-static-nat-rule-ref-addr-num", {}, "total-rules"}, page);
  for (const View& rule : document.children("static-nat-rule-entry")) print_static(rule, page);
}

}  // namespace

const TextLayout kSourceNatRules{"", nullptr, print_source_rules};
const TextLayout kDestinationNatRules{"", nullptr, print_destination_rules};
const TextLayout kStaticNatRules{"", nullptr, print_static_rules};

}  // namespace sluice::render
