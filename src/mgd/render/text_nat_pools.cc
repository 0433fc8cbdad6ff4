#include <algorithm>
#include <span>

#include "mgd/render/layouts.h"

// show security nat source summary, source pool, destination summary, destination pool.
namespace sluice::render {
namespace {

// A line of a pool: labels are as wide as the widest of the layout. Nothing where the pool has no such
// element.
struct Line {
  std::string_view label, element;
};
void print_lines(const View& pool, std::span<const Line> lines, std::size_t width, Page& page) {
  for (const Line& line : lines) {
    if (pool.has(line.element)) page.print("{:<{}}: {}\n", line.label, width, pool[line.element]);
  }
}

constexpr Line kSourcePool[] = {{"Pool name", "pool-name"},
                                {"Description", "pool-description"},
                                {"Pool id", "pool-id"},
                                {"Routing instance", "routing-instance-name"},
                                {"Host address base", "host-address-base"},
                                {"Port", "source-pool-port-translation"},
                                {"Port overloading", "port-overloading-factor"},
                                {"Address assignment", "source-pool-address-assignment"},
                                {"Total addresses", "total-pool-address"},
                                {"Translation hits", "address-pool-hits"},
                                {"Successful sessions", "succ-hits"},
                                {"Failed sessions", "failed-hits"},
                                {"Number of sessions", "concurrent-hits"}};
constexpr Line kDestinationPool[] = {{"Pool name", "pool-name"},
                                     {"Description", "pool-description"},
                                     {"Pool id", "pool-id"},
                                     {"Total address", "total-pool-address"},
                                     {"Translation hits", "address-pool-hits"}};

void print_source_pool(const View& pool, Page& page) {
  print_lines(pool, kSourcePool, 19, page);
  page.print("Address range                        Single Ports   Twin Ports\n");
  for (const View& range : pool.children("source-pool-address-range")) {
    page.print("{:>15} - {:<15}{:>10}{:>15}\n", range["address-range-low"], range["address-range-high"],
               range["single-port"], range["twin-port"]);
  }
  const View sum = pool.child("source-pool-address-range-sum");
  page.print("    {:<29}:{:>9}{:>15}\n", "Total used ports", sum["single-port-sum"], sum["twin-port-sum"]);
}

void print_source_pools(const View& document, Page& page) {
  if (const View total = document.child("total-source-nat-pools")) {
    page.print("Total pools: {}\n", total["total-source-pools"]);
  }
  for (const View& pool : document.children("source-nat-pool-info-entry")) print_source_pool(pool, page);
}

void print_destination_pool(const View& pool, Page& page) {
  print_lines(pool, kDestinationPool, 16, page);
  page.print("Address range                        Port \n");
  for (const View& range : pool.children("pool-address-range")) {
    page.print("{:>15} - {:<15}{:>8}\n", range["address-range-low"], range["address-range-high"],
               range["address-port"]);
  }
}

void print_destination_pools(const View& document, Page& page) {
  if (const View total = document.child("total-destination-nat-pool-number")) {
    page.print("Total destination-nat pools: {}\n", total["total-pools"]);
  }
  for (const View& pool : document.children("destination-nat-pool-entry")) print_destination_pool(pool, page);
}

// A pool's name stands before the first of its ranges.
class FirstOf {
 public:
  std::string_view once(std::string_view name) {
    if (name == last_) return {};
    last_ = name;
    return name;
  }

