// Everything at once: packets make and end sessions on two workers, while others query, clear, commit, change
// routes, read counters and write the log. Afterwards every frame, session, record and request is accounted
// for.
//
// The amount of work is fixed, not the time: all go on until each has done its share.
#include <gtest/gtest.h>
#include <rte_mempool.h>

#include <atomic>
#include <functional>
#include <set>
#include <thread>

#include "firewall.h"

namespace sluice::stress {
namespace {

using packet::DropReason;
using query::Filter;

using packet::protocol::kGre;
constexpr query::Pace kPace{.records = 512, .pause_us = 0};

// What each of those who run at the same time has to do at least.
struct Share {
  const char* who;
  std::uint64_t turns;
  std::function<void(std::uint64_t turn)> work;
};

// Runs all on threads of their own; nobody stops before everybody has done his share.
void run_together(const std::vector<Share>& shares) {
  std::atomic<std::size_t> behind{shares.size()};
  std::vector<std::jthread> threads;
  threads.reserve(shares.size());
  for (const Share& share : shares) {
    threads.emplace_back([&behind, &share] {
      for (std::uint64_t turn = 0; behind.load() != 0; ++turn) {
        share.work(turn);
        if (turn + 1 == share.turns) {
          --behind;
        }
        std::this_thread::yield();
      }
    });
  }
}

class FirewallStress : public ::testing::Test {
 protected:
  FirewallStress()
      : buffers_(rte_mempool_avail_count(firewall_.buffers())),
        clients_(firewall_.inside(), kWorkers),
        servers_(firewall_.outside(), firewall_.twins(), kWorkers) {}

  void open_lasting() {
    clients_.keep_alive();
    while (query::summarize(firewall_.shards(), Filter{.protocol = kGre}, moment(), kPace).valid <
           2 * Clients::kLasting) {
      servers_.answer();
    }
  }

  query::Moment moment() { return firewall_.control().moment(read_clock()); }

  void begin_conversations(std::uint64_t turn) {
    for (int i = 0; i < 4; ++i) {
      clients_.begin();
    }
    if (turn % 64 == 0) {
      clients_.keep_alive();
    }
    clients_.answer();
  }

  // Pages through all sessions. Those that last are all there, and nothing comes twice.
  void page_through() {
    std::set<std::uint64_t> seen;
    std::uint32_t lasting = 0;
    std::uint64_t from = 0;
    do {
      const query::Page one = query::page(firewall_.shards(), Filter{}, moment(), from, 200, kPace);
      for (const query::Row& row : one.rows) {
        EXPECT_TRUE(seen.insert(row.identifier).second) << "session " << row.identifier << " comes twice";
        EXPECT_EQ(row.wing[0].source, row.wing[1].destination);
        EXPECT_EQ(row.wing[0].destination, row.wing[1].source);
        lasting += row.protocol == kGre ? 1 : 0;
      }
      from = one.next_identifier;
    } while (from != 0);
    EXPECT_EQ(lasting, 2 * Clients::kLasting);
  }

  void summarize() {
    const auto all = query::summarize(firewall_.shards(), Filter{}, moment(), kPace);
    EXPECT_LE(all.valid, firewall_.control().fleet()->maximum_sessions());
    const Filter lasting{.timeout_s = {.more_than = 3600}};
    EXPECT_EQ(query::summarize(firewall_.shards(), lasting, moment(), kPace).valid, 2 * Clients::kLasting);
    static_cast<void>(query::policy_traffic(firewall_.shards(), {}, kPace));
  }

  // Everything but GRE, one kind after the other; sometimes one session only.
  void clear(std::uint64_t turn) {
    query::ClearPlan plan;
    switch (turn % 5) {
      case 0:
        plan.filter.protocol = 17;
        break;
      case 1:
        plan.filter = {.sent = {.source = packet::parse_prefix("192.0.2.16/28")}, .protocol = 6};
        break;
      case 2:
        plan.filter = {.protocol = 6, .family = packet::Family::inet6};
        break;
      case 3:
        plan.filter = {.protocol = 17, .packets = {.more_than = 1}};
        break;
      default: {
        const auto some = query::page(firewall_.shards(), Filter{.protocol = 6}, moment(), 0, 1, kPace);
        if (some.rows.empty()) {
          return;
        }
        plan.filter.identifier = some.rows[0].identifier_64;
      }
    }
    cleared_ += firewall_.control().clear(plan, read_clock());
  }

  // What an operator's statistics read.
  void read_counters() {
    const std::uint64_t closed = firewall_.counted(&flow::Counters::sessions_closed);
    EXPECT_LE(closed, firewall_.counted(&flow::Counters::sessions_created));
    static_cast<void>(firewall_.log_statistics());
    const auto running = firewall_.control().running();
    EXPECT_FALSE(running->snapshot.names->policy.empty());
  }

  // With the threads gone: what is on the way arrives, and every session times out.
  void drain() {
    firewall_.stop_workers();
    Now now = read_clock();
    for (int quiet = 0; quiet < 8;) {
      quiet = firewall_.step(now) ? 0 : quiet + 1;
      clients_.take();
      servers_.take();
    }
    while (query::live_sessions(firewall_.shards()) != 0) {
      now.unix_s += 3600;
      now.ns += 3'600'000'000'000;
      for (int turn = 0; turn < 8; ++turn) {
        firewall_.step(now);
      }
    }
  }

