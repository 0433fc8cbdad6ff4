// Player: brings the packets of a capture to the firewall, at their times and on their sides.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"
#include "replay/capture.h"
#include "replay/firewall.h"
#include "replay/sides.h"

namespace sluice::replay {

// What became of the frames of the capture before the firewall saw them.
struct Tally {
  std::uint64_t frames = 0;  // the sum of the next seven
  std::uint64_t inside = 0;
  std::uint64_t outside = 0;
  std::uint64_t self = 0;       // sent by the firewall's own addresses
  std::uint64_t other = 0;      // no IP
  std::uint64_t too_short = 0;  // cut before the end of the transport header
  std::uint64_t too_large = 0;
  std::uint64_t unbuffered = 0;  // no packet buffer was free

  std::uint64_t filled_up = 0;  // cut by the capture, and given their length back
  std::uint64_t back = 0;       // with a time before that of an earlier frame
  std::uint64_t first_ns = 0;   // Unix time
  std::uint64_t last_ns = 0;    // the latest, not the last one's
};

class Player {
 public:
  Player(Firewall& firewall, const Sides& sides) : firewall_(firewall), sides_(sides) {}

  void play(const Captured& captured);
  [[nodiscard]] const Tally& tally() const { return tally_; }

 private:
  // Where a frame goes: a wire, or its twin.
  struct Entry {
    PortId port;
    std::uint16_t vlan = 0;  // 0: untagged
    std::array<std::uint8_t, 6> mac{};
  };
  void note_time(std::uint64_t unix_ns);
  void enter(const Captured& captured);
  [[nodiscard]] Entry entry_for(const Place& place, const Captured& captured) const;
  void write_frame(const Entry& entry, const Captured& captured);
  [[nodiscard]] std::uint64_t& counter_of(Place::Side side);

  Firewall& firewall_;
  const Sides& sides_;
  Tally tally_;
  std::vector<std::uint8_t> frame_;
};

}  // namespace sluice::replay
