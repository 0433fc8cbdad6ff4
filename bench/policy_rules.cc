#include "policy_rules.h"

#include <cstring>

namespace sluice::bench {

using packet::Family;
using packet::IpAddress;
using packet::IpPrefix;
using policy::AddressMatch;
using policy::Application;
using policy::Policy;
using policy::Query;

namespace {

constexpr unsigned kLargestSet = 100;
constexpr const char* kCommon[] = {
    "junos-ssh", "junos-http", "junos-https",  "junos-dns-udp", "junos-dns-tcp",  "junos-smtp",
    "junos-rdp", "junos-smb",  "junos-ntp",    "junos-ms-sql",  "junos-ldap",     "junos-ping",
    "junos-ftp", "junos-sip",  "junos-syslog", "junos-imap",    "junos-x-windows"};

}  // namespace

PolicyRules::PolicyRules(const PolicyShape& shape) : zones_(shape.zones) {
  definition_.applications = policy::predefined_applications();
  for (unsigned i = 0; i < 60; ++i) {  // custom ones, some of them ranges
    Application custom;
    custom.id = AppId{static_cast<std::uint16_t>(definition_.applications.size() + 1)};
    custom.name = "custom-" + std::to_string(i);
    const auto low = static_cast<std::uint16_t>(1024 + below(50000));
    const auto high = static_cast<std::uint16_t>(low + below(2) * below(1000));
    custom.terms.push_back({.protocol = static_cast<std::uint8_t>(below(2) == 0 ? 6 : 17),
                            .source = {},
                            .destination = {low, high}});
    definition_.applications.push_back(custom);
  }
  book_.resize(shape.book);
  for (auto& set : book_) {
    for (unsigned i = 1 + below(kLargestSet); i > 0; --i) set.push_back(prefix(shape.family));
  }
  for (unsigned i = 0; i < shape.policies; ++i) add_policy(shape, i);
}

ZoneId PolicyRules::zone(unsigned zones) {
  return ZoneId{static_cast<std::uint16_t>(kFirstUserZone.value + below(zones))};
}

// Hosts and subnets of a few sites, and some public addresses.
IpPrefix PolicyRules::prefix(Family family) {
  IpPrefix prefix;
  prefix.address.family = family;
  auto& bytes = prefix.address.bytes;
  const unsigned kind = below(10);
  if (family == Family::inet) {
    bytes = {static_cast<std::uint8_t>(kind == 9 ? 203 : 10), static_cast<std::uint8_t>(below(40)),
             static_cast<std::uint8_t>(below(256)), static_cast<std::uint8_t>(below(256))};
    prefix.length = static_cast<std::uint8_t>(kind == 0   ? 16
                                              : kind < 5  ? 24
                                              : kind == 5 ? 25 + below(6)
                                                          : 32);
  } else {
    bytes = {0x20, 0x01,
             0x0d, 0xb8,
             0,    static_cast<std::uint8_t>(below(40)),
             0,    static_cast<std::uint8_t>(below(256))};
    bytes[15] = static_cast<std::uint8_t>(below(256));
    prefix.length = static_cast<std::uint8_t>(kind == 0 ? 48 : kind < 6 ? 64 : 128);
  }
  for (int bit = prefix.length; bit < prefix.address.bits(); ++bit) {
    bytes[static_cast<std::size_t>(bit / 8)] &= static_cast<std::uint8_t>(~(0x80 >> (bit % 8)));
  }
  return prefix;
}

AddressMatch PolicyRules::addresses(const PolicyShape& shape) {
  AddressMatch match;
  match.any = below(5) == 0;
  match.excluded = !match.any && below(50) == 0;
  if (match.any) return match;
  if (!book_.empty() && below(2) == 0) {
    match.prefixes = book_[below(static_cast<unsigned>(book_.size()))];
    return match;
  }
  for (unsigned i = 1 + below(shape.addresses); i > 0; --i) match.prefixes.push_back(prefix(shape.family));
  return match;
}

std::vector<AppId> PolicyRules::applications(unsigned most) {
  std::vector<AppId> ids;
  if (below(10) == 0) return ids;  // any
  for (unsigned i = 1 + below(most); i > 0; --i) {
    if (below(6) == 0) {
      ids.push_back(definition_.applications[definition_.applications.size() - 1 - below(60)].id);
      continue;
    }
    const char* name = kCommon[below(std::size(kCommon))];
    for (const Application& application : definition_.applications) {
      if (application.name == name) ids.push_back(application.id);
    }
  }
  return ids;
}

void PolicyRules::add_policy(const PolicyShape& shape, unsigned index) {
  Policy policy;
  policy.id = PolicyId{static_cast<std::uint16_t>(kFirstUserPolicy.value + index)};
  policy.name = "policy-" + std::to_string(index);
  if (index + shape.globals < shape.policies) {
    policy.from_zone = zone(shape.zones);
    policy.to_zone = zone(shape.zones);
  }
  policy.action = below(5) == 0 ? policy::Action::deny : policy::Action::permit;
  policy.source = addresses(shape);
  policy.destination = addresses(shape);
  // A policy of "any to any" would leave the later ones of its pair without traffic.
  while (policy.destination.any && policy.source.any) policy.destination = addresses(shape);
  policy.applications = applications(shape.applications);
  definition_.policies.push_back(policy);
}

template <class Address>
Address PolicyRules::inside(const AddressMatch& match) {
  const Family family = sizeof(Address) == 4 ? Family::inet : Family::inet6;
  const IpPrefix base = match.prefixes.empty()
                            ? prefix(family)
                            : match.prefixes[below(static_cast<unsigned>(match.prefixes.size()))];
  IpAddress at = base.address;
  for (int bit = base.length; bit < at.bits(); ++bit) {
    at.bytes[static_cast<std::size_t>(bit / 8)] |= static_cast<std::uint8_t>(below(2) * (0x80 >> (bit % 8)));
  }
  Address address;
  std::memcpy(&address, at.bytes.data(), sizeof address);
  return address;
}

template <class Address>
std::vector<Query<Address>> PolicyRules::queries(std::size_t count) {
  std::vector<Query<Address>> queries(count);
  for (auto& query : queries) {
    const Policy& aim = definition_.policies[below(static_cast<unsigned>(definition_.policies.size()))];
    policy::ApplicationTerm term{.protocol = 6, .source = {}, .destination = {8080, 8080}};
    if (!aim.applications.empty()) {
      const AppId id = aim.applications[below(static_cast<unsigned>(aim.applications.size()))];
      term = definition_.applications[id.value - 1U].terms[0];
    }
    query.from_zone = aim.from_zone == kNullZone ? zone(zones_) : aim.from_zone;
    query.to_zone = aim.to_zone == kNullZone ? zone(zones_) : aim.to_zone;
    query.source = inside<Address>(below(5) == 0 ? AddressMatch{} : aim.source);
    query.destination = inside<Address>(aim.destination);
    query.protocol = term.protocol;
    query.source_port = static_cast<std::uint16_t>(1024 + below(60000));
    query.destination_port = static_cast<std::uint16_t>(
        term.destination.low + below(term.destination.high - term.destination.low + 1U));
  }
  return queries;
}

template std::vector<policy::Query4> PolicyRules::queries(std::size_t count);
template std::vector<policy::Query6> PolicyRules::queries(std::size_t count);

}  // namespace sluice::bench
