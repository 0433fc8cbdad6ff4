#include "flowd/logship/stream_runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/prefetch.h"
#include "base/text.h"

namespace sluice::logship {
namespace {

using sessionlog::Event;
using sessionlog::EventType;

// Large enough that write() costs little for a record, small enough to stay in the second-level cache.
constexpr std::size_t kFileBlock = 256U << 10U;
constexpr std::size_t kSmallestBuffer = 64U << 10U;
constexpr std::size_t kNetworkBatch = 32U << 10U;
constexpr std::uint64_t kHousekeepingNs = 200'000'000;
constexpr std::size_t kFrameRoom = 16;  // "65507 " or "\n"

std::size_t outbox_size(const Stream& stream) {
  return std::holds_alternative<FileTarget>(stream.target) ? kFileBlock
                                                           : std::max(stream.buffer_bytes, kSmallestBuffer);
}

FormatOptions format_options(const Stream& stream, const LogOptions& options) {
  return {.format = stream.format.value_or(options.default_format),
          .profile = options.profile,
          .time_format = stream.time_format.value_or(options.time_format),
          .utc_timestamp = options.utc_timestamp,
          .escape = options.escape,
          .facility = options.facility,
          .host_name = options.host_name,
          .sd_id = options.sd_id};
}

std::unique_ptr<Transport> make_transport(const Target& target, const TransportParts& parts) {
  if (const auto* file = std::get_if<FileTarget>(&target)) {
    return make_file_transport(*file, parts);
  }
  if (const auto* udp = std::get_if<UdpTarget>(&target)) {
    return make_udp_transport(*udp, parts);
  }
  return make_tcp_transport(std::get<TcpTarget>(target), parts);
}

std::shared_ptr<StreamCounters> make_counters(const std::string& name) {
  auto counters = std::make_shared<StreamCounters>();
  counters->name = name;
  return counters;
}

Message message_of(EventType type) noexcept {
  switch (type) {
    case EventType::created:
      return Message::created;
    case EventType::closed:
      return Message::closed;
    case EventType::denied:
      return Message::denied;
    case EventType::block_allocated:
      return Message::block_allocated;
    case EventType::block_released:
      return Message::block_released;
    case EventType::block_interim:
      return Message::block_interim;
    case EventType::pool_alarm_raised:
      return Message::pool_alarm_raised;
    case EventType::pool_alarm_cleared:
      return Message::pool_alarm_cleared;
  }
  return Message::closed;
}

// All of NAT's come after those of sessions.
Categories category_of(EventType type) noexcept {
  return static_cast<Categories>(1U << std::min(static_cast<unsigned>(type), 3U));
}
static_assert(kNat == 1U << static_cast<unsigned>(EventType::block_allocated));
static_assert(kSessionOpen == 1U << static_cast<unsigned>(EventType::created));
static_assert(kSessionClose == 1U << static_cast<unsigned>(EventType::closed));
static_assert(kSessionDeny == 1U << static_cast<unsigned>(EventType::denied));

}  // namespace

StreamRunner::StreamRunner(const Stream& stream, const LogOptions& options, const snapshot::Names& names,
                           const LogShip::Report& report)
    : stream_(stream),
      formatter_(std::make_unique<Formatter>(format_options(stream, options), names)),
      counters_(make_counters(stream.name)),
      transport_(make_transport(stream.target, {.counters = *counters_, .report = report})),
      outbox_(outbox_size(stream)) {}

bool StreamRunner::update(const Stream& stream, const LogOptions& options, const snapshot::Names& names) {
  if (stream.name != stream_.name || stream.target != stream_.target ||
      outbox_size(stream) != outbox_.capacity()) {
    return false;
  }
  stream_ = stream;
  formatter_ = std::make_unique<Formatter>(format_options(stream, options), names);
  return true;
}

void StreamRunner::accept(std::span<const Event> events, std::uint64_t now_ns) {
  now_ns_ = now_ns;
  full_ = false;
  // Records of sessions and NAT are info, announcements of losses warning.
  const bool takes_records = stream_.severity >= Severity::info;
  const bool takes_warnings = stream_.severity >= Severity::warning;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const Event& event = events[i];
    if (i + 2 < events.size()) {
      const char* ahead = reinterpret_cast<const char*>(&events[i + 2]);
      prefetch(ahead);
      prefetch(ahead + 64);
      prefetch(ahead + 128);
    }
    if (event.lost_before != 0 && takes_warnings) [[unlikely]] {
      append(Message::lost_in_ring, event);
    }
    if (takes_records && (stream_.categories & category_of(event.type)) != 0) {
      append(message_of(event.type), event);
    }
  }
}

