// What the room's tests share: text in, Compiled or error out.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "dataplane/port/eal.h"
#include "flowd/compile/compile.h"

namespace sluice::compile {

inline const config::Schema& test_schema() {
  static const config::Schema schema = [] {
    auto loaded = config::Schema::load(config::Schema::default_directory());
    if (!loaded) std::fprintf(stderr, "%s\n", loaded.error().text().c_str());
    return std::move(loaded).value();
  }();
  return schema;
}

// Curly braces or set commands.
inline Result<Compiled> compile_text(std::string_view text, const IdRegistry& ids = {},
                                     const CompileOptions& options = {}) {
  if (const Status started = port::start_eal(); !started) return started.error();
  const auto tree = config::parse_text(test_schema(), text, "test.conf");
  if (!tree) return tree.error();
  return compile(tree->active(), ids, options);
}

// "PATH: sentence", or "compiled".
inline std::string error_of(std::string_view text) {
  const auto compiled = compile_text(text);
  return compiled ? "compiled" : compiled.error().text();
}

inline Compiled must_compile(std::string_view text, const IdRegistry& ids = {},
                             const CompileOptions& options = {}) {
  auto compiled = compile_text(text, ids, options);
  if (!compiled) ADD_FAILURE() << compiled.error().text();
  return std::move(compiled).value();
}

inline const snapshot::Interface* find_interface(const Compiled& compiled, std::string_view name) {
  for (const snapshot::Interface& interface : compiled.snapshot.interfaces) {
    if (interface.name == name) return &interface;
  }
  return nullptr;
}

inline const policy::Zone* find_zone(const Compiled& compiled, std::string_view name) {
  for (const policy::Zone& zone : compiled.snapshot.zones) {
    if (zone.name == name) return &zone;
  }
  return nullptr;
}

inline const policy::Policy* find_policy(const Compiled& compiled, std::string_view name) {
  for (const policy::Policy& policy : compiled.snapshot.policies->definition().policies) {
    if (policy.name == name) return &policy;
  }
  return nullptr;
}

// Two ports, two zones, nothing permitted.
inline constexpr std::string_view kTwoZones = R"(
set system ports ge-0/0/0 device veth0
set system ports ge-0/0/1 device veth1
set interfaces ge-0/0/0 unit 0 family inet address 203.0.113.2/30
set interfaces ge-0/0/1 unit 0 family inet address 192.0.2.1/24
set security zones security-zone untrust interfaces ge-0/0/0.0
set security zones security-zone trust interfaces ge-0/0/1.0
)";

// The first packet of a flow, in the words of a test.
struct Flow {
  std::string_view from_zone;
  std::string_view to_zone;
  std::string_view source;
  std::string_view destination;
  std::uint8_t protocol = 6;
  std::uint16_t destination_port = 0;  // ICMP: type * 256 + code
  std::uint16_t source_port = 40000;
};

template <class Address>
policy::Decision decide_as(const Compiled& compiled, const Flow& flow) {
  policy::Query<Address> query{};
  query.from_zone = find_zone(compiled, flow.from_zone)->id;
  query.to_zone = find_zone(compiled, flow.to_zone)->id;
  query.protocol = flow.protocol;
  query.source_port = flow.source_port;
  query.destination_port = flow.destination_port;
  std::memcpy(&query.source, packet::parse_address(flow.source)->bytes.data(), sizeof query.source);
  std::memcpy(&query.destination, packet::parse_address(flow.destination)->bytes.data(),
              sizeof query.destination);
  policy::Decision decision;
  compiled.snapshot.policies->match(std::span(&query, 1), std::span(&decision, 1));
  return decision;
}

inline policy::Decision decide(const Compiled& compiled, const Flow& flow) {
  const bool v6 = flow.source.find(':') != std::string_view::npos;
  return v6 ? decide_as<policy::Address6>(compiled, flow) : decide_as<policy::Address4>(compiled, flow);
}

// "permit web junos-http": action, policy, application.
inline std::string verdict(const Compiled& compiled, const Flow& flow) {
  constexpr const char* kActions[] = {"deny", "reject", "permit"};
  const policy::Decision decision = decide(compiled, flow);
  const snapshot::Names& names = *compiled.snapshot.names;
  std::string out = kActions[static_cast<int>(decision.action)];
  out += ' ' + names.policy.at(decision.policy.value);
  if (decision.application != kNoApp) out += ' ' + names.application.at(decision.application.value);
  return out;
}

// kTwoZones and more set commands.
inline std::string with(std::string_view commands) {
  return std::string(kTwoZones).append(commands);
}

// A policy from trust to untrust with any, any, any, permit unless `commands` say otherwise.
inline std::string policy_with(std::string_view name, std::string_view match) {
  const std::string policy =
      "set security policies from-zone trust to-zone untrust policy " + std::string(name) + " ";
  std::string out = policy + "then permit\n";
  for (const std::string_view leaf : {"source-address", "destination-address", "application"}) {
    const bool given = match.find(std::string(leaf) + " ") != std::string_view::npos;
    if (!given) out += policy + "match " + std::string(leaf) + " any\n";
  }
  std::size_t begin = 0;
  while (begin < match.size()) {
    const std::size_t end = std::min(match.find(';', begin), match.size());
    out += policy + "match " + std::string(match.substr(begin, end - begin)) + "\n";
    begin = end + 1;
  }
  return out;
}

}  // namespace sluice::compile
