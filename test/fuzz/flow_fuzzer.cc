// A firewall of two workers between hosts, and an input that says what the hosts send: packets of every kind,
// with anything in them changed, in fragments, quoted by ICMP errors, from the wire and from the kernel, as
// time passes and the configuration changes. Whatever comes, every frame is accounted for, every session
// ends, and every buffer comes back.
#include <rte_mempool.h>

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <vector>

#include "base/check.h"
#include "dataplane/port/eal.h"
#include "dataplane/port/test_port.h"
#include "dataplane/worker/worker.h"
#include "network.h"
#include "wire.h"

namespace {

using namespace sluice;
using flow::Counters;
using path::Bytes;
using path::Datagram;
using path::Endpoint;

constexpr std::uint16_t kWorkers = 2;
constexpr std::uint32_t kCapacity = 48;  // sessions of each worker: small, so that it is met
constexpr int kMostPackets = 64;

// The input, byte by byte; nothing but zeros after its end.
class Script {
 public:
  explicit Script(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
  [[nodiscard]] bool ended() const { return at_ >= bytes_.size(); }
  [[nodiscard]] std::uint8_t byte() { return ended() ? std::uint8_t{0} : bytes_[at_++]; }
  [[nodiscard]] std::uint16_t word() { return static_cast<std::uint16_t>(byte() << 8 | byte()); }
  [[nodiscard]] Bytes some(std::size_t most) {
    Bytes taken;
    for (std::size_t left = std::min<std::size_t>(byte(), most); left != 0; --left) {
      taken.push_back(byte());
    }
    return taken;
  }

 private:
  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 0;
};

path::Network office() {
  path::Network network = path::office();
  network.host("phone").resolved = false;
  network.zone("guest").tcp_rst = true;
  network.unit("ge-0/0/1.0").mtu = 1300;
  path::PolicyFacts rejecting;
  rejecting.name = "none";
  rejecting.action = policy::Action::reject;
  rejecting.log_init = true;
  network.policies.push_back(rejecting);
  // To servers of IPv4, with the ports that it has: so answers are met that nobody has seen the questions of.
  path::NatRuleFacts inet;
  inet.name = "to-inet";
  inet.destinations = {"2001:db8:64::/96"};
  inet.then = "inet";
  network.nat.static_nat.push_back(inet);
  path::NatPoolFacts pool;
  pool.name = "out";
  pool.low = "203.0.113.9";
  pool.translate_ports = false;
  network.nat.source_pools.push_back(pool);
  path::NatRuleFacts hide;
  hide.name = "hide";
  hide.sources = {"2001:db8::/32"};
  hide.destinations = {"10.0.0.0/8"};
  hide.then = pool.name;
  network.nat.source.push_back(hide);
  return network;
}

class World {
 public:
  World() {
    const Status started = port::start_eal();
    check(started.has_value(), "DPDK starts");
    pool_ = *port::make_pool("fuzz", 4095);
    snapshots_[0] = path::compile(network_, numbers_, 1, nullptr, kWorkers);
    network_.policy("out").action = policy::Action::deny;
    snapshots_[1] = path::compile(network_, numbers_, 2, snapshots_[0].get(), kWorkers);
    open();
    everything_ = rte_mempool_avail_count(pool_);
  }

  void run(Script script) {
    publish(0);
    for (int packets = 0; packets < kMostPackets && !script.ended(); ++packets) {
      act(script);
      settle();
    }
    for (int hours = 0; hours < 50 && (hours < 2 || live() != 0); ++hours) {
      pass(3600);
      settle();
    }
    check_accounts();
  }

 private:
  void open();
  void publish(std::size_t which) {
    for (auto& worker : workers_) {
      worker->publish(snapshots_[which].get());
    }
    settle();
  }
  void pass(std::uint32_t seconds) {
    now_.ns += seconds * kNsPerSecond;
    now_.unix_s += seconds;
  }
  void settle();
  void act(Script& script);
  [[nodiscard]] Datagram build(std::uint8_t kind, Script& script);
  void send(const Datagram& packet, std::uint8_t how, Script& script);
  void inject(std::size_t port, const Bytes& bytes, std::uint8_t how) {
    sent_ += ports_[port]->inject(bytes, (how & 0x80) != 0 ? 1 : 0) ? 1 : 0;
  }
  [[nodiscard]] Endpoint endpoint(std::uint8_t which, bool v4) const;
  [[nodiscard]] std::uint64_t sum(std::uint64_t Counters::*counter) const {
    std::uint64_t total = 0;
    for (const auto& worker : workers_) {
      total += worker->counters().*counter;
    }
    return total;
  }
  [[nodiscard]] std::uint64_t live() const {
    return sum(&Counters::sessions_created) - sum(&Counters::sessions_closed);
  }
  void check_accounts() const;

