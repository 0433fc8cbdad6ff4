#include "firewall.h"

#include <time.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>

#include "base/check.h"
#include "config/config.h"
#include "locked_pool.h"

namespace sluice::stress {
namespace {

using session::get;

constexpr std::string_view kAlways = R"(
set system flow workers 2
set system flow maximum-sessions 8192
set system ports ge-0/0/0 device veth0
set system ports ge-0/0/1 device veth1
set system ports ge-0/0/3 device veth3
set interfaces ge-0/0/0 unit 0 family inet address 203.0.113.1/24
set interfaces ge-0/0/0 unit 0 family inet6 address 2001:db8:203::1/64
set interfaces ge-0/0/1 unit 0 family inet address 192.0.2.1/24
set interfaces ge-0/0/1 unit 0 family inet6 address 2001:db8:192::1/64
set interfaces ge-0/0/3 unit 0 family inet address 198.51.100.1/24
set interfaces ge-0/0/3 unit 0 family inet6 address 2001:db8:198::1/64
set security zones security-zone untrust interfaces ge-0/0/0.0
set security zones security-zone trust interfaces ge-0/0/1.0
set security zones security-zone trust host-inbound-traffic system-services ping
set applications application lasting protocol 47
set applications application lasting inactivity-timeout 86400
set applications application unwanted protocol udp
set applications application unwanted destination-port 9999
set security log mode event
set security log format sd-syslog
)";

std::string policy(const std::string& name, const std::string& application, const std::string& then) {
  const std::string head = "set security policies from-zone trust to-zone untrust policy " + name;
  return head + " match source-address any\n" + head + " match destination-address any\n" + head +
         " match application " + application + "\n" + head + " then " + then + "\n" + head +
         " then log session-init\n" +
         (then == "permit" ? head + " then log session-close\n" + head + " then count\n" : "");
}

std::string text_of(Variant variant) {
  std::string text(kAlways);
  text += policy("lasting", "lasting", "permit") + policy("unwanted", "unwanted", "deny");
  text += policy(variant == Variant::renamed ? "all" : "web", "any",
                 variant == Variant::denying ? "deny" : "permit");
  text += variant == Variant::moved ? "set security zones security-zone dmz interfaces ge-0/0/3.0\n"
                                    : "set security zones security-zone untrust interfaces ge-0/0/3.0\n";
  if (variant == Variant::denying || variant == Variant::renamed) {
    text += std::string("set security policies policy-rematch") +
            (variant == Variant::renamed ? " extensive\n" : "\n");
  }
  if (variant == Variant::wider) {
    text += "set system ports ge-0/0/2 device veth2\n";
  }
  return text;
}

// The pool's kind is chosen before the machine makes its pool.
std::filesystem::path make_folder() {
  static const bool prepared = [] {
    const Status started = port::start_eal();
    check(started.has_value(), started ? "" : started.error().message.c_str());
    lock_pools();
    return true;
  }();
  static_cast<void>(prepared);
  std::string made = (std::filesystem::temp_directory_path() / "sluice-stress-XXXXXX").string();
  check(mkdtemp(made.data()) != nullptr, "a test can make a folder");
  return made;
}

std::string attribute(const std::string& record, const std::string& name) {
  const std::size_t at = record.find(" " + name + "=\"");
  if (at == std::string::npos) {
    return "";
  }
  const std::size_t begin = at + name.size() + 3;
  return record.substr(begin, record.find('"', begin) - begin);
}
std::uint64_t number(const std::string& record, const std::string& name) {
  const std::string text = attribute(record, name);
  return text.empty() ? 0 : std::stoull(text);
}

LogRecord read_record(const std::string& line) {
  using Kind = LogRecord::Kind;
  const auto kind = line.find(" RT_FLOW_SESSION_CREATE ") != std::string::npos  ? Kind::created
                    : line.find(" RT_FLOW_SESSION_CLOSE ") != std::string::npos ? Kind::closed
                    : line.find(" RT_FLOW_SESSION_DENY ") != std::string::npos  ? Kind::denied
                                                                                : Kind::lost;
  return {.kind = kind,
          .session_id_64 = number(line, "session-id-64"),
          .worker = number(line, "log-worker"),
          .sequence = number(line, "log-sequence"),
          .lost = number(line, "lost-records"),
          .reason = attribute(line, "reason")};
}

}  // namespace

