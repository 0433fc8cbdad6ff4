#include "mgd/render/layouts.h"

// show arp, show ipv6 neighbors.
namespace sluice::render {
namespace {

void print_arp_entry(const View& entry, Page& page) {
  if (page.records == 0) page.print("MAC Address       Address         Interface                Flags\n");
  page.print("{:<17} {:<15} {:<24} none\n", entry["mac-address"], entry["ip-address"],
             entry["interface-name"]);
}

void print_arp(const View& table, Page& page) {
  page.print("Total entries: {}\n", table["arp-entry-count"]);
}

void print_neighbor(const View& entry, Page& page) {
  if (page.records == 0) {
    page.print("IPv6 Address                            Linklayer Address  Interface\n");
  }
  page.print("{:<39} {:<18} {}\n", entry["ipv6-nd-neighbor-address"], entry["ipv6-nd-neighbor-l2-address"],
             entry["ipv6-nd-interface-name"]);
}

void print_neighbors(const View& table, Page& page) {
  page.print("Total entries: {}\n", table["ipv6-nd-total"]);
}

}  // namespace

const TextLayout kArp{"arp-table-entry", print_arp_entry, print_arp};
const TextLayout kIpv6Neighbors{"ipv6-nd-entry", print_neighbor, print_neighbors};

}  // namespace sluice::render
