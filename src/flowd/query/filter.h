// Filter: which sessions are meant. A plain description; Matcher is what it compiles to.
//
// All present conditions must hold. What is sent and its protocol are those of the In wing, which is
// the first packet as it arrived, before translation; what it is translated into is the same where nothing is
// translated, as in the log; interface and zone match either wing; packets and bytes are the sums of both
// wings (Junos reference 2.2).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "dataplane/packet/address.h"
#include "dataplane/packet/ids.h"

namespace sluice::query {

struct Bounds {
  std::optional<std::uint64_t> more_than{};
  std::optional<std::uint64_t> less_than{};

  [[nodiscard]] bool set() const { return more_than.has_value() || less_than.has_value(); }
};

// The first packet's addresses and ports.
struct Tuple {
  std::optional<packet::IpPrefix> source{};
  std::optional<packet::IpPrefix> destination{};
  std::optional<std::uint16_t> source_port{};
  std::optional<std::uint16_t> destination_port{};

  [[nodiscard]] bool set() const { return source || destination || source_port || destination_port; }
};

struct Filter {
  // session-id-32, or the 64-bit identifier that is unique in time.
  std::optional<std::uint64_t> identifier{};
  Tuple sent{};
  Tuple translated{};  // what it is after translation
  std::optional<std::uint8_t> protocol{};
  std::optional<packet::Family> family{};
  // Names are resolved by the caller: an interface without unit is all of its units, an application
  // keyword all applications that it stands for.
  std::optional<std::vector<IflId>> interfaces{};
  std::optional<std::vector<AppId>> applications{};
  std::optional<std::vector<NatPoolId>> source_nat_pools{};
  std::optional<ZoneId> zone{};
  std::optional<std::uint32_t> policy{};  // wider than a PolicyId: operators may ask for any number
  std::uint16_t with_flags = 0;           // session::flag bits that must be set
  std::uint16_t without_flags = 0;        // and those that must not
  Bounds duration_s{};
  Bounds timeout_s{};    // the idle timeout that rules the session, not what is left of it
  Bounds remaining_s{};  // what is left of it, as a row shows it
  Bounds packets{};
  Bounds bytes{};
};

}  // namespace sluice::query
