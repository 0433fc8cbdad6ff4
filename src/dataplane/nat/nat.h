// NAT: which sessions are translated, and into what.
//
// What: rule-sets of three kinds, the pools they draw on, and the ports of those pools. A first packet meets
// them in Junos's order: on the way in static NAT, or else destination NAT, change where it goes; after
// routes and policies have seen that, on the way out static NAT the other way round, or else source NAT,
// change where it seems to come from. What comes out is written into the session (its second wing's key);
// packets after the first never ask here.
//
// Rules: a rule-set applies to packets of some interfaces, zones or routing instances. Of the rule-sets that
// apply, the most specific one is asked, and no other: an interface is more specific than a zone, a zone more
// than a routing instance, and where packets go counts before where they come from. In it the first rule that
// matches decides (rule_table.h). A static rule is two: as written, and turned round.
//
// Ports: a source pool (or the address of the interface that a packet leaves by) has 64512 ports of each
// class. A worker gives out ports without asking another: of every address it has words of 64 ports for
// itself (port_space.h). Among them it takes one whose answers the network card brings to it (steering.h).
//
// Owners: a session lives with the worker to which its answers come, so nobody ever looks for a session that
// another worker has. Where ports can be chosen the first packet's worker chooses one that makes itself that
// worker. Where they cannot (destination and static NAT, ports that are kept, ICMP, protocols without ports)
// everything about the translation follows from packet and configuration alone, so any worker can tell whose
// a new session is: flow hands its packets over. Whose those of a known session are is written down
// (session/whereabouts.h): configurations change.
//
// Persistent rules: sessions of one inside address and port share one public address and port. A binding says
// so, and whose they all are (binding.h): neither port nor worker is chosen for the answers.
//
// Blocks: a pool may give hosts ports by the block, chosen or by arithmetic. A host's blocks are one
// worker's, and so are the sessions that have their ports (block_table.h).
//
// Between the families: a static rule that says `inet` sends an IPv6 packet to the IPv4 address that stands
// in its destination; the source rule that it meets then (by its IPv6 source and IPv4 destination) gives it
// an IPv4 source. Such addresses stand in IPv6 keys in their IPv6 form (packet::to_mapped), so that such a
// session is one of IPv6 like others; only ports and owners are found by the IPv4 tuple that answers will
// have. The rule has no second half: nothing of IPv4 begins a session towards IPv6. A binding leads packets
// of one family to a host of the same, so a persistent rule that might translate such packets is refused.
//
// Uniqueness: a translated port is one worker's and taken once, or as often as port-overloading-factor
// allows; all sessions with one translated tuple would live with one worker, which looks whether the tuple is
// in use before it makes a session, whatever led to it. So sessions of an overloaded port differ in their
// remote ends, and an answer is always one session's.
//
// Who owns it: a Table is immutable and belongs to a Snapshot, but for the ports' bits, each written by one
// worker. An Allocator is a worker's. Threads: compile() on the control thread; the rest as said.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "dataplane/match/address_set.h"
#include "dataplane/match/match.h"
#include "dataplane/nat/address_list.h"
#include "dataplane/nat/binding.h"
#include "dataplane/nat/block_table.h"
#include "dataplane/nat/port_space.h"
#include "dataplane/packet/ids.h"
#include "dataplane/packet/key.h"

