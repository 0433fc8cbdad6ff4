#include "flowd/logship/formatter.h"

#include <netinet/in.h>

#include <algorithm>

#include "dataplane/session/close_reason.h"
#include "flowd/logship/record_line.h"

namespace sluice::logship {
namespace {

using sessionlog::Event;

constexpr std::string_view kUnknown = "UNKNOWN";
constexpr std::size_t kMaxNumber = 20;
constexpr std::size_t kMaxAddress = 46;

std::vector<std::string> close_reasons() {
  std::vector<std::string> names;
  for (unsigned i = 0; i < static_cast<unsigned>(session::CloseReason::count_); ++i) {
    names.emplace_back(session::name(static_cast<session::CloseReason>(i)));
  }
  return names;
}

// Number 0 is "no rule".
std::vector<std::string> rule_parts(const snapshot::Names& names, std::string snapshot::NatRuleName::*part) {
  std::vector<std::string> parts{std::string()};
  for (std::size_t i = 1; i < names.nat_rule.size(); ++i) {
    parts.push_back(names.nat_rule[i].*part);
  }
  return parts;
}

[[gnu::always_inline]] inline char* put_address(char* at, const Event& event,
                                                const std::array<std::uint8_t, 16>& address) noexcept {
  return event.family == packet::Family::inet ? put_ipv4(at, address.data()) : put_ipv6(at, address.data());
}

// After translation between the families (sessionlog::address_in) it is IPv4's in an event of IPv6.
[[gnu::always_inline]] inline char* put_translated(char* at, const Event& event,
                                                   const std::array<std::uint8_t, 16>& address) noexcept {
  const bool across = event.family == packet::Family::inet6 && packet::is_mapped(address);
  return across ? put_ipv4(at, address.data() + 12) : put_address(at, event, address);
}

// As the records of port blocks have times: seconds in hexadecimal.
char* put_hexadecimal(char* at, std::uint32_t value) noexcept {
  for (unsigned digit = 8; digit-- != 0;) {
    *at++ = "0123456789abcdef"[value >> (4 * digit) & 15U];
  }
  return at;
}

template <std::size_t N>
char* put_constant(char* at, const char (&text)[N]) noexcept {
  std::memcpy(at, text, N);
  return at + N - 1;
}

char* put_pool_kind(char* at, std::uint16_t kind) noexcept {
  switch (static_cast<sessionlog::PoolKind>(kind)) {
    case sessionlog::PoolKind::blocks:
      return put_constant(at, "PBA");
    case sessionlog::PoolKind::deterministic:
      return put_constant(at, "DETNAT");
    case sessionlog::PoolKind::single:
      break;
  }
  return put_constant(at, "PAT");
}

std::array<Plan, kMessages> plans(const FormatOptions& options) {
  std::array<Plan, kMessages> all;
  for (std::size_t i = 0; i < kMessages; ++i) {
    all[i] = Plan::compile(static_cast<Message>(i), options);
  }
  return all;
}

}  // namespace

Formatter::Formatter(const FormatOptions& options, const snapshot::Names& names)
    : plans_(plans(options)),
      timestamp_(options.format == Format::syslog ? TimeStyle::bsd : TimeStyle::rfc3339, options.time_format,
                 options.utc_timestamp),
      icmp_sequence_first_(forms_of(options.profile).echo_sequence_first),
      policies_(names.policy, "N/A", kUnknown, escape_of(options)),
      zones_(names.zone, "N/A", kUnknown, escape_of(options)),
      interfaces_(names.interface, "N/A", kUnknown, escape_of(options)),
      services_(names.application, "None", "None", escape_of(options)),
      rule_types_(rule_parts(names, &snapshot::NatRuleName::type), profile_shape(options.profile).no_rule,
                  kUnknown, escape_of(options)),
      rule_names_(rule_parts(names, &snapshot::NatRuleName::name), profile_shape(options.profile).no_rule,
                  kUnknown, escape_of(options)),
      reasons_(close_reasons(), kUnknown, kUnknown, escape_of(options)),
      pools_(names.nat_pool, "N/A", kUnknown, escape_of(options)) {
  for (const Plan& plan : plans_) {
    std::size_t size = plan.literal_bytes() + 2 * kSlack;
    for (const Plan::Step& step : plan.steps()) {
      size += largest(step.value);
    }
    max_size_ = std::max(max_size_, size);
  }
}

std::size_t Formatter::largest(Value value) const {
  return std::max({kMaxNumber, kMaxAddress, Timestamp::kMaxSize, [&] {
                     switch (value) {
                       case Value::policy:
                         return policies_.longest();
                       case Value::from_zone:
                       case Value::to_zone:
                         return zones_.longest();
                       case Value::ingress:
                         return interfaces_.longest();
                       case Value::service:
                         return services_.longest();
                       case Value::source_rule_name:
                       case Value::destination_rule_name:
                         return rule_names_.longest();
                       case Value::pool:
                         return pools_.longest();
                       default:
                         return std::max(rule_types_.longest(), reasons_.longest());
                     }
                   }()});
}

// An ICMP session's pair is (identifier, sequence) in events.
inline std::uint32_t Formatter::port(const Event& event, std::uint16_t own,
                                     std::uint16_t other) const noexcept {
  return icmp_sequence_first_ && is_icmp(event.protocol) ? other : own;
}

// size: one case for each value of the catalog.
[[gnu::always_inline]] inline char* Formatter::put_value(Value value, const Event& event, char* at) noexcept {
  switch (value) {
    case Value::constant:
      return at;
    case Value::timestamp:
      return timestamp_.put(at, event.unix_ns);
    case Value::source_address:
      return put_address(at, event, event.source);
    case Value::destination_address:
      return put_address(at, event, event.destination);
    case Value::nat_source_address:
      return put_translated(at, event, event.nat_source);
    case Value::nat_destination_address:
      return put_translated(at, event, event.nat_destination);
    case Value::source_port:
      return put_small_number(at, port(event, event.source_port, event.destination_port));
    case Value::destination_port:
      return put_small_number(at, port(event, event.destination_port, event.source_port));
    case Value::nat_source_port:
      return put_small_number(at, port(event, event.nat_source_port, event.nat_destination_port));
    case Value::nat_destination_port:
      return put_small_number(at, port(event, event.nat_destination_port, event.nat_source_port));
    case Value::service:
      return is_icmp(event.protocol)
                 ? (event.protocol == IPPROTO_ICMP ? put_constant(at, "icmp") : put_constant(at, "icmpv6"))
                 : services_.put(at, event.application.value);
    case Value::source_rule_type:
      return rule_types_.put(at, event.source_nat_rule);
    case Value::source_rule_name:
      return rule_names_.put(at, event.source_nat_rule);
    case Value::destination_rule_type:
      return rule_types_.put(at, event.destination_nat_rule);
    case Value::destination_rule_name:
      return rule_names_.put(at, event.destination_nat_rule);
    case Value::protocol:
      return put_small_number(at, event.protocol);
    case Value::icmp_type:
      return put_small_number(at, event.icmp_type);
    case Value::policy:
      return policies_.put(at, event.policy.value);
    case Value::from_zone:
      return zones_.put(at, event.from_zone.value);
    case Value::to_zone:
      return zones_.put(at, event.to_zone.value);
    case Value::ingress:
      return interfaces_.put(at, event.ingress.value);
    case Value::session_id_32:
      return put_number(at, event.session_id_32);
    case Value::session_id_64:
      return put_number(at, event.session_id_64);
    case Value::packets_from_client:
      return put_number(at, event.packets[0]);
    case Value::bytes_from_client:
      return put_number(at, event.bytes[0]);
    case Value::packets_from_server:
      return put_number(at, event.packets[1]);
    case Value::bytes_from_server:
      return put_number(at, event.bytes[1]);
    case Value::elapsed:
      return put_number(at, event.elapsed_s);
    case Value::close_reason:
      return reasons_.put(at, static_cast<std::uint32_t>(event.reason));
    case Value::block_low:
      return put_small_number(at, note_of(event).low);
    case Value::block_high:
      return put_small_number(at, note_of(event).high);
    case Value::block_used:
      return put_small_number(at, note_of(event).have);
    case Value::block_most:
      return put_small_number(at, note_of(event).most);
    case Value::block_time:
      return put_hexadecimal(at, note_of(event).made_s);
    case Value::pool:
      return pools_.put(at, note_of(event).pool.value);
    case Value::pool_kind:
      return put_pool_kind(at, note_of(event).kind);
    case Value::lost_records:
      return put_number(at, event.lost_before);
    case Value::worker:
      return put_small_number(at, event.worker);
    case Value::sequence:
      return put_number(at, event.sequence);
  }
  return at;
}

char* Formatter::format(Message message, const Event& event, char* at) noexcept {
  const Plan& plan = plans_[static_cast<std::size_t>(message)];
  const char* const text = plan.text();
  for (const Plan::Step& step : plan.steps()) {
    at = put_text(at, text + step.literal, step.size);
    at = put_value(step.value, event, at);
  }
  return at;
}

}  // namespace sluice::logship