 private:
  std::string last_;
};

std::string_view at(const std::vector<View>& views, std::size_t i) {
  return i < views.size() ? views[i].value() : std::string_view();
}

// A rule of several contexts takes several rows.
void print_rule_row(const View& rule, Page& page) {
  const std::vector<View> from = rule.children("ssg-source-rule-context-from");
  const std::vector<View> to = rule.children("ssg-source-rule-context-to");
  const std::size_t rows = std::max(from.size(), to.size());
  const bool recent = forms_of(page.profile).nat_rule_set_line;
  for (std::size_t i = 0; i < rows; ++i) {
    if (!recent) {
      page.print("{:<18} {:<14} {:<17} {:<20} {}\n", i == 0 ? rule["ssg-source-rule-name"] : "",
                 i == 0 ? rule["ssg-source-rule-set-name"] : "", at(from, i), at(to, i),
                 i == 0 ? rule["ssg-source-rule-action"] : "");
      continue;
    }
    page.print("Rule name : {}\n", rule["ssg-source-rule-name"]);
    if (i == 0) {
      page.print("    Rule set  : {}\n", rule["ssg-source-rule-set-name"]);
      page.print("    Action    : {}\n", rule["ssg-source-rule-action"]);
    }
    page.print("    From      : {}\n", i < to.size() ? fmt::format("{:<21} To : {}", at(from, i), at(to, i))
                                                     : std::string(at(from, i)));
  }
}

void print_source_summary(const View& document, Page& page) {
  const bool recent = forms_of(page.profile).nat_rule_set_line;
  if (recent) {
    page.print("Total port number usage for port translation pool: {}\n",
               document.child("ssg-total-source-pat-port-num")["total-source-summary-pat-port-num"]);
    page.print("Maximum port number for port translation pool: {}\n",
               document.child("ssg-max-source-pat-port-num")["max-source-pat-port-num"]);
  }
  page.print("Total pools: {}\n", document.child("ssg-total-source-pool-num")["total-source-summary-pools"]);
  const std::vector<View> pools = document.children("ssg-source-pool-entry");
  if (!pools.empty()) {
    page.print("Pool                 Address                  Routing              PAT  Total\n");
    page.print("Name                 Range                    Instance                  Address\n");
  }
  FirstOf name;
  for (const View& pool : pools) {
    page.print("{:<20} {:<24} {:<17} {:<4} {}\n", name.once(pool["ssg-source-pool-name"]),
               pool["ssg-source-pool-address-range"], pool["ssg-source-pool-routing-instance"],
               pool["ssg-source-pool-pat"], pool["ssg-source-pool-total-address"]);
  }
  page.print("\nTotal rules: {}\n",
             document.child("ssg-total-source-rule-num")["summary-total-source-rules"]);
  const std::vector<View> rules = document.children("ssg-source-rule-entry");
  if (!recent && !rules.empty()) {
    page.print("{:<18} {:<14} {:<17} {:<20} {}\n", "Rule name", "Rule set", "From", "To", "Action");
  }
  for (const View& rule : rules) print_rule_row(rule, page);
}

void print_destination_summary(const View& document, Page& page) {
  page.print("Total pools: {}\n", document["total-pools"]);
  const std::vector<View> pools = document.children("destination-nat-entry");
  if (!pools.empty()) {
    page.print("{:<20} {:<33} {:<14} {:<5} {}\n", "Pool name", "Address", "Routing", "Port", "Total");
    page.print("{:<20} {:<33} {:<14} {:<5} {}\n", "", "Range", "Instance", "", "Address");
  }
  FirstOf name;
  for (const View& pool : pools) {
    page.print("{:<20} {:<33} {:<14} {:<5} {}\n", name.once(pool["destination-nat-pool-name"]),
               pool["destination-address-range"], "default", pool["destination-port-number"],
               pool["total-pool-address"]);
  }
  page.print("\nTotal rules: {}\n", document["total-rules"]);
  const std::vector<View> rules = document.children("destination-nat-rule-entry");
  if (!rules.empty()) page.print("{:<20} {:<20} {:<34} {}\n", "Rule name", "Rule set", "From", "Action");
  for (const View& rule : rules) {
    const std::vector<View> from = rule.children("rule-from-context-name");
    page.print("{:<20} {:<20} {:<34} {}\n", rule["rule-name"], rule["rule-set-name"], at(from, 0),
               rule["destination-nat-rule-action"]);
    for (std::size_t i = 1; i < from.size(); ++i) page.print("{:<41} {}\n", "", from[i].value());
  }
}

}  // namespace

const TextLayout kSourceNatSummary{"", nullptr, print_source_summary};
const TextLayout kSourceNatPools{"", nullptr, print_source_pools};
const TextLayout kDestinationNatSummary{"", nullptr, print_destination_summary};
const TextLayout kDestinationNatPools{"", nullptr, print_destination_pools};

}  // namespace sluice::render
