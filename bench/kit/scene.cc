#include "kit/scene.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <numeric>

#include "base/check.h"
#include "dataplane/packet/checksum.h"
#include "dataplane/port/eal.h"
#include "dataplane/session/tcp.h"

namespace sluice::bench {
namespace {

using packet::Family;

constexpr ZoneId kTrust{8};
constexpr ZoneId kUntrust{9};
constexpr std::array<std::uint8_t, 6> kInsideMac{2, 0, 0, 0, 0, 1};
constexpr std::array<std::uint8_t, 6> kOutsideMac{2, 0, 0, 0, 0, 2};
constexpr std::uint32_t kPolicies = 1000;

packet::IpPrefix prefix(const std::string& text) {
  return packet::parse_prefix(text).value();
}

route::NextHop next_hop(std::uint16_t port, std::uint16_t ifl, Family family) {
  route::NextHop hop;
  hop.kind = route::NextHopKind::forward;
  hop.port = PortId{port};
  hop.ifl = IflId{ifl};
  hop.gateway.family = family;
  const std::uint8_t header[14] = {2,
                                   0,
                                   0,
                                   0,
                                   1,
                                   static_cast<std::uint8_t>(port),
                                   2,
                                   0,
                                   0,
                                   0,
                                   0,
                                   static_cast<std::uint8_t>(port + 1),
                                   static_cast<std::uint8_t>(family == Family::inet ? 0x08 : 0x86),
                                   static_cast<std::uint8_t>(family == Family::inet ? 0x00 : 0xdd)};
  std::memcpy(hop.l2.data() + 6, header, sizeof header);
  return hop;
}

std::shared_ptr<const route::View> make_routes() {
  route::Definition definition;
  definition.next_hops = {{},
                          next_hop(0, 2, Family::inet),
                          next_hop(1, 3, Family::inet),
                          next_hop(0, 2, Family::inet6),
                          next_hop(1, 3, Family::inet6)};
  const auto add = [&](const char* text, std::uint16_t hop) {
    definition.routes.push_back({.prefix = prefix(text), .next_hop = NextHopId{hop}});
  };
  add("10.0.0.0/8", 1);
  add("0.0.0.0/0", 2);
  add("2001:db8::/32", 3);
  add("::/0", 4);
  return route::View::compile(std::move(definition)).value();
}

policy::AddressMatch one_prefix(const std::string& text) {
  policy::AddressMatch match;
  match.prefixes = {prefix(text)};
  return match;
}

// Rules as sites have them: hosts and networks on both sides, a service each; the last one permits the rest.
policy::Definition make_policies(bool log) {
  policy::Definition definition;
  definition.applications = policy::predefined_applications();
  std::mt19937 random(1);
  const auto service = [&] { return definition.applications[random() % 60].id; };
  for (std::uint32_t i = 0; i < kPolicies; ++i) {
    policy::Policy rule;
    rule.id = PolicyId{static_cast<std::uint16_t>(kFirstUserPolicy.value + i)};
    rule.name = fmt::format("p{}", i);
    rule.from_zone = kTrust;
    rule.to_zone = kUntrust;
    rule.action = policy::Action::permit;
    rule.log_init = rule.log_close = log;
    if (i + 1 == kPolicies) {
      rule.source.any = rule.destination.any = true;
    } else {
      const std::uint32_t r = random();
      rule.source = one_prefix(fmt::format("10.{}.{}.0/24", r & 255, (r >> 8) & 255));
      rule.destination = one_prefix(fmt::format("198.{}.{}.0/{}", 18 + (r >> 16 & 1), (r >> 17) & 255, 24));
      rule.applications = {service()};
    }
    definition.policies.push_back(rule);
  }
  return definition;
}

snapshot::Interface interface(std::uint16_t id, const char* name, std::uint16_t port, ZoneId zone) {
  snapshot::Interface ifl;
  ifl.id = IflId{id};
  ifl.name = name;
  ifl.port = PortId{port};
  ifl.zone = zone;
  return ifl;
}

snapshot::Port wire(const char* name, std::uint16_t ifl, const std::array<std::uint8_t, 6>& mac) {
  snapshot::Port port;
  port.name = name;
  port.mac = mac;
  port.ifl_by_vlan.assign(4096, kNoIfl);
  port.ifl_by_vlan[0] = IflId{ifl};
  return port;
}

// What log records call things.
std::shared_ptr<const snapshot::Names> make_names(const snapshot::Snapshot& snapshot) {
  auto names = std::make_shared<snapshot::Names>();
  names->policy.resize(kFirstUserPolicy.value + kPolicies);
  for (std::uint32_t i = 0; i < kPolicies; ++i) {
    names->policy[kFirstUserPolicy.value + i] = fmt::format("allow-web-{}", i);
  }
  names->zone.resize(10);
  names->zone[kTrust.value] = "trust";
  names->zone[kUntrust.value] = "untrust";
  for (const snapshot::Interface& interface : snapshot.interfaces) {
    names->interface.push_back(interface.name);
  }
  for (const policy::Application& application : policy::predefined_applications()) {
    names->application.resize(std::max<std::size_t>(names->application.size(), application.id.value + 1U));
    names->application[application.id.value] = application.name;
  }
  return names;
}

// Everything from inside goes out by one pool.
std::shared_ptr<const nat::Table> make_nat(const SceneOptions& options, const snapshot::Snapshot& snapshot) {
  constexpr std::uint32_t kFirst = 0x64400001;  // 100.64.0.1
  nat::Definition definition;
  for (const snapshot::Interface& interface : snapshot.interfaces) {
    definition.interfaces.push_back({.zone = interface.zone, .addresses = {}});
  }
  nat::SourcePool pool;
  pool.id = NatPoolId{2};
  pool.addresses = {
      {packet::IpAddress::v4(kFirst), packet::IpAddress::v4(kFirst + options.nat_addresses - 1U)}};
  pool.ports = options.nat_ports;
  definition.source_pools.push_back(pool);
  nat::Rule rule;
  rule.id = NatRuleId{1};
  rule.action = nat::Action::pool;
  rule.pool = pool.id;
  definition.source.push_back({.name = "out",
                               .path = "",
                               .from = {.interfaces = {}, .zones = {kTrust}},
                               .to = {.interfaces = {}, .zones = {kUntrust}},
                               .rules = {rule}});
  auto table = nat::Table::compile(definition, nullptr);
  check(table.has_value(), "the scene's NAT compiles");
  return std::move(table).value();
}

std::unique_ptr<snapshot::Snapshot> make_snapshot(const SceneOptions& options) {
  auto snapshot = std::make_unique<snapshot::Snapshot>();
  snapshot->generation = 1;
  snapshot->interfaces = {interface(0, "", 0, kNullZone), interface(1, ".local..0", 0, kJunosHostZone),
                          interface(2, "ge-0/0/0.0", 0, kTrust), interface(3, "ge-0/0/1.0", 1, kUntrust)};
  snapshot->zones.resize(10);
  snapshot->ports = {wire("ge-0/0/0", 2, kInsideMac), wire("ge-0/0/1", 3, kOutsideMac)};
  auto policies = policy::Table::compile(make_policies(options.log_sessions));
  if (!policies) {
    fmt::print(stderr, "{}\n", policies.error().text());
    std::exit(1);
  }
  snapshot->policies = std::move(policies).value();
  snapshot->routes = make_routes();
  snapshot->names = make_names(*snapshot);
  if (options.nat_addresses != 0) snapshot->nat = make_nat(options, *snapshot);
  return snapshot;
}

// A random permutation of 32 bits: neighbours in i are strangers on the wire.
std::uint32_t scatter(std::uint32_t x) {
  x = (x ^ (x >> 16)) * 0x7feb352dU;
  x = (x ^ (x >> 15)) * 0x846ca68bU;
  return x ^ (x >> 16);
}

struct Endpoint {
  std::uint32_t address;
  std::uint16_t port;
};
Endpoint client(std::uint32_t flow) {
  const std::uint32_t r = scatter(flow);
  return {0x0a000000U | (r & 0x00ffffff),
          static_cast<std::uint16_t>(1024 + (scatter(flow ^ 0x5bd1e995U) % 60000))};
}
Endpoint server(std::uint32_t flow) {
  const std::uint32_t r = scatter(flow + 0x9e3779b9U);
  return {0xc6120000U | (r & 0x1ffff), static_cast<std::uint16_t>(r >> 20 == 0 ? 443 : 1024 + (r >> 17))};
}

constexpr std::uint32_t kClientIsn = 1000;
constexpr std::uint32_t kServerIsn = 5000;
constexpr std::uint16_t kWindow = 65535;

void write_tcp(std::uint8_t* tcp, Direction direction, Step step) {
  using namespace session::tcp;
  const bool forth = direction == Direction::forth;
  std::uint32_t sequence = (forth ? kClientIsn : kServerIsn) + 1;
  std::uint32_t acknowledgement = (forth ? kServerIsn : kClientIsn) + 1;
  std::uint8_t flags = kAckFlag;
  if (step == Step::syn) {
    sequence = kClientIsn;
    acknowledgement = 0;
    flags = kSynFlag;
  } else if (step == Step::syn_ack) {
    sequence = kServerIsn;
    flags = kSynFlag | kAckFlag;
  } else if (step == Step::fin) {
    flags = kFinFlag | kAckFlag;
  } else if (step == Step::reset) {
    flags = kRstFlag | kAckFlag;
  }
  store_be(tcp + 4, sequence);
  store_be(tcp + 8, acknowledgement);
  tcp[12] = 5 << 4;
  tcp[13] = flags;
  store_be(tcp + 14, kWindow);
}

template <class F>
void write_addresses(std::uint8_t* ip, const Endpoint& from, const Endpoint& to) {
  if constexpr (F::kFamily == Family::inet) {
    store_be(ip + 12, from.address);
    store_be(ip + 16, to.address);
  } else {
    const auto write = [](std::uint8_t* at, const Endpoint& end) {
      const bool inside = (end.address >> 24) == 10;
      const std::uint8_t front[4] = {0x20, static_cast<std::uint8_t>(inside ? 1 : 2), 0x0d, 0xb8};
      std::memcpy(at, front, 4);
      store_be(at + 12, end.address);
    };
    write(ip + 8, from);
    write(ip + 24, to);
  }
}

void check_ok(const Status& status) {
  if (!status) {
    fmt::print(stderr, "{}\n", status.error().text());
    std::exit(1);
  }
}

}  // namespace

template <class F>
TraceFrame frame_of(std::uint32_t flow, Direction direction, Step step) {
  TraceFrame frame{};
  std::uint8_t* bytes = frame.bytes.data();
  const bool forth = direction == Direction::forth;
  std::memcpy(bytes, (forth ? kInsideMac : kOutsideMac).data(), 6);
  store_be<std::uint16_t>(bytes + 12, F::kFamily == Family::inet ? 0x0800 : 0x86dd);
  std::uint8_t* ip = bytes + 14;
  const auto l4_length = static_cast<std::uint16_t>(is_tcp(flow) ? 20 : 8);
  const std::uint8_t protocol = is_tcp(flow) ? 6 : 17;
  std::uint8_t* l4 = ip + F::kHeaderLength;
  const Endpoint from = forth ? client(flow) : server(flow);
  const Endpoint to = forth ? server(flow) : client(flow);
  write_addresses<F>(ip, from, to);
  if constexpr (F::kFamily == Family::inet) {
    ip[0] = 0x45;
    store_be(ip + 2, static_cast<std::uint16_t>(20 + l4_length));
    ip[8] = 64;
    ip[9] = protocol;
    store(ip + 10, static_cast<std::uint16_t>(~packet::fold(packet::sum_bytes(ip, 20))));
  } else {
    ip[0] = 0x60;
    store_be(ip + 4, l4_length);
    ip[6] = protocol;
    ip[7] = 64;
  }
  store_be(l4, from.port);
  store_be(l4 + 2, to.port);
  if (is_tcp(flow)) {
    write_tcp(l4, direction, step);
  } else {
    store_be(l4 + 4, l4_length);
  }
  return frame;
}
template TraceFrame frame_of<packet::V4>(std::uint32_t, Direction, Step);
template TraceFrame frame_of<packet::V6>(std::uint32_t, Direction, Step);

Scene::Scene(const SceneOptions& options) {
  check_ok(port::start_eal());
  auto pool = port::make_pool("bench", 2047);
  check(pool.has_value(), "a pool of buffers");
  pool_ = *pool;
  snapshot_ = make_snapshot(options);
  worker_ = std::make_unique<worker::Worker>(
      worker::WorkerOptions{.capacity = options.capacity,
                            .host_reserve = 0,
                            .secret = {{0x243f6a8885a308d3, 0x13198a2e03707344, 0xa4093822299f31d0}},
                            .log_events = options.log_events,
                            .pool = pool_});
  inside_ = std::make_unique<MemoryPort>("ge-0/0/0", pool_, 512, 64);
  outside_ = std::make_unique<MemoryPort>("ge-0/0/1", pool_, 512, 64);
  inside_->return_buffers_to(*outside_);
  outside_->return_buffers_to(*inside_);
  worker_->set_ports({inside_.get(), outside_.get()});
  worker_->publish(snapshot_.get());
}

Scene::~Scene() {
  worker_.reset();
  inside_.reset();
  outside_.reset();
  port::free_pool(pool_);
}

Scene::Run Scene::play(const std::vector<TraceFrame>& inside, const std::vector<TraceFrame>& outside,
                       std::uint16_t length) {
  inside_->play(inside, length);
  outside_->play(outside, length);
  inside_->reset_clocks();
  outside_->reset_clocks();
  const std::uint64_t start = clocks();
  while (!inside_->done() || !outside_->done()) {
    worker_->run_once(now);
  }
  const std::uint64_t all = clocks() - start;
  const std::uint64_t ports = inside_->own_clocks() + outside_->own_clocks();
  return {.packets = inside.size() + outside.size(), .worker_clocks = all - ports, .port_clocks = ports};
}

template <class F>
void establish(Scene& scene, std::span<const std::uint32_t> flows) {
  std::vector<TraceFrame> frames;
  const std::vector<TraceFrame> none;
  const auto steps = [&](Direction direction, Step step, bool udp_too) {
    frames.clear();
    for (const std::uint32_t flow : flows) {
      if (udp_too || is_tcp(flow)) {
        frames.push_back(frame_of<F>(flow, direction, step));
      }
    }
    const bool forth = direction == Direction::forth;
    scene.play(forth ? frames : none, forth ? none : frames, frame_length<F>());
  };
  steps(Direction::forth, Step::syn, true);
  steps(Direction::back, Step::syn_ack, false);
  steps(Direction::forth, Step::ack, false);
}
template void establish<packet::V4>(Scene&, std::span<const std::uint32_t>);
template void establish<packet::V6>(Scene&, std::span<const std::uint32_t>);

template <class F>
void establish(Scene& scene, std::uint32_t begin, std::uint32_t end) {
  constexpr std::uint32_t kChunk = 1 << 16;
  std::vector<std::uint32_t> flows;
  for (std::uint32_t first = begin; first < end; first += kChunk) {
    flows.resize(std::min(end - first, kChunk));
    std::iota(flows.begin(), flows.end(), first);
    establish<F>(scene, flows);
  }
}
template void establish<packet::V4>(Scene&, std::uint32_t, std::uint32_t);
template void establish<packet::V6>(Scene&, std::uint32_t, std::uint32_t);

}  // namespace sluice::bench
