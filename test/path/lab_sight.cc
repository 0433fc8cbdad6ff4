// What a Lab shows of its workers: sessions, counters, events, neighbours that are wanted.
#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "lab.h"

namespace sluice::path {
namespace {

using Kind = Numbers::Kind;

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

}  // namespace

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
    seen.handle = {slot, cold.version};
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

std::uint32_t Lab::bindings() const {
  const nat::Bindings* bindings = snapshots_.back()->nat->bindings();
  std::uint32_t live = 0;
  for (std::uint16_t index = 0; bindings != nullptr && index < bindings->workers(); ++index) {
    live += bindings->of(index).live();
  }
  return live;
}

std::uint32_t Lab::blocks() const {
  const nat::Blocks* blocks = snapshots_.back()->nat->blocks();
  std::uint32_t live = 0;
  for (std::uint16_t index = 0; blocks != nullptr && index < blocks->workers(); ++index) {
    live += blocks->of(index).live();
  }
  return live;
}

std::uint32_t Lab::ports_taken(const std::string& pool) {
  const nat::Table::Source* source =
      snapshots_.back()->nat->source(NatPoolId{numbers_.of(Kind::nat_pool, pool)});
  std::uint32_t taken = 0;
  for (const nat::PortSpace* space : source->spaces) taken += space->taken();
  return taken;
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

// Of NAT: "block allocated client 203.0.113.5 1024-1151 1/8", "alarm raised out 81/80".
std::string Lab::nat_text(const sessionlog::Event& event) const {
  const sessionlog::NatNote note = sessionlog::note_of(event);
  const std::string fill = fmt::format("{}/{}", note.have, note.most);
  const auto block = [&](const char* what) {
    return fmt::format("block {} {} {} {}-{} {}", what, name_of(sessionlog::address_in(event, event.source)),
                       packet::to_string(sessionlog::address_in(event, event.nat_source)), note.low,
                       note.high, fill);
  };
  const std::string pool = numbers_.name(Kind::nat_pool, note.pool.value);
  switch (event.type) {
    case sessionlog::EventType::block_allocated:
      return block("allocated");
    case sessionlog::EventType::block_released:
      return block("released");
    case sessionlog::EventType::block_interim:
      return block("interim");
    case sessionlog::EventType::pool_alarm_raised:
      return fmt::format("alarm raised {} {}", pool, fill);
    case sessionlog::EventType::pool_alarm_cleared:
      return fmt::format("alarm cleared {} {}", pool, fill);
    default:
      return {};
  }
}

std::string Lab::text(const sessionlog::Event& event) const {
  if (std::string about_nat = nat_text(event); !about_nat.empty()) return about_nat;
  const snapshot::Snapshot& current = *snapshots_.back();
  static constexpr std::array<std::string_view, 3> kTypes{"created", "closed", "denied"};
  std::string policy = numbers_.name(Kind::policy, event.policy.value);
  if (event.policy == kSelfTrafficPolicy) policy = "self-traffic-policy";
  if (event.policy == kDefaultPolicy) policy = "default-policy";
  const auto* application = current.policies->find(event.application);
  std::string line =
      fmt::format("{} {} {} > {} {} {}", kTypes[static_cast<std::size_t>(event.type)],
                  flow_text(event.protocol, {sessionlog::address_in(event, event.source), event.source_port},
                            {sessionlog::address_in(event, event.destination), event.destination_port}),
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

}  // namespace sluice::path
