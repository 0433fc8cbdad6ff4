// `security nat`: rule-sets and pools of source, destination and static NAT.
#include <fmt/format.h>

#include <map>

#include "dataplane/match/address_set.h"
#include "flowd/compile/network.h"
#include "flowd/compile/parts.h"
#include "flowd/compile/statement.h"

namespace sluice::compile {
namespace {

using config::Node;
using match::PortRange;
using nat::Term;

constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kUdp = 17;

std::uint16_t port_number(const Node& node, std::string_view leaf, std::uint16_t otherwise) {
  return static_cast<std::uint16_t>(node.number(leaf).value_or(otherwise));
}

// LOW, or LOW to HIGH.
PortRange read_span(const Node& node) {
  const std::uint16_t low = port_number(node, "low", 0);
  return {low, port_number(node, "to", low)};
}

// The same as entries of a list; none: every port.
std::vector<PortRange> read_ranges(const Node& match, std::string_view list) {
  std::vector<PortRange> ranges;
  for (const Node& entry : match.list(list)) {
    const std::uint16_t low = port_number(entry, "name", 0);
    ranges.push_back({low, port_number(entry, "to", low)});
  }
  if (ranges.empty()) ranges.push_back({});
  return ranges;
}

// How many sessions a port may have.
std::uint16_t overloading(const Node& node) {
  return static_cast<std::uint16_t>(node.number("port-overloading-factor").value_or(1));
}

std::optional<nat::Persistence> read_persistence(const Node& node) {
  if (!node) return std::nullopt;
  nat::Persistence made;
  const Node permit = node.child("permit");
  made.permit = permit.has("target-host")        ? nat::Permit::target_host
                : permit.has("target-host-port") ? nat::Permit::target_host_port
                                                 : nat::Permit::any_remote_host;
  made.inactivity_timeout_s =
      static_cast<std::uint16_t>(node.number("inactivity-timeout").value_or(made.inactivity_timeout_s));
  made.max_sessions =
      static_cast<std::uint32_t>(node.number("max-session-number").value_or(made.max_sessions));
  made.address_mapping = node.has("address-mapping");
  return made;
}

std::optional<nat::BlockAllocation> read_blocks(const Node& node) {
  if (!node) return std::nullopt;
  nat::BlockAllocation made;
  made.size = static_cast<std::uint16_t>(node.number("block-size").value_or(made.size));
  made.most_per_host =
      static_cast<std::uint16_t>(node.number("maximum-blocks-per-host").value_or(made.most_per_host));
  const auto seconds = [&](const char* leaf) {
    return static_cast<std::uint32_t>(node.number(leaf).value_or(0));
  };
  made.active_timeout_s = seconds("active-block-timeout");
  made.recycle_timeout_s = seconds("last-block-recycle-timeout");
  made.interim_s = seconds("interim-logging-interval");
  made.log = !node.has("log");
  return made;
}

std::optional<nat::Deterministic> read_deterministic(const Node& node) {
  if (!node) return std::nullopt;
  nat::Deterministic made;
  made.size = static_cast<std::uint16_t>(node.number("block-size").value_or(made.size));
  for (const std::string_view hosts : node.child("host").values("address")) made.hosts = read_prefix(hosts);
  return made;
}

// The pool's own, or else that of all.
nat::PoolAlarm read_alarm(const Node& pool, const Node& source) {
  const Node own = pool.child("pool-utilization-alarm");
  const Node node = own ? own : source.child("pool-utilization-alarm");
  const auto raise = static_cast<std::uint8_t>(node.number("raise-threshold").value_or(0));
  return {.raise = raise,
          .clear = static_cast<std::uint8_t>(node.number("clear-threshold").value_or(raise * 8U / 10U))};
}

class Reader {
 public:
  Reader(const Node& root, const Names& names, Compiled& out)
      : nat_(root.child("security").child("nat")), names_(names), out_(out) {
    for (const snapshot::Interface& interface : out.snapshot.interfaces) {
      if (!interface.name.empty()) interfaces_.emplace(interface.name, interface.id);
    }
  }

