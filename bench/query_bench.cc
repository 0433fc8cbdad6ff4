// Queries over 10 M sessions while their worker forwards at full speed and sessions come and go: how long a
// filtered scan, a first page and a large clear take, and what a scan costs the worker.
//
//   query_bench [SESSIONS [RUNS [RECORDS PAUSE_US]]]     (10,000,000 and 11; RECORDS and PAUSE_US are the
//                                                         pace of scans; needs two cores)
//
// The worker runs on core 1 and queries on core 0, as in flowd.
#include <fmt/format.h>

#include <cstdlib>
#include <functional>

#include "base/check.h"
#include "flowd/query/query.h"
#include "kit/timing.h"
#include "kit/traffic.h"

namespace sluice::bench {
namespace {

using packet::V4;

// Servers have addresses in 198.18.0.0/15: eight parts of it, each an eighth of the sessions.
constexpr std::uint32_t kParts = 8;
constexpr std::uint32_t kPartBits = 14;
std::uint32_t part_of(std::uint32_t flow) {
  const TraceFrame frame = frame_of<V4>(flow, Direction::forth, Step::data);
  return (load_be<std::uint32_t>(frame.bytes.data() + 30) >> kPartBits) % kParts;
}
query::Filter sessions_of_part(std::uint32_t part) {
  return {.sent = {
              .destination =
                  packet::parse_prefix(fmt::format("198.{}.{}.0/18", 18 + part / 4, part % 4 * 64)).value()}};
}

// As flowd waits for its workers.
void wait() {
  const timespec pause{.tv_sec = 0, .tv_nsec = 20'000};
  nanosleep(&pause, nullptr);
}

class Bench {
 public:
  Bench(std::uint32_t sessions, int runs, query::Pace pace)
      : traffic_(sessions), runs_(runs), sessions_(sessions), pace_(pace), shard_(traffic_.shard()) {
    traffic_.start();
    text_ = fmt::format("{} M IPv4 sessions, the worker at full speed", sessions / 1'000'000);
  }

  double scan(const query::Filter& filter) {
    const std::uint64_t start = clocks();
    found_ = query::page({&shard_, 1}, filter, traffic_.moment(), 0, sessions_, pace_).rows.size();
    return seconds_since(start);
  }
  double scan() { return scan(query::Filter{.sent = {.destination_port = 443}}); }

  // What is asked stands in the record's second part, so every session's is read; and nothing matches.
  void scan_of_cold_fields() {
    const auto policy = policy_without_sessions();
    scan_and_report("scan_cold_10m_s", "policy", {.policy = policy.value});
  }
  // One session in all.
  void rare_match() {
    const TraceFrame frame = frame_of<V4>(sessions_ / 2, Direction::forth, Step::data);
    const auto source = packet::IpAddress::v4(load_be<std::uint32_t>(frame.bytes.data() + 26));
    scan_and_report("scan_rare_10m_s", "one client's address",
                    {.sent = {.source = packet::IpPrefix{.address = source, .length = 32}}});
  }

  void scans() {
    std::vector<double> times;
    times.reserve(static_cast<std::size_t>(runs_));
    const Traffic::Reading before = traffic_.read();
    for (int i = 0; i < runs_; ++i) {
      times.push_back(scan());
    }
    const Traffic::Reading after = traffic_.read();
    report({.name = "scan_10m_s",
            .unit = "s",
            .conditions = fmt::format(
                "{}, {:.0f} k sessions/s made and as many ended; {} matches of one port", text_,
                static_cast<double>(after.made - before.made) / (after.at_s - before.at_s) / 1e3, found_),
            .runs = times,
            .target = 0.3});
    dip(median(times));
  }

  void first_pages() {
    std::vector<double> times;
    for (int i = 0; i < runs_; ++i) {
      const std::uint64_t start = clocks();
      const auto page = query::page({&shard_, 1}, sessions_of_part(static_cast<std::uint32_t>(i) % kParts),
                                    traffic_.moment(), 0, 512, pace_);
      times.push_back(seconds_since(start) * 1000);
      check(page.rows.size() == 512, "there is a page of sessions");
    }
    report({.name = "first_page_10m_ms",
            .unit = "ms",
            .conditions = text_ + ", 512 rows, one session in eight matches",
            .runs = times,
            .target = 20});
  }

  void clears() {
    traffic_.stop();
    std::vector<std::vector<std::uint32_t>> flows(kParts);
    for (std::uint32_t flow = 0; flow < sessions_; ++flow) {
      flows[part_of(flow)].push_back(flow);
    }
    traffic_.start();
    std::vector<double> times;
    std::vector<double> ended;
    for (std::uint32_t part = 0; part < std::min<std::uint32_t>(kParts, std::max(5, runs_)); ++part) {
      const query::ClearPlan plan{.filter = sessions_of_part(part)};
      const std::uint64_t start = clocks();
      const query::Cleared cleared = query::clear({&shard_, 1}, plan, traffic_.moment(), wait, pace_);
      times.push_back(seconds_since(start));
      ended.push_back(static_cast<double>(cleared.ended));
      check(cleared.ended > flows[part].size() - flows[part].size() / 50, "what matches is ended");
      traffic_.stop();
      establish<V4>(traffic_.scene(), flows[part]);
      traffic_.start();
    }
    report({.name = "clear_1m_s",
            .unit = "s",
            .conditions = fmt::format(
                "{}; {:.2f} M sessions, every eighth, matched a prefix and were ended by the worker", text_,
                median(ended) / 1e6),
            .runs = times,
            .target = 0.5});
  }

 private:
  [[nodiscard]] PolicyId policy_without_sessions() {
    return traffic_.scene().snapshot().policies->definition().policies.front().id;
  }

  void scan_and_report(const char* name, const char* what, const query::Filter& filter) {
    std::vector<double> times;
    for (int i = 0; i < runs_; ++i) {
      times.push_back(scan(filter));
    }
    report({.name = name,
            .unit = "s",
            .conditions = fmt::format("{}; {} matches of {}", text_, found_, what),
            .runs = times,
            .target = 0.3});
  }

  // Packets per second of the worker's own time, while something else happens.
  double speed(const std::function<void()>& meanwhile) {
    const Traffic::Reading before = traffic_.read();
    meanwhile();
    const Traffic::Reading after = traffic_.read();
    return static_cast<double>(after.packets - before.packets) / (after.worker_s - before.worker_s);
  }

  // Pairs of equal length, scanning and not, in turns: a neighbour's load hits both.
  void dip(double length_s) {
    std::vector<double> dips;
    std::vector<double> speeds;
    const auto idle = [&] { std::this_thread::sleep_for(std::chrono::duration<double>(length_s)); };
    const auto busy = [&] { scan(); };
    for (int i = 0; i < 4 * runs_ + 1; ++i) {
      const bool first = i % 2 == 0;
      const double one = first ? speed(idle) : speed(busy);
      const double other = first ? speed(busy) : speed(idle);
      const double without = first ? one : other;
      const double with = first ? other : one;
      dips.push_back((1 - with / without) * 100);
      speeds.push_back(without / 1e6);
    }
    report({.name = "scan_dip_percent",
            .unit = "percent",
            .conditions = fmt::format("{}, {:.1f} M packets per second of its own time when nobody scans; "
                                      "pairs with and without a scan in "
                                      "turns",
                                      text_, median(speeds)),
            .runs = dips,
            .target = 2});
  }

  Traffic traffic_;
  int runs_;
  std::uint32_t sessions_;
  query::Pace pace_;
  query::Shard shard_;
  std::string text_;
  std::size_t found_ = 0;
};

int run(int argc, char** argv) {
  const auto number = [&](int i, int otherwise) { return argc > i ? std::atoi(argv[i]) : otherwise; };
  query::Pace pace;
  pace.records = static_cast<std::uint32_t>(number(3, static_cast<int>(pace.records)));
  pace.pause_us = static_cast<std::uint32_t>(number(4, static_cast<int>(pace.pause_us)));
  pin_to_core(0);
  Bench bench(static_cast<std::uint32_t>(number(1, 10'000'000)), number(2, 11), pace);
  bench.scans();
  bench.scan_of_cold_fields();
  bench.rare_match();
  bench.first_pages();
  bench.clears();
  return 0;
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) {
  return sluice::bench::run(argc, argv);
}
