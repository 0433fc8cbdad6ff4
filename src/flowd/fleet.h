// Fleet: all workers and their threads.
//
// What: makes the workers (each with its share of the sessions), runs every one on a thread of its own, on
// the core that the configuration names, gives all of them a snapshot and waits until each uses it.
// An idle worker sleeps, longer the longer nothing comes (at most 250 microseconds), unless polling is
// `busy`.
//
// Who owns it: Control, from the first publication to the end. Threads: publish() and stop() on the control
// thread. Without start() nobody runs: then `wait` must step the workers (tests).
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "dataplane/port/port.h"
#include "dataplane/snapshot/snapshot.h"
#include "dataplane/worker/worker.h"
#include "flowd/query/query.h"

namespace sluice::flowd {

struct FleetOptions {
  std::uint16_t workers = 1;
  std::uint32_t maximum_sessions = 262144;  // all workers together
  std::vector<std::uint16_t> cores;         // worker i runs on cores[i]; empty: wherever
  rte_mempool* pool = nullptr;              // for fragments that workers make
  query::Wait wait;                         // called while a worker is waited for
  std::uint32_t start_unix_s = 0;           // now: a later start gives later 64-bit session identifiers
};

class Fleet {
 public:
  explicit Fleet(const FleetOptions& options);
  ~Fleet();
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  void start();
  // Ends the threads; sessions stay readable.
  void stop();
  void set_busy_polling(bool busy) { busy_.store(busy, std::memory_order_relaxed); }

  // Returns when every worker has moved: what it used before is free then.
  void publish(const snapshot::Snapshot& snapshot, const std::vector<port::Port*>& ports);

  [[nodiscard]] std::span<const std::unique_ptr<worker::Worker>> workers() const { return workers_; }
  [[nodiscard]] query::Shards shards() const { return shards_; }
  [[nodiscard]] const query::Wait& wait() const { return options_.wait; }
  [[nodiscard]] std::uint64_t maximum_sessions() const;

 private:
  void run(const std::stop_token& stop, worker::Worker& worker);

  FleetOptions options_;
  std::vector<std::unique_ptr<worker::Worker>> workers_;
  std::vector<query::Shard> shards_;
  std::vector<std::jthread> threads_;
  std::atomic<bool> busy_{false};
};

}  // namespace sluice::flowd