void StreamRunner::announce_lost(const Event& notice, std::uint64_t now_ns) {
  now_ns_ = now_ns;
  full_ = false;
  if (stream_.severity >= Severity::warning) {
    append(Message::lost_in_ring, notice);
  }
}

void StreamRunner::append(Message message, const Event& event) {
  if (lost_ != 0) [[unlikely]] {
    if (char* at = room(); at != nullptr) {
      Event notice = event;
      notice.lost_before = lost_;
      write(Message::lost_in_stream, notice, at);
      lost_ = 0;
    }
  }
  char* const at = room();
  if (at == nullptr) [[unlikely]] {
    ++lost_;
    counters_->lost.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  write(message, event, at);
}

// Frames and commits one record; `at` came from room().
inline void StreamRunner::write(Message message, const Event& event, char* at) {
  switch (transport_->framing()) {
    case Framing::newline: {
      char* const end = formatter_->format(message, event, at);
      *end = '\n';
      outbox_.commit(end + 1);
      return;
    }
    case Framing::datagram:
      outbox_.commit(formatter_->format(message, event, at));
      return;
    case Framing::octet_counting: {
      // "NNN " is right for nearly every record; others are moved.
      constexpr std::size_t kUsual = 4;
      const auto size =
          static_cast<std::uint32_t>(formatter_->format(message, event, at + kUsual) - at - kUsual);
      std::array<char, kFrameRoom> count{};
      char* const count_end = put_small_number(count.data(), size);
      *count_end = ' ';
      const auto digits = static_cast<std::size_t>(count_end - count.data());
      if (digits + 1 != kUsual) {
        std::memmove(at + digits + 1, at + kUsual, size);
      }
      std::memcpy(at, count.data(), digits + 1);
      outbox_.commit(at + digits + 1 + size);
      return;
    }
  }
}

inline char* StreamRunner::room() {
  const std::size_t size = formatter_->max_size() + kFrameRoom;
  char* at = outbox_.reserve(size);
  if (at == nullptr && !full_) [[unlikely]] {
    ship(now_ns_);
    at = outbox_.reserve(size);
    full_ = at == nullptr;
  }
  return at;
}

void StreamRunner::ship(std::uint64_t now_ns) {
  shipped_at_ns_ = now_ns;
  transport_->send(outbox_, now_ns);
  counters_->records.store(outbox_.records_out(), std::memory_order_relaxed);
  counters_->bytes.store(outbox_.bytes_out(), std::memory_order_relaxed);
}

void StreamRunner::give_up(const LogShip::Report& report) {
  if (const std::size_t left = outbox_.records(); left != 0) {
    counters_->lost.fetch_add(left, std::memory_order_relaxed);
    if (report) {
      report(fmt::format("log stream {} ends with {} that it could not deliver", name(),
                         counted(left, "record")));
    }
  }
}

void StreamRunner::ship_if_due(std::uint64_t now_ns) {
  const bool network = transport_->framing() != Framing::newline;
  if ((network && outbox_.unsent().size() >= kNetworkBatch) || now_ns - shipped_at_ns_ >= kHousekeepingNs) {
    ship(now_ns);
  }
}

}  // namespace sluice::logship
