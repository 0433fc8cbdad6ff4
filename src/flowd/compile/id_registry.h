// The numbers of interfaces, zones, policies, applications, NAT rules and pools, and ports, stable across
// commits.
//
// What: the same name keeps its number for the life of the process, also when its statement is
// deleted and comes back. Why: sessions, counters and log records carry numbers, and an operator's
// "Policy: web/7" must mean the same policy after an edit. A retired number is given to another name
// only when a kind has no fresh one left, and then the one retired longest.
//
// A value: compile() works on a copy, and whoever publishes keeps that copy; so a discarded commit
// uses up nothing. Threads: as a plain value.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "dataplane/packet/ids.h"
#include "dataplane/snapshot/snapshot.h"

namespace sluice::compile {

// One name to be numbered. `key` tells it from all others of its kind; `name` is what is displayed.
struct NamedThing {
  std::string key;
  std::string name;
};

// The numbers of one kind: first..last.
class IdSpace {
 public:
  IdSpace(std::uint32_t first, std::uint32_t last) : first_(first), last_(last) {}

  // What the configuration has now; all else is retired. Answers the numbers in the same order.
  // Fails when there are more names than numbers. `statement` and `things` go into that error.
  [[nodiscard]] Result<std::vector<std::uint16_t>> assign(const std::vector<NamedThing>& things,
                                                          std::string_view statement,
                                                          std::string_view plural);

  // Displayed names by number, retired ones included; entries below `first` are empty.
  [[nodiscard]] std::vector<std::string> names() const;
  // What tells each from all others of its kind, likewise.
  [[nodiscard]] std::vector<std::string> keys() const;
  // One more than the largest number given out, and at least `first`.
  [[nodiscard]] std::uint32_t size() const { return first_ + static_cast<std::uint32_t>(slots_.size()); }

 private:
  struct Slot {
    std::string key;
    std::string name;
    std::uint64_t last_commit = 0;  // the last one that had it
  };
  [[nodiscard]] std::uint32_t take_slot();

  std::uint32_t first_;
  std::uint32_t last_;
  std::uint64_t commit_ = 0;
  std::vector<Slot> slots_;  // number - first_
  std::map<std::string, std::uint32_t, std::less<>> by_key_;
};

class IdRegistry {
 public:
  IdRegistry();

  // Each takes the whole of its kind in configuration order.
  [[nodiscard]] Result<std::vector<IflId>> interfaces(const std::vector<std::string>& names);
  [[nodiscard]] Result<std::vector<ZoneId>> zones(const std::vector<std::string>& names);
  // Key: the context ("from-zone a to-zone b", "global") and the name.
  [[nodiscard]] Result<std::vector<PolicyId>> policies(const std::vector<NamedThing>& policies);
  // Configured applications; the predefined ones have fixed numbers.
  [[nodiscard]] Result<std::vector<AppId>> applications(const std::vector<std::string>& names);
  // Key: "source rule-set out rule all"; its first word is the kind of NAT.
  [[nodiscard]] Result<std::vector<NatRuleId>> nat_rules(const std::vector<NamedThing>& rules);
  // Key: "source pool out".
  [[nodiscard]] Result<std::vector<NatPoolId>> nat_pools(const std::vector<NamedThing>& pools);
  // The wire's number; its twin has the next one.
  [[nodiscard]] Result<std::vector<PortId>> ports(const std::vector<std::string>& names);

  // How many entries a table by number needs.
  [[nodiscard]] std::uint32_t interface_count() const { return interfaces_.size(); }
  [[nodiscard]] std::uint32_t zone_count() const { return zones_.size(); }
  [[nodiscard]] std::uint32_t port_count() const { return 2 * ports_.size(); }

  // Every name that was ever given a number, with those of the firewall itself.
  [[nodiscard]] snapshot::Names names() const;

 private:
  IdSpace interfaces_;
  IdSpace zones_;
  IdSpace policies_;
  IdSpace applications_;
  IdSpace nat_rules_;
  IdSpace nat_pools_;
  IdSpace ports_;
};

}  // namespace sluice::compile
