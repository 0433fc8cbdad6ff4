// What sessions cost in memory, and whether that stays so while they come and go for an hour.
//
//   memory_bench [bytes_per_session] [hold_20m] [churn]     (all without arguments)
//
// Memory is what the kernel says is resident, reserved huge pages included.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <random>
#include <string>

#include "base/check.h"
#include "kit/parts.h"
#include "kit/scene.h"
#include "kit/timing.h"

namespace sluice::bench {
namespace {

using packet::V4;
using packet::V6;

std::uint64_t resident_bytes() {
  std::ifstream status("/proc/self/status");
  std::uint64_t kib = 0;
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:") || line.starts_with("HugetlbPages:")) {
      kib += std::stoull(line.substr(line.find(':') + 1));
    }
  }
  return kib * 1024;
}

constexpr std::uint32_t kChunk = 1 << 16;

// First packets of flows [begin, end), all from inside.
template <class F>
void open_sessions(Scene& scene, std::uint32_t begin, std::uint32_t end) {
  std::vector<TraceFrame> trace;
  for (std::uint32_t first = begin; first < end; first += kChunk) {
    trace.clear();
    for (std::uint32_t flow = first; flow < std::min(first + kChunk, end); ++flow) {
      trace.push_back(frame_of<F>(flow, Direction::forth, Step::syn));
    }
    scene.play(trace, {}, frame_length<F>());
  }
}

template <class F>
void let_all_expire(Scene& scene) {
  scene.now.ns += 3'600'000'000'000;
  scene.now.unix_s += 3600;
  while (scene.worker().table<F>().live_count() != 0) {
    scene.worker().run_once(scene.now);
  }
}

constexpr std::uint32_t kSessions = 10'000'000;
constexpr std::uint32_t kCapacity = 11'000'000;

// Bytes for each session of a new table, after a complete turnover, so that what only ends of sessions touch
// is there too.
template <class F>
double bytes_each() {
  Scene scene({.capacity = kCapacity});
  open_sessions<F>(scene, 0, 64);  // what is not a session's is there before the first reading
  let_all_expire<F>(scene);
  const std::uint64_t before = resident_bytes();
  open_sessions<F>(scene, 0, kSessions);
  let_all_expire<F>(scene);
  open_sessions<F>(scene, kSessions, 2 * kSessions);
  const std::uint32_t live = scene.worker().table<F>().live_count();
  check(live > kSessions - kSessions / 100, "ten million sessions live");
  return static_cast<double>(resident_bytes() - before) / live;
}

template <class F>
void measure_bytes(const char* name, double target) {
  constexpr int kRuns = 5;
  Figure figure{.name = name,
                .unit = "bytes/session",
                .conditions = fmt::format("resident set with {} sessions, which replaced as many, less that "
                                          "without any, divided by their number; "
                                          "room for {} in the table; each run with a table of its own",
                                          kSessions, kCapacity),
                .runs = {},
                .target = target};
  for (int run = 0; run < kRuns; ++run) {
    figure.runs.push_back(bytes_each<F>());
  }
  report(figure);
}

void bytes_per_session() {
  measure_bytes<V4>("bytes_per_session_v4", 224);
  measure_bytes<V6>("bytes_per_session_v6", 320);
}

// One run: it is about whether they fit, and what each takes has its five runs above.
void hold_20m() {
  constexpr std::uint32_t kMany = 2 * kSessions;
  constexpr std::uint32_t kRoom = 2 * kCapacity;
  Scene scene({.capacity = kRoom});
  open_sessions<V4>(scene, 0, kMany);
  const std::uint32_t live = scene.worker().table<V4>().live_count();
  check(live > kMany - kMany / 100, "twenty million sessions live");
  report({.name = "resident_20m_gib",
          .unit = "GiB",
          .conditions = fmt::format("the whole process with {} IPv4 sessions, room for {}", live, kRoom),
          .runs = {static_cast<double>(resident_bytes()) / (1U << 30U)},
          .target = 24});
}

// An hour of simulated time, after what it takes until as many sessions end as begin. In each second
// UDP sessions begin that are seen twice and then age (60 s), TCP connections that are established, used and
// then fall silent (1800 s), and TCP connections that are reset in the next second. Every session that lives
// longer than 64 s is armed again and again meanwhile.
class Churn {
 public:
  static constexpr std::uint32_t kUdp = 15'000;  // of each, per second
  static constexpr std::uint32_t kLong = 3'500;
  static constexpr std::uint32_t kShort = 4'000;
  static constexpr std::uint32_t kPerSecond = kUdp + kLong + kShort;
  static constexpr std::uint32_t kQuietFor = 20;  // seconds from a session's first packets to its last
  static constexpr std::uint32_t kFillS = 1900;
  static constexpr std::uint32_t kQuarterS = 900;
  static constexpr std::uint32_t kCapacity = 9'000'000;

  Churn() : scene_({.capacity = kCapacity}) {}

