#include "lab.h"

#include <fmt/format.h>
#include <rte_mempool.h>

#include <algorithm>

#include "base/check.h"
#include "base/clock.h"
#include "dataplane/port/eal.h"

namespace sluice::path {
namespace {

using Kind = Numbers::Kind;

constexpr std::uint32_t kStartUnix = 1'700'000'000;
constexpr std::uint32_t kBuffers = 8191;

// DPDK and its buffers live as long as the process.
rte_mempool* buffers() {
  static rte_mempool* pool = [] {
    const Status started = port::start_eal();
    check(started.has_value(), started ? "" : started.error().message.c_str());
    auto made = port::make_pool("path", kBuffers);
    check(made.has_value(), "the path tests get their buffers");
    return *made;
  }();
  return pool;
}

std::string protocol_name(std::uint8_t protocol) {
  switch (protocol) {
    case kIcmp:
    case kIcmp6:
      return "icmp";
    case kTcp:
      return "tcp";
    case kUdp:
      return "udp";
    default:
      return fmt::format("protocol-{}", protocol);
  }
}

template <class Key>
Endpoint source_end(const Key& key) {
  return {packet::to_address(key.source), byte_swap(key.source_port)};
}
template <class Key>
Endpoint destination_end(const Key& key) {
  return {packet::to_address(key.destination), byte_swap(key.destination_port)};
}

IpAddress event_address(const sessionlog::Event& event, const std::array<std::uint8_t, 16>& bytes) {
  return {event.family, bytes};
}

}  // namespace

Lab::Lab(Network network, Given given, LabOptions options)
    : network_(std::move(network)),
      given_(given),
      now_{.ns = kNsPerSecond, .unix_s = kStartUnix, .unix_fraction_ns = 0},
      buffers_before_(rte_mempool_avail_count(buffers())) {
  snapshots_.push_back(compile(network_, numbers_, 1, nullptr, given_.workers));
  open_ports(options);
  open_workers(options);
  for (auto& worker : workers_) worker->publish(snapshots_.back().get());
  run();
}

Lab::~Lab() {
  workers_.clear();
  ports_.clear();
  EXPECT_EQ(rte_mempool_avail_count(buffers()), buffers_before_) << "buffers were lost";
  port::free_pool(fragment_pool_);
}

void Lab::open_ports(const LabOptions& options) {
  for (const snapshot::Port& port : snapshots_.back()->ports) {
    auto made = port::TestPort::create({.name = port.name + (port.is_twin ? " host" : ""),
                                        .mac = port.mac,
                                        .queues = given_.workers,
                                        .depth = options.port_depth},
                                       buffers());
    check(made.has_value(), "a test port opens");
    ports_.push_back(std::move(made).value());
  }
}

void Lab::open_workers(const LabOptions& options) {
  if (options.fragment_buffers != 0) {
    auto made = port::make_pool("path-few", options.fragment_buffers);
    check(made.has_value(), "the path tests get their buffers");
    fragment_pool_ = *made;
  }
  std::vector<worker::Worker*> all;
  for (std::uint16_t i = 0; i < given_.workers; ++i) {
    worker::WorkerOptions its;
    its.index = i;
    its.count = given_.workers;
    its.capacity = options.capacity;
    its.host_reserve = options.host_reserve;
    its.log_events = options.log_events;
    its.secret.words = {0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb};
    its.pool = fragment_pool_ == nullptr ? buffers() : fragment_pool_;
    workers_.push_back(std::make_unique<worker::Worker>(its));
    all.push_back(workers_.back().get());
  }
  std::vector<port::Port*> ports;
  for (auto& port : ports_) ports.push_back(port.get());
  for (auto& worker : workers_) {
    worker->set_ports(ports);
    worker->set_peers(all);
  }
}

void Lab::publish() {
  const std::uint32_t generation = snapshots_.back()->generation + 1;
  snapshots_.push_back(compile(network_, numbers_, generation, snapshots_.back().get(), given_.workers));
  for (auto& worker : workers_) worker->publish(snapshots_.back().get());
}

Endpoint Lab::at(const std::string& host, std::uint16_t port) const {
  const bool v4 = given_.family == Family::inet;
  constexpr std::string_view kFirewall = "firewall ";
  if (host.starts_with(kFirewall)) {
    for (const Unit& unit : network_.units) {
      if (unit.name != host.substr(kFirewall.size())) continue;
      for (const std::string& text : unit.addresses) {
        const IpAddress own = address(text.substr(0, text.find('/')));
        if (own.family == given_.family) return {own, port};
      }
    }
    check(false, "the firewall has an address of the family on the unit");
  }
  for (const Host& candidate : network_.hosts) {
    if (candidate.name == host) return {address(v4 ? candidate.address4 : candidate.address6), port};
  }
  check(false, "the network has the host");
  return {};
}

void Lab::advance(std::uint32_t seconds) {
  for (std::uint32_t i = 0; i < seconds; ++i) {
    now_.ns += kNsPerSecond;
    ++now_.unix_s;
    const std::vector<Left> left = run();
    EXPECT_TRUE(left.empty()) << "while time passed there left " << describe(left);
  }
}

const Host* Lab::host_with(const IpAddress& of) const {
  const std::string text = packet::to_string(of);
  const auto found = std::find_if(network_.hosts.begin(), network_.hosts.end(), [&](const Host& host) {
    return host.address4 == text || host.address6 == text;
  });
  return found == network_.hosts.end() ? nullptr : &*found;
}

std::string Lab::name_of(const IpAddress& of) const {
  const Host* host = host_with(of);
  if (host != nullptr) return host->name;
  for (const Unit& unit : network_.units) {
    for (const std::string& text : unit.addresses) {
      if (address(text.substr(0, text.find('/'))) == of) return "firewall";
    }
  }
  return packet::to_string(of);
}

std::uint16_t Lab::wire_of(const std::string& port) const {
  for (std::size_t i = 0; i < ports_.size(); ++i) {
    if (ports_[i]->name() == port) return static_cast<std::uint16_t>(i);
  }
  check(false, "the lab has the port");
  return 0;
}

// --- traffic

Bytes Lab::frame_of(const std::string& host, const Datagram& packet) const {
  for (const Host& candidate : network_.hosts) {
    if (candidate.name != host) continue;
    const auto unit = std::find_if(network_.units.begin(), network_.units.end(),
                                   [&](const Unit& x) { return x.name == candidate.unit; });
    check(unit != network_.units.end(), "a host is on a unit of the network");
    const Mac gateway = port_mac(wire_of(port_of(unit->name)));
    return frame({gateway, host_mac(network_, host), unit->vlan, ether_type(packet.family())}, packet.ip());
  }
  check(false, "the network has the host");
  return {};
}

void Lab::inject(const std::string& port, const Bytes& bytes, std::uint16_t queue) {
  check(ports_[wire_of(port)]->inject(bytes, queue), "a test port takes a frame");
}

std::vector<Left> Lab::send_frame(const std::string& port, const Bytes& bytes) {
  inject(port, bytes, next_queue_);
  next_queue_ = static_cast<std::uint16_t>((next_queue_ + 1) % given_.workers);
  return run();
}

std::vector<Left> Lab::send_from(const std::string& host, const Datagram& packet) {
  const auto sender = std::find_if(network_.hosts.begin(), network_.hosts.end(),
                                   [&](const Host& candidate) { return candidate.name == host; });
  check(sender != network_.hosts.end(), "the network has the host");
  return send_frame(port_of(sender->unit), frame_of(host, packet));
}

std::vector<Left> Lab::send(const Datagram& packet) {
  const Host* host = host_with(packet.source);
  check(host != nullptr, "a host has the packet's source address");
  return send_from(host->name, packet);
}

std::vector<Left> Lab::send_from_kernel(const std::string& port, const Datagram& packet,
                                        const Mac& destination) {
  const Mac own = port_mac(wire_of(port));
  std::uint16_t vlan = 0;
  for (const Unit& unit : network_.units) {
    if (port_of(unit.name) == port) vlan = unit.vlan;
  }
  return send_frame(port + " host",
                    frame({destination, own, vlan, ether_type(packet.family())}, packet.ip()));
}

bool Lab::step_all() {
  bool moved = false;
  for (auto& worker : workers_) {
    const std::uint64_t before = worker->counters().handed_off;
    moved = worker->run_once(now_) != 0 || moved;
    moved = worker->counters().handed_off != before || moved;
  }
  return moved;
}

std::vector<Left> Lab::run() {
  std::vector<Left> left;
  while (step_all()) {
    collect(left);
  }
  step_all();  // what the last turn handed off or left to do
  collect(left);
  return left;
}

std::vector<Left> Lab::collect_now() {
  std::vector<Left> left;
  collect(left);
  return left;
}

void Lab::collect(std::vector<Left>& left) {
  for (auto& port : ports_) {
    for (std::uint16_t queue = 0; queue < given_.workers; ++queue) {
      for (const Bytes& bytes : port->collect(queue)) {
        const ReadFrame read = read_frame(bytes);
        EXPECT_TRUE(read.wrong.empty() || unsound_allowed_) << "at " << port->name() << ": " << read.wrong;
        left.push_back({port->name(), read.header, read.content, read.is_ip, read.datagram});
      }
    }
  }
}

// --- expectations

std::vector<std::uint64_t> Lab::all_drops() const {
  std::vector<std::uint64_t> all(packet::kDropReasons);
  for (const auto& worker : workers_) {
    for (std::size_t i = 0; i < all.size(); ++i) all[i] += session::get(worker->counters().drops[i]);
  }
  return all;
}

std::string Lab::drops_since(const std::vector<std::uint64_t>& before) const {
  std::string text;
  const std::vector<std::uint64_t> after = all_drops();
  for (std::size_t i = 0; i < after.size(); ++i) {
    if (after[i] == before[i]) continue;
    text += fmt::format("{}{}", text.empty() ? "" : ", ", packet::name(static_cast<DropReason>(i)));
    if (after[i] - before[i] != 1) text += fmt::format(" x {}", after[i] - before[i]);
  }
  return text;
}

testing::AssertionResult Lab::left_towards_destination(const std::vector<Left>& left, const Datagram& packet,
                                                       std::uint8_t hops_taken) const {
  if (left.size() != 1) {
    return testing::AssertionFailure()
           << packet.text() << ": one frame should have left, but " << describe(left);
  }
  const Host* host = host_with(packet.destination);
  check(host != nullptr, "a host has the packet's destination address");
  const auto unit = std::find_if(network_.units.begin(), network_.units.end(),
                                 [&](const Unit& x) { return x.name == host->unit; });
  Datagram expected = packet;
  expected.hops = static_cast<std::uint8_t>(expected.hops - hops_taken);
  const std::string port = port_of(host->unit);
  const FrameHeader header{host_mac(network_, host->name), port_mac(wire_of(port)), unit->vlan,
                           ether_type(packet.family())};
  const Left& frame = left.front();
  if (frame.port != port || frame.header != header) {
    return testing::AssertionFailure()
           << packet.text() << " left as " << describe(left) << ", not at " << port << " vlan " << unit->vlan
           << " to " << to_text(header.destination);
  }
  if (!(frame.datagram == expected)) {
    return testing::AssertionFailure() << "expected " << expected.text() << " but " << describe(left);
  }
  return testing::AssertionSuccess();
}

testing::AssertionResult Lab::becomes_from(const std::string& host, const Datagram& packet,
                                           const Datagram& translated) {
  const auto before = all_drops();
  const auto left = send_from(host, packet);
  if (const std::string drops = drops_since(before); !drops.empty()) {
    return testing::AssertionFailure() << packet.text() << " was dropped: " << drops;
  }
  return left_towards_destination(left, translated);
}

testing::AssertionResult Lab::becomes(const Datagram& packet, const Datagram& translated) {
  const Host* host = host_with(packet.source);
  check(host != nullptr, "a host has the packet's source address");
  return becomes_from(host->name, packet, translated);
}

Datagram Lab::translated(const Datagram& packet) {
  const auto before = all_drops();
  const auto left = send(packet);
  EXPECT_EQ(drops_since(before), "") << packet.text();
  EXPECT_EQ(left.size(), 1U) << packet.text() << " left as " << describe(left);
  if (left.size() != 1) return {};
  Datagram made = left.front().datagram;
  ++made.hops;
  return made;
}

testing::AssertionResult Lab::passes_from(const std::string& host, const Datagram& packet) {
  return becomes_from(host, packet, packet);
}

testing::AssertionResult Lab::passes(const Datagram& packet) {
  const Host* host = host_with(packet.source);
  check(host != nullptr, "a host has the packet's source address");
  return passes_from(host->name, packet);
}

testing::AssertionResult Lab::reaches_kernel(const std::string& port, const Datagram& packet) {
  const auto before = all_drops();
  const auto left = send(packet);
  if (const std::string drops = drops_since(before); !drops.empty()) {
    return testing::AssertionFailure() << packet.text() << " was dropped: " << drops;
  }
  if (left.size() == 1 && left.front().port == port + " host" && left.front().datagram == packet) {
    return testing::AssertionSuccess();
  }
  return testing::AssertionFailure() << packet.text() << " should have reached the kernel, but "
                                     << describe(left);
}

testing::AssertionResult Lab::kernel_sends(const std::string& port, const Datagram& packet) {
  const auto before = all_drops();
  const auto left = send_from_kernel(port, packet);
  if (const std::string drops = drops_since(before); !drops.empty()) {
    return testing::AssertionFailure() << packet.text() << " was dropped: " << drops;
  }
  return left_towards_destination(left, packet, 0);
}

testing::AssertionResult Lab::drops_frame(const std::string& port, const Bytes& bytes, DropReason reason) {
  const auto before = all_drops();
  const std::uint64_t dropped_before = counted(&flow::Counters::dropped);
  const auto left = send_frame(port, bytes);
  if (!left.empty()) return testing::AssertionFailure() << "it passed: " << describe(left);
  const std::string drops = drops_since(before);
  if (drops != packet::name(reason) || counted(&flow::Counters::dropped) != dropped_before + 1) {
    return testing::AssertionFailure() << "it should be counted as " << packet::name(reason)
                                       << ", but moved: " << (drops.empty() ? "nothing" : drops);
  }
  return testing::AssertionSuccess();
}

testing::AssertionResult Lab::drops_from(const std::string& host, const Datagram& packet, DropReason reason) {
  const std::string port = port_of(network_.host(host).unit);
  testing::AssertionResult dropped = drops_frame(port, frame_of(host, packet), reason);
  return dropped ? dropped : dropped << ": " << packet.text();
}

testing::AssertionResult Lab::drops(const Datagram& packet, DropReason reason) {
  const Host* host = host_with(packet.source);
  check(host != nullptr, "a host has the packet's source address");
  return drops_from(host->name, packet, reason);
}

Datagram Lab::answer_to_dropped(const Datagram& packet, DropReason reason) {
  const auto before = all_drops();
  const auto left = send(packet);
  EXPECT_EQ(drops_since(before), packet::name(reason)) << packet.text();
  EXPECT_EQ(left.size(), 1U) << describe(left);
  if (left.size() != 1) return {};
  const Datagram& answer = left.front().datagram;
  Datagram towards_sender = answer;
  towards_sender.hops = static_cast<std::uint8_t>(answer.hops + 1);
  EXPECT_TRUE(left_towards_destination(left, towards_sender));
  EXPECT_EQ(answer.destination, packet.source);
  return answer;
}

// --- what can be seen

std::string Lab::flow_text(std::uint8_t protocol, const Endpoint& from, const Endpoint& to) const {
  return fmt::format("{} {}/{} > {}/{}", protocol_name(protocol), name_of(from.address), from.port,
                     name_of(to.address), to.port);
}

template <class F>
void Lab::see(std::uint16_t index, std::vector<Seen>& into) const {
  const session::Table<F>& table = workers_[index]->table<F>();
  const snapshot::Snapshot& current = *snapshots_.back();
  session::Copy<F> copy;
  const auto& [record, cold, traffic] = copy;
  for (std::uint32_t slot = 0; slot < table.slots_used(); ++slot) {
    if (!table.copy(slot, copy)) continue;
    Seen seen;
    const auto zone = [&](unsigned wing) { return current.zones[copy.key(wing).zone].name; };
    const auto unit = [&](int wing) { return current.interfaces[copy.cold.ifl[wing]].name; };
    seen.flow = flow_text(record.key.protocol, source_end(record.key), destination_end(record.key));
    seen.answers = flow_text(record.key.protocol, source_end(copy.key(1)), destination_end(copy.key(1)));
    seen.zones = zone(0) + " > " + zone(1);
    seen.interfaces = unit(0) + " > " + unit(1);
    seen.policy = numbers_.name(Kind::policy, cold.policy);
    if (PolicyId{cold.policy} == kSelfTrafficPolicy) seen.policy = "self-traffic-policy";
    if (const auto* application = current.policies->find(AppId{cold.application})) {
      seen.application = application->name;
    }
    seen.timeout_s = table.timeout_s(slot);
    seen.remaining_s = seen.timeout_s - (now_.unix_s - record.last_seen_s);
    for (int wing = 0; wing < 2; ++wing) {
      seen.packets[wing] = traffic[wing].packets;
      seen.bytes[wing] = traffic[wing].bytes;
    }
    seen.state = record.state;
    seen.flags = record.flags;
    seen.identifier = table.identifier(slot);
    seen.worker = index;
    seen.family = F::kFamily;
    seen.handle = {slot, record.version};
    into.push_back(seen);
  }
}

std::vector<Seen> Lab::sessions() const {
  std::vector<Seen> all;
  for (std::uint16_t i = 0; i < given_.workers; ++i) {
    see<packet::V4>(i, all);
    see<packet::V6>(i, all);
  }
  return all;
}

std::vector<std::string> Lab::flows() const {
  std::vector<std::string> lines;
  for (const Seen& seen : sessions()) lines.push_back(seen.flow);
  std::sort(lines.begin(), lines.end());
  return lines;
}

Seen Lab::session() const {
  const std::vector<Seen> all = sessions();
  EXPECT_EQ(all.size(), 1U) << "exactly one session is expected";
  return all.empty() ? Seen{} : all.front();
}

std::uint64_t Lab::dropped(DropReason reason) const {
  return all_drops()[static_cast<std::size_t>(reason)];
}

std::uint64_t Lab::counted(std::uint64_t flow::Counters::*counter) const {
  std::uint64_t sum = 0;
  for (const auto& worker : workers_) sum += session::get(worker->counters().*counter);
  return sum;
}

flow::PolicyCounters Lab::policy_counters(const std::string& policy) const {
  const std::uint16_t id = policy == "self-traffic-policy" ? kSelfTrafficPolicy.value
                           : policy == "default-policy"
                               ? kDefaultPolicy.value
                               : const_cast<Numbers&>(numbers_).of(Kind::policy, policy);
  flow::PolicyCounters sum;
  for (const auto& worker : workers_) {
    const flow::PolicyCounters& its = worker->policy_counters()[id];
    sum.lookups += its.lookups;
    sum.created += its.created;
    sum.closed += its.closed;
    for (int wing = 0; wing < 2; ++wing) {
      sum.packets[wing] += its.packets[wing];
      sum.bytes[wing] += its.bytes[wing];
    }
  }
  return sum;
}

namespace {

flow::NatCounters sum_of(const std::vector<std::unique_ptr<worker::Worker>>& workers,
                         const flow::NatCounterTable& (worker::Worker::*table)() const noexcept,
                         std::uint16_t number) {
  flow::NatCounters sum;
  for (const auto& worker : workers) {
    const flow::NatCounters& its = ((*worker).*table)()[number];
    sum.hits += its.hits;
    sum.failed += its.failed;
    sum.created += its.created;
    sum.ended += its.ended;
  }
  return sum;
}

}  // namespace

flow::NatCounters Lab::nat_rule_counters(const std::string& rule) {
  return sum_of(workers_, &worker::Worker::nat_rule_counters, numbers_.of(Kind::nat_rule, rule));
}

flow::NatCounters Lab::nat_pool_counters(const std::string& pool) {
  return sum_of(workers_, &worker::Worker::nat_pool_counters, numbers_.of(Kind::nat_pool, pool));
}

std::vector<sessionlog::Event> Lab::events() {
  std::vector<sessionlog::Event> all;
  for (auto& worker : workers_) {
    for (auto run = worker->events().peek(); !run.empty(); run = worker->events().peek()) {
      all.insert(all.end(), run.begin(), run.end());
      worker->events().release(run.size());
    }
  }
  return all;
}

std::string Lab::text(const sessionlog::Event& event) const {
  const snapshot::Snapshot& current = *snapshots_.back();
  static constexpr std::array<std::string_view, 3> kTypes{"created", "closed", "denied"};
  std::string policy = numbers_.name(Kind::policy, event.policy.value);
  if (event.policy == kSelfTrafficPolicy) policy = "self-traffic-policy";
  if (event.policy == kDefaultPolicy) policy = "default-policy";
  const auto* application = current.policies->find(event.application);
  std::string line =
      fmt::format("{} {} {} > {} {} {}", kTypes[static_cast<std::size_t>(event.type)],
                  flow_text(event.protocol, {event_address(event, event.source), event.source_port},
                            {event_address(event, event.destination), event.destination_port}),
                  current.zones[event.from_zone.value].name, current.zones[event.to_zone.value].name, policy,
                  application == nullptr ? "-" : application->name);
  if (event.type == sessionlog::EventType::closed) {
    line += fmt::format(" {} {}/{}", session::name(event.reason), event.packets[0], event.packets[1]);
  }
  return line;
}

std::vector<std::string> Lab::log() {
  std::vector<std::string> lines;
  for (const sessionlog::Event& event : events()) lines.push_back(text(event));
  return lines;
}

std::vector<std::string> Lab::wanted_neighbors() {
  std::vector<std::string> wanted;
  worker::ResolveRequest request;
  for (auto& worker : workers_) {
    while (worker->next_resolve(request)) {
      wanted.push_back(snapshots_.back()->interfaces[request.ifl.value].name + " " +
                       name_of(request.address));
    }
  }
  return wanted;
}

// --- requests

void Lab::post(const Seen& session, worker::Request request) {
  request.family = session.family;
  request.session = session.handle;
  check(workers_[session.worker]->mailbox().post(request), "a worker's mailbox has room");
}

void Lab::end(const Seen& session, session::CloseReason reason) {
  worker::Request request;
  request.reason = reason;
  post(session, request);
  run();
}

std::string describe(const std::vector<Left>& left) {
  if (left.empty()) return "nothing";
  std::string text;
  for (const Left& frame : left) {
    text += fmt::format(
        "{}{}{} to {}: {}", text.empty() ? "" : "; ", frame.port,
        frame.header.vlan == 0 ? "" : fmt::format(" vlan {}", frame.header.vlan),
        to_text(frame.header.destination),
        frame.is_ip ? frame.datagram.text() : fmt::format("EtherType {:04x}", frame.header.ether_type));
  }
  return text;
}

// --- connections

Datagram Connection::next(End& from, End& to, const std::string& flags, std::size_t payload) {
  TcpFields fields{.flags = flags,
                   .sequence = from.sequence,
                   .acknowledgement = from.acknowledgement,
                   .window = window,
                   .options = {},
                   .payload = payload};
  const bool syn = flags.find('S') != std::string::npos;
  if (flags.find('A') == std::string::npos) fields.acknowledgement = 0;
  if (syn) fields.options = &from == &client_ ? client_options : server_options;
  Datagram made = tcp(from.endpoint, to.endpoint, fields);
  from.sequence +=
      static_cast<std::uint32_t>(payload) + (syn ? 1 : 0) + (flags.find('F') != std::string::npos ? 1 : 0);
  to.acknowledgement = from.sequence;
  return made;
}

Datagram Connection::with(const End& from, const End& to, const TcpFields& fields) {
  TcpFields absolute = fields;
  absolute.sequence += from.sequence;
  absolute.acknowledgement += from.acknowledgement;
  return tcp(from.endpoint, to.endpoint, absolute);
}

testing::AssertionResult Connection::open(Lab& lab) {
  if (auto first = lab.passes(client("S")); !first) return first;
  if (auto second = lab.passes(server("SA")); !second) return second;
  return lab.passes(client("A"));
}

testing::AssertionResult Connection::close(Lab& lab) {
  if (auto first = lab.passes(client("FA")); !first) return first;
  if (auto second = lab.passes(server("FA")); !second) return second;
  return lab.passes(client("A"));
}

std::vector<Given> every_given(Family family) {
  return {{family, 1}, {family, 2}};
}

std::vector<Given> every_given() {
  std::vector<Given> all = every_given(Family::inet);
  for (const Given& given : every_given(Family::inet6)) all.push_back(given);
  return all;
}

namespace {

std::string name_of_given(const Given& given) {
  return fmt::format("{}_{}", given.family == Family::inet ? "v4" : "v6",
                     given.workers == 1 ? "one_worker" : fmt::format("{}_workers", given.workers));
}

}  // namespace

void PrintTo(const Given& given, std::ostream* out) {
  *out << name_of_given(given);
}

std::string given_name(const testing::TestParamInfo<Given>& info) {
  return name_of_given(info.param);
}

}  // namespace sluice::path
