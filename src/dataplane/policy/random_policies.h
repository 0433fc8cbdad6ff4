// Private to the policy room's tests: random rule sets that overlap, and queries near their edges.
#pragma once

#include <random>

#include "dataplane/policy/policy.h"

namespace sluice::policy::testing {

class RandomPolicies {
 public:
  explicit RandomPolicies(std::uint32_t seed) : random_(seed) {}

  // Up to `most` policies over few zones, addresses, ports and applications, so that they overlap.
  [[nodiscard]] Definition definition(unsigned most);
  [[nodiscard]] Query4 query4(const Definition& definition);
  [[nodiscard]] Query6 query6(const Definition& definition);
  [[nodiscard]] unsigned below(unsigned bound) { return static_cast<unsigned>(random_() % bound); }

 private:
  [[nodiscard]] bool once_in(unsigned n) { return below(n) == 0; }
  [[nodiscard]] ZoneId zone();
  [[nodiscard]] packet::IpAddress address(packet::Family family);
  [[nodiscard]] packet::IpPrefix prefix();
  [[nodiscard]] AddressMatch addresses();
  [[nodiscard]] PortRange ports();
  [[nodiscard]] ApplicationTerm term();
  [[nodiscard]] std::vector<Application> applications();
  [[nodiscard]] Policy policy(std::uint16_t id, bool global, const std::vector<Application>& applications);
  [[nodiscard]] packet::IpAddress near(const AddressMatch& match, packet::Family family);
  [[nodiscard]] std::uint16_t near(PortRange range);
  template <class Address>
  [[nodiscard]] Query<Address> query(const Definition& definition, packet::Family family);

  std::mt19937 random_;
};

}  // namespace sluice::policy::testing
