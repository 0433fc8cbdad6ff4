// What source NAT costs: the whole path of a worker, memory to memory, with a port of a pool for each
// session.
//
//   nat_bench [established_1k] [established_1m] [established_10m] [setup] [exhausted]   (all without
//   arguments)
//
// Packets of established sessions as in dataplane_bench, answers to translated tuples; first packets at half
// and at 95 % pool use, and when nothing is left.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <random>

#include "base/check.h"
#include "dataplane/packet/checksum.h"
#include "dataplane/packet/key.h"
#include "dataplane/session/table.h"
#include "kit/parts.h"
#include "kit/report.h"
#include "kit/scene.h"
#include "kit/timing.h"

namespace sluice::bench {
namespace {

using packet::V4;

constexpr std::uint32_t kRuns = 5;
constexpr std::uint32_t kPortsEach = 64512;  // of an address and class

std::vector<TraceFrame> first_packets(std::uint32_t begin, std::uint32_t end) {
  std::vector<TraceFrame> trace;
  trace.reserve(end - begin);
  for (std::uint32_t flow = begin; flow < end; ++flow) {
    trace.push_back(frame_of<V4>(flow, Direction::forth, Step::syn));
  }
  return trace;
}

// The answer's frame, to where the flow's packets come from after translation.
TraceFrame answer_of(Scene& scene, std::uint32_t flow, Step step) {
  const TraceFrame sent = frame_of<V4>(flow, Direction::forth, step);
  const auto words =
      packet::ported_words4(sent.bytes.data() + 14, packet::zone_bits4(scene.snapshot().interfaces[2].zone));
  const auto key = std::bit_cast<packet::Key4>(words);
  const auto& table = scene.worker().table<V4>();
  const std::uint32_t entry = table.find(key, table.hash_of(key));
  check(entry != session::Index::kNone, "the flow has its session");
  const packet::Key4 answer = table.key(entry >> 1, (entry & 1) ^ 1U);
  TraceFrame frame = frame_of<V4>(flow, Direction::back, step);
  std::uint8_t* ip = frame.bytes.data() + 14;
  store(ip + 16, answer.destination);
  store(ip + 22, answer.destination_port);
  store(ip + 10, std::uint16_t{0});
  store(ip + 10, static_cast<std::uint16_t>(~packet::fold(packet::sum_bytes(ip, 20))));
  return frame;
}

// Every flow's handshake.
void establish_translated(Scene& scene, std::uint32_t flows) {
  constexpr std::uint32_t kChunk = 1 << 16;
  const std::vector<TraceFrame> none;
  for (std::uint32_t begin = 0; begin < flows; begin += kChunk) {
    const std::uint32_t end = std::min(begin + kChunk, flows);
    scene.play(first_packets(begin, end), none, frame_length<V4>());
    std::vector<TraceFrame> answers;
    std::vector<TraceFrame> acknowledgements;
    for (std::uint32_t flow = begin; flow < end; ++flow) {
      if (!is_tcp(flow)) continue;
      answers.push_back(answer_of(scene, flow, Step::syn_ack));
      acknowledgements.push_back(frame_of<V4>(flow, Direction::forth, Step::ack));
    }
    scene.play(none, answers, frame_length<V4>());
    scene.play(acknowledgements, none, frame_length<V4>());
  }
}

void measure_established(const char* name, std::uint32_t flows, double target) {
  constexpr std::uint32_t kPackets = 2'000'000;
  const auto addresses = static_cast<std::uint16_t>(flows / kPortsEach + 1);
  Scene scene({.capacity = std::max<std::uint32_t>(flows, 1024), .nat_addresses = addresses});
  establish_translated(scene, flows);
  std::mt19937 random(1);
  std::vector<TraceFrame> forth;
  std::vector<TraceFrame> back;
  forth.reserve(kPackets);
  back.reserve(kPackets);
  for (std::uint32_t i = 0; i < kPackets; ++i) {
    forth.push_back(frame_of<V4>(static_cast<std::uint32_t>(random() % flows), Direction::forth, Step::data));
    back.push_back(answer_of(scene, static_cast<std::uint32_t>(random() % flows), Step::data));
  }
  const std::uint64_t before = scene.worker().counters().forwarded;
  Figure figure{.name = name, .unit = "clocks/packet", .conditions = "", .runs = {}, .target = target};
  Scene::Run run;
  for (std::uint32_t i = 0; i < kRuns; ++i) {
    run = scene.play(forth, back, frame_length<V4>());
    figure.runs.push_back(static_cast<double>(run.worker_clocks) / static_cast<double>(run.packets));
  }
  check(scene.worker().counters().forwarded - before == run.packets * kRuns, "every packet was forwarded");
  figure.conditions = fmt::format(
      "{} flows, each translated by a pool of {} addresses; one core, 1000 policies, TCP and UDP and both "
      "directions "
      "mixed; fill and free apart: {:.1f} clocks; TSC {:.3f} GHz",
      flows, addresses, static_cast<double>(run.port_clocks) / static_cast<double>(run.packets),
      clocks_per_ns());
  report(figure);
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

constexpr Part kParts[] = {
    {"established_1k", [] { measure_established("nat_established_clocks_1k", 1'000, 60); }},
    {"established_1m", [] { measure_established("nat_established_clocks_1m", 1'000'000, 85); }},
    {"established_10m", [] { measure_established("nat_established_clocks_10m", 10'000'000, 100); }},
    {"setup",
     [] {
       measure_setup("nat_setup_per_s_50", 16, 50, 2.5e6);
       measure_setup("nat_setup_per_s_95", 8, 95, 1.5e6);
     }},
    {"exhausted", measure_exhausted}};

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) {
  sluice::bench::pin_to_core(1);
  sluice::bench::run_parts(sluice::bench::kParts, argc, argv);
  return 0;
}