namespace sluice::nat {

using match::AddressMatch;
using match::PortRange;

// A protocol and its ports. Ports need a protocol that has them.
struct Term {
  std::uint8_t protocol = 0;  // 0: any
  PortRange source;
  PortRange destination;
  friend bool operator==(const Term&, const Term&) = default;
};

enum class Action : std::uint8_t {
  off,        // matched, and not translated
  interface,  // source NAT: the address of the interface that the packet leaves by
  pool,
  prefix,  // static NAT: to the address at the same place in `mapped`
  inet,    // static NAT: to the IPv4 address behind the prefix (RFC 6052); `static-nat inet`
};

// `persistent-nat` of a source rule.
enum class Permit : std::uint8_t { any_remote_host, target_host, target_host_port };
struct Persistence {
  Permit permit = Permit::any_remote_host;
  std::uint16_t inactivity_timeout_s = 300;
  std::uint32_t max_sessions = 30;  // of a binding
  bool address_mapping = false;     // a host has one address
  friend bool operator==(const Persistence&, const Persistence&) = default;
};

struct Rule {
  NatRuleId id;
  std::string name;
  std::string path;  // of its configuration statement; errors quote it
  AddressMatch source{.any = true, .excluded = false, .prefixes = {}};
  AddressMatch destination{.any = true, .excluded = false, .prefixes = {}};
  std::vector<Term> terms;  // one of them must match; empty: any protocol
  Action action = Action::off;
  NatPoolId pool;
  packet::IpPrefix mapped;
  PortRange ports{0, 0};         // static NAT: these ports of `destination` ...
  PortRange mapped_ports{0, 0};  // ... become these of `mapped`; 0: ports are kept
  std::optional<Persistence> persistence;
  friend bool operator==(const Rule&, const Rule&) = default;
};

// From where, or to where, packets must go for a rule-set to apply: one of these. None at all: any, which is
// what the routing instance says while there is one.
struct Side {
  std::vector<IflId> interfaces;
  std::vector<ZoneId> zones;
  friend bool operator==(const Side&, const Side&) = default;
};

struct RuleSet {
  std::string name;
  std::string path;
  Side from;
  Side to;  // source NAT only
  std::vector<Rule> rules;
  friend bool operator==(const RuleSet&, const RuleSet&) = default;
};

// `port block-allocation`: hosts get blocks of ports.
struct BlockAllocation {
  std::uint16_t size = 128;             // ports of a block
  std::uint16_t most_per_host = 8;      // blocks
  std::uint32_t active_timeout_s = 0;   // 0: a block is active until it is full
  std::uint32_t recycle_timeout_s = 0;  // 0: an active block stays its host's for ever
  std::uint32_t interim_s = 0;          // 0: no records between allocation and release
  bool log = true;
  friend bool operator==(const BlockAllocation&, const BlockAllocation&) = default;
};

// `port deterministic`: the n-th host has the n-th block of the pool.
struct Deterministic {
  std::uint16_t size = 256;  // ports of a block
  packet::IpPrefix hosts;
  friend bool operator==(const Deterministic&, const Deterministic&) = default;
};

// `pool-utilization-alarm`, in percent. 0: none.
struct PoolAlarm {
  std::uint8_t raise = 0;
  std::uint8_t clear = 0;
  friend bool operator==(const PoolAlarm&, const PoolAlarm&) = default;
};

// How a pool gives out ports.
enum class PoolKind : std::uint8_t { single, blocks, deterministic };

struct SourcePool {
  NatPoolId id;
  std::string name;
  std::string path;
  std::vector<match::AddressRange> addresses;
  PortRange ports{1024, 65535};   // of translated ports
  std::uint16_t overloading = 1;  // sessions that a port may have: `port port-overloading-factor`
  bool translate_ports = true;    // false: `port no-translation`
  packet::IpAddress base;         // host-address-base: this host has the first address, and so on
  bool has_base = false;
  bool paired = false;  // a host has one address
  NatPoolId overflow;   // what to try when this pool has nothing left
  bool overflow_interface = false;
  std::optional<BlockAllocation> blocks = {};       // not both
  std::optional<Deterministic> deterministic = {};  // of these
  PoolAlarm alarm = {};
  [[nodiscard]] PoolKind kind() const noexcept {
    return deterministic ? PoolKind::deterministic : blocks ? PoolKind::blocks : PoolKind::single;
  }
  // The ports of a block; 0: ports are given out one by one.
  [[nodiscard]] std::uint16_t block_size() const noexcept {
    return blocks ? blocks->size : deterministic ? deterministic->size : std::uint16_t{0};
  }
  // How many blocks an address has.
  [[nodiscard]] std::uint32_t blocks_each() const noexcept {
    return block_size() == 0 ? 0 : (ports.high - ports.low + 1U) / block_size();
  }
  friend bool operator==(const SourcePool&, const SourcePool&) = default;
};

struct DestinationPool {
  NatPoolId id;
  std::string name;
  std::string path;
  std::vector<match::AddressRange> addresses;
  std::uint16_t port = 0;  // 0: kept
  friend bool operator==(const DestinationPool&, const DestinationPool&) = default;
};

// What rules must know of an interface. Index = IflId.
struct Interface {
  ZoneId zone;
  std::vector<packet::IpAddress> addresses;
  friend bool operator==(const Interface&, const Interface&) = default;
};

// How many persistent bindings there may be at a time, of all workers.
inline constexpr std::uint32_t kBindings = 262144;

struct Definition {
  std::vector<RuleSet> source;
  std::vector<RuleSet> destination;
  std::vector<RuleSet> static_nat;
  std::vector<SourcePool> source_pools;
  std::vector<DestinationPool> destination_pools;
  std::vector<Interface> interfaces;
  bool address_persistent = false;          // every pool is paired
  std::uint16_t interface_overloading = 1;  // sessions that a port of an interface's address may have
  std::uint16_t workers = 1;
  std::uint32_t bindings = kBindings;
  std::uint32_t blocks = kBlocks;
  friend bool operator==(const Definition&, const Definition&) = default;
};

// The first packet, as a stage sees it.
template <class Address>
struct Query {
  IflId from_ifl;
  ZoneId from_zone;
  IflId to_ifl;
  ZoneId to_zone;
  Address source;       // wire order
  Address destination;  // wire order
  std::uint8_t protocol = 0;
  std::uint16_t source_port = 0;       // host order; 0 for protocols without ports
  std::uint16_t destination_port = 0;  // host order
};

// The ports of an interface's address that source NAT uses, and of a pool unless it says otherwise.
inline constexpr PortRange kTranslatedPorts{1024, 65535};
// How many addresses of pools and interfaces may have their ports translated.
inline constexpr std::size_t kMaxPortAddresses = 3072;

enum class Stage : std::uint8_t { static_in, destination, static_out, source, count_ };

// An address and port that a rule maps to.
template <class Address>
struct Mapped {
  Address address;
  std::uint16_t port = 0;  // host order
};

class Table {
 public:
  // Ports that are taken in `running` stay taken, and persistent bindings stay; it is the table in use, or
  // null.
  [[nodiscard]] static Result<std::unique_ptr<Table>> compile(const Definition& definition,
                                                              const Table* running);
  ~Table();
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  [[nodiscard]] const Definition& definition() const noexcept;
  // Whether a stage has any rule.
  [[nodiscard]] bool has(Stage stage) const noexcept;

