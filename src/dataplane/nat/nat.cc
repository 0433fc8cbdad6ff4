#include "dataplane/nat/nat.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <optional>
#include <set>

#include "dataplane/nat/place_index.h"
#include "dataplane/nat/rule_table.h"
#include "dataplane/nat/validate.h"
#include "dataplane/packet/embedded.h"
#include "dataplane/packet/packet.h"

namespace sluice::nat {
namespace {

using packet::IpAddress;
using packet::IpPrefix;

constexpr std::uint8_t kPortedProtocols[] = {6, 17};

// Static rules with ports match those of TCP and UDP.
std::vector<Term> terms_of(PortRange Term::*side, PortRange ports) {
  std::vector<Term> terms;
  if (ports.low == 0) return terms;
  for (const std::uint8_t protocol : kPortedProtocols) {
    Term term{.protocol = protocol, .source = {}, .destination = {}};
    term.*side = ports;
    terms.push_back(term);
  }
  return terms;
}

Rule inward(const Rule& rule) {
  Rule in = rule;
  in.terms = terms_of(&Term::destination, rule.ports);
  return in;
}

// The same rule for packets that the translated host sends.
Rule outward(const Rule& rule) {
  Rule out = rule;
  out.source = {.any = false, .excluded = false, .prefixes = {rule.mapped}};
  out.destination = rule.source;
  out.mapped = rule.destination.prefixes.front();
  std::swap(out.ports, out.mapped_ports);
  out.terms = terms_of(&Term::source, out.ports);
  return out;
}

std::vector<RuleSet> static_sets(const std::vector<RuleSet>& sets, bool turned_round) {
  std::vector<RuleSet> all = sets;
  for (RuleSet& set : all) {
    if (turned_round) {
      std::swap(set.from, set.to);
      std::erase_if(set.rules, [](const Rule& rule) { return rule.action == Action::inet; });
    }
    for (Rule& rule : set.rules) rule = turned_round ? outward(rule) : inward(rule);
  }
  return all;
}

// The host at the same place in another prefix.
template <class Address>
Address moved(const Address& address, const IpPrefix& to) noexcept {
  const int host_bits = to.address.bits() - to.length;
  const AddressNumber hosts = host_bits == 128 ? ~AddressNumber{0} : (AddressNumber{1} << host_bits) - 1;
  return address_of<Address>(number_of(to.address) | (number_of(address) & hosts));
}

// The IPv4 address behind the rule's prefix.
template <class Address>
Address embedded(const Rule& rule, const Address& destination) noexcept {
  if constexpr (sizeof(Address) == 4) {
    return destination;
  } else {
    return packet::to_mapped(packet::embedded(destination, rule.destination.prefixes.front().length));
  }
}

std::uint16_t moved_port(const Rule& rule, std::uint16_t port) noexcept {
  return rule.ports.low == 0 ? port
                             : static_cast<std::uint16_t>(port - rule.ports.low + rule.mapped_ports.low);
}

// Where a rule's destinations begin: the pool's addresses go by the distance from there.
AddressNumber first_address(const Rule& rule) noexcept {
  return rule.destination.prefixes.empty() ? 0 : number_of(rule.destination.prefixes.front().address);
}

// SCTP's checksum is a CRC of the whole packet, ports and all (RFC 9260 6.8): they are kept.
bool rewrites_ports(std::uint8_t protocol) noexcept {
  return protocol != packet::protocol::kSctp;
}

}  // namespace

struct Table::Impl {
  using Spaces = std::map<IpAddress, std::shared_ptr<PortSpace>>;

  explicit Impl(const Definition& from)
      : definition(from),
        static_in(static_sets(from.static_nat, false)),
        static_out(static_sets(from.static_nat, true)) {}

