#include "mgd/render/layouts.h"
#include "mgd/render/text_interface.h"

// show interfaces: the lists `terse` and `descriptions`; which form it is shows in what the elements have.
namespace sluice::render {
namespace {

bool is_in_full(const View& interface) {
  return interface.has("local-index");
}

// Columns: Interface 0, Admin 24, Link 30, Proto 35, Local 44, Remote 66.
void terse_header(Page& page) {
  if (page.records == 0)
    page.print("Interface               Admin Link Proto    Local                 Remote\n");
}

void print_terse_unit(const View& unit, Page& page) {
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

void print_terse_port(const View& port, Page& page) {
  terse_header(page);
  page.print("{:<23} {:<5} {}\n", port["name"], port["admin-status"], port["oper-status"]);
  for (const View& unit : port.children("logical-interface")) print_terse_unit(unit, page);
}

void print_description(const View& interface, Page& page) {
  if (page.records == 0) page.print("Interface       Admin Link Description\n");
  page.print("{:<15} {:<5} {:<4} {}\n", interface["name"], interface["admin-status"],
             interface["oper-status"], interface["description"]);
}

void print_record(const View& port, Page& page) {
  if (is_in_full(port)) {
    print_port(port, page);
  } else if (port.has("description")) {
    print_description(port, page);
  } else {
    print_terse_port(port, page);
  }
}

// Units that stand without their port.
void print_document(const View& document, Page& page) {
  for (const View& unit : document.children("logical-interface")) {
    if (is_in_full(unit)) {
      print_unit(unit, page);
    } else if (unit.has("description")) {
      print_description(unit, page);
    } else {
      terse_header(page);
      print_terse_unit(unit, page);
    }
    ++page.records;
  }
}

}  // namespace

const TextLayout kInterfaces{"physical-interface", print_record, print_document};

}  // namespace sluice::render
