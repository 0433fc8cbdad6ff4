#include "lab.h"

#include <fmt/format.h>
#include <rte_mempool.h>

#include <algorithm>

#include "base/check.h"
#include "base/clock.h"
#include "dataplane/port/eal.h"

namespace sluice::path {
namespace {

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
  const bool all_there = std::ranges::all_of(
      workers_, [](const auto& worker) { return worker->publications_seen() == worker->publications(); });
  if (all_there && snapshots_.back()->nat != nullptr) snapshots_.back()->nat->settle();
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

}  // namespace sluice::path