  Result<nat::Definition> run() {
    if (const Status read = read_pools(); !read) return read.error();
    if (const Status read = number_rules(); !read) return read.error();
    for (const auto& [kind, sets] :
         {std::pair("source", &definition_.source), std::pair("destination", &definition_.destination),
          std::pair("static", &definition_.static_nat)}) {
      for (const Node& node : nat_.child(kind).list("rule-set")) {
        if (const Status read = read_set(kind, node, *sets); !read) return read.error();
      }
    }
    definition_.address_persistent = nat_.child("source").has("address-persistent");
    definition_.interface_overloading = overloading(nat_.child("source").child("interface"));
    definition_.workers = out_.system.workers;
    for (const snapshot::Interface& interface : out_.snapshot.interfaces) {
      auto& own = definition_.interfaces.emplace_back();
      own.zone = interface.zone;
      for (const auto& entry : interface.addresses) own.addresses.push_back(entry.address);
    }
    return std::move(definition_);
  }

 private:
  static std::string pool_key(std::string_view kind, std::string_view name) {
    return fmt::format("{} pool {}", kind, name);
  }
  static std::string rule_key(std::string_view kind, const Node& set, const Node& rule) {
    return fmt::format("{} rule-set {} rule {}", kind, set.key(), rule.key());
  }

  Status number_pools() {
    std::vector<NamedThing> things;
    for (const char* kind : {"source", "destination"}) {
      for (const Node& pool : nat_.child(kind).list("pool")) {
        things.push_back({.key = pool_key(kind, pool.key()), .name = std::string(pool.key())});
      }
    }
    const auto ids = out_.ids.nat_pools(things);
    if (!ids) return ids.error();
    for (std::size_t i = 0; i < things.size(); ++i) pools_.emplace(things[i].key, (*ids)[i]);
    return {};
  }

  Status number_rules() {
    std::vector<NamedThing> things;
    for (const char* kind : {"source", "destination", "static"}) {
      for (const Node& set : nat_.child(kind).list("rule-set")) {
        for (const Node& rule : set.list("rule")) {
          things.push_back({.key = rule_key(kind, set, rule), .name = std::string(rule.key())});
        }
      }
    }
    const auto ids = out_.ids.nat_rules(things);
    if (!ids) return ids.error();
    for (std::size_t i = 0; i < things.size(); ++i) rules_.emplace(things[i].key, (*ids)[i]);
    return {};
  }

  Status read_pools() {
    if (Status numbered = number_pools(); !numbered) return numbered;
    for (const Node& node : nat_.child("source").list("pool")) {
      if (Status fine = check_hosts(node.child("port").child("deterministic").child("host")); !fine)
        return fine;
      definition_.source_pools.push_back(read_source_pool(node));
    }
    for (const Node& node : nat_.child("destination").list("pool")) {
      nat::DestinationPool pool;
      pool.id = pools_.at(pool_key("destination", node.key()));
      pool.name = node.key();
      pool.path = node.path();
      const Node address = node.child("address");
      if (const auto low = address.text("ipaddr"))
        pool.addresses.push_back(read_range(*low, address.text("to")));
      pool.port = port_number(address, "port", 0);
      definition_.destination_pools.push_back(std::move(pool));
    }
    return {};
  }

  // By the arithmetic one host follows the other.
  static Status check_hosts(const Node& hosts) {
    const auto prefixes = hosts ? hosts.values("address") : std::vector<std::string_view>();
    if (prefixes.size() < 2) return {};
    return wrong(
        hosts, fmt::format("address {}", prefixes[1]),
        fmt::format("deterministic hosts are one prefix, and there is {} already: another pool can have "
                    "these",
                    prefixes[0]));
  }

  nat::SourcePool read_source_pool(const Node& node) {
    nat::SourcePool pool;
    pool.id = pools_.at(pool_key("source", node.key()));
    pool.name = node.key();
    pool.path = node.path();
    for (const Node& address : node.list("address")) {
      pool.addresses.push_back(read_range(address.key(), address.text("to")));
    }
    pool.translate_ports = !node.child("port").has("no-translation");
    pool.overloading = overloading(node.child("port"));
    if (node.child("port").has("range")) pool.ports = read_span(node.child("port").child("range"));
    if (const auto base = node.text("host-address-base")) {
      pool.base = read_prefix(*base).address;
      pool.has_base = true;
    }
    pool.paired = node.child("address-pooling").has("paired");
    pool.blocks = read_blocks(node.child("port").child("block-allocation"));
    pool.deterministic = read_deterministic(node.child("port").child("deterministic"));
    pool.alarm = read_alarm(node, nat_.child("source"));
    const Node overflow = node.child("overflow-pool");
    pool.overflow_interface = overflow.has("interface");
    if (const auto name = overflow.text("pool-name")) pool.overflow = pools_.at(pool_key("source", *name));
    return pool;
  }

