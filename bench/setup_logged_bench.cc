// Set-up with logging: how many sessions a second one worker makes and ends while each of them leaves a
// create and a close record in a file, written by the log thread on the other core.
//
//   setup_logged_bench [FOLDER]     (/tmp by default; needs two cores)
//
// A steady state in simulated time: every second of it brings first packets of new flows, half TCP
// and half UDP, and ends those of 20 and 60 seconds ago, which were never answered. The wire is patient: it
// offers a frame only while the worker's event ring has room for what a turn of the worker can write, so no
// record is lost, and the figure is the rate of the slower of worker and log thread. The clock runs from the
// first frame until the last record was handed to the kernel.
//
// Then the same without patience: frames come at 1.5 million a second whatever happens, the ring is flowd's
// own size, and the records lost are counted.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "base/check.h"
#include "flowd/logship/logship.h"
#include "kit/scene.h"
#include "kit/timing.h"

namespace sluice::bench {
namespace {

using packet::V4;

constexpr int kRuns = 7;
constexpr std::uint32_t kPerSecond = 1 << 14;  // of simulated time
constexpr std::uint32_t kSecondsARun = 120;
constexpr std::uint32_t kLongestLife = 64;  // seconds until the last UDP session is gone
constexpr std::uint32_t kRing = 1 << 16;
constexpr double kTarget = 1.5e6;
// A turn makes at most 64 sessions and ends about 256 (worker.cc).
constexpr std::uint64_t kMostEventsATurn = 512;
constexpr std::uint64_t kFileSize = 256ULL << 20U;
constexpr std::uint32_t kFilesKept = 3;

// When the next frames may come.
enum class Wire : std::uint8_t { when_there_is_room, at_the_target_rate };

class LoggedScene {
 public:
  LoggedScene(const std::string& folder, Wire wire, std::uint32_t ring)
      : wire_(wire),
        ring_(ring),
        path_(fmt::format("{}/sluice-setup-logged-{}", folder, getpid())),
        scene_({.capacity = 2U << 20U, .log_events = ring, .log_sessions = true}),
        ship_({&scene_.worker().events()}, {}) {
    logship::LogOptions how;
    how.host_name = "fw1";
    how.default_file = {.path = path_, .size_limit = kFileSize, .keep = kFilesKept};
    ship_.publish(how, scene_.snapshot().names);
    pin_to_core(0);  // which the log thread inherits
    ship_.start();
    pin_to_core(1);
  }
  ~LoggedScene() {
    ship_.stop();
    std::filesystem::remove(path_);
    for (std::uint32_t i = 0; i < kFilesKept; ++i) {
      std::filesystem::remove(fmt::format("{}.{}", path_, i));
    }
  }
  LoggedScene(const LoggedScene&) = delete;
  LoggedScene& operator=(const LoggedScene&) = delete;

  // Sessions a second over so many seconds of simulated time, create and close both logged.
  double run(std::uint32_t seconds) {
    std::vector<TraceFrame> trace;
    trace.reserve(std::size_t{seconds} * kPerSecond);
    for (std::uint32_t i = 0; i < seconds * kPerSecond; ++i) {
      trace.push_back(frame_of<V4>(next_flow_++, Direction::forth, Step::syn));
    }
    const std::uint64_t opened_before = opened();
    const std::uint64_t closed_before = closed();
    const std::uint64_t start = clocks();
    run_start_ = start;
    offered_ = 0;
    for (std::uint32_t second = 0; second < seconds; ++second) {
      one_second(std::span(trace).subspan(std::size_t{second} * kPerSecond, kPerSecond));
    }
    while (events_taken() != written()) {
      _mm_pause();
    }
    const double took = seconds_since(start);
    ran_s_ += took;
    return static_cast<double>(std::min(opened() - opened_before, closed() - closed_before)) / took;
  }

  [[nodiscard]] std::uint64_t lost() const {
    const logship::Statistics statistics = ship_.statistics();
    return statistics.lost_in_rings + (statistics.streams.empty() ? 0 : statistics.streams[0].lost);
  }
  [[nodiscard]] logship::StreamStatistics stream() const { return ship_.statistics().streams.at(0); }
  [[nodiscard]] std::uint64_t opened() { return scene_.worker().counters().sessions_created; }
  [[nodiscard]] std::uint64_t closed() { return scene_.worker().counters().sessions_closed; }
  // Share of the time in which the worker waited for the log thread.
  [[nodiscard]] double waited() const { return waited_s_ / ran_s_; }
  // Everything handed to the file.
  void stop() { ship_.stop(); }

