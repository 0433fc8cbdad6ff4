// Traffic: a worker on core 1 that forwards at full speed, while another thread does something to it.
//
// All flows of a scene are established; then every one of them is seen once in each round, in random order,
// in one direction or the other. One frame in 64 from inside opens a new TCP connection, and another resets
// one of the round before: so sessions come and go all the time.
#pragma once

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "flowd/query/query.h"
#include "kit/scene.h"

namespace sluice::bench {

class Traffic {
 public:
  // Establishes that many flows. Nothing moves yet.
  explicit Traffic(std::uint32_t flows);
  ~Traffic() { stop(); }
  Traffic(const Traffic&) = delete;
  Traffic& operator=(const Traffic&) = delete;

  void start();
  // Between stop() and start() the scene may be used.
  void stop() { thread_ = {}; }
  [[nodiscard]] Scene& scene() { return scene_; }

  // What queries need of it. Any time.
  [[nodiscard]] query::Shard shard();
  [[nodiscard]] query::Moment moment() const;

  struct Reading {
    std::uint64_t packets = 0;
    std::uint64_t made = 0;  // sessions
    // Processor time that the worker has had, without that of filling and freeing buffers.
    double worker_s = 0;
    double at_s = 0;
  };
  // While it runs.
  [[nodiscard]] Reading read();

 private:
  void make_trace();
  void renew();
  void round(const std::stop_token& stop);
  void tell_time();

  static constexpr std::uint32_t kNewcomerEvery = 64;  // of the frames from inside

  const std::uint32_t flows_;
  Scene scene_;
  std::vector<TraceFrame> inside_;
  std::vector<TraceFrame> outside_;
  std::uint32_t newcomer_;  // the next flow that was never seen
  std::uint32_t leaving_;   // the next that was opened and not yet reset
  // Written by the worker's thread, read by any.
  std::atomic<std::uint64_t> packets_{0};
  std::atomic<std::uint64_t> made_{0};
  std::atomic<std::uint64_t> aside_clocks_{0};  // of its thread, but not the worker's
  std::atomic<std::uint32_t> now_s_{0};
  std::jthread thread_;
};

}  // namespace sluice::bench
