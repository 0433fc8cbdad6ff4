// What the room's tests share: text in, Compiled or error out.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
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
inline Result<Compiled> compile_text(std::string_view text, const IdRegistry& ids = {}) {
  if (const Status started = port::start_eal(); !started) return started.error();
  const auto tree = config::parse_text(test_schema(), text, "test.conf");
  if (!tree) return tree.error();
  return compile(tree->active(), ids);
}

// "PATH: sentence", or "compiled".
inline std::string error_of(std::string_view text) {
  const auto compiled = compile_text(text);
  return compiled ? "compiled" : compiled.error().text();
}

inline Compiled must_compile(std::string_view text, const IdRegistry& ids = {}) {
  auto compiled = compile_text(text, ids);
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
