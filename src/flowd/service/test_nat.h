// A firewall with two workers and every kind of NAT, for the tests of what is told about it.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "flowd/compile/test_compile.h"
#include "flowd/control.h"
#include "flowd/test_datagram.h"
#include "flowd/test_machine.h"

namespace sluice::service {

inline const std::string kNatBase = std::string(flowd::kTwoPorts) + R"(
set system flow workers 2
set security policies default-policy permit-all
set security nat source pool out address 203.0.113.5/32
set security nat source rule-set out from zone trust
set security nat source rule-set out to zone untrust
set security nat source rule-set out rule hide match source-address 192.0.2.0/24
set security nat source rule-set out rule hide then source-nat pool out
set security nat destination pool web address 203.0.113.80/32
set security nat destination rule-set in from zone trust
set security nat destination rule-set in rule publish match destination-address 203.0.113.8/32
set security nat destination rule-set in rule publish then destination-nat pool web
set security nat static rule-set both from zone untrust
set security nat static rule-set both rule mail match destination-address 203.0.113.9/32
set security nat static rule-set both rule mail then static-nat prefix 192.0.2.25/32
)";

class NatTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(port::start_eal().has_value()); }

  flowd::ControlParts parts() {
    flowd::ControlParts parts;
    parts.compile = [this](const std::string& text, const compile::IdRegistry& ids) {
      const auto running = control_.running();
      compile::CompileOptions options;
      options.nat = running == nullptr ? nullptr : running->snapshot.nat;
      return compile::compile_text(text, ids, options);
    };
    parts.made = [](const flowd::Fleet&) {};
    parts.before_publish = [](const compile::Compiled&) {};
    parts.wait = [this] { step(); };
    parts.threads = flowd::ControlParts::Threads::none;
    return parts;
  }
  void step() {
    for (int turn = 0; turn < 4; ++turn) {
      for (const auto& worker : control_.fleet()->workers()) {
        worker->run_once(now_);
      }
    }
  }
  void commit(const std::string& text) {
    const auto prepared = control_.prepare(text);
    ASSERT_TRUE(prepared) << prepared.error().text();
    ASSERT_TRUE(control_.publish(prepared->generation));
  }
  // So many to 203.0.113.N, to either worker in turn.
  void send(std::uint8_t n, std::uint16_t count) {
    for (std::uint16_t i = 0; i < count; ++i) {
      ASSERT_TRUE(machine_.wire("ge-0/0/1")
                      ->inject(flowd::datagram(9, n, static_cast<std::uint16_t>(1000 + i)), i % 2U));
    }
    step();
    step();
  }
  void advance(std::uint32_t seconds) {
    now_.unix_s += seconds;
    now_.ns += seconds * kNsPerSecond;
    step();
  }

  flowd::TestMachine machine_;
  Now now_{.ns = 1, .unix_s = 1'700'000'000, .unix_fraction_ns = 0};
  flowd::Control control_{machine_, parts()};
};

}  // namespace sluice::service
