#include "dataplane/worker/worker.h"

#include <rte_mbuf.h>
#include <rte_prefetch.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

#include "base/check.h"
#include "dataplane/flow/flow.h"
#include "dataplane/packet/mbuf.h"
#include "dataplane/packet/mbuf_fragments.h"
#include "dataplane/worker/hand_off.h"
#include "dataplane/worker/outbox.h"

namespace sluice::worker {
namespace {

using flow::kBurst;
using packet::DropReason;
using packet::Kind;
using packet::Packet;

constexpr std::uint16_t kPortBurst = 64;       // frames of one port at a time
constexpr std::uint32_t kExpireBudget = 256;   // timer entries per turn
constexpr std::uint32_t kMailboxBudget = 128;  // requests per turn
constexpr std::uint32_t kMailboxCapacity = 65536;
constexpr std::uint32_t kHandOffBudget = 512;  // handed-off frames per turn
constexpr std::uint32_t kReassemblyDatagrams = 4096;
constexpr std::uint32_t kReassemblyTimeoutMs = 5000;
constexpr std::uint32_t kMaxFragments = 64;

// Whether it is known who owns what has come in.
enum class Owner : std::uint8_t {
  to_be_found,
  this_worker,  // there is no other, or another found that it is this one
};

flow::CoreOptions core_options(const WorkerOptions& options) {
  return {.index = options.index,
          .workers = options.count,
          .capacity = options.capacity,
          .host_reserve = options.host_reserve,
          .version_seed = options.version_seed,
          .secret = options.secret,
          .log_events = options.log_events};
}

}  // namespace

struct Worker::State {
  explicit State(const WorkerOptions& worker_options)
      : options(worker_options),
        core(core_options(worker_options)),
        mailbox(kMailboxCapacity),
        reassembler(kReassemblyDatagrams, kReassemblyTimeoutMs) {}

  WorkerOptions options;
  flow::Core core;
  Mailbox mailbox;
  HandOff inbound;
  packet::Reassembler reassembler;
  std::vector<port::Port*> ports;
  std::vector<Worker*> peers;
  Outbox outbox;

  // What parse() needs of each port; rebuilt when the snapshot changes.
  std::vector<packet::Ingress> ingress;
  std::vector<ZoneId> zone_by_ifl;
  std::vector<std::uint8_t> enabled_by_ifl;
  std::vector<std::vector<IflId>> host_ifl_by_vlan;  // of each twin

  std::array<rte_mbuf*, kPortBurst> received;
  std::array<Packet, kBurst> burst;
  std::uint32_t gathered = 0;  // packets in the burst so far
  bool settled = false;        // whether any of them is
  std::uint32_t reassembly_second = 0;
  bool behind = false;  // the last turn's budget for ageing was used up

  // What to decide by and the ports to use, as one step.
  struct Publication {
    const snapshot::Snapshot* snapshot = nullptr;
    std::vector<port::Port*> ports;
    std::uint64_t number = 0;
  };
  std::atomic<const Publication*> published{nullptr};
  std::atomic<std::uint64_t> publications_seen{0};
  // The control thread's: the ports of the next publication, and those that may still be in use.
  std::vector<port::Port*> next_ports;
  std::vector<std::unique_ptr<const Publication>> kept;
  std::atomic<std::uint64_t> publications{0};