 private:
  [[nodiscard]] std::uint64_t written() { return scene_.worker().events().written(); }
  [[nodiscard]] std::uint64_t events_taken() { return taken_ = ship_.statistics().events; }

  void wait() {
    if (wire_ == Wire::when_there_is_room) {
      wait_for_room();
    } else {
      while (seconds_since(run_start_) * kTarget < offered_) {
      }
    }
  }

  void wait_for_room() {
    if (written() - taken_ + kMostEventsATurn <= ring_ ||
        written() - events_taken() + kMostEventsATurn <= ring_) {
      return;
    }
    const std::uint64_t start = clocks();
    while (written() - events_taken() + ring_ / 4 > ring_) {
      for (int i = 0; i < 100; ++i) {
        _mm_pause();
      }
    }
    waited_s_ += seconds_since(start);
  }

  void one_second(std::span<const TraceFrame> frames) {
    scene_.now.ns += 1'000'000'000;
    ++scene_.now.unix_s;
    scene_.inside().play(frames);
    scene_.outside().play({});
    while (!scene_.inside().done()) {
      wait();
      offered_ += scene_.worker().run_once(scene_.now);
    }
  }

  const Wire wire_;
  const std::uint64_t ring_;
  std::string path_;
  Scene scene_;
  logship::LogShip ship_;
  std::uint32_t next_flow_ = 0;
  std::uint64_t taken_ = 0;
  std::uint64_t run_start_ = 0;
  double offered_ = 0;  // frames of this run so far
  double ran_s_ = 0;
  double waited_s_ = 0;
};

void measure_rate(const std::string& folder) {
  LoggedScene scene(folder, Wire::when_there_is_room, kRing);
  scene.run(kLongestLife);  // from here on as many end as begin
  Figure figure{.name = "setup_logged_per_s",
                .unit = "sessions/s",
                .conditions = "",
                .runs = {},
                .target = kTarget,
                .at_most = false};
  for (int i = 0; i < kRuns; ++i) {
    figure.runs.push_back(scene.run(kSecondsARun));
  }
  scene.stop();
  check(scene.lost() == 0, "no record was lost");
  const logship::StreamStatistics stream = scene.stream();
  check(stream.records == scene.opened() + scene.closed(),
        "the file has a record for every beginning and end");
  figure.conditions = fmt::format(
      "{:.1f} M sessions a run made and ended, 1000 policies; {} records of {} bytes to a file in {}, "
      "rotated at 256 "
      "MiB, {} kept; format syslog; none lost; frames wait for room in the event ring of {} ({:.0f} % of the "
      "time)",
      kPerSecond * kSecondsARun / 1e6, stream.records, stream.bytes / stream.records, folder, kFilesKept,
      kRing, scene.waited() * 100);
  report(figure);
}

void measure_loss(const std::string& folder) {
  const std::uint32_t ring = worker::WorkerOptions{}.log_events;
  LoggedScene scene(folder, Wire::at_the_target_rate, ring);
  scene.run(kLongestLife);
  Figure figure{.name = "setup_logged_lost_ppm", .unit = "records/million", .conditions = "", .runs = {}};
  for (int i = 0; i < kRuns; ++i) {
    const std::uint64_t records = scene.opened() + scene.closed();
    const std::uint64_t lost = scene.lost();
    scene.run(kSecondsARun);
    figure.runs.push_back(1e6 * static_cast<double>(scene.lost() - lost) /
                          static_cast<double>(scene.opened() + scene.closed() - records));
  }
  figure.conditions = fmt::format(
      "records that found no room in a ring of {} events while 1.5 M sessions a second were made and as many "
      "ended, otherwise as setup_logged_per_s",
      ring);
  report(figure);
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) {
  const std::string folder = argc > 1 ? argv[1] : "/tmp";
  sluice::bench::measure_rate(folder);
  sluice::bench::measure_loss(folder);
  return 0;
}
