#include "fake_filter.h"

#include <algorithm>
#include <string_view>

namespace sluice::test {
namespace {

using v1::Session;
using v1::SessionFilter;

bool covers(const v1::Prefix& prefix, std::string_view address) {
  if (prefix.address().size() != address.size()) return false;
  for (std::uint32_t bit = 0; bit < prefix.length(); ++bit) {
    const auto differs =
        static_cast<unsigned char>(prefix.address()[bit / 8]) ^ static_cast<unsigned char>(address[bit / 8]);
    if ((differs >> (7 - bit % 8) & 1U) != 0) return false;
  }
  return true;
}

std::string_view zone_of(std::string_view interface) {
  if (interface == "ge-0/0/1.0") return "trust";
  return interface == "ge-0/0/0.0" ? "untrust" : "junos-host";
}

// A port stands for all of its units.
bool is_or_holds(std::string_view name, std::string_view interface) {
  return interface == name || (interface.starts_with(name) && interface.substr(name.size()).starts_with('.'));
}

bool is_translated(const Session& s) {
  return s.has_out() &&
         (s.in().source() != s.out().destination() || s.in().destination() != s.out().source() ||
          s.in().source_port() != s.out().destination_port() ||
          s.in().destination_port() != s.out().source_port());
}

bool is_of_kind(v1::SessionKind kind, const Session& s) {
  if (kind == v1::KIND_NAT) return is_translated(s);
  if (kind == v1::KIND_TUNNEL) return !s.has_out();
  return kind != v1::KIND_RESOURCE_MANAGER;
}

bool is_of_application(std::string_view keyword, const Session& s) {
  struct Port {
    std::string_view keyword;
    std::uint32_t port;
  };
  constexpr Port kPorts[] = {{"ssh", 22}, {"dns", 53}, {"http", 80}, {"https", 443}};
  const auto* port = std::ranges::find(kPorts, keyword, &Port::keyword);
  return port != std::end(kPorts) && s.in().destination_port() == port->port;
}

bool either_wing(const Session& s, const auto& holds) {
  return holds(s.in()) || (s.has_out() && holds(s.out()));
}

bool is_from_and_to(const SessionFilter& f, const Session& s) {
  if (f.has_source_prefix() && !covers(f.source_prefix(), s.in().source())) return false;
  if (f.has_destination_prefix() && !covers(f.destination_prefix(), s.in().destination())) return false;
  if (f.has_source_port() && f.source_port() != s.in().source_port()) return false;
  if (f.has_destination_port() && f.destination_port() != s.in().destination_port()) return false;
  if (f.has_nat_source_prefix() && !covers(f.nat_source_prefix(), s.out().destination())) return false;
  if (f.has_nat_destination_prefix() && !covers(f.nat_destination_prefix(), s.out().source())) return false;
  if (f.has_nat_source_port() && f.nat_source_port() != s.out().destination_port()) return false;
  return !f.has_nat_destination_port() || f.nat_destination_port() == s.out().source_port();
}

bool is_within(const SessionFilter& f, const Session& s) {
  const std::uint64_t packets = s.in().packets() + s.out().packets();
  const std::uint64_t bytes = s.in().bytes() + s.out().bytes();
  return (!f.has_duration_more_than() || s.duration_s() > f.duration_more_than()) &&
         (!f.has_duration_less_than() || s.duration_s() < f.duration_less_than()) &&
         (!f.has_timeout_more_than() || s.timeout_s() > f.timeout_more_than()) &&
         (!f.has_timeout_less_than() || s.timeout_s() < f.timeout_less_than()) &&
         (!f.has_packets_more_than() || packets > f.packets_more_than()) &&
         (!f.has_packets_less_than() || packets < f.packets_less_than()) &&
         (!f.has_bytes_more_than() || bytes > f.bytes_more_than()) &&
         (!f.has_bytes_less_than() || bytes < f.bytes_less_than());
}

}  // namespace

bool matches(const SessionFilter& f, const Session& s) {
  const auto through = [&](const v1::Wing& wing) { return is_or_holds(f.interface(), wing.interface()); };
  const auto in_zone = [&](const v1::Wing& wing) { return f.zone() == zone_of(wing.interface()); };
  const bool is_ipv6 = s.in().source().size() == 16;
  if (f.has_session_identifier() && f.session_identifier() != s.session_identifier()) return false;
  if (f.has_protocol() && f.protocol() != s.protocol()) return false;
  if (f.family() != v1::FAMILY_ANY && is_ipv6 != (f.family() == v1::FAMILY_INET6)) return false;
  if (f.has_interface() && !either_wing(s, through)) return false;
  if (f.has_zone() && !either_wing(s, in_zone)) return false;
  if (f.has_application() && !is_of_application(f.application(), s)) return false;
  if (f.has_policy_id() && f.policy_id() != s.policy_id()) return false;
  if (f.has_source_nat_pool() && f.source_nat_pool() != s.source_nat_pool()) return false;
  if (f.kind() != v1::KIND_ANY && !is_of_kind(f.kind(), s)) return false;
  return is_from_and_to(f, s) && is_within(f, s);
}

}  // namespace sluice::test
