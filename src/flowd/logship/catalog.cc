#include "flowd/logship/catalog.h"

#include <algorithm>

namespace sluice::logship {
namespace {

constexpr Kind kText = Kind::text;
constexpr Kind kNumber = Kind::number;

// size: one line for each attribute. Constants are what a firewall without the feature says
// (Junos reference 7.3).
constexpr std::array kAttributes{
    Attribute{"reason", Value::close_reason, kText, ""},
    Attribute{"source-address", Value::source_address, kText, ""},
    Attribute{"source-port", Value::source_port, kNumber, ""},
    Attribute{"destination-address", Value::destination_address, kText, ""},
    Attribute{"destination-port", Value::destination_port, kNumber, ""},
    Attribute{"connection-tag", Value::constant, kNumber, "0"},
    Attribute{"service-name", Value::service, kText, ""},
    Attribute{"nat-source-address", Value::nat_source_address, kText, ""},
    Attribute{"nat-source-port", Value::nat_source_port, kNumber, ""},
    Attribute{"nat-destination-address", Value::nat_destination_address, kText, ""},
    Attribute{"nat-destination-port", Value::nat_destination_port, kNumber, ""},
    Attribute{"nat-connection-tag", Value::constant, kNumber, "0"},
    Attribute{"src-nat-rule-type", Value::source_rule_type, kText, ""},
    Attribute{"src-nat-rule-name", Value::source_rule_name, kText, ""},
    Attribute{"dst-nat-rule-type", Value::destination_rule_type, kText, ""},
    Attribute{"dst-nat-rule-name", Value::destination_rule_name, kText, ""},
    Attribute{"protocol-id", Value::protocol, kNumber, ""},
    Attribute{"icmp-type", Value::icmp_type, kNumber, ""},
    Attribute{"policy-name", Value::policy, kText, ""},
    Attribute{"source-zone-name", Value::from_zone, kText, ""},
    Attribute{"destination-zone-name", Value::to_zone, kText, ""},
    Attribute{"session-id", Value::session_id_32, kNumber, ""},
    Attribute{"session-id-32", Value::session_id_32, kNumber, ""},
    Attribute{"session-id-64", Value::session_id_64, kNumber, ""},
    Attribute{"packets-from-client", Value::packets_from_client, kNumber, ""},
    Attribute{"bytes-from-client", Value::bytes_from_client, kNumber, ""},
    Attribute{"packets-from-server", Value::packets_from_server, kNumber, ""},
    Attribute{"bytes-from-server", Value::bytes_from_server, kNumber, ""},
    Attribute{"elapsed-time", Value::elapsed, kNumber, ""},
    Attribute{"username", Value::constant, kText, "N/A"},
    Attribute{"roles", Value::constant, kText, "N/A"},
    Attribute{"packet-incoming-interface", Value::ingress, kText, ""},
    Attribute{"application", Value::constant, kText, "UNKNOWN"},
    Attribute{"nested-application", Value::constant, kText, "UNKNOWN"},
    Attribute{"encrypted", Value::constant, kText, "UNKNOWN"},
    Attribute{"application-category", Value::constant, kText, "N/A"},
    Attribute{"application-sub-category", Value::constant, kText, "N/A"},
    Attribute{"application-risk", Value::constant, kNumber, "-1"},
    Attribute{"application-characteristics", Value::constant, kText, "N/A"},
    Attribute{"secure-web-proxy-session-type", Value::constant, kText, "NA"},
    Attribute{"peer-session-id", Value::constant, kNumber, "0"},
    Attribute{"peer-source-address", Value::constant, kText, "0.0.0.0"},
    Attribute{"peer-source-port", Value::constant, kNumber, "0"},
    Attribute{"peer-destination-address", Value::constant, kText, "0.0.0.0"},
    Attribute{"peer-destination-port", Value::constant, kNumber, "0"},
    Attribute{"hostname", Value::constant, kText, "NA NA"},
    Attribute{"src-vrf-grp", Value::constant, kText, "N/A"},
    Attribute{"dst-vrf-grp", Value::constant, kText, "N/A"},
    Attribute{"tunnel-inspection", Value::constant, kText, "Off"},
    Attribute{"tunnel-inspection-policy-set", Value::constant, kText, "root"},
    Attribute{"session-flag", Value::constant, kNumber, "0"},
    Attribute{"source-tenant", Value::constant, kText, "N/A"},
    Attribute{"destination-service", Value::constant, kText, "N/A"},
    Attribute{"user-type", Value::constant, kText, "N/A"},
    Attribute{"dst-identity-context-name", Value::constant, kText, "N/A"},
    Attribute{"dst-identity-context-roles", Value::constant, kText, "N/A"},
    Attribute{"source-country", Value::constant, kText, "N/A"},
    Attribute{"destination-country", Value::constant, kText, "N/A"},
    Attribute{"gbp-src-tag", Value::constant, kNumber, "0"},
    Attribute{"gbp-dst-tag", Value::constant, kNumber, "0"},
    Attribute{"forwarded-for", Value::constant, kText, "N/A"},
    Attribute{"url-host", Value::constant, kText, "N/A"},
    Attribute{"url-cat", Value::constant, kText, "N/A"},
    Attribute{"url-risk", Value::constant, kNumber, "0"},
    Attribute{"src-vrf", Value::constant, kText, "N/A"},
    Attribute{"dst-vrf", Value::constant, kText, "N/A"},
    Attribute{"internal-ip", Value::source_address, kText, ""},
    Attribute{"reflexive-ip", Value::nat_source_address, kText, ""},
    Attribute{"block-used", Value::block_used, kNumber, ""},
    Attribute{"block-max-per-host", Value::block_most, kNumber, ""},
    Attribute{"block-port-low", Value::block_low, kNumber, ""},
    Attribute{"block-port-high", Value::block_high, kNumber, ""},
    Attribute{"nat-pool-name", Value::pool, kText, ""},
    Attribute{"logical-system-id", Value::constant, kNumber, "0"},
    Attribute{"epoch-time-64", Value::block_time, kText, ""},
    Attribute{"pool-type", Value::pool_kind, kText, ""},
    Attribute{"threshold", Value::block_most, kNumber, ""},
    Attribute{"current", Value::block_used, kNumber, ""},
    Attribute{"lost-records", Value::lost_records, kNumber, ""},
    Attribute{"log-worker", Value::worker, kNumber, ""},
    Attribute{"log-sequence", Value::sequence, kNumber, ""},
};

}  // namespace

const Attribute* find_attribute(std::string_view name) {
  const auto* found = std::ranges::find(kAttributes, name, &Attribute::name);
  return found == kAttributes.end() ? nullptr : found;
}

std::string_view extra_attributes(std::string_view process) {
  if (process == "RT_FLOW") {
    return "session-id-32 session-id-64 log-worker log-sequence";
  }
  return process == "RT_NAT" ? "log-worker log-sequence" : "";
}

}  // namespace sluice::logship
