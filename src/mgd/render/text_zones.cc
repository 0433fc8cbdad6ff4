#include "mgd/render/layouts.h"

// show security zones.
namespace sluice::render {
namespace {

void print_detail(const View& zone, Page& page) {
  page.print("\nSecurity zone: {}\n", zone["zones-security-zonename"]);
  if (zone.has("zone-id")) page.print("  Zone ID: {}\n", zone["zone-id"]);
  if (zone.has("zones-security-description"))
    page.print("  Description: {}\n", zone["zones-security-description"]);
  page.print("  Send reset for non-SYN session TCP packets: {}\n", zone["zones-security-send-reset"]);
  page.print("  Policy configurable: {}  \n", zone["zones-security-policy-configurable"]);
  if (zone.has("zones-security-screen")) page.print("  Screen: {}\n", zone["zones-security-screen"]);
  page.print("  Interfaces bound: {}\n  Interfaces:\n", zone["zones-security-interfaces-bound"]);
  for (const View& name : zone.child("zones-security-interfaces").children("zones-security-interface-name")) {
    page.print("    {}\n", name.value());
  }
  if (!forms_of(page.profile).modern) return;
  page.print("  Advanced-connection-tracking timeout: {}\n",
             zone["zones-security-advanced-connection-tracking-timeout"]);
  page.print("  Unidirectional-session-refreshing: {}\n",
             zone["zones-security-unidirectional-session-refreshing"]);
}

void print_zone(const View& zone, Page& page) {
  if (!zone.has("zones-security-type")) return print_detail(zone, page);
  if (page.records == 0) page.print("Zone                        Type\n");
  page.print("{:<27} {}\n", zone["zones-security-zonename"], zone["zones-security-type"]);
}

}  // namespace

const TextLayout kZones{"zones-security", print_zone, nullptr};

}  // namespace sluice::render
