#include "dataplane/match/address_set.h"

#include <algorithm>

#include "base/wire.h"

namespace sluice::match {
namespace {

using packet::Family;
using packet::IpAddress;
using packet::IpPrefix;

// An address of either family as a number; IPv4 fills the low 32 bits.
__extension__ using Number = unsigned __int128;

struct Interval {
  Number low;
  Number high;
};

constexpr int bits_of(Family family) {
  return family == Family::inet ? 32 : 128;
}
constexpr Number highest(Family family) {
  return family == Family::inet ? Number{0xffffffffU} : ~Number{0};
}

Number number_of(const IpAddress& address) {
  if (address.family == Family::inet) return load_be<std::uint32_t>(address.bytes.data());
  return (Number{load_be<std::uint64_t>(address.bytes.data())} << 64) |
         load_be<std::uint64_t>(address.bytes.data() + 8);
}

IpAddress address_of(Number number, Family family) {
  IpAddress address;
  address.family = family;
  if (family == Family::inet) {
    store_be(address.bytes.data(), static_cast<std::uint32_t>(number));
  } else {
    store_be(address.bytes.data(), static_cast<std::uint64_t>(number >> 64));
    store_be(address.bytes.data() + 8, static_cast<std::uint64_t>(number));
  }
  return address;
}

// The addresses below a prefix of this length, less one: 0 for a host.
Number span_of(int length, Family family) {
  const int free_bits = bits_of(family) - length;
  return free_bits == 0 ? 0 : highest(family) >> length;
}

// Sorted, disjoint and not adjacent.
std::vector<Interval> intervals_of(const std::vector<IpPrefix>& prefixes, Family family) {
  std::vector<Interval> intervals;
  for (const IpPrefix& prefix : prefixes) {
    if (prefix.address.family != family) continue;
    const Number low = number_of(prefix.address);
    intervals.push_back({low, low + span_of(prefix.length, family)});
  }
  std::sort(intervals.begin(), intervals.end(),
            [](const Interval& a, const Interval& b) { return a.low < b.low; });
  std::vector<Interval> joined;
  for (const Interval& next : intervals) {
    const bool touches =
        !joined.empty() && (joined.back().high == highest(family) || next.low <= joined.back().high + 1);
    if (touches) {
      joined.back().high = std::max(joined.back().high, next.high);
    } else {
      joined.push_back(next);
    }
  }
  return joined;
}

std::vector<Interval> inverted(const std::vector<Interval>& intervals, Family family) {
  std::vector<Interval> gaps;
  Number next = 0;
  for (const Interval& interval : intervals) {
    if (interval.low > next) gaps.push_back({next, interval.low - 1});
    if (interval.high == highest(family)) return gaps;
    next = interval.high + 1;
  }
  gaps.push_back({next, highest(family)});
  return gaps;
}

// Appends the fewest prefixes that cover the interval: each step takes the largest block that
// starts at the low end, is aligned there, and does not pass the high end.
void append_prefixes(Interval interval, Family family, std::vector<IpPrefix>& prefixes) {
  for (;;) {
    int length = bits_of(family);
    while (length > 0) {
      const Number span = span_of(length - 1, family);
      if ((interval.low & span) != 0 || span > interval.high - interval.low) break;
      --length;
    }
    prefixes.push_back({address_of(interval.low, family), static_cast<std::uint8_t>(length)});
    const Number last = interval.low + span_of(length, family);
    if (last == interval.high) return;
    interval.low = last + 1;
  }
}

std::vector<IpPrefix> prefixes_of(const std::vector<Interval>& intervals, Family family) {
  std::vector<IpPrefix> prefixes;
  for (const Interval& interval : intervals) append_prefixes(interval, family, prefixes);
  return prefixes;
}

}  // namespace

Result<std::vector<IpPrefix>> prefixes_of_range(const IpAddress& low, const IpAddress& high) {
  const std::string text = packet::to_string(low) + " to " + packet::to_string(high);
  if (low.family != high.family) {
    return Error{"invalid-value", text, "both ends of an address range must be of one family"};
  }
  const Interval interval{number_of(low), number_of(high)};
  if (interval.low > interval.high) {
    return Error{"invalid-value", text, "the low end of an address range may not be above its high end"};
  }
  return prefixes_of({interval}, low.family);
}

std::vector<IpPrefix> merged(const std::vector<IpPrefix>& prefixes) {
  std::vector<IpPrefix> all = prefixes_of(intervals_of(prefixes, Family::inet), Family::inet);
  const std::vector<IpPrefix> inet6 = prefixes_of(intervals_of(prefixes, Family::inet6), Family::inet6);
  all.insert(all.end(), inet6.begin(), inet6.end());
  return all;
}

std::vector<IpPrefix> complement(const std::vector<IpPrefix>& prefixes, Family family) {
  return prefixes_of(inverted(intervals_of(prefixes, family), family), family);
}

std::vector<AddressRange> ranges_of(const std::vector<IpPrefix>& prefixes, Family family) {
  const std::vector<Interval> intervals = intervals_of(prefixes, family);
  std::vector<AddressRange> ranges;
  ranges.reserve(intervals.size());
  for (const Interval& interval : intervals) {
    ranges.push_back({address_of(interval.low, family), address_of(interval.high, family)});
  }
  return ranges;
}

}  // namespace sluice::match
