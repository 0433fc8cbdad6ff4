// Private to the nat room: the rule-sets of one stage, compiled.
#pragma once

#include <optional>

#include "dataplane/match/address_table.h"
#include "dataplane/match/port_table.h"
#include "dataplane/nat/nat.h"

namespace sluice::nat {

// How specific a side is; less is more.
[[nodiscard]] inline std::uint32_t looseness(const Side& side) noexcept {
  return !side.interfaces.empty() ? 0 : !side.zones.empty() ? 1 : 2;
}

class RuleTable {
 public:
  // `sets` must outlive the table. `statement`: of all of them.
  [[nodiscard]] static Result<RuleTable> build(const std::vector<RuleSet>& sets,
                                               const std::vector<Interface>& interfaces,
                                               const std::string& statement);

  [[nodiscard]] bool empty() const noexcept { return rules_.empty(); }
  template <class Address>
  void find(std::span<const Query<Address>> queries, std::span<const Rule*> rules) const noexcept;

 private:
  static constexpr std::uint16_t kNoSet = 0xffff;
  // Interfaces that no rule-set tells apart are one class.
  struct Classes {
    std::vector<std::uint16_t> by_ifl;  // 0: that of its zone
    std::vector<std::uint16_t> by_zone;
    std::uint16_t count = 1;
    [[nodiscard]] std::uint16_t of(IflId ifl, ZoneId zone) const noexcept;
  };
  struct Ranks {
    std::uint32_t first = 0;
    std::uint32_t last = 0;  // one past
  };

  [[nodiscard]] static Classes classes_of(const std::vector<RuleSet>& sets, Side RuleSet::*side);
  void choose_sets(const std::vector<RuleSet>& sets, const std::vector<Interface>& interfaces);
  template <class Address>
  [[nodiscard]] const Ranks* ranks_of(const Query<Address>& query) const noexcept;
  template <class Address>
  [[nodiscard]] const Rule* decide(const Query<Address>& query, const Ranks& ranks,
                                   const std::uint64_t* source,
                                   const std::uint64_t* destination) const noexcept;

  std::vector<const Rule*> rules_;  // by rank
  std::vector<Ranks> ranks_;        // by set
  Classes from_;
  Classes to_;
  std::vector<std::uint16_t> sets_;  // by both classes
  match::AddressTable inet_;
  match::AddressTable inet6_;
  match::PortTable ports_;
};

}  // namespace sluice::nat
