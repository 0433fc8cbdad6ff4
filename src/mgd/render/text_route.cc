#include "mgd/render/layouts.h"

// show route.
namespace sluice::render {
namespace {

constexpr std::size_t kDestinationWidth = 19;

void print_hops(const View& entry, Page& page) {
  const bool recent = forms_of(page.profile).modern;
  const std::string_view type = entry["nh-type"];
  const std::vector<View> hops = entry.children("nh");
  if (!type.empty()) {
    page.print("{:<{}}{}", "", recent ? 23 : 22, type);
    if (!hops.empty()) page.print(" via {}", hops.front()["nh-local-interface"]);
    page.print("\n");
    return;
  }
  for (const View& hop : hops) {
    page.print("{:<20}{}{}", "", hop.has("selected-next-hop") ? ">" : " ", recent ? "  " : " ");
    if (hop.has("to")) page.print("to {} ", hop["to"]);
    page.print("via {}\n", hop["via"]);
  }
}

void print_destination(const View& route, Page& page) {
  std::string head(route["rt-destination"]);
  if (head.size() >= kDestinationWidth) {
    page.print("{}\n", head);
    head.clear();
  }
  for (const View& entry : route.children("rt-entry")) {
    page.print("{:<{}}{}[{}/{}] {}\n", head, kDestinationWidth, entry.has("active-tag") ? "*" : " ",
               entry["protocol-name"], entry["preference"], entry["age"]);
    print_hops(entry, page);
    head.clear();
  }
}

void print_counts(const View& table, Page& page) {
  page.print("\n{}: {} destinations, {} routes ({} active, {} holddown, {} hidden)\n", table["table-name"],
             table["destination-count"], table["total-route-count"], table["active-route-count"],
             table["holddown-route-count"], table["hidden-route-count"]);
}

void print_table(const View& table, Page& page) {
  print_counts(table, page);
  page.print("+ = Active Route, - = Last Active, * = Both\n\n");
  for (const View& route : table.children("rt")) print_destination(route, page);
}

void print_summary(const View& table, Page& page) {
  print_counts(table, page);
  for (const View& protocol : table.children("protocols")) {
    page.print("{:>20}: {:>6} routes, {:>6} active\n", protocol["protocol-name"],
               protocol["protocol-route-count"], protocol["active-route-count"]);
  }
}

}  // namespace

const TextLayout kRoute{"route-table", print_table, nullptr};
const TextLayout kRouteSummary{"route-table", print_summary, nullptr};

}  // namespace sluice::render