  // Worker clocks for one second.
  std::uint64_t second() {
    scene_.now.ns += 1'000'000'000;
    ++scene_.now.unix_s;
    std::uint64_t spent = 0;
    forth_.clear();
    back_.clear();
    add(forth_, Direction::forth, Step::syn, udp(seconds_), kUdp);
    add(forth_, Direction::forth, Step::syn, lasting(seconds_), kLong);
    add(forth_, Direction::forth, Step::syn, brief(seconds_), kShort);
    spent += play();
    if (seconds_ >= kQuietFor) {
      add(back_, Direction::back, Step::data, udp(seconds_ - kQuietFor), kUdp);
      add(back_, Direction::back, Step::data, lasting(seconds_ - kQuietFor), kLong);
      add(forth_, Direction::forth, Step::reset, brief(seconds_ - 1), kShort);
    }
    add(back_, Direction::back, Step::syn_ack, lasting(seconds_), kLong);
    spent += play();
    add(forth_, Direction::forth, Step::ack, lasting(seconds_), kLong);
    spent += play();
    ++seconds_;
    return spent;
  }

  struct Quarter {
    double clocks_per_session = 0;
    double bytes = 0;
    double live = 0;
  };
  Quarter quarter() {
    std::vector<double> costs;
    for (std::uint32_t i = 0; i < kQuarterS; ++i) {
      costs.push_back(static_cast<double>(second()) / kPerSecond);
    }
    return {.clocks_per_session = median(costs),
            .bytes = static_cast<double>(resident_bytes()),
            .live = static_cast<double>(scene_.worker().table<V4>().live_count())};
  }
  void fill() {
    for (std::uint32_t i = 0; i < kFillS; ++i) {
      second();
    }
  }
  [[nodiscard]] const flow::Counters& counters() { return scene_.worker().counters(); }

 private:
  // The first flow of a kind in a second; even flows are UDP, odd ones TCP.
  static std::uint32_t udp(std::uint32_t second) { return 2 * kUdp * second; }
  static std::uint32_t lasting(std::uint32_t second) { return 2 * kLong * second + 1; }
  static std::uint32_t brief(std::uint32_t second) { return 0x80000001U + 2 * kShort * second; }

  static void add(std::vector<TraceFrame>& to, Direction direction, Step step, std::uint32_t first,
                  std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) {
      to.push_back(frame_of<V4>(first + 2 * i, direction, step));
    }
  }
  std::uint64_t play() {
    const Scene::Run run = scene_.play(forth_, back_, frame_length<V4>());
    forth_.clear();
    back_.clear();
    return run.worker_clocks;
  }

  Scene scene_;
  std::uint32_t seconds_ = 0;
  std::vector<TraceFrame> forth_;
  std::vector<TraceFrame> back_;
};

void churn() {
  Churn churn;
  churn.fill();
  const std::uint64_t made = churn.counters().sessions_created;
  const std::uint64_t ended = churn.counters().sessions_closed;
  std::array<Churn::Quarter, 4> quarters;
  std::ranges::generate(quarters, [&] { return churn.quarter(); });
  const std::string conditions = fmt::format(
      "an hour of simulated time in quarters: {:.1f} M sessions made, {:.1f} M ended, {:.2f} to {:.2f} M "
      "live; {} "
      "refused",
      static_cast<double>(churn.counters().sessions_created - made) / 1e6,
      static_cast<double>(churn.counters().sessions_closed - ended) / 1e6, quarters[0].live / 1e6,
      quarters[3].live / 1e6, churn.counters().sessions_failed, Churn::kCapacity);
  Figure cost{.name = "churn_clocks_per_session", .unit = "clocks", .conditions = conditions, .runs = {}};
  Figure bytes{.name = "churn_bytes_per_session", .unit = "bytes", .conditions = conditions, .runs = {}};
  for (const Churn::Quarter& quarter : quarters) {
    cost.runs.push_back(quarter.clocks_per_session);
    bytes.runs.push_back(quarter.bytes / quarter.live);
  }
  report(cost);
  report(bytes);
  const auto growth = [&](double first, double last) { return (last / first - 1) * 100; };
  report({.name = "churn_cost_growth_percent",
          .unit = "percent",
          .conditions = "the last quarter's median second against the first's; " + conditions,
          .runs = {growth(cost.runs.front(), cost.runs.back())},
          .target = 5});
  report({.name = "churn_memory_growth_percent",
          .unit = "percent",
          .conditions = "resident set after the last quarter against that after the first; " + conditions,
          .runs = {growth(quarters[0].bytes, quarters[3].bytes)},
          .target = 1});
}

constexpr Part kParts[] = {
    {"bytes_per_session", bytes_per_session}, {"hold_20m", hold_20m}, {"churn", churn}};

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) {
  sluice::bench::pin_to_core(1);
  sluice::bench::run_parts(sluice::bench::kParts, argc, argv);
  return 0;
}