Firewall::Firewall() : folder_(make_folder()), control_(machine_, parts()) {
  commit(Variant::plain);
  inside_ = machine_.wire("ge-0/0/1");
  outside_ = {machine_.wire("ge-0/0/0"), machine_.wire("ge-0/0/3")};
  const auto running = control_.running();
  const std::vector<snapshot::Port>& known = running->snapshot.ports;
  for (std::size_t id = 0; id < known.size(); ++id) {
    if (known[id].is_twin) {
      twins_.push_back(machine_.twin(PortId{static_cast<std::uint16_t>(id)}));
    }
  }
  usual_routes_ = other_routes_ = machine_.routes();
  const auto next_hop_of = [&](std::string_view prefix) {
    for (const route::Route& route : usual_routes_.routes) {
      if (packet::to_string(route.prefix) == prefix) {
        return route.next_hop;
      }
    }
    check(false, "the plan has this route");
    return NextHopId{};
  };
  for (route::Route& route : other_routes_.routes) {
    if (packet::to_string(route.prefix) == "198.51.100.0/24") {
      route.next_hop = next_hop_of("203.0.113.0/24");
    }
  }
}

Firewall::~Firewall() {
  control_.stop();
  logship_.reset();
  std::filesystem::remove_all(folder_);
}

flowd::ControlParts Firewall::parts() {
  flowd::ControlParts parts;
  parts.compile = [this](const std::string& text,
                         const compile::IdRegistry& ids) -> Result<compile::Compiled> {
    static const config::Schema schema = config::Schema::load(config::Schema::default_directory()).value();
    const auto tree = config::parse_text(schema, text, "stress.conf");
    if (!tree) {
      return tree.error();
    }
    return compile::compile(tree->active(), ids, {.log_folder = folder_.string(), .host_name = "fw1"});
  };
  parts.made = [this](const flowd::Fleet& fleet) {
    std::vector<sessionlog::EventRing*> rings;
    for (const auto& worker : fleet.workers()) {
      rings.push_back(&worker->events());
    }
    logship_ = std::make_unique<logship::LogShip>(
        rings, [](std::string_view what) { std::cerr << "log: " << what << "\n"; });
    logship_->start();
  };
  parts.before_publish = [this](const compile::Compiled& next) {
    logship_->publish(next.log, next.snapshot.names);
  };
  parts.wait = [] {
    const timespec pause{.tv_sec = 0, .tv_nsec = 20'000};
    nanosleep(&pause, nullptr);
  };
  return parts;
}

void Firewall::commit(Variant variant) {
  const auto prepared = control_.prepare(text_of(variant));
  check(prepared.has_value(), prepared ? "" : prepared.error().text().c_str());
  const auto published = control_.publish(prepared->generation);
  check(published.has_value(), published ? "" : published.error().text().c_str());
}

void Firewall::tell_routes(bool elsewhere) {
  machine_.set_routes(elsewhere ? other_routes_ : usual_routes_);
  machine_.on_routes();
}

std::vector<port::TestPort*> Firewall::outside() const {
  return {outside_[0].get(), outside_[1].get()};
}

std::vector<port::TestPort*> Firewall::twins() const {
  std::vector<port::TestPort*> twins;
  for (const auto& twin : twins_) {
    twins.push_back(static_cast<port::TestPort*>(twin.get()));
  }
  return twins;
}

bool Firewall::step(const Now& now) {
  bool moved = false;
  const auto fleet = control_.fleet();
  for (const auto& worker : fleet->workers()) {
    moved = worker->run_once(now) != 0 || moved;
  }
  return moved;
}

std::vector<LogRecord> Firewall::finish_log() {
  logship_->stop();
  std::vector<LogRecord> records;
  std::ifstream in(folder_ / "traffic");
  for (std::string line; std::getline(in, line);) {
    records.push_back(read_record(line));
  }
  return records;
}

std::uint64_t Firewall::counted(std::uint64_t flow::Counters::*counter) const {
  std::uint64_t sum = 0;
  const auto fleet = control_.fleet();
  for (const auto& worker : fleet->workers()) {
    sum += get(worker->counters().*counter);
  }
  return sum;
}

std::uint64_t Firewall::dropped(packet::DropReason reason) const {
  std::uint64_t sum = 0;
  const auto fleet = control_.fleet();
  for (const auto& worker : fleet->workers()) {
    sum += get(worker->counters().drops[static_cast<std::size_t>(reason)]);
  }
  return sum;
}

std::uint64_t Firewall::own_sessions() const {
  std::uint64_t sum = 0;
  const auto fleet = control_.fleet();
  for (const auto& worker : fleet->workers()) {
    sum += get(worker->policy_counters()[kSelfTrafficPolicy.value].created);
  }
  return sum;
}

}  // namespace sluice::stress
