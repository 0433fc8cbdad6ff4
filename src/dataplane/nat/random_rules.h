// Private to the nat room's tests: random rule-sets that overlap, queries near them, and the rule that a
// plain reading finds.
#pragma once

#include <random>

#include "dataplane/nat/nat.h"

namespace sluice::nat::testing {

class RandomRules {
 public:
  explicit RandomRules(std::uint32_t seed) : random_(seed) {}

  [[nodiscard]] Definition definition();
  template <class Address>
  [[nodiscard]] Query<Address> query();
  [[nodiscard]] unsigned below(unsigned bound) { return static_cast<unsigned>(random_() % bound); }

 private:
  [[nodiscard]] bool once_in(unsigned n) { return below(n) == 0; }
  [[nodiscard]] packet::IpAddress address(packet::Family family);
  [[nodiscard]] AddressMatch addresses();
  [[nodiscard]] PortRange ports();
  [[nodiscard]] Side side();
  [[nodiscard]] Rule rule();
  [[nodiscard]] RuleSet rule_set(unsigned number);

  std::mt19937 random_;
  std::uint16_t next_rule_ = 1;
};

template <class Address>
[[nodiscard]] const Rule* first_match(const std::vector<RuleSet>& sets, const Query<Address>& query);

}  // namespace sluice::nat::testing