  bool take_snapshot(const Now& now) noexcept;
  void rebuild_ingress(const snapshot::Snapshot& snapshot);
  std::vector<IflId> local_units(const snapshot::Port& twin) const;
  std::uint32_t receive_ports() noexcept;
  std::uint32_t receive_handed_off() noexcept;
  void enter_handed_off(rte_mbuf* frame) noexcept;
  void gather(rte_mbuf** frames, std::uint32_t count, PortId port, Owner owner) noexcept;
  template <class F>
  [[gnu::noinline]] std::uint32_t enter_plain(const packet::PlainIngress& from,
                                              std::span<rte_mbuf* const> frames, Owner owner) noexcept;
  bool keep(Packet& packet, std::uint16_t owner) noexcept;
  void enter_any(const packet::Ingress& from, rte_mbuf* frame, Owner owner) noexcept;
  std::uint32_t receive_from(std::size_t at) noexcept;
  void judge() noexcept;
  [[nodiscard]] Owner owner_on_receipt() const noexcept;
  bool admit(Packet& packet, Owner known) noexcept;
  void finish(std::span<Packet> packets) noexcept;
  void carry_out(Packet& packet) noexcept;
  void forward_fragments(Packet& packet) noexcept;
  void hand_off(Packet& packet, HandOff::Note note) noexcept;
  void start_over(Packet& packet) noexcept;
  using Held = std::array<Packet, flow::HoldQueue::kCapacity>;
  std::uint32_t take_patient(const Now& now, Held& patient) noexcept;
  void retry_held(const Now& now) noexcept;
  void give_up_held(const Now& now) noexcept;
  void housekeeping(const Now& now) noexcept;
  bool handle(const Request& request) noexcept;
  void lose(DropReason reason, std::uint64_t packets = 1) noexcept;
};

void Worker::State::lose(DropReason reason, std::uint64_t packets) noexcept {
  flow::count(core.counters.drops[static_cast<std::size_t>(reason)], packets);
  flow::count(core.counters.dropped, packets);
}

// The quiescent point: nothing of the previous snapshot is in use any more.
bool Worker::State::take_snapshot(const Now& now) noexcept {
  const Publication* newest = published.load(std::memory_order_acquire);
  if (newest == nullptr) {
    return false;
  }
  const bool moved = newest->number != publications_seen.load(std::memory_order_relaxed);
  flow::begin(core, newest->snapshot, now);
  if (moved) {
    rebuild_ingress(*newest->snapshot);
    ports = newest->ports;
    ports.resize(std::max(ports.size(), newest->snapshot->ports.size()), nullptr);
    outbox.resize(ports.size());
    publications_seen.store(newest->number, std::memory_order_release);
  }
  return moved;
}

// Whatever a twin sends comes from ".local..0", in zone junos-host, if the unit is in use at all.
std::vector<IflId> Worker::State::local_units(const snapshot::Port& twin) const {
  std::vector<IflId> units(twin.ifl_by_vlan.size(), kNoIfl);
  for (std::size_t vlan = 0; vlan < units.size(); ++vlan) {
    const IflId unit = twin.ifl_by_vlan[vlan];
    if (unit != kNoIfl && enabled_by_ifl[unit.value] != 0) {
      units[vlan] = kLocalIfl;
    }
  }
  return units;
}

// Runs only when the control thread publishes, so it may allocate.
void Worker::State::rebuild_ingress(const snapshot::Snapshot& snapshot) {
  zone_by_ifl.assign(snapshot.interfaces.size(), kNullZone);
  enabled_by_ifl.assign(snapshot.interfaces.size(), 0);
  for (const snapshot::Interface& interface : snapshot.interfaces) {
    zone_by_ifl[interface.id.value] = interface.zone;
    enabled_by_ifl[interface.id.value] = interface.enabled ? 1 : 0;
  }
  ingress.clear();
  host_ifl_by_vlan.assign(snapshot.ports.size(), {});
  for (std::size_t i = 0; i < snapshot.ports.size(); ++i) {
    const snapshot::Port& port = snapshot.ports[i];
    std::uint64_t mac = 0;
    std::memcpy(&mac, port.mac.data(), port.mac.size());
    if (port.is_twin) {
      host_ifl_by_vlan[i] = local_units(port);
    }
    ingress.push_back({.port = PortId{static_cast<std::uint16_t>(i)},
                       .mac = mac,
                       .ifl_by_vlan = port.is_twin ? host_ifl_by_vlan[i].data() : port.ifl_by_vlan.data(),
                       .zone_by_ifl = zone_by_ifl.data(),
                       .enabled_by_ifl = enabled_by_ifl.data(),
                       .from_host = port.is_twin});
    const IflId untagged = port.ifl_by_vlan.empty() ? kNoIfl : port.ifl_by_vlan[0];
    // A twin's frames are from ".local..0", whatever unit the wire has.
    if (!port.is_twin && untagged != kNoIfl && enabled_by_ifl[untagged.value] != 0) {
      ingress.back().admit_plain(untagged, zone_by_ifl[untagged.value]);
    }
  }
}

// Reassembles, and finds the packet's owner. False: somebody else has it, or it waits.
bool Worker::State::admit(Packet& packet, Owner known) noexcept {
  Owner owner = known;
  if (packet.kind == Kind::fragment) {
    if (owner == Owner::to_be_found && !keep(packet, flow::owner(core, packet))) {
      return false;
    }
    flow::count(core.counters.fragments);
    switch (reassembler.add(packet, core.now.ns)) {
      case packet::Reassembler::Result::waiting:
        return false;
      case packet::Reassembler::Result::dropped:
        lose(packet.reason);
        return false;
      case packet::Reassembler::Result::complete:
        owner = owner_on_receipt();  // that of the whole datagram, which has ports
        break;
    }
  }
  return owner == Owner::this_worker || keep(packet, flow::owner(core, packet));
}

Owner Worker::State::owner_on_receipt() const noexcept {
  return core.workers == 1 ? Owner::this_worker : Owner::to_be_found;
}

// Parses frames of one port into the burst.
void Worker::State::gather(rte_mbuf** frames, std::uint32_t count, PortId port, Owner owner) noexcept {
  const packet::Ingress& from = ingress[port.value];
  std::span<rte_mbuf* const> rest(frames, count);
  while (!rest.empty()) {
    const std::size_t before = rest.size();
    rest = rest.subspan(enter_plain<packet::V4>(from.plain, rest, owner));
    rest = rest.subspan(enter_plain<packet::V6>(from.plain, rest, owner));
    if (rest.size() == before) {
      enter_any(from, rest.front(), owner);
      rest = rest.subspan(1);
    }
  }
}

// The packets that nearly all are go straight into their lane, or to their owner: those of the family from
// the front on, up to one that is none of these. How many they are.
template <class F>
std::uint32_t Worker::State::enter_plain(const packet::PlainIngress& from, std::span<rte_mbuf* const> frames,
                                         Owner owner) noexcept {
  const packet::PlainIngress plain = from;  // in registers: nothing stored can change it
  flow::PlainEntrance<F> entrance(core);
  Packet* next = &burst[gathered];
  std::uint32_t place = gathered;
  std::uint32_t taken = 0;
  for (rte_mbuf* const frame : frames) {
    packet::Words<typename F::Key> words;
    if (!packet::parse_plain<F>(plain, frame, *next, words)) [[unlikely]] {
      break;
    }
    ++taken;
    if (owner == Owner::this_worker || keep(*next, flow::owner<F>(core, words))) [[likely]] {
      entrance.enter(words, static_cast<std::uint16_t>(place++));
      ++next;
    }
  }
  gathered = place;
  return taken;
}

// Hands the packet to its owner unless that is this worker.
bool Worker::State::keep(Packet& packet, std::uint16_t owner) noexcept {
  if (owner == core.index) {
    return true;
  }
  packet.verdict = packet::Verdict::hand_off(owner);
  hand_off(packet, {.port = packet.port});
  return false;
}

[[gnu::noinline]] void Worker::State::enter_any(const packet::Ingress& from, rte_mbuf* frame,
                                                Owner owner) noexcept {
  Packet& packet = burst[gathered];
  packet::parse_mbuf(from, frame, packet);
  if (admit(packet, owner)) {
    flow::enter(core, packet, static_cast<std::uint16_t>(gathered++));
  }
}

// Carries out what flow decides of the burst.
void Worker::State::judge() noexcept {
  const std::span<Packet> packets(burst.data(), gathered);
  flow::judge(core, packets);
  finish(packets);
  gathered = 0;
  if (settled) [[unlikely]] {  // of these packets, not of those that take their places
    for (Packet& packet : packets) {
      packet.settled = false;
    }
    settled = false;
  }
}

// Up to a burst from every port in turn: ports share bursts, so that lookups overlap even when each has
// little. Returns how many frames there were; kPortBurst when the port may have others.
std::uint32_t Worker::State::receive_from(std::size_t at) noexcept {
  if (ports[at] == nullptr) {
    return 0;
  }
  const std::uint16_t count = ports[at]->receive(options.index, received.data(), kPortBurst);
  for (std::uint16_t k = 0; k < count; ++k) {
    rte_prefetch0(rte_pktmbuf_mtod(received[k], void*));
  }
  gather(received.data(), count, PortId{static_cast<std::uint16_t>(at)}, owner_on_receipt());
  if (gathered + kPortBurst > kBurst) {
    judge();
  }
  return count;
}

std::uint32_t Worker::State::receive_ports() noexcept {
  std::uint32_t total = 0;
  bool more = true;
  while (more && total < kBurst) {
    more = false;
    for (std::size_t i = 0; i < ports.size() && i < ingress.size(); ++i) {
      const std::uint32_t count = receive_from(i);
      total += count;
      more = more || count == kPortBurst;
    }
  }
  flow::count(core.counters.received, total);
  return total;
}

std::uint32_t Worker::State::receive_handed_off() noexcept {
  std::uint32_t total = 0;
  unsigned count = kPortBurst;
  while (count == kPortBurst && total < kHandOffBudget) {
    count = inbound.take(received);
    for (unsigned i = 0; i < count; ++i) {
      enter_handed_off(received[i]);
    }
    if (gathered + kPortBurst > kBurst) {
      judge();
    }
    total += count;
  }
  return total;
}

void Worker::State::enter_handed_off(rte_mbuf* frame) noexcept {
  const HandOff::Note note = HandOff::note_of(frame);
  if (note.port.value >= ingress.size()) [[unlikely]] {  // the port went with the last snapshot
    lose(DropReason::interface_unknown);
    rte_pktmbuf_free(frame);
    return;
  }
  const std::uint32_t place = gathered;
  burst[place].settled = note.settled;
  gather(&frame, 1, note.port, Owner::this_worker);
  settled = settled || note.settled;
  burst[place].settled = note.settled && gathered != place;  // it may wait for other fragments
}

void Worker::State::forward_fragments(Packet& packet) noexcept {
  std::array<rte_mbuf*, kMaxFragments> parts;
  const std::uint32_t made = packet::split(packet, options.pool, parts.data(), kMaxFragments);
  if (made == 0) {
    lose(DropReason::no_buffer);
    rte_pktmbuf_free(packet::mbuf_of(packet));
    return;
  }
  flow::count(core.counters.fragments_made, made);
  for (std::uint32_t i = 0; i < made; ++i) {
    outbox.add(PortId{packet.verdict.target}, parts[i]);
  }
}

// Carries out a verdict.
[[gnu::noinline]] void Worker::State::carry_out(Packet& packet) noexcept {
  switch (packet.verdict.action) {
    case packet::Action::forward:
      if (packet.egress_mtu != 0) {
        return forward_fragments(packet);
      }
      if (!packet.untouched) {
        packet::trim_to_packet(packet);
      }
      return outbox.add(PortId{packet.verdict.target}, packet::mbuf_of(packet));
    case packet::Action::drop:
      return rte_pktmbuf_free(packet::mbuf_of(packet));
    case packet::Action::hand_off:
      return hand_off(packet, {.port = packet.port, .settled = true});
    case packet::Action::consumed:
      return;
  }
}

void Worker::State::hand_off(Packet& packet, HandOff::Note note) noexcept {
  rte_mbuf* mbuf = packet::mbuf_of(packet);
  const std::uint16_t to = packet.verdict.target;
  if (to < peers.size() && peers[to] != nullptr && peers[to]->state_->inbound.give(mbuf, note)) {
    flow::count(core.counters.handed_off);
    return;
  }
  lose(DropReason::hand_off_full);
  rte_pktmbuf_free(mbuf);
}

// The only place that transmits, hands off or frees.
void Worker::State::finish(std::span<Packet> packets) noexcept {
  std::uint64_t forwarded = 0;
  for (Packet& packet : packets) {
    forwarded += packet.verdict.action == packet::Action::forward ? 1 : 0;
    if (packet.leaves_whole()) [[likely]] {
      packet::trim_whole(packet);
      outbox.add(PortId{packet.verdict.target}, packet::mbuf_of(packet));
    } else {
      carry_out(packet);
    }
  }
  flow::count(core.counters.forwarded, forwarded);
  outbox.flush(ports, options.index, core.counters);
}

// A held packet was parsed under a snapshot that may be gone.
void Worker::State::start_over(Packet& packet) noexcept {
  const std::uint64_t deadline = packet.hold_deadline_ns;
  packet::parse_mbuf(ingress[packet.port.value], packet::mbuf_of(packet), packet);
  packet.hold_deadline_ns = deadline;
  packet.settled = false;  // by what is in force now
}

// Empties the queue of held packets: gives up those that have waited long enough, and those whose port is
// gone, and parses the others anew. Returns how many these are.
std::uint32_t Worker::State::take_patient(const Now& now, Held& patient) noexcept {
  std::uint32_t count = 0;
  for (std::uint32_t i = 0; i < core.held.count(); ++i) {
    const Packet& packet = core.held[i];
    const bool in_time = now.ns < packet.hold_deadline_ns;
    if (in_time && packet.port.value < ingress.size()) {
      patient[count] = packet;
      start_over(patient[count++]);
      continue;
    }
    lose(in_time ? DropReason::interface_unknown : DropReason::neighbor_unresolved);
    rte_pktmbuf_free(packet::mbuf_of(packet));
  }
  core.held.clear();
  return count;
}

// Routes or neighbours have moved: held packets start over.
void Worker::State::retry_held(const Now& now) noexcept {
  Held patient;
  const std::uint32_t count = take_patient(now, patient);
  for (std::uint32_t begin = 0; begin < count; begin += kBurst) {
    const std::span<Packet> packets(patient.data() + begin, std::min(kBurst, count - begin));
    for (std::uint16_t i = 0; Packet & packet : packets) {
      flow::enter(core, packet, i++);
    }
    flow::judge(core, packets);
    finish(packets);
  }
}

// Nothing came for some of them.
void Worker::State::give_up_held(const Now& now) noexcept {
  if (now.ns < core.held.next_deadline_ns()) [[likely]] {
    return;
  }
  Held patient;
  const std::uint32_t count = take_patient(now, patient);
  for (std::uint32_t i = 0; i < count; ++i) {
    static_cast<void>(core.held.hold(patient[i], now.ns));  // it was just emptied: there is room
  }
}

bool Worker::State::handle(const Request& request) noexcept {
  const flow::SessionRef session{.family = request.family, .handle = request.session};
  switch (request.kind) {
    case Request::Kind::end:
      return flow::end(core, session, request.reason);
    case Request::Kind::reroute:
      flow::reroute(core, session, request.wing, request.next_hop);
      return false;
    case Request::Kind::keep:
      flow::change_policy(core, session, request.policy);
      return false;
  }
  return false;
}

void Worker::State::housekeeping(const Now& now) noexcept {
  behind = flow::expire(core, kExpireBudget) >= kExpireBudget;
  mailbox.drain(kMailboxBudget, [&](const Request& request, const Request* soon) {
    if (soon != nullptr) {
      flow::prefetch(core, {.family = soon->family, .handle = soon->session});
    }
    return handle(request);
  });
  if (reassembly_second != now.unix_s) {
    reassembly_second = now.unix_s;
    const std::uint32_t lost = reassembler.expire(now.ns);
    lose(DropReason::fragment_timeout, lost);
  }
}

Worker::Worker(const WorkerOptions& options) : state_(std::make_unique<State>(options)) {}
Worker::~Worker() {
  flow::HoldQueue& held = state_->core.held;
  for (std::uint32_t i = 0; i < held.count(); ++i) {
    rte_pktmbuf_free(packet::mbuf_of(held[i]));
  }
}

void Worker::set_ports(std::vector<port::Port*> ports) {
  state_->next_ports = std::move(ports);
}
void Worker::set_peers(std::vector<Worker*> peers) {
  state_->core.whereabouts = peers.front()->state_->core.whereabouts;
  state_->peers = std::move(peers);
}

std::uint32_t Worker::run_once(const Now& now) noexcept {
  State& state = *state_;
  const bool moved = state.take_snapshot(now);
  if (state.core.snapshot == nullptr) {
    return 0;
  }
  std::uint32_t received = state.receive_ports();
  if (state.core.workers > 1) {
    received += state.receive_handed_off();
  }
  if (state.gathered != 0) {
    state.judge();
  }
  if (moved) [[unlikely]] {
    state.retry_held(now);
  } else {
    state.give_up_held(now);
  }
  state.housekeeping(now);
  return received;
}

bool Worker::behind() const noexcept {
  return state_->behind;
}

void Worker::publish(const snapshot::Snapshot* snapshot) {
  State& state = *state_;
  const std::uint64_t seen = publications_seen();
  std::erase_if(state.kept, [&](const auto& publication) { return publication->number < seen; });
  const std::uint64_t number = state.publications.load(std::memory_order_relaxed) + 1;
  state.kept.push_back(std::make_unique<const State::Publication>(
      State::Publication{.snapshot = snapshot, .ports = state.next_ports, .number = number}));
  state.published.store(state.kept.back().get(), std::memory_order_release);
  state.publications.store(number, std::memory_order_release);
}
std::uint64_t Worker::publications_seen() const noexcept {
  return state_->publications_seen.load(std::memory_order_acquire);
}
std::uint64_t Worker::publications() const noexcept {
  return state_->publications.load(std::memory_order_acquire);
}

Mailbox& Worker::mailbox() noexcept {
  return state_->mailbox;
}
bool Worker::next_resolve(ResolveRequest& out) noexcept {
  flow::ResolveQueue::Request request;
  if (!state_->core.resolve.take(request)) {
    return false;
  }
  out = {request.ifl, request.address};
  return true;
}
sessionlog::EventRing& Worker::events() noexcept {
  return state_->core.events;
}

template <>
const session::Table<packet::V4>& Worker::table<packet::V4>() const noexcept {
  return state_->core.table4;
}
template <>
const session::Table<packet::V6>& Worker::table<packet::V6>() const noexcept {
  return state_->core.table6;
}
const flow::Counters& Worker::counters() const noexcept {
  return state_->core.counters;
}
const flow::PolicyCounterTable& Worker::policy_counters() const noexcept {
  return state_->core.policy_counters;
}
const flow::NatCounterTable& Worker::nat_rule_counters() const noexcept {
  return state_->core.nat_rule_counters;
}
const flow::NatCounterTable& Worker::nat_pool_counters() const noexcept {
  return state_->core.nat_pool_counters;
}
std::uint16_t Worker::index() const noexcept {
  return state_->core.index;
}
std::uint32_t Worker::capacity() const noexcept {
  return state_->core.capacity;
}

}  // namespace sluice::worker
