// Scene: the firewall that every data-plane benchmark measures, and the flows that cross it.
//
// Two wires (trust, untrust), 1,000 policies, one worker. Flow i has random addresses and ports that follow
// from i alone; odd flows are TCP, even ones UDP.
#pragma once

#include <memory>
#include <random>
#include <span>
#include <vector>

#include "dataplane/worker/worker.h"
#include "kit/memory_port.h"

namespace sluice::bench {

enum class Direction : std::uint8_t { forth, back };

struct SceneOptions {
  std::uint32_t capacity = 1 << 20;
  std::uint32_t log_events = 1 << 16;
  bool log_sessions = false;
  std::uint16_t nat_addresses = 0;  // of the pool by which trust goes to untrust; 0: no NAT
  match::PortRange nat_ports = nat::kTranslatedPorts;
};

class Scene {
 public:
  explicit Scene(const SceneOptions& options);
  ~Scene();
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;

  [[nodiscard]] worker::Worker& worker() { return *worker_; }
  [[nodiscard]] MemoryPort& inside() { return *inside_; }
  [[nodiscard]] MemoryPort& outside() { return *outside_; }
  [[nodiscard]] const snapshot::Snapshot& snapshot() const { return *snapshot_; }
  // The clock that the worker is given.
  Now now{.ns = 1'000'000'000, .unix_s = 1'700'000'000};

  // Plays the traces on both sides to the end. Returns the worker's own clocks, the ports' apart.
  struct Run {
    std::uint64_t packets = 0;
    std::uint64_t worker_clocks = 0;
    std::uint64_t port_clocks = 0;
  };
  Run play(const std::vector<TraceFrame>& inside, const std::vector<TraceFrame>& outside,
           std::uint16_t length);

 private:
  rte_mempool* pool_ = nullptr;
  std::unique_ptr<snapshot::Snapshot> snapshot_;
  std::unique_ptr<worker::Worker> worker_;
  std::unique_ptr<MemoryPort> inside_;
  std::unique_ptr<MemoryPort> outside_;
};

// TCP segments that a flow can send.
enum class Step : std::uint8_t { syn, syn_ack, ack, data, fin, reset };

// One frame of flow i. UDP flows ignore the step.
template <class F>
[[nodiscard]] TraceFrame frame_of(std::uint32_t flow, Direction direction, Step step);
template <class F>
[[nodiscard]] constexpr std::uint16_t frame_length() {
  return F::kFamily == packet::Family::inet ? kFrameSize : 74;
}
[[nodiscard]] inline bool is_tcp(std::uint32_t flow) {
  return flow % 2 == 1;
}

// Makes flows known to the scene's worker, TCP ones established: those listed, or [begin, end).
template <class F>
void establish(Scene& scene, std::span<const std::uint32_t> flows);
template <class F>
void establish(Scene& scene, std::uint32_t begin, std::uint32_t end);

}  // namespace sluice::bench
