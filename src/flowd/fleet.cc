#include "flowd/fleet.h"

#include <emmintrin.h>
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <time.h>

#include <algorithm>
#include <string>

#include "base/check.h"
#include "base/clock.h"
#include "dataplane/port/eal.h"
#include "flowd/idleness.h"

namespace sluice::flowd {
namespace {

// 64-bit identifiers never repeat: a later start begins with a larger version. Versions count in twos
// and a slot is reused less often than once a second on average.
constexpr std::uint32_t kVersionEpoch = 1'700'000'000;

packet::HashSecret make_secret() {
  packet::HashSecret secret;
  const auto size = static_cast<ssize_t>(sizeof secret.words);
  check(getrandom(secret.words.data(), sizeof secret.words, 0) == size, "the kernel gives no random bytes");
  return secret;
}

void pin(std::uint16_t core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  // A core that is not there leaves the thread where it is: compile has warned of it.
  pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

void rest(std::uint32_t nanoseconds) {
  if (nanoseconds == 0) {
    _mm_pause();
    return;
  }
  const timespec pause{.tv_sec = 0, .tv_nsec = nanoseconds};
  nanosleep(&pause, nullptr);
}

}  // namespace

Fleet::Fleet(const FleetOptions& options) : options_(options) {
  const packet::HashSecret secret = make_secret();
  const std::uint32_t seed = (options.start_unix_s - kVersionEpoch) << 1U;
  const std::uint32_t share = (options.maximum_sessions + options.workers - 1) / options.workers;
  std::vector<worker::Worker*> peers;
  for (std::uint16_t index = 0; index < options.workers; ++index) {
    workers_.push_back(std::make_unique<worker::Worker>(
        worker::WorkerOptions{.index = index,
                              .count = options.workers,
                              .capacity = share,
                              .host_reserve = std::min<std::uint32_t>(64, share / 4),
                              .version_seed = seed,
                              .secret = secret,
                              .pool = options.pool}));
    peers.push_back(workers_.back().get());
  }
  for (const auto& worker : workers_) {
    worker->set_peers(peers);
    shards_.push_back({.inet = &worker->table<packet::V4>(),
                       .inet6 = &worker->table<packet::V6>(),
                       .mailbox = &worker->mailbox(),
                       .worker = worker->index(),
                       .policies = &worker->policy_counters()});
  }
}

Fleet::~Fleet() {
  stop();
}

void Fleet::start() {
  for (const auto& worker : workers_) {
    threads_.emplace_back([this, &worker = *worker](const std::stop_token& stop) { run(stop, worker); });
  }
}

void Fleet::stop() {
  threads_.clear();
}

void Fleet::run(const std::stop_token& stop, worker::Worker& worker) {
  pthread_setname_np(pthread_self(), ("worker-" + std::to_string(worker.index())).c_str());
  prctl(PR_SET_TIMERSLACK, 1000UL);
  if (worker.index() < options_.cores.size()) {
    pin(options_.cores[worker.index()]);
  }
  const port::ThreadRegistration registration;
  Idleness idleness;
  const worker::Mailbox& mailbox = worker.mailbox();
  while (!stop.stop_requested()) {
    const bool worked = worker.run_once(read_clock()) != 0;
    if (worked || mailbox.handled() != mailbox.posted()) {
      idleness.worked();
    } else {
      rest(idleness.rest_ns(busy_.load(std::memory_order_relaxed)));
    }
  }
}

void Fleet::publish(const snapshot::Snapshot& snapshot, const std::vector<port::Port*>& ports) {
  for (const auto& worker : workers_) {
    worker->set_ports(ports);
    worker->publish(&snapshot);
  }
  for (const auto& worker : workers_) {
    while (worker->publications_seen() != worker->publications()) {
      options_.wait();
    }
  }
  if (snapshot.nat != nullptr) {
    snapshot.nat->settle();
  }
}

std::uint64_t Fleet::maximum_sessions() const {
  std::uint64_t sum = 0;
  for (const auto& worker : workers_) {
    sum += worker->capacity();
  }
  return sum;
}

}  // namespace sluice::flowd
