// Worker: one core of the data plane.
//
// A worker owns its sessions, counters, timers and event ring, and shares nothing. run_once() is the
// whole of its life: take the current snapshot, receive a burst from every port queue, let flow
// decide, act on the verdicts, age sessions and answer the mailbox within budgets. It is stepped by
// run() on a core of its own, by tests and by replay with a clock of theirs.
//
// Threads: run_once() on the worker's thread; "any thread" and "control thread" members as marked.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/clock.h"
#include "dataplane/flow/counters.h"
#include "dataplane/packet/key.h"
#include "dataplane/port/port.h"
#include "dataplane/session/table.h"
#include "dataplane/sessionlog/sessionlog.h"
#include "dataplane/snapshot/snapshot.h"
#include "dataplane/worker/mailbox.h"

struct rte_ring;
struct rte_mempool;

namespace sluice::worker {

struct WorkerOptions {
  std::uint16_t index = 0;
  std::uint16_t count = 1;          // workers in all
  std::uint32_t capacity = 65536;   // sessions of this worker, both families together
  std::uint32_t host_reserve = 64;  // of them only for traffic to the firewall itself
  std::uint32_t version_seed = 2;
  packet::HashSecret secret;         // the same for all workers
  std::uint32_t log_events = 65536;  // event ring, a power of two
  rte_mempool* pool = nullptr;       // buffers for fragments that are made here
};

// A neighbour that forwarding needs and the kernel has not resolved.
struct ResolveRequest {
  IflId ifl;
  packet::IpAddress address;
};

class Worker {
 public:
  explicit Worker(const WorkerOptions& options);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Control thread: ports by PortId (null where there is none); they take effect with the next publish().
  // A worker uses the queue of its own index on each.
  void set_ports(std::vector<port::Port*> ports);
  // Before the first run_once(): all workers by index, for hand-off.
  void set_peers(std::vector<Worker*> peers);

  // Worker thread. One turn; returns how many frames were received, from ports or other workers (0: idle).
  std::uint32_t run_once(const Now& now) noexcept;
  // Worker thread. Whether the last turn's budget for ageing was used up, so that sessions may be left for
  // the next one.
  [[nodiscard]] bool behind() const noexcept;

  // Control thread. The snapshot and the ports must stay alive until publications_seen() has moved on.
  void publish(const snapshot::Snapshot* snapshot);
  // Any thread. The publication that the worker is using: publications are counted from 1.
  [[nodiscard]] std::uint64_t publications_seen() const noexcept;
  [[nodiscard]] std::uint64_t publications() const noexcept;

  // Control thread.
  [[nodiscard]] Mailbox& mailbox() noexcept;
  // Takes one neighbour to resolve; false when there is none.
  [[nodiscard]] bool next_resolve(ResolveRequest& out) noexcept;
  // The consumer's side belongs to the log thread.
  [[nodiscard]] sessionlog::EventRing& events() noexcept;

  // Any thread, for reading.
  template <class F>
  [[nodiscard]] const session::Table<F>& table() const noexcept;
  [[nodiscard]] const flow::Counters& counters() const noexcept;
  [[nodiscard]] const flow::PolicyCounterTable& policy_counters() const noexcept;
  [[nodiscard]] const flow::NatCounterTable& nat_rule_counters() const noexcept;
  [[nodiscard]] const flow::NatCounterTable& nat_pool_counters() const noexcept;
  [[nodiscard]] std::uint16_t index() const noexcept;
  [[nodiscard]] std::uint32_t capacity() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sluice::worker