  // False: the rule-set names only interfaces that no port has, so it never applies.
  bool read_side(const Node& node, nat::Side& side) {
    for (const std::string_view zone : node.values("zone")) side.zones.push_back(names_.zones.at(zone));
    const auto interfaces = node.values("interface");
    for (const std::string_view name : interfaces) {
      const auto known = interfaces_.find(name);
      if (known != interfaces_.end()) side.interfaces.push_back(known->second);
    }
    return interfaces.empty() || !side.interfaces.empty();
  }

  Status read_set(std::string_view kind, const Node& node, std::vector<nat::RuleSet>& sets) {
    nat::RuleSet set;
    set.name = node.key();
    set.path = node.path();
    const bool applies =
        read_side(node.child("from"), set.from) && (kind != "source" || read_side(node.child("to"), set.to));
    if (!applies) {
      warn(out_.warnings, node.path(),
           "no port has an interface that it names, so the rule-set never applies");
      return {};
    }
    const auto zones = node.child("from").values("zone");
    for (const Node& rule : node.list("rule")) {
      auto read = read_rule(kind, node, rule, zones.size() == 1 ? zones.front() : std::string_view());
      if (!read) return read.error();
      set.rules.push_back(std::move(*read));
    }
    sets.push_back(std::move(set));
    return {};
  }

  Result<nat::Rule> read_rule(std::string_view kind, const Node& set, const Node& node,
                              std::string_view zone) {
    nat::Rule rule;
    rule.id = rules_.at(rule_key(kind, set, node));
    rule.name = node.key();
    rule.path = node.path();
    const Node match = node.child(kind == "source"        ? "src-nat-rule-match"
                                  : kind == "destination" ? "dest-nat-rule-match"
                                                          : "static-nat-rule-match");
    if (const Status read = read_addresses(match, "source-address", zone, rule.source); !read) {
      return read.error();
    }
    const Status destination = kind == "source"
                                   ? read_addresses(match, "destination-address", {}, rule.destination)
                                   : read_destination(match, zone, rule.destination);
    if (!destination) return destination.error();
    if (kind == "static") {
      read_static(node.child("then").child("static-nat"), match, rule);
      return rule;
    }
    const auto source_ports =
        kind == "source" ? read_ranges(match, "source-port") : std::vector<PortRange>(1);
    if (const Status terms = read_terms(match, source_ports, rule.terms); !terms) return terms.error();
    read_action(kind, node.child("then").child(kind == "source" ? "source-nat" : "destination-nat"), rule);
    return rule;
  }

  void read_action(std::string_view kind, const Node& action, nat::Rule& rule) {
    if (kind == "source") {
      if (action.has("interface")) rule.action = nat::Action::interface;
      const Node address = action.child(action.has("interface") ? "interface" : "pool");
      rule.persistence = read_persistence(address.child("persistent-nat"));
    }
    if (const auto pool = action.child("pool").text("pool-name")) {
      rule.action = nat::Action::pool;
      rule.pool = pools_.at(pool_key(kind, *pool));
    }
  }

  static void read_static(const Node& action, const Node& match, nat::Rule& rule) {
    const Node prefix = action.child("prefix");
    rule.action = action.has("inet") ? nat::Action::inet : nat::Action::prefix;
    if (const auto mapped = prefix.text("addr-prefix")) rule.mapped = read_prefix(*mapped);
    rule.ports = read_span(match.child("destination-port"));
    rule.mapped_ports = read_span(prefix.child("mapped-port"));
  }