  path::Network network_ = office();
  path::Numbers numbers_;
  std::unique_ptr<snapshot::Snapshot> snapshots_[2];
  rte_mempool* pool_ = nullptr;
  unsigned everything_ = 0;
  std::vector<std::unique_ptr<port::TestPort>> ports_;  // by PortId
  std::vector<std::unique_ptr<worker::Worker>> workers_;
  Now now_{.ns = kNsPerSecond, .unix_s = 1'700'000'000, .unix_fraction_ns = 0};
  Datagram last_;  // what fragments are cut from, and errors quote
  std::uint64_t sent_ = 0;
  std::uint64_t received_ = 0;
};

void World::open() {
  std::vector<port::Port*> ports;
  for (const snapshot::Port& port : snapshots_[0]->ports) {
    ports_.push_back(*port::TestPort::create(
        {.name = port.name + (port.is_twin ? "h" : "w"), .mac = port.mac, .queues = kWorkers}, pool_));
    ports.push_back(ports_.back().get());
  }
  std::vector<worker::Worker*> all;
  for (std::uint16_t index = 0; index < kWorkers; ++index) {
    worker::WorkerOptions options;
    options.index = index;
    options.count = kWorkers;
    options.capacity = kCapacity;
    options.host_reserve = 4;
    options.log_events = 64;
    options.secret.words = {1, 2, 3};
    options.pool = pool_;
    workers_.push_back(std::make_unique<worker::Worker>(options));
    all.push_back(workers_.back().get());
  }
  for (auto& worker : workers_) {
    worker->set_ports(ports);
    worker->set_peers(all);
  }
}

// Runs the workers until nothing moves, and takes what leaves.
void World::settle() {
  for (int quiet = 0; quiet < 2;) {
    bool moved = false;
    for (auto& worker : workers_) {
      moved = worker->run_once(now_) != 0 || moved;
      worker->events().release(worker->events().peek().size());
      worker::ResolveRequest wanted;
      while (worker->next_resolve(wanted)) {
      }
    }
    quiet = moved ? 0 : quiet + 1;
    for (auto& port : ports_) {
      for (std::uint16_t queue = 0; queue < kWorkers; ++queue) {
        received_ += port->collect(queue).size();
      }
    }
  }
}

// One host's address, or something that is nobody's.
Endpoint World::endpoint(std::uint8_t which, bool v4) const {
  static constexpr std::uint16_t kPorts[] = {80, 40000, 53, 22};
  static const std::array<Endpoint, 3> strangers4{Endpoint{path::address("10.0.1.1"), 0},
                                                  Endpoint{path::address("203.0.113.9"), 0},
                                                  Endpoint{path::address("224.0.0.5"), 0}};
  static const std::array<Endpoint, 3> strangers6{Endpoint{path::address("2001:db8:1::1"), 0},
                                                  Endpoint{path::address("2001:db8:64::a00:214"), 0},
                                                  Endpoint{path::address("ff02::1"), 0}};
  const std::size_t at = which % 8;
  const std::uint16_t port = kPorts[which / 8 % 4];
  if (at < network_.hosts.size()) {
    return {path::address(v4 ? network_.hosts[at].address4 : network_.hosts[at].address6), port};
  }
  return {(v4 ? strangers4 : strangers6)[at - network_.hosts.size()].address, port};
}

Datagram World::build(std::uint8_t kind, Script& script) {
  const std::uint8_t what = script.byte();
  const bool v4 = (what & 1) == 0;
  const Endpoint from = endpoint(script.byte(), v4);
  const Endpoint to = endpoint(script.byte(), v4);
  switch (kind) {
    case 0: {
      const Bytes options = script.some(12);
      const std::uint8_t flags = script.byte();
      std::string letters;
      for (int bit = 0; bit < 6; ++bit) {
        letters += (flags >> bit & 1) != 0 ? std::string(1, "FSRPAU"[bit]) : "";
      }
      return path::tcp(from, to,
                       {.flags = letters,
                        .sequence = script.byte() * 64U,
                        .acknowledgement = script.byte() * 64U,
                        .window = script.word(),
                        .options = options,
                        .payload = script.byte() * 8U});
    }
    case 1:
      return path::udp(from, to, script.byte() * 8U);
    case 2:
      return path::echo_request(from, to, what / 2, script.byte(), script.byte());
    case 3:
      return path::echo_reply(from, to, what / 2, script.byte(), script.byte());
    case 4:
      return path::other(script.byte(), from, to, script.some(64));
    default:
      return path::complain(from.address, last_, static_cast<path::Complaint>(what / 2 % 5), script.word());
  }
}

// Bits of `how`: 0x08 and 0x10 time passes first, 0x20 from the kernel, 0x40 changed on the way, 0x80 the
// other queue.
void World::send(const Datagram& packet, std::uint8_t how, Script& script) {
  Bytes bytes = packet.ip();
  if ((how & 0x40) != 0) {
    for (int left = script.byte() % 4; left >= 0; --left) {
      bytes[script.byte() % bytes.size()] = script.byte();
    }
    if (packet.family() == path::Family::inet && bytes.size() >= 20) {
      std::string ignored;
      const Datagram again = path::read_ip(bytes, ignored);
      bytes = (script.byte() & 1) != 0 && again.family() == path::Family::inet ? again.ip() : bytes;
    }
  }
  const std::string source = packet::to_string(packet.source);
  const auto host =
      std::find_if(network_.hosts.begin(), network_.hosts.end(), [&](const path::Host& candidate) {
        return candidate.address4 == source || candidate.address6 == source;
      });
  const path::Unit& unit =
      network_.unit(host == network_.hosts.end() ? network_.units[script.byte() % 4].name : host->unit);
  const std::string name = path::port_of(unit.name);
  const std::vector<snapshot::Port>& known = snapshots_[0]->ports;
  for (std::size_t id = 0; id < known.size(); ++id) {
    if (known[id].name == name && known[id].is_twin == ((how & 0x20) != 0)) {
      const path::FrameHeader header{.destination = known[id].mac,
                                     .source = {2, 0, 0, 0, 9, 9},
                                     .vlan = unit.vlan,
                                     .ether_type = path::ether_type(packet.family())};
      inject(id, path::frame(header, bytes), how);
    }
  }
}

void World::act(Script& script) {
  static constexpr std::uint32_t kSeconds[] = {0, 1, 4, 61};
  const std::uint8_t how = script.byte();
  const std::uint8_t kind = how % 8;
  pass(kSeconds[how / 8 % 4]);
  if (how == 0xff) {
    return publish(script.byte() % 2);
  }
  if (kind == 7) {
    return inject(script.byte() % ports_.size(), script.some(200), how);
  }
  if (kind == 6) {
    const std::uint32_t identification = script.byte();
    std::vector<Datagram> pieces = path::fragments(last_, 8U + script.byte() / 16 * 8U, identification);
    std::rotate(pieces.begin(),
                pieces.begin() + static_cast<long>(script.byte() % std::max<std::size_t>(1, pieces.size())),
                pieces.end());
    for (const Datagram& piece : pieces) {
      send(piece, how, script);
    }
    return;
  }
  if (kind == 5 && last_.transport.empty()) {
    return;  // nothing that an error could quote
  }
  const Datagram packet = build(kind, script);
  send(packet, how, script);
  last_ = packet;
}

void World::check_accounts() const {
  check(live() == 0, "every session ends");
  check(sum(&Counters::received) == sent_, "every frame was received");
  check(sum(&Counters::transmitted) == received_, "every frame that was transmitted left");
  std::uint64_t dropped = 0;
  for (const auto& worker : workers_) {
    for (const std::uint64_t drops : worker->counters().drops) {
      dropped += drops;
    }
  }
  check(sum(&Counters::dropped) == dropped, "every drop has a reason");
  check(sum(&Counters::forwarded) + dropped + sum(&Counters::fragments) >= sent_, "no frame vanished");
  check(rte_mempool_avail_count(pool_) == everything_, "every buffer came back");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static World& world = *new World;  // DPDK does not like to be taken down
  world.run(Script({bytes, size}));
  return 0;
}
