// Sides: where each packet of a capture enters the firewall.
//
// A capture does not say on which of the firewall's interfaces a packet arrived. Its source does: sources in
// an --inside prefix are inside, all others outside, and what the firewall's own addresses send comes
// from the firewall itself. Which interfaces those are follows from the configuration:
//   inside   those that the routes name for the prefix: routes within it, else the one that leads to it
//   outside  the one of the default route, else the only one that is left
// Where a side has several interfaces, the route back to a packet's source decides, as it would have
// decided in the network that was captured. --inside-interface and --outside-interface overrule all this.
//
// Threads: one. The snapshot must outlive it.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "dataplane/packet/address.h"
#include "dataplane/snapshot/snapshot.h"

namespace sluice::replay {

struct SideOptions {
  std::vector<packet::IpPrefix> inside;
  // Names of units ("ge-0/0/0.0"; "ge-0/0/0" is its unit 0). Empty: as the configuration says.
  std::string inside_interface;
  std::string outside_interface;
};

struct Place {
  enum class Side : std::uint8_t { inside, outside, self } side = Side::outside;
  IflId unit;  // self: the unit by which the packet will leave
};

class Sides {
 public:
  [[nodiscard]] static Result<Sides> derive(const SideOptions& options, const snapshot::Snapshot& snapshot);

  [[nodiscard]] Place place_of(const packet::IpAddress& source, const packet::IpAddress& destination) const;

  // For people.
  [[nodiscard]] std::string inside_names() const;
  [[nodiscard]] std::string outside_name() const;

 private:
  explicit Sides(const snapshot::Snapshot& snapshot) : snapshot_(&snapshot) {}
  [[nodiscard]] Status find_inside(const SideOptions& options);
  [[nodiscard]] Status find_outside(const SideOptions& options);
  [[nodiscard]] Result<IflId> named(std::string_view option, const std::string& name) const;
  [[nodiscard]] std::vector<IflId> usable() const;
  [[nodiscard]] IflId towards(const packet::IpAddress& address) const;
  [[nodiscard]] bool is_inside(IflId unit) const;
  [[nodiscard]] std::string names(const std::vector<IflId>& units) const;

  const snapshot::Snapshot* snapshot_;
  std::vector<packet::IpPrefix> inside_;
  std::vector<IflId> inside_units_;
  IflId outside_unit_ = kNoIfl;
  bool outside_fixed_ = false;  // whatever the routes say
};

}  // namespace sluice::replay
