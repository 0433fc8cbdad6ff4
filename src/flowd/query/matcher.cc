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
  const auto other_family = [](const auto& prefix) { return prefix && prefix->address.family != F::kFamily; };
  const bool unknown_policy = filter.policy && *filter.policy >= kMaxPolicies;
  const bool contradiction = (filter.with_flags & filter.without_flags) != 0;
  if ((filter.family && *filter.family != F::kFamily) || other_family(filter.source) ||
      other_family(filter.destination) || unknown_policy || contradiction) {
    possible_ = false;
    return;
  }
  compile_key(filter);
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
  timeout_ = span_of(filter.timeout_s);
  packets_ = span_of(filter.packets);
  bytes_ = span_of(filter.bytes);
  duration_ = span_of(filter.duration_s);
  needs_counters_ = !timeout_.whole() || !packets_.whole() || !bytes_.whole();
  needs_cold_ = filter.interfaces.has_value() || !duration_.whole();
  needs_more_ = needs_counters_ || needs_cold_ || filter.zone || filter.policy || filter.applications;
}

template <class F>
void Matcher<F>::compile_key(const Filter& filter) {
  typename F::Key value;
  typename F::Key mask;
  std::memset(static_cast<void*>(&mask), 0, sizeof mask);
  if (filter.source) {
    put_prefix(&value.source, &mask.source, *filter.source);
  }
  if (filter.destination) {
    put_prefix(&value.destination, &mask.destination, *filter.destination);
  }
  if (filter.source_port) {
    value.source_port = byte_swap(*filter.source_port);
    mask.source_port = 0xffff;
  }
  if (filter.destination_port) {
    value.destination_port = byte_swap(*filter.destination_port);
    mask.destination_port = 0xffff;
  }
  if (filter.protocol) {
    value.protocol = *filter.protocol;
    mask.protocol = 0xff;
  }
  std::memcpy(value_.data(), &value, sizeof value);
  std::memcpy(mask_.data(), &mask, sizeof mask);
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
bool Matcher<F>::test_more(const session::Record<F>& record, const session::Cold& cold) const noexcept {
  return test_identity(record) && (!needs_counters_ || test_counters(record)) &&
         (!needs_cold_ || test_cold(cold));
}

template <class F>
bool Matcher<F>::test_identity(const session::Record<F>& record) const noexcept {
  if (policy_ != kAny && get(record.policy) != policy_) {
    return false;
  }
  if (zone_ != kAny && get(record.key[0].zone) != zone_ && get(record.key[1].zone) != zone_) {
    return false;
  }
  return applications_.empty() || applications_[get(record.application)];
}

template <class F>
bool Matcher<F>::test_counters(const session::Record<F>& record) const noexcept {
  const std::uint32_t timeout =
      ruling_timeout_s(get(record.timeout_s), get(record.timeout_class), moment_.timeouts);
  return timeout_.contains(timeout) && packets_.contains(get(record.packets[0]) + get(record.packets[1])) &&
         bytes_.contains(get(record.bytes[0]) + get(record.bytes[1]));
}

template <class F>
bool Matcher<F>::test_cold(const session::Cold& cold) const noexcept {
  const std::uint32_t start = get(cold.start_unix_s);
  const std::uint32_t duration = moment_.now_s > start ? moment_.now_s - start : 0;
  if (!duration_.contains(duration)) {
    return false;
  }
  return interfaces_.empty() || interfaces_[get(cold.ifl[0])] || interfaces_[get(cold.ifl[1])];
}

template class Matcher<packet::V4>;
template class Matcher<packet::V6>;

}  // namespace sluice::query
