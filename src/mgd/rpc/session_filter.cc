#include "mgd/rpc/session_filter.h"

#include <fmt/format.h>

#include "mgd/rpc/ip.h"
#include "mgd/rpc/names.h"

namespace sluice::rpc {
namespace {

using Filter = v1::SessionFilter;

struct Number {
  std::string_view input;
  void (Filter::*set64)(std::uint64_t) = nullptr;
  void (Filter::*set32)(std::uint32_t) = nullptr;
};
constexpr Number kNumbers[] = {
    {"session-identifier", &Filter::set_session_identifier},
    {"source-port", nullptr, &Filter::set_source_port},
    {"destination-port", nullptr, &Filter::set_destination_port},
    {"nat-source-port", nullptr, &Filter::set_nat_source_port},
    {"nat-destination-port", nullptr, &Filter::set_nat_destination_port},
    {"duration-more-than", &Filter::set_duration_more_than},
    {"duration-less-than", &Filter::set_duration_less_than},
    {"timeout-more-than", &Filter::set_timeout_more_than},
    {"timeout-less-than", &Filter::set_timeout_less_than},
    {"curr-more-than", &Filter::set_curr_more_than},
    {"curr-less-than", &Filter::set_curr_less_than},
    {"packets-more-than", &Filter::set_packets_more_than},
    {"packets-less-than", &Filter::set_packets_less_than},
    {"bytes-more-than", &Filter::set_bytes_more_than},
    {"bytes-less-than", &Filter::set_bytes_less_than},
};

void take_numbers(const Inputs& inputs, Filter& filter) {
  for (const Number& number : kNumbers) {
    if (!inputs.has(number.input)) continue;
    const std::uint64_t value = inputs.number(number.input);
    if (number.set64 != nullptr) (filter.*number.set64)(value);
    if (number.set32 != nullptr) (filter.*number.set32)(static_cast<std::uint32_t>(value));
  }
}

struct PrefixInput {
  std::string_view input;
  v1::Prefix* (Filter::*mutable_prefix)();
};
constexpr PrefixInput kPrefixes[] = {
    {"source-prefix", &Filter::mutable_source_prefix},
    {"destination-prefix", &Filter::mutable_destination_prefix},
    {"nat-source-prefix", &Filter::mutable_nat_source_prefix},
    {"nat-destination-prefix", &Filter::mutable_nat_destination_prefix},
};

Status take_prefixes(const Inputs& inputs, Filter& filter) {
  for (const PrefixInput& one : kPrefixes) {
    if (!inputs.has(one.input)) continue;
    auto prefix = parse_prefix(inputs.text(one.input));
    if (!prefix) return Error{prefix.error().tag, std::string(one.input), prefix.error().message};
    v1::Prefix& target = *(filter.*one.mutable_prefix)();
    target.set_address(prefix->address);
    target.set_length(prefix->length);
  }
  return {};
}

void take_words(const Inputs& inputs, Filter& filter) {
  // flowd knows the pools, also those that only sessions remember.
  if (inputs.has("source-nat-pool")) filter.set_source_nat_pool(std::string(inputs.text("source-nat-pool")));
  if (inputs.has("application")) filter.set_application(std::string(inputs.text("application")));
  if (const auto protocol = protocol_number(inputs.text("protocol"))) filter.set_protocol(*protocol);
  const std::string_view family = inputs.text("family");
  if (family == "inet") filter.set_family(v1::FAMILY_INET);
  if (family == "inet6") filter.set_family(v1::FAMILY_INET6);
  const std::string_view kind = inputs.text("add-on");
  if (kind == "nat") filter.set_kind(v1::KIND_NAT);
  if (kind == "tunnel") filter.set_kind(v1::KIND_TUNNEL);
  if (kind == "resource-manager") filter.set_kind(v1::KIND_RESOURCE_MANAGER);
}

Status take_names(const Inputs& inputs, const Context& context, Filter& filter) {
  for (const std::string_view input : {"interface", "interface-name"}) {
    if (!inputs.has(input)) continue;
    auto name = known_interface(context, inputs.text(input));
    if (!name) return Error{name.error().tag, std::string(input), name.error().message};
    if (filter.has_interface() && filter.interface() != *name) {
      return Error{"invalid-value", std::string(input),
                   "'interface' and 'interface-name' name two interfaces"};
    }
    filter.set_interface(*name);
  }
  if (inputs.has("zone")) {
    auto name = known_zone(context, inputs.text("zone"));
    if (!name) return name.error();
    filter.set_zone(*name);
  }
  if (inputs.has("policy-id")) {
    const auto id = static_cast<std::uint32_t>(inputs.number("policy-id"));
    if (auto known = known_policy_id(context, id); !known) return known;
    filter.set_policy_id(id);
  }
  return {};
}

}  // namespace

Result<Filter> session_filter(const Inputs& inputs, const Context& context) {
  Filter filter;
  take_numbers(inputs, filter);
  take_words(inputs, filter);
  if (auto taken = take_prefixes(inputs, filter); !taken) return taken.error();
  if (auto taken = take_names(inputs, context, filter); !taken) return taken.error();
  return filter;
}

bool has_condition(const Filter& filter) {
  return filter.ByteSizeLong() > 0;
}

}  // namespace sluice::rpc
