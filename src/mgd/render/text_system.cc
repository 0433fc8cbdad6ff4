#include "mgd/render/layouts.h"

// show version, show system information, show chassis hardware, show chassis routing-engine.
namespace sluice::render {
namespace {

void print_software(const View& software, Page& page) {
  page.print("Hostname: {}\nModel: {}\n", software["host-name"], software["product-model"]);
  if (software.has("junos-version")) page.print("Junos: {}\n", software["junos-version"]);
  for (const View& package : software.children("package-information")) page.put(package["comment"], "\n");
}

void print_system(const View& system, Page& page) {
  page.print("Model: {}\nFamily: {}\nJunos: {}\nHostname: {}\n", system["hardware-model"], system["os-name"],
             system["os-version"], system["host-name"]);
}

// Columns: Item 0, Version 17, Part number 26, Serial number 39, Description 57.
void print_chassis(const View& inventory, Page& page) {
  page.print("Hardware inventory:\n");
  page.print("{:<17}{:<9}{:<13}{:<18}{}\n", "Item", "Version", "Part number", "Serial number", "Description");
  const View chassis = inventory.child("chassis");
  page.print("{:<39}{:<18}{}\n", chassis["name"], chassis["serial-number"], chassis["description"]);
}

void print_route_engine(const View& information, Page& page) {
  const View engine = information.child("route-engine");
  page.print("Routing Engine status:\n");
  const auto line = [&page](std::string_view label, std::string_view value) {
    page.print("    {:<31}{}\n", label, value);
  };
  line("Total memory", fmt::format("{} MB", engine["memory-system-total"]));
  line("Used memory", fmt::format("{} MB ({} percent)", engine["memory-system-total-used"],
                                  engine["memory-system-total-util"]));
  page.print("    CPU utilization:\n");
  const auto share = [&page](std::string_view label, std::string_view percent) {
    page.print("      {:<26}{:>4} percent\n", label, percent);
  };
  share("User", engine["cpu-user"]);
  share("Background", engine["cpu-background"]);
  share("Kernel", engine["cpu-system"]);
  share("Interrupt", engine["cpu-interrupt"]);
  share("Idle", engine["cpu-idle"]);
  line("Model", engine["model"]);
  line("Start time", engine["start-time"]);
  line("Uptime", engine["up-time"]);
  line("Load averages:", "1 minute   5 minute  15 minute");
  page.print("    {:<31}{:>8}   {:>8}  {:>9}\n", "", engine["load-average-one"], engine["load-average-five"],
             engine["load-average-fifteen"]);
}

void print_alarms(const View& information, Page& page) {
  const View summary = information.child("alarm-summary");
  if (!summary.has("active-alarm-count")) return page.put("No alarms currently active\n");
  page.print("{} alarms currently active\n", summary["active-alarm-count"]);
  page.print("{:<25}{:<7}{}\n", "Alarm time", "Class", "Description");
  for (const View& alarm : information.children("alarm-detail")) {
    page.print("{:<25}{:<7}{}\n", alarm["alarm-time"], alarm["alarm-class"], alarm["alarm-description"]);
  }
}

void print_license(const View&, Page& page) {
  page.put("License usage: \n");
  page.print("{:>41}{:>13}{:>12}{:>10}\n", "Licenses", "Licenses", "Licenses", "Expiry");
  page.print("  {:<31}{:>8}{:>13}{:>12}\n\n", "Feature name", "used", "installed", "needed");
  page.put("Licenses installed: none\n");
}

void print_uptime(const View& uptime, Page& page) {
  page.print("Current time: {}\n", uptime.child("current-time")["date-time"]);
  const View booted = uptime.child("system-booted-time");
  page.print("System booted: {} ({} ago)\n", booted["date-time"], booted["time-length"]);
  if (const View configured = uptime.child("last-configured-time")) {
    page.print("Last configured: {} ({} ago) by {}\n", configured["date-time"], configured["time-length"],
               configured["user"]);
  }
}

void print_authorized_keys(const View& keys, Page& page) {
  for (const View& key : keys.children("authorized-key")) page.put(key.value(), "\n");
}

}  // namespace

const TextLayout kAlarms{"", nullptr, print_alarms};
const TextLayout kLicense{"", nullptr, print_license};
const TextLayout kUptime{"", nullptr, print_uptime};
const TextLayout kAuthorizedKeys{"", nullptr, print_authorized_keys};
const TextLayout kSoftware{"", nullptr, print_software};
const TextLayout kSystem{"", nullptr, print_system};
const TextLayout kChassis{"", nullptr, print_chassis};
const TextLayout kRouteEngine{"", nullptr, print_route_engine};

}  // namespace sluice::render
