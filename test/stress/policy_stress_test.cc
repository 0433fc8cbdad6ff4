// What policies carried, read while sessions begin and end.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "dataplane/flow/flow.h"
#include "flowd/query/made_sessions.h"
#include "flowd/query/query.h"

namespace sluice::query {
namespace {

using packet::Family;
using packet::V4;

constexpr std::uint32_t kSessions = 2000;  // alive at a time
constexpr PolicyId kPolicy{7};

class Ender {
 public:
  explicit Ender(const snapshot::Snapshot& snapshot) : core_({.capacity = kSessions, .secret = kMadeSecret}) {
    core_.snapshot = &snapshot;
  }

  // Sessions of one packet each begin, and then all of them end.
  void round() {
    std::vector<flow::SessionRef> begun;
    for (std::uint32_t n = 0; n < kSessions; ++n) {
      session::NewSession<V4> session;
      session.key.protocol = packet::protocol::kUdp;
      session.key.source = n;
      session.hash = core_.table4.hash_of(session.key);
      session.flags = session::flag::kCount;
      session.cold.policy = kPolicy.value;
      packets_.fetch_add(1);
      const std::uint32_t slot = core_.table4.install(session, 1000).value();
      core_.table4.count(slot << 1, 100);
      begun.push_back(
          {.family = Family::inet, .handle = {.slot = slot, .version = core_.table4.live_version(slot)}});
    }
    for (const flow::SessionRef& session : begun) {
      EXPECT_TRUE(flow::end(core_, session, session::CloseReason::cli));
    }
  }

  [[nodiscard]] std::uint64_t packets() const { return packets_.load(); }
  [[nodiscard]] Shard shard() const {
    return {.inet = &core_.table4, .inet6 = &core_.table6, .policies = &core_.policy_counters};
  }

 private:
  flow::Core core_;
  std::atomic<std::uint64_t> packets_{0};  // of all sessions that have begun, or are about to
};

TEST(PolicyStress, what_a_policy_carried_is_never_more_than_its_sessions_did) {
  const snapshot::Snapshot snapshot;
  Ender ender(snapshot);
  const Shard shards[] = {ender.shard()};
  std::atomic<bool> stop{false};
  std::thread ending([&] {
    while (!stop) {
      ender.round();
    }
  });
  for (int i = 0; i < 300; ++i) {
    const std::uint64_t carried =
        policy_traffic(shards, {&kPolicy, 1}, {.pause_us = 0})[kPolicy.value].packets[0];
    EXPECT_LE(carried, ender.packets());
  }
  stop = true;
  ending.join();
  EXPECT_EQ(policy_traffic(shards, {&kPolicy, 1})[kPolicy.value].packets[0], ender.packets());
}

}  // namespace
}  // namespace sluice::query
