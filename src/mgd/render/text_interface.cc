#include "mgd/render/text_interface.h"

namespace sluice::render {
namespace {

struct Word {
  std::string_view element, text;
};

// What flags that are there stand for.
std::string words_of(const View& flags, std::initializer_list<Word> words) {
  std::string text;
  for (const Word& word : words) {
    if (flags.has(word.element)) text += fmt::format(" {}", word.text);
  }
  return text;
}

void print_medium(const View& port, Page& page) {
  page.print("  Interface index: {}\n", port["local-index"]);
  if (port.has("description")) page.print("  Description: {}\n", port["description"]);
  page.print("  Link-level type: {}, MTU: {}, Link-mode: {}, Speed: {}, Loopback: Disabled,\n",
             port["link-level-type"], port["mtu"], port["link-mode"], port["speed"]);
  page.print("  Source filtering: Disabled\n");
  page.print("  Device flags   :{}\n",
             words_of(port.child("if-device-flags"),
                      {{"ifdf-present", "Present"}, {"ifdf-running", "Running"}, {"ifdf-down", "Down"}}));
  page.print("  Interface flags:{}\n",
             words_of(port.child("if-config-flags"),
                      {{"iff-none", "None"}, {"iff-hardware-down", "Hardware-Down"}}));
  page.print("  Link flags     : None\n");
}

void print_counters(const View& traffic, Page& page) {
  page.print("  Traffic statistics:\n");
  const auto line = [&](std::string_view label, std::string_view count, std::string_view rate,
                        std::string_view unit) {
    page.print("   {:<14}:{:>21}{:>21} {}\n", label, traffic[count], traffic[rate], unit);
  };
  line("Input  bytes", "input-bytes", "input-bps", "bps");
  line("Output bytes", "output-bytes", "output-bps", "bps");
  line("Input  packets", "input-packets", "input-pps", "pps");
  line("Output packets", "output-packets", "output-pps", "pps");
}

void print_traffic(const View& port, Page& page) {
  if (port.has("statistics-cleared"))
    page.print("  Statistics last cleared: {}\n", port["statistics-cleared"]);
  const View traffic = port.child("traffic-statistics");
  if (traffic.attribute("junos:style") == "verbose") return print_counters(traffic, page);
  page.print("  Input rate     : {} bps ({} pps)\n", traffic["input-bps"], traffic["input-pps"]);
  page.print("  Output rate    : {} bps ({} pps)\n", traffic["output-bps"], traffic["output-pps"]);
  if (port.has("input-error-count")) {
    page.print("  Input errors: {}, Output errors: {}\n", port["input-error-count"],
               port["output-error-count"]);
  }
}

void print_errors(const View& port, Page& page) {
  const View in = port.child("input-error-list");
  const View out = port.child("output-error-list");
  if (!in) return;
  page.print(
      "  Input errors:\n    Errors: {}, Drops: {}, Framing errors: {}, Runts: {}, Policed discards: {},\n",
      in["input-errors"], in["input-drops"], in["framing-errors"], in["input-runts"], in["input-discards"]);
  page.print("    L3 incompletes: {}, L2 channel errors: {}, L2 mismatch timeouts: {}, FIFO errors: {},\n",
             in["input-l3-incompletes"], in["input-l2-channel-errors"], in["input-l2-mismatch-timeouts"],
             in["input-fifo-errors"]);
  page.print("    Resource errors: {}\n", in["input-resource-errors"]);
  page.print(
      "  Output errors:\n    Carrier transitions: {}, Errors: {}, Drops: {}, Collisions: {}, Aged packets: "
      "{},\n",
      out["carrier-transitions"], out["output-errors"], out["output-drops"], out["output-collisions"],
      out["aged-packets"]);
  page.print("    FIFO errors: {}, HS link CRC errors: {}, MTU errors: {}, Resource errors: {}\n",
             out["output-fifo-errors"], out["hs-link-crc-errors"], out["mtu-errors"],
             out["output-resource-errors"]);
}

void print_ethernet(const View& port, Page& page) {
  const View mac = port.child("ethernet-mac-statistics");
  if (!mac) return;
  page.print("  MAC statistics:                      Receive         Transmit\n");
  page.print("    Total octets            {:>20} {:>16}\n", mac["input-bytes"], mac["output-bytes"]);
  page.print("    Total packets           {:>20} {:>16}\n", mac["input-packets"], mac["output-packets"]);
}

// All but what `brief` has.
void print_state(const View& port, Page& page) {
  if (!port.has("interface-flapped")) return;
  if (port.has("current-physical-address")) {
    page.print("  Current address: {}, Hardware address: {}\n", port["current-physical-address"],
               port["hardware-physical-address"]);
  }
  page.print("  Last flapped   : {}\n", port["interface-flapped"]);
  print_traffic(port, page);
  print_errors(port, page);
  const bool fine = port.child("active-alarms").child("interface-alarms").has("alarm-not-present");
  for (const std::string_view label : {"Active alarms ", "Active defects"}) {
    page.print("  {} : {}\n", label, fine ? "None" : "LINK");
  }
  print_ethernet(port, page);
}

void print_address(const View& address, Page& page) {
  page.print("      Addresses, Flags:{}\n",
             words_of(address.child("ifa-flags"),
                      {{"ifaf-current-preferred", "Is-Preferred"}, {"ifaf-current-primary", "Is-Primary"}}));
  page.print("        Destination: {}, Local: {}", address["ifa-destination"], address["ifa-local"]);
  if (address.has("ifa-broadcast")) page.print(", Broadcast: {}", address["ifa-broadcast"]);
  page.print("\n");
}

void print_family(const View& family, Page& page) {
  const std::string_view name = family["address-family-name"];
  if (family.has("mtu")) {
    page.print("    Protocol {}, MTU: {}\n", name, family["mtu"]);
    for (const View& address : family.children("interface-address")) print_address(address, page);
    return;
  }
  bool first = true;
  for (const View& address : family.children("interface-address")) {
    page.print("    {:<5} {}\n", std::exchange(first, false) ? name : "", address["ifa-local"]);
  }
}

void print_security(const View& unit, Page& page) {
  page.print("    Security: Zone: {}\n", unit["logical-interface-zone-name"]);
  const View inbound = unit.child("allowed-host-inbound-traffic");
  if (!inbound) return;
  constexpr std::string_view kPrefix = "inbound-";
  page.print("    Allowed host-inbound traffic :");
  for (const View& one : inbound.children()) page.print(" {}", one.name().substr(kPrefix.size()));
  page.print("\n");
}

}  // namespace

void print_unit(const View& unit, Page& page) {
  page.print("  Logical interface {} (Index {})\n", unit["name"], unit["local-index"]);
  if (unit.has("description")) page.print("    Description: {}\n", unit["description"]);
  page.print("    Flags:{}",
             words_of(unit.child("if-config-flags"),
                      {{"iff-up", "Up"}, {"iff-down", "Down"}, {"iff-device-down", "Device-Down"}}));
  if (unit.has("link-address")) page.print(" {}", unit.child("link-address").attribute("junos:format"));
  page.print(" Encapsulation: {}\n", unit["encapsulation"]);
  print_security(unit, page);
  for (const View& family : unit.children("address-family")) print_family(family, page);
}

void print_port(const View& port, Page& page) {
  if (page.records > 0) page.print("\n");
  page.print("Physical interface: {}, {}, Physical link is {}\n", port["name"],
             port.child("admin-status").attribute("junos:format"),
             port["oper-status"] == "up" ? "Up" : "Down");
  print_medium(port, page);
  print_state(port, page);
  for (const View& unit : port.children("logical-interface")) {
    page.print("\n");
    print_unit(unit, page);
  }
}

}  // namespace sluice::render
