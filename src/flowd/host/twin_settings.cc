#include "flowd/host/twin_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

namespace sluice::host {
namespace {

struct Setting {
  const char* family;
  const char* name;
  const char* value;
};

// Why each: see the door. promote_secondaries: removing one address of a subnet leaves its others.
constexpr Setting kSettings[] = {
    {"ipv4", "rp_filter", "0"},           {"ipv4", "arp_ignore", "1"},
    {"ipv4", "arp_announce", "2"},        {"ipv4", "send_redirects", "0"},
    {"ipv4", "promote_secondaries", "1"}, {"ipv4", "accept_redirects", "0"},
    {"ipv6", "accept_ra", "0"},           {"ipv6", "forwarding", "1"},
    {"ipv6", "accept_redirects", "0"},    {"ipv4", "accept_source_route", "0"},
};

std::string path_of(const char* family, const std::string& interface, const char* name) {
  return fmt::format("/proc/sys/net/{}/conf/{}/{}", family, interface, name);
}

bool set(const std::string& path, const char* value) {
  std::ofstream file(path);
  file << value << std::flush;
  return file.good();
}

bool is_set(const char* family, const char* name) {
  int value = 0;
  std::ifstream(path_of(family, "all", name)) >> value;
  return value != 0;
}

bool answers_for(const TwinUnit& unit, packet::Family family) {
  return std::ranges::any_of(unit.proxies, [&](const auto& address) { return address.family == family; });
}

}  // namespace

std::vector<std::string> settle_twin(const TwinUnit& unit) {
  std::vector<std::string> refused;
  const auto put = [&](const char* family, const char* name, const char* value) {
    const std::string path = path_of(family, unit.kernel_name, name);
    if (!set(path, value)) refused.push_back(fmt::format("{} cannot be set to {}", path, value));
  };
  const bool inet6 = std::any_of(unit.addresses.begin(), unit.addresses.end(), [](const auto& address) {
    return address.address.family == packet::Family::inet6;
  });
  put("ipv6", "disable_ipv6", inet6 ? "0" : "1");
  put("ipv4", "forwarding", answers_for(unit, packet::Family::inet) ? "1" : "0");
  if (inet6) put("ipv6", "proxy_ndp", answers_for(unit, packet::Family::inet6) ? "1" : "0");
  // The kernel lets the owner of an address answer first; those of a proxy are nobody else's.
  for (const char* family : {"ipv4", "ipv6"}) {
    const std::string path = fmt::format("/proc/sys/net/{}/neigh/{}/proxy_delay", family, unit.kernel_name);
    if (!unit.proxies.empty() && !set(path, "0"))
      refused.push_back(fmt::format("{} cannot be set to 0", path));
  }
  for (const Setting& setting : kSettings) put(setting.family, setting.name, setting.value);
  return refused;
}

std::vector<std::string> namespace_warnings() {
  std::vector<std::string> warnings;
  if (is_set("ipv6", "forwarding")) {
    warnings.emplace_back(
        "net.ipv6.conf.all.forwarding is 1: the kernel would forward IPv6 beside the firewall, set it to 0");
  }
  if (is_set("ipv4", "rp_filter")) {
    warnings.emplace_back(
        "net.ipv4.conf.all.rp_filter is not 0: the kernel may drop what the firewall delivers to it");
  }
  return warnings;
}

}  // namespace sluice::host
