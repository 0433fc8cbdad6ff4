#include "flowd/logship/logship.h"

#include <algorithm>
#include <chrono>

#include "base/clock.h"
#include "flowd/logship/stream_runner.h"

namespace sluice::logship {
namespace {

using sessionlog::Event;
using sessionlog::EventRing;

constexpr std::uint64_t kShortestSleepNs = 50'000;
constexpr std::uint64_t kLongestSleepNs = 5'000'000;
constexpr std::uint64_t kStopGraceNs = 2 * kNsPerSecond;
constexpr std::string_view kDefaultStream = "default-file";

// The streams as configured, or the file that stands in for none.
std::vector<Stream> wanted_streams(const LogOptions& options) {
  if (!options.enabled) {
    return {};
  }
  if (!options.streams.empty() || options.default_file.path.empty()) {
    return options.streams;
  }
  Stream stream;
  stream.name = kDefaultStream;
  stream.target = options.default_file;
  return {stream};
}

}  // namespace

LogShip::LogShip(const std::vector<EventRing*>& rings, Report report) : report_(std::move(report)) {
  for (EventRing* ring : rings) {
    sources_.push_back({.ring = ring});
  }
}

LogShip::~LogShip() {
  stop();
}

void LogShip::publish(LogOptions options, Names names) {
  const std::lock_guard lock(mutex_);
  mail_.published = Published{.options = std::move(options), .names = std::move(names)};
  has_mail_.store(true, std::memory_order_release);
  wake_.notify_one();
}

void LogShip::reopen() {
  const std::lock_guard lock(mutex_);
  mail_.reopen = true;
  has_mail_.store(true, std::memory_order_release);
  wake_.notify_one();
}

void LogShip::start() {
  thread_ = std::thread([this] { run(); });
}

void LogShip::stop() {
  if (!thread_.joinable()) {
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    mail_.stop = true;
    wake_.notify_one();
  }
  thread_.join();
}

// Busy while there are events; else it sleeps a little longer each time, up to 5 ms. Workers never
// wake it: that would cost them a system call.
void LogShip::run() {
  std::uint64_t sleep_ns = kShortestSleepNs;
  for (;;) {
    const std::uint64_t now_ns = read_clock().ns;
    if (drain_once(now_ns) != 0) {
      sleep_ns = kShortestSleepNs;
      continue;
    }
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, std::chrono::nanoseconds(sleep_ns), [this] { return mail_.stop || has_mail_; });
    if (mail_.stop) {
      break;
    }
    sleep_ns = std::min(2 * sleep_ns, kLongestSleepNs);
  }
  finish(read_clock().ns);
  const std::uint64_t give_up_ns = read_clock().ns + kStopGraceNs;
  while (!flush(read_clock().ns) && read_clock().ns < give_up_ns) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  for (const auto& stream : streams_) {
    stream->give_up(report_);
  }
}

std::size_t LogShip::drain_once(std::uint64_t now_ns) {
  take_mail(now_ns);
  std::size_t total = 0;
  for (Source& source : sources_) {
    total += drain(source, now_ns);
  }
  events_.store(events_.load(std::memory_order_relaxed) + total, std::memory_order_relaxed);
  for (const auto& stream : streams_) {
    if (total == 0 && !stream->empty()) {
      stream->ship(now_ns);
    } else {
      stream->ship_if_due(now_ns);
    }
  }
  return total;
}

std::size_t LogShip::drain(Source& source, std::uint64_t now_ns) {
  std::span<const Event> events = source.ring->peek();
  events = events.first(std::min(events.size(), kBatch));
  if (events.empty()) {
    return 0;
  }
  for (const auto& stream : streams_) {
    stream->accept(events, now_ns);
  }
  for (const Event& event : events) {
    source.losses_announced += event.lost_before;
  }
  source.last_unix_ns = events.back().unix_ns;
  source.ring->release(events.size());
  return events.size();
}

void LogShip::finish(std::uint64_t now_ns) {
  while (drain_once(now_ns) != 0) {
  }
  announce_trailing_losses(now_ns);
  flush(now_ns);
}

// No later record of the worker will say so.
void LogShip::announce_trailing_losses(std::uint64_t now_ns) {
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    Source& source = sources_[i];
    const std::uint64_t lost = source.ring->lost();
    if (lost == source.losses_announced) {
      continue;
    }
    Event notice;
    notice.unix_ns = source.last_unix_ns;
    notice.worker = static_cast<std::uint8_t>(i);
    notice.lost_before = lost - source.losses_announced;
    notice.sequence = source.ring->written() + lost + 1;
    for (const auto& stream : streams_) {
      stream->announce_lost(notice, now_ns);
    }
    source.losses_announced = lost;
  }
}

// Whether nothing waits any more.
bool LogShip::flush(std::uint64_t now_ns) {
  for (const auto& stream : streams_) {
    stream->ship(now_ns);
  }
  return std::ranges::all_of(streams_, [](const auto& stream) { return stream->empty(); });
}

void LogShip::take_mail(std::uint64_t now_ns) {
  if (!has_mail_.load(std::memory_order_acquire)) [[likely]] {
    return;
  }
  std::optional<Published> published;
  bool reopen = false;
  {
    const std::lock_guard lock(mutex_);
    has_mail_.store(false, std::memory_order_relaxed);
    published = std::exchange(mail_.published, std::nullopt);
    reopen = std::exchange(mail_.reopen, false);
  }
  if (published) {
    apply(*published, now_ns);
  }
  if (reopen) {
    for (const auto& stream : streams_) {
      stream->reopen();
    }
  }
}

void LogShip::apply(const Published& published, std::uint64_t now_ns) {
  std::vector<std::unique_ptr<StreamRunner>> next;
  for (const Stream& wanted : wanted_streams(published.options)) {
    const auto kept = std::ranges::find_if(streams_, [&](const auto& stream) {
      return stream != nullptr && stream->update(wanted, published.options, *published.names);
    });
    next.push_back(kept != streams_.end() ? std::move(*kept)
                                          : std::make_unique<StreamRunner>(wanted, published.options,
                                                                           *published.names, report_));
  }
  for (const auto& left : streams_) {
    if (left != nullptr) {
      left->ship(now_ns);
      left->give_up(report_);
    }
  }
  streams_ = std::move(next);
  const std::lock_guard lock(mutex_);
  counters_.clear();
  for (const auto& stream : streams_) {
    counters_.push_back(stream->counters());
  }
}

Statistics LogShip::statistics() const {
  Statistics all;
  all.events = events_.load(std::memory_order_relaxed);
  for (const Source& source : sources_) {
    all.lost_in_rings += source.ring->lost();
  }
  const std::lock_guard lock(mutex_);
  for (const auto& counters : counters_) {
    all.streams.push_back({.name = counters->name,
                           .records = counters->records.load(),
                           .bytes = counters->bytes.load(),
                           .lost = counters->lost.load(),
                           .errors = counters->errors.load(),
                           .connects = counters->connects.load(),
                           .up = counters->up.load()});
  }
  return all;
}

}  // namespace sluice::logship