  // rules[i] is the rule of that stage for queries[i]; null when there is none.
  template <class Address>
  void find(Stage stage, std::span<const Query<Address>> queries,
            std::span<const Rule*> rules) const noexcept;

  // Where a rule of static_in or destination sends the packet.
  template <class Address>
  [[nodiscard]] Mapped<Address> map_destination(const Rule& rule, const Query<Address>& query) const noexcept;
  // Where a rule of static_out has it come from.
  template <class Address>
  [[nodiscard]] Mapped<Address> map_source(const Rule& rule, const Query<Address>& query) const noexcept;

  // A source pool by number; null when there is none.
  struct Source {
    const SourcePool* pool = nullptr;
    AddressList addresses;
    std::vector<PortSpace*> spaces;  // by position; empty when ports are not translated
    std::uint32_t index = 0;         // of all source pools
    // Some of its addresses gave out ports in the other way, by block or one by one, until this table came.
    bool turned = false;
    bool mixed = false;  // some of its ports may be in blocks, which other workers give back
  };
  [[nodiscard]] const Source* source(NatPoolId id) const noexcept;
  [[nodiscard]] std::size_t source_count() const noexcept;

  // The ports of a public address, and its place in a source pool; null for any other address.
  struct Place {
    PortSpace* space = nullptr;
    std::uint32_t pool = kNoPool;  // index of Source
    std::uint32_t position = 0;
    bool turned = false;        // as Source::turned
    bool of_interface = false;  // whose ports `interface` gives out
  };
  static constexpr std::uint32_t kNoPool = ~std::uint32_t{0};
  template <class Address>
  [[nodiscard]] const Place* place(const Address& address) const noexcept;

  // Null while no pool has blocks, and none had.
  [[nodiscard]] Blocks* blocks() const noexcept;
  // No worker goes by another table any more: the control thread says so. Until then nothing is given out of
  // an address that is `turned`, as others may still do so in the other way.
  void settle() const noexcept;
  [[nodiscard]] bool settled() const noexcept;

  // Null while no rule is persistent, and none was.
  [[nodiscard]] Bindings* bindings() const noexcept;
  // The persistent rule of this number; null when there is none.
  [[nodiscard]] const Rule* persistent_rule(NatRuleId id) const noexcept;

  // The address of the firewall that interface NAT uses on an interface; false when it has none of the
  // family.
  template <class Address>
  [[nodiscard]] bool interface_address(IflId ifl, Address& address) const noexcept;

 private:
  struct Impl;
  explicit Table(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Where a deterministic pool has its hosts: the n-th block, and back.
struct BlockPlace {
  std::uint64_t position = 0;  // of the public address
  PortRange ports{0, 0};
};
[[nodiscard]] std::optional<BlockPlace> block_place(const SourcePool& pool,
                                                    const packet::IpAddress& host) noexcept;
// Whose the port of that address is. Nothing: nobody's.
[[nodiscard]] std::optional<packet::IpAddress> block_host(const SourcePool& pool, std::uint64_t position,
                                                          std::uint16_t port) noexcept;

// The port class of a packet; count_ when its protocol has no ports that can be translated. SCTP's checksum
// covers its ports, so they are kept. `query`: an ICMP message with an identifier.
[[nodiscard]] PortClass class_of(packet::Family family, std::uint8_t protocol, bool query) noexcept;

}  // namespace sluice::nat
