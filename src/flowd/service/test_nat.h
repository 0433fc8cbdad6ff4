// A firewall with two workers and every kind of NAT, for the tests of what is told about it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "flowd/compile/test_compile.h"
#include "flowd/control.h"
#include "flowd/test_machine.h"

namespace sluice::service {

inline constexpr std::string_view kNatBase = R"(
set system flow workers 2
set system ports ge-0/0/0 device veth0
set system ports ge-0/0/1 device veth1
set interfaces ge-0/0/0 unit 0 family inet address 203.0.113.1/24
set interfaces ge-0/0/1 unit 0 family inet address 192.0.2.1/24
set security zones security-zone untrust interfaces ge-0/0/0.0
set security zones security-zone trust interfaces ge-0/0/1.0
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

inline std::uint16_t header_checksum(const std::vector<std::uint8_t>& frame) {
  std::uint32_t sum = 0;
  for (std::size_t i = 14; i < 34; i += 2) {
    sum += load_be<std::uint16_t>(&frame[i]);
  }
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~((sum & 0xffff) + (sum >> 16)));
}

// UDP from 192.0.2.9 to 203.0.113.N.
inline std::vector<std::uint8_t> datagram(std::uint8_t n, std::uint16_t source_port) {
  std::vector<std::uint8_t> frame(60);
  const std::uint8_t macs[] = {2, 0, 0, 0, 0, '1', 2, 0, 0, 0, 0, 9, 8, 0};
  std::copy(std::begin(macs), std::end(macs), frame.begin());
  const std::uint8_t ip[] = {0x45, 0, 0, 46, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 9, 203, 0, 113, n};
  std::copy(std::begin(ip), std::end(ip), frame.begin() + 14);
  store_be<std::uint16_t>(&frame[24], header_checksum(frame));
  store_be<std::uint16_t>(&frame[34], source_port);
  store_be<std::uint16_t>(&frame[36], 9);
  store_be<std::uint16_t>(&frame[38], 26);
  return frame;
}

class NatTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(port::start_eal().has_value()); }

  flowd::ControlParts parts() {
    flowd::ControlParts parts;
    parts.compile = [](const std::string& text, const compile::IdRegistry& ids) {
      return compile::compile_text(text, ids);
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
      ASSERT_TRUE(
          machine_.wire("ge-0/0/1")->inject(datagram(n, static_cast<std::uint16_t>(1000 + i)), i % 2U));
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
