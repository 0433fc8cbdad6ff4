// Queries and clears while the owner of the sessions makes, updates and ends them as fast as it can.
#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "flowd/query/made_sessions.h"
#include "flowd/query/query.h"

namespace sluice::query {
namespace {

constexpr std::uint32_t kCapacity = 4096;
constexpr std::uint32_t kLasting = 1000;  // sessions that live throughout
constexpr std::uint8_t kLastingProtocol = 47;
constexpr Pace kPace{.records = 512, .pause_us = 0};

// Every field of a session follows from one number, so that half of one session and half of
// another cannot pass for a whole.
Made whole(std::uint32_t n, packet::Family family, std::uint8_t protocol) {
  Made made;
  made.family = family;
  if (family == packet::Family::inet) {
    made.source = packet::IpAddress::v4(n);
    made.destination = packet::IpAddress::v4(~n);
  } else {
    made.source.family = made.destination.family = family;
    store(made.source.bytes.data() + 12, n);
    store(made.destination.bytes.data(), ~n);
  }
  made.protocol = protocol;
  made.source_port = static_cast<std::uint16_t>(n);
  made.destination_port = static_cast<std::uint16_t>(n >> 16);
  made.zone[0] = ZoneId{static_cast<std::uint16_t>(8 + n % 5)};
  made.zone[1] = ZoneId{static_cast<std::uint16_t>(8 + n % 7)};
  made.policy = static_cast<std::uint16_t>(4 + n % 11);
  made.application = static_cast<std::uint16_t>(n % 13);
  made.interface[0] = IflId{static_cast<std::uint16_t>(2 + n % 3)};
  made.start_s = n;
  made.timeout_s = n % 1000;
  return made;
}

void expect_whole(const Row& row) {
  const Made made = whole(row.start_unix_s, row.family, row.protocol);
  EXPECT_EQ(row.wing[0].source, made.source);
  EXPECT_EQ(row.wing[0].destination, made.destination);
  EXPECT_EQ(row.wing[1].source, made.destination);
  EXPECT_EQ(row.wing[0].source_port, made.source_port);
  EXPECT_EQ(row.wing[0].destination_port, made.destination_port);
  EXPECT_EQ(row.wing[0].zone, made.zone[0]);
  EXPECT_EQ(row.wing[1].zone, made.zone[1]);
  EXPECT_EQ(row.policy.value, made.policy);
  EXPECT_EQ(row.application.value, made.application);
  EXPECT_EQ(row.wing[0].interface, made.interface[0]);
  EXPECT_EQ(row.timeout_s, made.timeout_s);
}

template <class F>
class Owner {
 public:
  Owner()
      : table({.capacity = kCapacity,
               .identifier_base = F::kFamily == packet::Family::inet ? 0 : kCapacity,
               .version_seed = 2,
               .secret = kMadeSecret}) {
    for (std::uint32_t n = 0; n < kLasting; ++n) {
      make(kLastingProtocol);
    }
  }

  void turn(worker::Mailbox& mailbox, std::mt19937& random) {
    for (int i = 0; i < 16; ++i) {
      make(17);
      const std::uint32_t slot = kLasting + random() % (kCapacity - kLasting);
      if (slot < table.slots_used() && table.live(slot)) {
        table.end(slot);
      }
      table.count((random() % kLasting) << 1, 100);
    }
    mailbox.drain(64, [&](const worker::Request& request, const worker::Request*) {
      const bool same = table.live_version(request.session.slot) == request.session.version;
      if (same) {
        table.end(request.session.slot);
      }
      return same;
    });
  }

  session::Table<F> table;

 private:
  void make(std::uint8_t protocol) {
    Made made = whole(next_++, F::kFamily, protocol);
    static_cast<void>(install(table, made));
  }
  std::uint32_t next_ = 1;
};

template <class F>
Shard shard_of(Owner<F>& owner, worker::Mailbox& mailbox) {
  if constexpr (F::kFamily == packet::Family::inet) {
    return {.inet = &owner.table, .mailbox = &mailbox};
  } else {
    return {.inet6 = &owner.table, .mailbox = &mailbox};
  }
}

template <class F>
class QueryStress : public ::testing::Test {};
using Families = ::testing::Types<packet::V4, packet::V6>;
TYPED_TEST_SUITE(QueryStress, Families);

TYPED_TEST(QueryStress, rows_are_whole_and_no_lasting_session_is_missed_while_others_churn) {
  Owner<TypeParam> owner;
  worker::Mailbox mailbox(256);
  const Shard shards[] = {shard_of(owner, mailbox)};
  std::atomic<bool> stop{false};
  std::atomic<bool> cleared_enough{false};
  std::thread owning([&] {
    std::mt19937 random(1);
    while (!stop) {
      owner.turn(mailbox, random);
    }
  });
  std::thread reading([&] {
    for (int round = 0; round < 20 || !cleared_enough; ++round) {
      std::set<std::uint64_t> lasting;
      std::uint64_t from = 0;
      do {
        const Page one = page(shards, Filter{}, Moment{}, from, 300, kPace);
        for (const Row& row : one.rows) {
          expect_whole(row);
          if (row.protocol == kLastingProtocol) {
            lasting.insert(row.identifier_64);
          }
        }
        from = one.next_identifier;
      } while (from != 0);
      EXPECT_EQ(lasting.size(), kLasting);
      EXPECT_EQ(summarize(shards, Filter{.protocol = kLastingProtocol}, Moment{}, kPace).valid, kLasting);
    }
  });
  std::uint64_t cleared = 0;
  while (cleared < 20'000) {
    const ClearPlan plan{.filter = Filter{.protocol = 17}};
    cleared += clear(
                   shards, plan, Moment{}, [] { std::this_thread::yield(); }, kPace)
                   .ended;
  }
  cleared_enough = true;
  reading.join();
  stop = true;
  owning.join();
  EXPECT_GE(owner.table.live_count(), kLasting);
}

}  // namespace
}  // namespace sluice::query
