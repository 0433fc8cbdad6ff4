// What source NAT costs first packets: the whole path of a worker, memory to memory, with a port of a pool
// for each session, at half and at 95 % pool use, and when nothing is left.
#include <fmt/format.h>

#include "base/check.h"
#include "dataplane/session/table.h"
#include "kit/report.h"
#include "kit/scene.h"
#include "kit/timing.h"

namespace sluice::bench {
namespace {

using packet::V4;

constexpr int kRuns = 5;
constexpr std::uint32_t kPortsEach = 64512;  // of an address and class

std::vector<TraceFrame> first_packets(std::uint32_t begin, std::uint32_t end) {
  std::vector<TraceFrame> trace;
  trace.reserve(end - begin);
  for (std::uint32_t flow = begin; flow < end; ++flow) {
    trace.push_back(frame_of<V4>(flow, Direction::forth, Step::syn));
  }
  return trace;
}

void end_all(Scene& scene) {
  scene.now.unix_s += 3600;
  scene.now.ns += 3'600'000'000'000;
  while (scene.worker().table<V4>().live_count() != 0) {
    scene.worker().run_once(scene.now);
  }
}

// Sets sessions up until the pool is used to `percent`, and measures the next ones.
void measure_setup(const char* name, std::uint16_t addresses, unsigned percent, double target) {
  const std::uint32_t ports = 2U * addresses * kPortsEach;  // half of the flows are TCP
  const std::uint32_t filling = ports / 100 * percent;
  const std::uint32_t measured = ports / 100;
  Scene scene({.capacity = ports + ports / 8, .nat_addresses = addresses});
  Figure figure{
      .name = name, .unit = "sessions/s", .conditions = "", .runs = {}, .target = target, .at_most = false};
  const std::vector<TraceFrame> none;
  for (std::uint32_t i = 0; i < kRuns; ++i) {
    const std::uint32_t first = i * ports;
    scene.play(first_packets(first, first + filling), none, frame_length<V4>());
    const auto trace = first_packets(first + filling, first + filling + measured);
    const std::uint32_t before = scene.worker().table<V4>().live_count();
    const Scene::Run run = scene.play(trace, none, frame_length<V4>());
    const std::uint32_t made = scene.worker().table<V4>().live_count() - before;
    check(made > measured - measured / 100, "first packets became sessions");
    figure.runs.push_back(made / (static_cast<double>(run.worker_clocks) / clocks_per_ns() / 1e9));
    end_all(scene);
  }
  figure.conditions = fmt::format(
      "pool of {} addresses, {} % of {} ports in use; policy lookup in 1000 rules, forwarding the first "
      "packet, no "
      "logging",
      addresses, percent, ports);
  report(figure);
}

void measure_exhausted() {
  constexpr std::uint32_t kPackets = 500'000;
  Scene scene({.capacity = 1 << 16, .nat_addresses = 256, .nat_ports = {1024, 1087}});
  const std::vector<TraceFrame> none;
  scene.play(first_packets(0, 4 * 64 * 256), none, frame_length<V4>());
  check(scene.worker().table<V4>().live_count() > 2 * 64 * 256 - 64, "the pool is used up");
  Figure figure{
      .name = "nat_exhausted_clocks", .unit = "clocks/packet", .conditions = "", .runs = {}, .target = 300};
  for (std::uint32_t i = 1; i <= kRuns; ++i) {
    const auto trace = first_packets(i * kPackets, (i + 1) * kPackets);
    const Scene::Run run = scene.play(trace, none, frame_length<V4>());
    figure.runs.push_back(static_cast<double>(run.worker_clocks) / static_cast<double>(run.packets));
  }
  figure.conditions =
      "first packets refused; pool of 256 addresses with 64 ports each, all in use; policy lookup in "
      "1000 rules; dropping included";
  report(figure);
}

}  // namespace
}  // namespace sluice::bench

int main() {
  using namespace sluice::bench;
  pin_to_core(1);
  measure_setup("nat_setup_per_s_50", 16, 50, 2.5e6);
  measure_setup("nat_setup_per_s_95", 8, 95, 1.5e6);
  measure_exhausted();
  return 0;
}
