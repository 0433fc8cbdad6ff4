// Queries over a full table while its owner works at full speed and sessions come and go: how long
// a filtered scan, a first page and a large clear take, and what they cost the owner.
//
//   query_bench [SESSIONS [RUNS]]     (10,000,000 and 11 by default; needs two cores)
#include <fmt/format.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <thread>

#include "flowd/query/made_sessions.h"
#include "flowd/query/query.h"
#include "kit/timing.h"

namespace sluice::bench {
namespace {

using packet::V4;
using Table = session::Table<V4>;

constexpr std::uint32_t kBurst = 64;
constexpr std::uint32_t kTraceLength = 1U << 21;
constexpr std::uint32_t kMailbox = 4096;
constexpr std::uint32_t kMailBudget = 512;
constexpr std::uint32_t kNowS = query::Maker::kNowS;
// One session in ten is what `clear` will look for; one in ten thousand what the scan looks for.
constexpr std::uint8_t kCleared = 17;
constexpr std::uint8_t kKept = 6;

query::Made made(std::uint32_t n) {
  query::Made one;
  const std::uint64_t scattered = std::uint64_t{n} * 0x9e3779b97f4a7c15;
  one.source = packet::IpAddress::v4(0x0a000000U | static_cast<std::uint32_t>(scattered >> 40));
  one.destination = packet::IpAddress::v4(0xc0000000U | (n & 0x0fffffffU));
  one.source_port = static_cast<std::uint16_t>(scattered >> 20);
  one.destination_port = n % 10'000 == 5 ? 8443 : 443;
  one.protocol = n % 10 == 3 ? kCleared : kKept;
  one.zone[0] = ZoneId{8};
  one.zone[1] = ZoneId{9};
  one.timeout_s = 1800;
  one.start_s = kNowS;
  one.last_seen_s = kNowS;
  return one;
}

// The owner: lookups in staged bursts and updates of both directions, one session ended and one made in
// every burst, requests from the mailbox. A stand-in for a worker with everything but packets.
class Owner {
 public:
  explicit Owner(std::uint32_t sessions)
      : sessions_(sessions),
        table_({.capacity = sessions + sessions / 20,
                .identifier_base = 0,
                .version_seed = 2,
                .secret = query::kMadeSecret}),
        mailbox_(kMailbox) {
    for (next_ = 0; next_ < sessions; ++next_) {
      install(next_);
    }
    std::mt19937 random(1);
    trace_.resize(kTraceLength);
    for (auto& key : trace_) {
      key = table_.record(random() % sessions).key[random() & 1];
    }
  }

  void start() {
    thread_ = std::jthread([this](const std::stop_token& stop) {
      pin_to_core(1);
      while (!stop.stop_requested()) {
        turn();
      }
    });
  }

  [[nodiscard]] std::uint64_t packets() const { return packets_.load(std::memory_order_relaxed); }
  // Processor time of its thread.
  [[nodiscard]] double cpu_s() const { return cpu_seconds_of(thread_); }
  [[nodiscard]] query::Shard shard() { return {.inet = &table_, .mailbox = &mailbox_}; }
  // Owner idle: puts back what a clear ended.
  void refill() {
    thread_ = {};
    while (table_.live_count() < sessions_) {
      next_ = next_ / 10 * 10 + 13;
      install(next_);
    }
    start();
  }

 private:
  void install(std::uint32_t n) {
    query::Made one = made(n);
    if (!query::install(table_, one)) {
      std::abort();
    }
  }

  void turn() {
    lookups();
    churn();
    mailbox_.drain(kMailBudget, [&](const worker::Request& request, const worker::Request* soon) {
      if (soon != nullptr) {
        table_.prefetch_end(soon->session.slot);
      }
      const bool same = table_.live_version(request.session.slot) == request.session.version;
      if (same) {
        table_.end(request.session.slot);
      }
      return same;
    });
  }

  void lookups() {
    const packet::Key4* keys = &trace_[position_];
    position_ = (position_ + kBurst) % kTraceLength;
    std::uint64_t hashes[kBurst];
    std::uint32_t entries[kBurst];
    for (std::uint32_t i = 0; i < kBurst; ++i) {
      hashes[i] = table_.hash_of(keys[i]);
      table_.prefetch_bucket(hashes[i]);
    }
    for (std::uint32_t i = 0; i < kBurst; ++i) {
      entries[i] = table_.candidate(hashes[i]);
      table_.prefetch_record(entries[i]);
    }
    for (std::uint32_t i = 0; i < kBurst; ++i) {
      if (entries[i] == Table::kNone || !table_.verify(entries[i], keys[i])) {
        entries[i] = table_.find(keys[i], hashes[i]);
      }
      if (entries[i] != Table::kNone) {
        auto& record = table_.record(entries[i] >> 1);
        const std::uint32_t wing = entries[i] & 1;
        session::put(record.packets[wing], record.packets[wing] + 1);
        session::put(record.bytes[wing], record.bytes[wing] + 64);
        session::put(record.last_seen_s, kNowS);
      }
    }
    session::put(packets_plain_, packets_plain_ + kBurst);
    packets_.store(packets_plain_, std::memory_order_relaxed);
  }

