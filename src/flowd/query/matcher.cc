#include "flowd/query/matcher.h"

#include <algorithm>
#include <cstring>

namespace sluice::query {
namespace {

using session::get;

// Sets the first `length` bits of the address field of a mask and the prefix's bits of a value.
void put_prefix(void* value, void* mask, const packet::IpPrefix& prefix) {
  auto* value_bytes = static_cast<std::uint8_t*>(value);
  auto* mask_bytes = static_cast<std::uint8_t*>(mask);
  for (int bit = 0; bit < prefix.length; bit += 8) {
    const int left = std::min(8, prefix.length - bit);
    const auto ones = static_cast<std::uint8_t>(0xff00U >> left);
    mask_bytes[bit / 8] = ones;
    value_bytes[bit / 8] = prefix.address.bytes[static_cast<std::size_t>(bit) / 8] & ones;
  }
}

// An IPv4 prefix as keys of sessions between the families have its addresses.
std::optional<packet::IpPrefix> in_inet6(const std::optional<packet::IpPrefix>& prefix) {
  if (!prefix || prefix->address.family == packet::Family::inet6) {
    return prefix;
  }
  const auto mapped = packet::to_mapped(load<packet::V4::Address>(prefix->address.bytes.data()));
  return packet::IpPrefix{.address = {.family = packet::Family::inet6, .bytes = mapped},
                          .length = static_cast<std::uint8_t>(96 + prefix->length)};
}

// What a table of the family knows a translation by: that of IPv6 has IPv4 addresses too.
template <class F>
Tuple known_as(Tuple translated) {
  if constexpr (F::kFamily == packet::Family::inet6) {
    translated.source = in_inet6(translated.source);
    translated.destination = in_inet6(translated.destination);
  }
  return translated;
}

template <class Id>
std::vector<bool> set_of(const std::vector<Id>& ids) {
  std::vector<bool> set(std::size_t{1} << 16);
  for (const Id id : ids) {
    set[id.value] = true;
  }
  return set;
}

}  // namespace

template <class F>
Matcher<F>::Matcher(const Filter& filter, const Moment& moment) : moment_(moment) {
  const auto other_family = [](const Tuple& tuple) {
    return (tuple.source && tuple.source->address.family != F::kFamily) ||
           (tuple.destination && tuple.destination->address.family != F::kFamily);
  };
  const Tuple translated = known_as<F>(filter.translated);
  const bool unknown_policy = filter.policy && *filter.policy >= kMaxPolicies;
  const bool contradiction = (filter.with_flags & filter.without_flags) != 0;
  if ((filter.family && *filter.family != F::kFamily) || other_family(filter.sent) ||
      other_family(translated) || unknown_policy || contradiction) {
    possible_ = false;
    return;
  }
  sent_ = test_of(filter.sent, Direction::packets, filter.protocol);
  plain_ = test_of(translated, Direction::packets);
  answers_ = test_of(translated, Direction::answers);
  flags_value_ = filter.with_flags;
  flags_mask_ = static_cast<std::uint16_t>(filter.with_flags | filter.without_flags);
  zone_ = filter.zone ? filter.zone->value : kAny;
  policy_ = filter.policy ? *filter.policy : kAny;
  if (filter.applications) {
    applications_ = set_of(*filter.applications);
  }
  if (filter.interfaces) {
    interfaces_ = set_of(*filter.interfaces);
  }
  if (filter.source_nat_pools) {
    nat_pools_ = set_of(*filter.source_nat_pools);
  }
  timeout_ = span_of(filter.timeout_s);
  remaining_ = span_of(filter.remaining_s);
  packets_ = span_of(filter.packets);
  bytes_ = span_of(filter.bytes);
  duration_ = span_of(filter.duration_s);
  needs_traffic_ = !packets_.whole() || !bytes_.whole();
  needs_translation_ = filter.translated.set();
  needs_cold_ = needs_traffic_ || needs_translation_ || filter.policy || filter.applications ||
                filter.interfaces || filter.source_nat_pools || !timeout_.whole() || !remaining_.whole() ||
                !duration_.whole();
  needs_more_ = needs_cold_ || filter.zone;
}

template <class F>
Matcher<F>::KeyTest::KeyTest(const Key& value, const Key& mask) noexcept {
  std::memcpy(value_.data(), &value, sizeof value);
  std::memcpy(mask_.data(), &mask, sizeof mask);
}

template <class F>
typename Matcher<F>::KeyTest Matcher<F>::test_of(const Tuple& tuple, Direction direction,
                                                 std::optional<std::uint8_t> protocol) {
  Key value;
  Key mask;
  std::memset(static_cast<void*>(&mask), 0, sizeof mask);
  if (tuple.source) {
    put_prefix(&value.source, &mask.source, *tuple.source);
  }
  if (tuple.destination) {
    put_prefix(&value.destination, &mask.destination, *tuple.destination);
  }
  if (tuple.source_port) {
    value.source_port = byte_swap(*tuple.source_port);
    mask.source_port = 0xffff;
  }
  if (tuple.destination_port) {
    value.destination_port = byte_swap(*tuple.destination_port);
    mask.destination_port = 0xffff;
  }
  if (protocol) {
    value.protocol = *protocol;
    mask.protocol = 0xff;
  }
  return direction == Direction::packets
             ? KeyTest(value, mask)
             : KeyTest(packet::mirror(value, ZoneId{0}), packet::mirror(mask, ZoneId{0}));
}

template <class F>
typename Matcher<F>::Span Matcher<F>::span_of(const Bounds& bounds) {
  Span span;
  const bool nothing_more = bounds.more_than == ~std::uint64_t{0};
  const bool nothing_less = bounds.less_than == std::uint64_t{0};
  if (nothing_more || nothing_less) {
    possible_ = false;
    return span;
  }
  span.low = bounds.more_than ? *bounds.more_than + 1 : 0;
  span.high = bounds.less_than ? *bounds.less_than - 1 : ~std::uint64_t{0};
  if (span.low > span.high) {
    possible_ = false;
    return Span{};
  }
  return span;
}

template <class F>
bool Matcher<F>::test_more(const session::Record<F>& record, const session::Cold<F>& cold) const noexcept {
  const bool in_zone = zone_ == kAny || session::zone_of(record, cold, 0).value == zone_ ||
                       session::zone_of(record, cold, 1).value == zone_;
  return in_zone && (!needs_cold_ || test_cold(record, cold));
}

template <class F>
bool Matcher<F>::test_cold(const session::Record<F>& record, const session::Cold<F>& cold) const noexcept {
  if (policy_ != kAny && get(cold.policy) != policy_) {
    return false;
  }
  if (!applications_.empty() && !applications_[get(cold.application)]) {
    return false;
  }
  if (!interfaces_.empty() && !interfaces_[get(cold.ifl[0])] && !interfaces_[get(cold.ifl[1])]) {
    return false;
  }
  if (!nat_pools_.empty() && !nat_pools_[get(cold.source_nat_pool)]) {
    return false;
  }
  if (needs_translation_ && !test_translation(record, cold)) {
    return false;
  }
  const std::uint32_t timeout = session::ruling_timeout_s(record, get(cold.timeout_s), moment_.timeouts);
  const std::uint32_t start = get(cold.start_unix_s);
  const std::uint32_t duration = moment_.now_s > start ? moment_.now_s - start : 0;
  const std::uint32_t remaining = remaining_s(get(record.last_seen_s), timeout, moment_.now_s);
  return timeout_.contains(timeout) && remaining_.contains(remaining) && duration_.contains(duration) &&
         (!needs_traffic_ || test_traffic(record, cold));
}

template <class F>
bool Matcher<F>::test_translation(const session::Record<F>& record,
                                  const session::Cold<F>& cold) const noexcept {
  const bool translated = (get(record.flags) & session::flag::kNat) != 0;
  return translated ? answers_.matches(cold.far) : plain_.matches(record.key);
}

template <class F>
bool Matcher<F>::test_traffic(const session::Record<F>& record, const session::Cold<F>& cold) const noexcept {
  const session::Traffic in = session::traffic(record, cold, 0);
  const session::Traffic out = session::traffic(record, cold, 1);
  return packets_.contains(in.packets + out.packets) && bytes_.contains(in.bytes + out.bytes);
}

template class Matcher<packet::V4>;
template class Matcher<packet::V6>;

}  // namespace sluice::query
