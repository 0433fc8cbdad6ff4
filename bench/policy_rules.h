// A policy set of realistic diversity, and first packets for it. Shared by benchmarks.
#pragma once

#include <random>

#include "dataplane/policy/policy.h"

namespace sluice::bench {

struct PolicyShape {
  unsigned policies = 1000;
  unsigned zones = 6;         // policies are spread over all pairs of them
  unsigned addresses = 3;     // most prefixes in a policy's source or destination
  unsigned book = 0;          // address sets in the book; half of all sides use one if there are any
  unsigned applications = 3;  // most applications in a policy
  unsigned globals = 20;      // of the policies, how many are global
  packet::Family family = packet::Family::inet;
};

class PolicyRules {
 public:
  explicit PolicyRules(const PolicyShape& shape);

  [[nodiscard]] const policy::Definition& definition() const { return definition_; }
  // Mostly first packets that some policy was written for; one in five is for none.
  template <class Address>
  [[nodiscard]] std::vector<policy::Query<Address>> queries(std::size_t count);

 private:
  unsigned below(unsigned bound) { return static_cast<unsigned>(random_() % bound); }
  [[nodiscard]] ZoneId zone(unsigned zones);
  [[nodiscard]] packet::IpPrefix prefix(packet::Family family);
  [[nodiscard]] policy::AddressMatch addresses(const PolicyShape& shape);
  [[nodiscard]] std::vector<AppId> applications(unsigned most);
  void add_policy(const PolicyShape& shape, unsigned index);
  template <class Address>
  [[nodiscard]] Address inside(const policy::AddressMatch& match);

  std::mt19937 random_{1};
  unsigned zones_;
  std::vector<std::vector<packet::IpPrefix>> book_;
  policy::Definition definition_;
};

}  // namespace sluice::bench