  Status build_rules();
  void find_interface_addresses();
  void build_pools(const Impl* running);
  Status build_bindings(const Impl* running);
  Status build_blocks(const Impl* running);
  [[nodiscard]] bool gives_ports(const PortSpace& space) const;
  [[nodiscard]] bool gives_blocks(const Place& place) const {
    return place.pool != kNoPool && sources[place.pool].pool->block_size() != 0;
  }
  [[nodiscard]] bool turns(const Place& place, const Impl* before) const;
  PortSpace* space_of(const IpAddress& address, const Spaces& running);

  const Definition definition;
  const std::vector<RuleSet> static_in;
  const std::vector<RuleSet> static_out;
  std::array<RuleTable, static_cast<std::size_t>(Stage::count_)> rules;
  std::vector<Source> sources;
  std::vector<std::uint32_t> source_by_id;                                   // index in sources, or kNoPool
  std::vector<AddressList> destinations;                                     // by NatPoolId
  std::vector<std::uint16_t> destination_ports;                              // by NatPoolId
  std::vector<std::array<std::optional<IpAddress>, 2>> interface_addresses;  // IPv4 and IPv6, by IflId
  Spaces spaces;
  PlaceIndex places;
  std::map<NatRuleId, const Rule*> persistent_rules;
  std::shared_ptr<Bindings> bindings;
  std::shared_ptr<Blocks> blocks;
  mutable std::atomic<bool> settled{false};
};

Status Table::Impl::build_rules() {
  const struct {
    Stage stage;
    const std::vector<RuleSet>& sets;
    const char* statement;
  } all[] = {{Stage::static_in, static_in, "security nat static"},
             {Stage::destination, definition.destination, "security nat destination"},
             {Stage::static_out, static_out, "security nat static"},
             {Stage::source, definition.source, "security nat source"}};
  for (const auto& one : all) {
    auto table = RuleTable::build(one.sets, definition.interfaces, one.statement);
    if (!table) return table.error();
    rules[static_cast<std::size_t>(one.stage)] = std::move(*table);
  }
  return {};
}

// The first address of each family that can be seen from elsewhere.
void Table::Impl::find_interface_addresses() {
  for (const Interface& interface : definition.interfaces) {
    auto& own = interface_addresses.emplace_back();
    for (const IpAddress& address : interface.addresses) {
      auto& of_family = own[address.family == packet::Family::inet ? 0 : 1];
      if (!of_family && !packet::is_link_local(address)) of_family = address;
    }
  }
}

PortSpace* Table::Impl::space_of(const IpAddress& address, const Spaces& running) {
  auto& space = spaces[address];
  if (space) return space.get();
  const auto known = running.find(address);
  space = known != running.end() ? known->second : std::make_shared<PortSpace>(address, definition.workers);
  return space.get();
}

// Whether the address is a pool's or an interface's.
bool Table::Impl::gives_ports(const PortSpace& space) const {
  const Place& place = *places.find(space.address());
  return place.pool != kNoPool || place.of_interface;
}

// Ports that sessions hold stay known, whether their address is still a pool's or not. And the spaces that
// are in use now: workers take ports of them until this table is in force, and it may never be.
void Table::Impl::build_pools(const Impl* before) {
  static const Spaces kNone;
  const Spaces& running = before != nullptr ? before->spaces : kNone;
  std::set<IpAddress> of_interfaces;
  for (const auto& own : interface_addresses) {
    for (const auto& address : own) {
      if (address && uses_interfaces(definition)) {
        space_of(*address, running)->open_layers(definition.interface_overloading);
        of_interfaces.insert(*address);
      }
    }
  }
  std::map<IpAddress, Place> in_pools;
  for (const SourcePool& pool : definition.source_pools) {
    Source source{.pool = &pool, .addresses = AddressList(pool.addresses), .spaces = {}, .index = 0};
    source.index = static_cast<std::uint32_t>(sources.size());
    if (pool.id.value >= source_by_id.size()) source_by_id.resize(pool.id.value + std::size_t{1}, kNoPool);
    source_by_id[pool.id.value] = source.index;
    for (std::uint32_t at = 0; pool.translate_ports && at < source.addresses.size(); ++at) {
      const IpAddress address = source.addresses.address(at);
      source.spaces.push_back(space_of(address, running));
      source.spaces.back()->open_layers(pool.overloading);
      if (pool.block_size() != 0) source.spaces.back()->open_blocks();
      source.mixed |= source.spaces.back()->blocks() != nullptr;
      in_pools.emplace(address, Place{source.spaces.back(), source.index, at});
    }
    sources.push_back(std::move(source));
  }
  for (const DestinationPool& pool : definition.destination_pools) {
    if (pool.id.value >= destinations.size()) {
      destinations.resize(pool.id.value + std::size_t{1});
      destination_ports.resize(destinations.size());
    }
    destinations[pool.id.value] = AddressList(pool.addresses);
    destination_ports[pool.id.value] = pool.port;
  }
  for (const auto& [address, space] : running) {
    if (space->in_use() || before->gives_ports(*space)) spaces.emplace(address, space);
  }
  std::vector<Place> all;
  for (const auto& [address, space] : spaces) {
    const auto in_pool = in_pools.find(address);
    Place place = in_pool != in_pools.end() ? in_pool->second : Place{.space = space.get()};
    place.of_interface = of_interfaces.contains(address);
    place.turned = turns(place, before);
    if (place.turned && place.pool != kNoPool) sources[place.pool].turned = true;
    all.push_back(place);
  }
  places = PlaceIndex(std::move(all));
}

// Whether the address gives out ports, and gave them out in the other way before.
bool Table::Impl::turns(const Place& place, const Impl* before) const {
  const Place* was = before != nullptr ? before->places.find(place.space->address()) : nullptr;
  return was != nullptr && was->space == place.space && before->gives_ports(*was->space) &&
         before->gives_blocks(*was) != gives_blocks(place);
}

// The blocks in use stay likewise.
Status Table::Impl::build_blocks(const Impl* before) {
  const auto any = std::ranges::find_if(definition.source_pools,
                                        [](const SourcePool& pool) { return pool.block_size() != 0; });
  blocks = before != nullptr ? before->blocks : nullptr;
  if (blocks != nullptr || any == definition.source_pools.end()) return {};
  blocks = Blocks::make(definition.workers, definition.blocks);
  if (blocks != nullptr) return {};
  return Error{"resource-denied", any->path, "there is no memory for the table of port blocks"};
}

// The bindings in use stay, whatever the rules are now: they hold ports.
Status Table::Impl::build_bindings(const Impl* before) {
  for (const RuleSet& set : definition.source) {
    for (const Rule& rule : set.rules) {
      if (rule.persistence) persistent_rules.emplace(rule.id, &rule);
    }
  }
  bindings = before != nullptr ? before->bindings : nullptr;
  if (bindings != nullptr || persistent_rules.empty()) return {};
  bindings = Bindings::make(definition.workers, definition.bindings);
  if (bindings != nullptr) return {};
  return Error{"resource-denied", persistent_rules.begin()->second->path,
               "there is no memory for the table of persistent bindings"};
}

Result<std::unique_ptr<Table>> Table::compile(const Definition& definition, const Table* running) {
  if (const Status valid = validate(definition); !valid) return valid.error();
  auto impl = std::make_unique<Impl>(definition);
  if (const Status built = impl->build_rules(); !built) return built.error();
  impl->find_interface_addresses();
  const Impl* before = running != nullptr ? running->impl_.get() : nullptr;
  impl->build_pools(before);
  if (const Status built = impl->build_bindings(before); !built) return built.error();
  if (const Status built = impl->build_blocks(before); !built) return built.error();
  return std::unique_ptr<Table>(new Table(std::move(impl)));
}

Table::Table(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Table::~Table() = default;

const Definition& Table::definition() const noexcept {
  return impl_->definition;
}

bool Table::has(Stage stage) const noexcept {
  return !impl_->rules[static_cast<std::size_t>(stage)].empty();
}

template <class Address>
void Table::find(Stage stage, std::span<const Query<Address>> queries,
                 std::span<const Rule*> rules) const noexcept {
  impl_->rules[static_cast<std::size_t>(stage)].find(queries, rules);
}

template <class Address>
Mapped<Address> Table::map_destination(const Rule& rule, const Query<Address>& query) const noexcept {
  if (rule.action == Action::prefix) {
    return {moved(query.destination, rule.mapped), moved_port(rule, query.destination_port)};
  }
  if (rule.action == Action::inet) {
    return {embedded(rule, query.destination), query.destination_port};
  }
  const AddressList& addresses = impl_->destinations[rule.pool.value];
  const auto place = static_cast<std::uint64_t>(number_of(query.destination) - first_address(rule));
  const std::uint16_t port = rewrites_ports(query.protocol) ? impl_->destination_ports[rule.pool.value] : 0;
  return {addresses.at<Address>(place % addresses.size()), port != 0 ? port : query.destination_port};
}

template <class Address>
Mapped<Address> Table::map_source(const Rule& rule, const Query<Address>& query) const noexcept {
  return {moved(query.source, rule.mapped), moved_port(rule, query.source_port)};
}

const Table::Source* Table::source(NatPoolId id) const noexcept {
  const std::uint32_t index = id.value < impl_->source_by_id.size() ? impl_->source_by_id[id.value] : kNoPool;
  return index == kNoPool ? nullptr : &impl_->sources[index];
}

std::size_t Table::source_count() const noexcept {
  return impl_->sources.size();
}

template <class Address>
const Table::Place* Table::place(const Address& address) const noexcept {
  if constexpr (std::is_same_v<Address, IpAddress>) {
    return impl_->places.find(address);
  } else {
    return impl_->places.find(packet::to_address(address));
  }
}

Blocks* Table::blocks() const noexcept {
  return impl_->blocks.get();
}

void Table::settle() const noexcept {
  impl_->settled.store(true, std::memory_order_release);
}

// One worker alone never goes by two.
bool Table::settled() const noexcept {
  return impl_->definition.workers == 1 || impl_->settled.load(std::memory_order_acquire);
}

Bindings* Table::bindings() const noexcept {
  return impl_->bindings.get();
}

const Rule* Table::persistent_rule(NatRuleId id) const noexcept {
  const auto found = impl_->persistent_rules.find(id);
  return found == impl_->persistent_rules.end() ? nullptr : found->second;
}

template <class Address>
bool Table::interface_address(IflId ifl, Address& address) const noexcept {
  constexpr std::size_t kWhich = sizeof(Address) == 4 ? 0 : 1;
  if (ifl.value >= impl_->interface_addresses.size()) return false;
  const std::optional<IpAddress>& own = impl_->interface_addresses[ifl.value][kWhich];
  if (!own) return false;
  address = load<Address>(own->bytes.data());
  return true;
}

using Address4 = std::uint32_t;
using Address6 = std::array<std::uint8_t, 16>;
template void Table::find(Stage, std::span<const Query<Address4>>, std::span<const Rule*>) const noexcept;
template void Table::find(Stage, std::span<const Query<Address6>>, std::span<const Rule*>) const noexcept;
template Mapped<Address4> Table::map_destination(const Rule&, const Query<Address4>&) const noexcept;
template Mapped<Address6> Table::map_destination(const Rule&, const Query<Address6>&) const noexcept;
template Mapped<Address4> Table::map_source(const Rule&, const Query<Address4>&) const noexcept;
template Mapped<Address6> Table::map_source(const Rule&, const Query<Address6>&) const noexcept;
template const Table::Place* Table::place(const IpAddress&) const noexcept;
template const Table::Place* Table::place(const Address4&) const noexcept;
template const Table::Place* Table::place(const Address6&) const noexcept;
template bool Table::interface_address(IflId, Address4&) const noexcept;
template bool Table::interface_address(IflId, Address6&) const noexcept;

}  // namespace sluice::nat
