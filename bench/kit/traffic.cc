#include "kit/traffic.h"

#include <algorithm>
#include <random>

#include "base/check.h"
#include "kit/timing.h"

namespace sluice::bench {
namespace {

using packet::V4;

// Sessions that were reset stay for two seconds.
std::uint32_t room_for(std::uint32_t flows) {
  return flows + flows / 10 + (1U << 16U);
}

void put(std::atomic<std::uint64_t>& to, std::uint64_t value) {
  to.store(value, std::memory_order_relaxed);
}

}  // namespace

Traffic::Traffic(std::uint32_t flows)
    : flows_(flows), scene_({.capacity = room_for(flows)}), newcomer_(flows | 1U), leaving_(newcomer_) {
  establish<V4>(scene_, 0, flows);
  check(scene_.worker().table<V4>().live_count() > flows - flows / 100 - 1,
        "the scene's flows became sessions");
  now_s_ = scene_.now.unix_s;
  put(packets_, scene_.worker().counters().received);
  put(made_, scene_.worker().counters().sessions_created);
  make_trace();
}

void Traffic::make_trace() {
  std::vector<std::uint32_t> order(flows_);
  for (std::uint32_t i = 0; i < flows_; ++i) {
    order[i] = i;
  }
  std::mt19937 random(1);
  std::ranges::shuffle(order, random);
  inside_.reserve(flows_ / 2 + flows_ / 16);
  outside_.reserve(flows_ / 2 + 1);
  for (std::uint32_t i = 0; i < flows_; ++i) {
    if (i % 2 == 0) {
      outside_.push_back(frame_of<V4>(order[i], Direction::back, Step::data));
      continue;
    }
    if (inside_.size() % (kNewcomerEvery / 2) == 0) {
      inside_.emplace_back();  // a place for renew()
    }
    inside_.push_back(frame_of<V4>(order[i], Direction::forth, Step::data));
  }
}

// Newcomers and those who leave, in turns; odd flows are TCP.
void Traffic::renew() {
  const std::uint32_t leaving_until = newcomer_;
  for (std::size_t i = 0; i < inside_.size(); i += kNewcomerEvery / 2) {
    if (i / (kNewcomerEvery / 2) % 2 == 0) {
      inside_[i] = frame_of<V4>(newcomer_, Direction::forth, Step::syn);
      newcomer_ += 2;
    } else if (leaving_ != leaving_until) {
      inside_[i] = frame_of<V4>(leaving_, Direction::forth, Step::reset);
      leaving_ += 2;
    } else {
      inside_[i] = inside_[i + 1];
    }
  }
}

// The worker's clock goes on from where the scene's stood.
void Traffic::tell_time() {
  const Now now = read_clock();
  static thread_local Now before = now;
  scene_.now.ns += now.ns - before.ns;
  before = now;
  scene_.now.unix_s = static_cast<std::uint32_t>(1'700'000'000 + scene_.now.ns / 1'000'000'000);
  now_s_.store(scene_.now.unix_s, std::memory_order_relaxed);
}

void Traffic::round(const std::stop_token& stop) {
  MemoryPort& inside = scene_.inside();
  MemoryPort& outside = scene_.outside();
  const std::uint64_t start = clocks();
  renew();
  inside.play(inside_);
  outside.play(outside_);
  inside.reset_clocks();
  outside.reset_clocks();
  const std::uint64_t aside = aside_clocks_.load(std::memory_order_relaxed) + clocks() - start;
  while ((!inside.done() || !outside.done()) && !stop.stop_requested()) {
    tell_time();
    scene_.worker().run_once(scene_.now);
    const flow::Counters& counters = scene_.worker().counters();
    put(packets_, counters.received);
    put(made_, counters.sessions_created);
    put(aside_clocks_, aside + inside.own_clocks() + outside.own_clocks());
  }
}

void Traffic::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) {
    pin_to_core(1);
    while (!stop.stop_requested()) {
      round(stop);
    }
  });
}

query::Shard Traffic::shard() {
  const worker::Worker& worker = scene_.worker();
  return {.inet = &worker.table<V4>(),
          .inet6 = &worker.table<packet::V6>(),
          .mailbox = &scene_.worker().mailbox()};
}

query::Moment Traffic::moment() const {
  query::Moment moment;
  moment.now_s = now_s_.load(std::memory_order_relaxed);
  return moment;
}

Traffic::Reading Traffic::read() {
  Reading reading;
  reading.packets = packets_.load(std::memory_order_relaxed);
  reading.made = made_.load(std::memory_order_relaxed);
  reading.worker_s = cpu_seconds_of(thread_) -
                     static_cast<double>(aside_clocks_.load(std::memory_order_relaxed)) / clocks_per_second();
  reading.at_s = seconds_since(0);
  return reading;
}

}  // namespace sluice::bench