  // `leaf` and `leaf`-name. Neither: any.
  Status read_addresses(const Node& match, std::string_view leaf, std::string_view zone,
                        match::AddressMatch& out) {
    std::vector<packet::IpPrefix> all;
    for (const std::string_view text : match.values(leaf)) all.push_back(read_prefix(text));
    const std::string by_name = fmt::format("{}-name", leaf);
    for (const std::string_view name : match.values(by_name)) {
      if (Status named = add_named(match, by_name, zone, name, all); !named) return named;
    }
    out.any = all.empty();
    out.prefixes = match::merged(all);
    return {};
  }

  Status read_destination(const Node& match, std::string_view zone, match::AddressMatch& out) {
    std::vector<packet::IpPrefix> all;
    if (const auto text = match.child("destination-address").text("dst-addr"))
      all.push_back(read_prefix(*text));
    if (const auto name = match.child("destination-address-name").text("dst-addr-name")) {
      if (Status named = add_named(match, "destination-address-name", zone, *name, all); !named) return named;
    }
    out.any = false;
    out.prefixes = match::merged(all);
    return {};
  }

  Status add_named(const Node& match, std::string_view leaf, std::string_view zone, std::string_view name,
                   std::vector<packet::IpPrefix>& all) {
    const Prefixes* prefixes = names_.books.find(zone, name);
    if (prefixes == nullptr) {
      return unknown(match, fmt::format("{} {}", leaf, name),
                     fmt::format("address '{}' is not defined in the global address book{}", name,
                                 zone.empty() ? "" : fmt::format(" or that of zone '{}'", zone)));
    }
    all.insert(all.end(), prefixes->begin(), prefixes->end());
    return {};
  }

  Status read_terms(const Node& match, const std::vector<PortRange>& source_ports, std::vector<Term>& out) {
    const auto applications = match.values("application");
    if (!applications.empty()) return read_applications(match, applications, out);
    std::vector<std::uint8_t> protocols;
    for (const std::string_view text : match.values("protocol")) {
      protocols.push_back(config::parse_ip_protocol(text).value_or(0));
    }
    const std::vector<PortRange> ports = read_ranges(match, "destination-port");
    const bool any_port = match::is_full(source_ports.front()) && match::is_full(ports.front());
    if (protocols.empty() && !any_port) protocols = {kTcp, kUdp};
    for (const std::uint8_t protocol : protocols) {
      for (const PortRange& source : source_ports) {
        for (const PortRange& destination : ports) {
          out.push_back({.protocol = protocol, .source = source, .destination = destination});
        }
      }
    }
    return {};
  }

  Status read_applications(const Node& match, const std::vector<std::string_view>& wanted,
                           std::vector<Term>& out) {
    for (const std::string_view name : wanted) {
      if (name == "any") {
        out.clear();
        return {};
      }
      const auto named = applications_named(name, match, names_);
      if (!named) return named.error();
      for (const AppId id : *named) add_terms(id, out);
    }
    return {};
  }

  void add_terms(AppId id, std::vector<Term>& out) {
    for (const policy::Application& application : names_.applications.all) {
      if (application.id != id) continue;
      for (const policy::ApplicationTerm& term : application.terms) {
        out.push_back({.protocol = term.protocol, .source = term.source, .destination = term.destination});
      }
    }
  }

  Node nat_;
  const Names& names_;
  Compiled& out_;
  std::map<std::string, IflId, std::less<>> interfaces_;
  std::map<std::string, NatPoolId> pools_;  // by key
  std::map<std::string, NatRuleId> rules_;  // by key
  nat::Definition definition_;
};

bool empty(const nat::Definition& definition) {
  return definition.source.empty() && definition.destination.empty() && definition.static_nat.empty() &&
         definition.source_pools.empty() && definition.destination_pools.empty();
}

}  // namespace

Status compile_nat(const Node& root, const CompileOptions& options, const Names& names, Compiled& out) {
  auto definition = Reader(root, names, out).run();
  if (!definition) return definition.error();
  if (options.workers != 0) definition->workers = options.workers;
  if (options.nat == nullptr && empty(*definition)) return {};
  if (options.nat != nullptr && options.nat->definition() == *definition) {
    out.snapshot.nat = options.nat;
    return {};
  }
  auto table = nat::Table::compile(*definition, options.nat.get());
  if (!table) return table.error();
  out.snapshot.nat = std::shared_ptr<const nat::Table>(std::move(*table));
  return {};
}

}  // namespace sluice::compile
