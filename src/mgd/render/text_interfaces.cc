#include "mgd/render/layouts.h"

// show interfaces terse. Columns: Interface 0, Admin 24, Link 30, Proto 35, Local 44, Remote 66.
namespace sluice::render {
namespace {

void header(Page& page) {
  if (page.records == 0)
    page.print("Interface               Admin Link Proto    Local                 Remote\n");
}

void print_unit(const View& unit, Page& page) {
  std::string head =
      fmt::format("{:<23} {:<5} {:<4}", unit["name"], unit["admin-status"], unit["oper-status"]);
  const std::string blank(head.size(), ' ');
  bool printed = false;
  for (const View& family : unit.children("address-family")) {
    std::string proto(family["address-family-name"]);
    for (const View& address : family.children("interface-address")) {
      page.print("{} {:<8} {}\n", printed ? blank : head, proto, address["ifa-local"]);
      proto.clear();
      printed = true;
    }
  }
  // Without an address the line ends after the link state, as that of a port does.
  if (!printed) page.print("{:<23} {:<5} {}\n", unit["name"], unit["admin-status"], unit["oper-status"]);
}

void print_port(const View& port, Page& page) {
  header(page);
  page.print("{:<23} {:<5} {}\n", port["name"], port["admin-status"], port["oper-status"]);
  for (const View& unit : port.children("logical-interface")) print_unit(unit, page);
}

// One unit was asked for: it stands without its port.
void print_document(const View& document, Page& page) {
  for (const View& unit : document.children("logical-interface")) {
    header(page);
    print_unit(unit, page);
  }
}

}  // namespace

const TextLayout kInterfaces{"physical-interface", print_port, print_document};

}  // namespace sluice::render