  void churn() {
    victim_ = (victim_ + 7919) % table_.slots_used();
    if (table_.live(victim_)) {
      table_.end(victim_);
      query::Made one = made(next_++);
      static_cast<void>(query::install(table_, one));
    }
  }

  std::uint32_t sessions_;
  Table table_;
  worker::Mailbox mailbox_;
  std::vector<packet::Key4> trace_;
  std::uint32_t position_ = 0;
  std::uint32_t victim_ = 0;
  std::uint32_t next_ = 0;
  std::uint64_t packets_plain_ = 0;
  std::atomic<std::uint64_t> packets_{0};
  mutable std::jthread thread_;
};

// Per second of the owner's own processor time: what the scheduler gives to others is not a cost of
// the scan.
double packets_per_second(const Owner& owner, const std::function<void()>& meanwhile) {
  const std::uint64_t from = owner.packets();
  const double start = owner.cpu_s();
  meanwhile();
  return static_cast<double>(owner.packets() - from) / (owner.cpu_s() - start);
}

struct Setting {
  query::Pace pace;
  std::string text;
};

class Bench {
 public:
  Bench(std::uint32_t sessions, int runs) : owner_(sessions), runs_(runs), sessions_(sessions) {
    shards_ = {owner_.shard()};
    moment_.now_s = kNowS;
    text_ = fmt::format("{} M IPv4 sessions, the owner at full speed with churn", sessions / 1'000'000);
    owner_.start();
  }

  double scan(const query::Pace& pace) {
    const std::uint64_t start = clocks();
    found_ = query::page(shards_, query::Filter{.destination_port = 8443}, moment_, 0, sessions_, pace)
                 .rows.size();
    return seconds_since(start);
  }

  void scans(const Setting& setting) {
    std::vector<double> times;
    for (int i = 0; i < runs_; ++i) {
      times.push_back(scan(setting.pace));
    }
    report({.name = "scan_10m_s" + setting.text,
            .unit = "s",
            .conditions = text_ + fmt::format(", {} matches", found_),
            .runs = times,
            .target = 0.3});
    dip(setting, median(times));
  }

  // Pairs of equal length, scanning and not, in turns: a neighbour's load hits both.
  void dip(const Setting& setting, double length_s) {
    std::vector<double> dips;
    for (int i = 0; i < 2 * runs_ + 1; ++i) {
      const auto idle = [&] { std::this_thread::sleep_for(std::chrono::duration<double>(length_s)); };
      const auto busy = [&] { scan(setting.pace); };
      double with = 0;
      double without = 0;
      if (i % 2 == 0) {
        without = packets_per_second(owner_, idle);
        with = packets_per_second(owner_, busy);
      } else {
        with = packets_per_second(owner_, busy);
        without = packets_per_second(owner_, idle);
      }
      dips.push_back((1 - with / without) * 100);
    }
    report({.name = "scan_dip_percent" + setting.text,
            .unit = "percent",
            .conditions = text_ + ", alternating pairs",
            .runs = dips,
            .target = 2});
  }

  void first_pages() {
    std::vector<double> times;
    for (int i = 0; i < runs_; ++i) {
      const std::uint64_t start = clocks();
      const auto page = query::page(shards_, query::Filter{.protocol = kCleared}, moment_, 0, 512);
      times.push_back(seconds_since(start) * 1000);
      if (page.rows.size() != 512) {
        std::abort();
      }
    }
    report({.name = "first_page_10m_ms",
            .unit = "ms",
            .conditions = text_ + ", 512 rows, one session in ten matches",
            .runs = times,
            .target = 20});
  }

  void clears() {
    std::vector<double> times;
    const auto wait = [] { _mm_pause(); };
    for (int i = 0; i < std::max(5, runs_ / 2); ++i) {
      const query::ClearPlan plan{.filter = query::Filter{.protocol = kCleared}};
      const std::uint64_t start = clocks();
      const auto cleared = query::clear(shards_, plan, moment_, wait);
      times.push_back(seconds_since(start));
      fmt::print(stderr, "  cleared {}\n", cleared.ended);
      owner_.refill();
      shards_ = {owner_.shard()};
    }
    report({.name = "clear_1m_s",
            .unit = "s",
            .conditions = text_ + ", one session in ten matches",
            .runs = times,
            .target = 0.5});
  }

 private:
  Owner owner_;
  int runs_;
  std::uint32_t sessions_;
  std::vector<query::Shard> shards_;
  query::Moment moment_;
  std::string text_;
  std::size_t found_ = 0;
};

int run(int argc, char** argv) {
  const auto sessions = static_cast<std::uint32_t>(argc > 1 ? std::atoi(argv[1]) : 10'000'000);
  const int runs = argc > 2 ? std::atoi(argv[2]) : 11;
  pin_to_core(0);
  Bench bench(sessions, runs);
  bench.scans({.pace = {}, .text = ""});
  if (argc > 3) {  // the settings that were weighed
    for (const auto& [records, pause] :
         {std::pair{1024U, 0U}, {1024U, 1U}, {4096U, 1U}, {16384U, 1U}, {16384U, 50U}, {65536U, 200U}}) {
      bench.scans({.pace = {.records = records, .pause_us = pause},
                   .text = fmt::format("_{}r_{}us", records, pause)});
    }
  }
  bench.first_pages();
  bench.clears();
  return 0;
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) {
  return sluice::bench::run(argc, argv);
}