  void expect_every_frame_accounted_for();
  void expect_every_record_accounted_for();

  Firewall firewall_;
  unsigned buffers_;
  Clients clients_;
  Servers servers_;
  std::uint64_t cleared_ = 0;
};

// received = forwarded + dropped + merged (the fragments of a datagram leave as one packet); nothing that
// is sent here makes the firewall answer by itself.
void FirewallStress::expect_every_frame_accounted_for() {
  Tally hosts = clients_.tally();
  hosts += servers_.tally();
  EXPECT_EQ(hosts.sent, firewall_.counted(&flow::Counters::received));
  EXPECT_EQ(hosts.received, firewall_.counted(&flow::Counters::transmitted));
  const std::uint64_t unsent = firewall_.dropped(DropReason::transmit_failed);
  const std::uint64_t forwarded = firewall_.counted(&flow::Counters::forwarded);
  EXPECT_EQ(forwarded, hosts.received + unsent);
  const std::uint64_t unfinished = firewall_.dropped(DropReason::fragment_timeout) +
                                   firewall_.dropped(DropReason::fragment_invalid) +
                                   firewall_.dropped(DropReason::fragment_table_full);
  const std::uint64_t merged = (firewall_.counted(&flow::Counters::fragments) - unfinished) / 2;
  const std::uint64_t dropped = firewall_.counted(&flow::Counters::dropped) - unsent;
  EXPECT_EQ(hosts.sent, forwarded + dropped + merged);
  EXPECT_GT(merged, 0U);
  EXPECT_GT(firewall_.counted(&flow::Counters::handed_off), 0U) << "the workers never met";
  EXPECT_EQ(rte_mempool_avail_count(firewall_.buffers()), buffers_) << "buffers were lost";
}

// Every session was made once and ended once, and the log says so, or how many records it lost.
void FirewallStress::expect_every_record_accounted_for() {
  using Kind = LogRecord::Kind;
  std::uint64_t count[4] = {0, 0, 0, 0};
  std::uint64_t lost = 0;
  std::uint64_t by_command = 0;
  std::uint64_t last[kWorkers] = {0, 0};
  std::set<std::uint64_t> live;
  std::set<std::uint64_t> ever;
  for (const LogRecord& record : firewall_.finish_log()) {
    ++count[static_cast<std::size_t>(record.kind)];
    lost += record.lost;
    by_command += record.kind == Kind::closed && record.reason == "CLI" ? 1 : 0;
    if (record.kind == Kind::lost) {
      continue;
    }
    ASSERT_LT(record.worker, kWorkers);
    EXPECT_GT(record.sequence, last[record.worker]) << "records of a worker are out of order";
    last[record.worker] = record.sequence;
    if (record.kind == Kind::created) {
      EXPECT_TRUE(ever.insert(record.session_id_64).second) << "an identifier comes again";
      live.insert(record.session_id_64);
    } else if (record.kind == Kind::closed && live.erase(record.session_id_64) == 0) {
      EXPECT_NE(lost, 0U) << "session " << record.session_id_64 << " ended and had not begun";
    }
  }
  const std::uint64_t created = firewall_.counted(&flow::Counters::sessions_created);
  EXPECT_EQ(created, firewall_.counted(&flow::Counters::sessions_closed));
  const std::uint64_t denied = count[static_cast<std::size_t>(Kind::denied)];
  const logship::Statistics log = firewall_.log_statistics();
  EXPECT_EQ(count[0] + count[1] + denied, log.events);
  EXPECT_EQ(lost, log.lost_in_rings);
  const std::uint64_t logged = created - firewall_.own_sessions();
  EXPECT_EQ(log.events + lost, 2 * logged + firewall_.dropped(DropReason::policy_deny));
  if (lost == 0) {
    EXPECT_EQ(count[static_cast<std::size_t>(Kind::created)], logged);
    EXPECT_EQ(count[static_cast<std::size_t>(Kind::closed)], logged);
    EXPECT_EQ(denied, firewall_.dropped(DropReason::policy_deny));
    EXPECT_EQ(by_command, cleared_) << "a clear said something else than what it ended";
    EXPECT_TRUE(live.empty());
  }
  EXPECT_GT(cleared_, 0U);
  EXPECT_GT(denied, 0U);
}

TEST_F(FirewallStress, packets_queries_clears_commits_and_the_log_go_together) {
  open_lasting();
  run_together({
      {"clients", 3000, [&](std::uint64_t turn) { begin_conversations(turn); }},
      {"servers", 3000, [&](std::uint64_t) { servers_.answer(); }},
      {"pages", 100, [&](std::uint64_t) { page_through(); }},
      {"counts", 100, [&](std::uint64_t) { summarize(); }},
      {"statistics", 100, [&](std::uint64_t) { read_counters(); }},
      {"clears", 100, [&](std::uint64_t turn) { clear(turn); }},
      {"commits", 40, [&](std::uint64_t turn) { firewall_.commit(static_cast<Variant>(turn % kVariants)); }},
      {"routes", 100, [&](std::uint64_t turn) { firewall_.tell_routes(turn % 2 == 0); }},
      {"chores", 100, [&](std::uint64_t) { firewall_.control().chores(read_clock()); }},
  });
  drain();
  expect_every_frame_accounted_for();
  expect_every_record_accounted_for();
}

}  // namespace
}  // namespace sluice::stress
