#include "replay/firewall.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "base/version.h"

namespace sluice::replay {
namespace {

using sessionlog::Event;
using sessionlog::EventType;

constexpr std::uint32_t kLogRing = 16384;
constexpr std::uint16_t kAnySize = 65535;
// Fragments that wait for others are given up within this.
constexpr std::uint64_t kIdleNs = 10 * kNsPerSecond;
// The longest `inactivity-timeout` but "never": whoever is silent for longer has ended.
constexpr std::uint64_t kLongestTimeoutNs = 129'600 * kNsPerSecond;

Result<std::string> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (in && in.peek() != std::ifstream::traits_type::eof()) text << in.rdbuf();
  if (!in.is_open() || in.bad() || text.bad() || text.fail()) {
    return Error{"invalid-value", path,
                 fmt::format("the configuration cannot be read: {}", std::strerror(errno))};
  }
  return std::move(text).str();
}

// All records that there are, in one file.
logship::LogOptions to_one_file(logship::LogOptions options, const FirewallOptions& wanted) {
  logship::Stream stream;
  if (!options.streams.empty()) stream = options.streams.front();
  stream.name = "replay";
  stream.target = logship::FileTarget{.path = wanted.log_path, .size_limit = 0, .keep = 0};
  if (wanted.log_format) stream.format = wanted.log_format;
  options.streams = {stream};
  return options;
}

}  // namespace

Firewall::Firewall(FirewallOptions options, config::Schema schema, const Now& start)
    : options_(std::move(options)),
      schema_(std::move(schema)),
      now_(start),
      last_packet_ns_(start.ns),
      logged_(kLogRing),
      control_(machine_, control_parts()),
      running_(schema_) {}

Firewall::~Firewall() {
  flowd_.reset();
  server_.reset();
}

Result<std::unique_ptr<Firewall>> Firewall::make(const FirewallOptions& options, const Now& start) {
  const auto text = read_file(options.configuration_path);
  if (!text) return text.error();
  auto schema = config::Schema::load(options.yang_folder);
  if (!schema) return schema.error();
  std::unique_ptr<Firewall> made(new Firewall(options, std::move(*schema), start));
  auto server =
      service::Server::start(made->control_, {.socket_path = "", .version = std::string(version())});
  if (!server) return server.error();
  made->server_ = std::move(*server);
  made->flowd_.emplace(made->server_->channel());
  if (const Status committed = made->commit(*text); !committed) return committed.error();
  return made;
}

flowd::ControlParts Firewall::control_parts() {
  flowd::ControlParts parts;
  parts.compile = [this](const std::string& json, const compile::IdRegistry& ids) {
    return compile(json, ids);
  };
  parts.made = [this](const flowd::Fleet& fleet) { make_log(fleet); };
  parts.before_publish = [this](const compile::Compiled& next) {
    logship_->publish(to_one_file(next.log, options_), next.snapshot.names);
  };
  parts.wait = [this] { settle(); };
  parts.clock = [this] { return now_; };
  parts.threads = flowd::ControlParts::Threads::none;
  return parts;
}

Result<compile::Compiled> Firewall::compile(const std::string& json, const compile::IdRegistry& ids) const {
  auto tree = config::from_json(schema_, json);
  if (!tree) return tree.error();
  auto compiled = compile::compile(*tree, ids);
  if (!compiled) return compiled.error();
  compiled->system.workers = 1;
  compiled->system.cores.clear();
  compiled->snapshot.record_every_end = true;
  for (snapshot::Interface& interface : compiled->snapshot.interfaces) interface.mtu = kAnySize;
  for (host::TwinPort& port : compiled->host.ports) {
    for (host::TwinUnit& unit : port.units) unit.mtu = kAnySize;
  }
  return compiled;
}

// The worker's events go through take_events() first.
void Firewall::make_log(const flowd::Fleet&) {
  logship_ = std::make_unique<logship::LogShip>(std::vector{&logged_}, options_.report);
}

Status Firewall::commit(const std::string& text) {
  auto tree = config::parse_text(schema_, text, options_.configuration_path);
  if (!tree) return tree.error();
  auto outcome =
      commit::run(parts(), config::share(std::move(*tree)), {.user = "sluice-replay", .administers = true});
  if (!outcome) {
    Error error = outcome.error();
    error.path = error.path.empty() ? options_.configuration_path
                                    : fmt::format("{}: {}", options_.configuration_path, error.path);
    return error;
  }
  warnings_ = std::move(outcome->warnings);
  const auto running = control_.running();
  if (running == nullptr) {
    return Error{"operation-failed", options_.configuration_path,
                 warnings_.empty() ? "the firewall did not start" : warnings_.back()};
  }
  for (const std::weak_ptr<port::Port>& port : running->ports) {
    ports_.push_back(std::dynamic_pointer_cast<port::TestPort>(port.lock()));
  }
  return {};
}

// Nothing happens before the next packet.
bool Firewall::idle() const {
  const std::uint64_t silent_ns = now_.ns - last_packet_ns_;
  const bool empty = query::live_sessions(control_.fleet()->shards()) == 0;
  return (empty && silent_ns > kIdleNs) || silent_ns > kLongestTimeoutNs;
}

void Firewall::advance(std::uint64_t unix_ns) {
  while (now_.ns / kNsPerSecond < unix_ns / kNsPerSecond && !idle()) {
    now_ = at_unix((now_.ns / kNsPerSecond + 1) * kNsPerSecond);
    settle();
  }
  if (unix_ns > now_.ns) {
    now_ = at_unix(unix_ns);
    settle();
  }
}

// The worker runs until it has nothing to do at this time.
void Firewall::settle() {
  // Above a watermark ageing never rests: a whole pass over the table is enough.
  constexpr std::uint64_t kAgedPerTurn = 128;
  std::uint64_t turns = query::live_sessions(control_.fleet()->shards()) / kAgedPerTurn + 2;
  worker::Worker& worker = *control_.fleet()->workers().front();
  bool busy = true;
  while (busy) {
    const bool received = worker.run_once(now_) != 0;
    busy = received || (worker.behind() && --turns != 0);
    take_events();
  }
}

bool Firewall::receive(PortId port, std::span<const std::uint8_t> frame) {
  last_packet_ns_ = now_.ns;
  const bool taken = ports_.at(port.value)->inject(frame);
  settle();
  empty_ports();
  return taken;
}

// What was sent has arrived, for all that the firewall knows.
void Firewall::empty_ports() {
  for (const auto& port : ports_) {
    if (port != nullptr) static_cast<void>(port->collect());
  }
}

// All ends are kept; the log gets what policies log, numbered anew without the others.
void Firewall::take_events() {
  sessionlog::EventRing& from = control_.fleet()->workers().front()->events();
  for (auto events = from.peek(); !events.empty(); events = from.peek()) {
    for (const Event& event : events) {
      const bool end = event.type == EventType::closed;
      if (end) ended_.push_back(event);
      if (end && (event.flags & session::flag::kLogClose) == 0) continue;
      Event* to = logged_.reserve();
      check(to != nullptr, "the log is written as fast as events come");
      const std::uint64_t sequence = to->sequence;
      *to = event;
      to->sequence = sequence;
      logged_.commit();
    }
    from.release(events.size());
    while (logship_->drain_once(now_.ns) != 0) {
    }
  }
}

void Firewall::finish() {
  logship_->finish(now_.ns);
}

std::uint64_t Firewall::log_records() const {
  return logged_.written();
}

}  // namespace sluice::replay
