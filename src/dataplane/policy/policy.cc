#include "dataplane/policy/policy.h"

#include <algorithm>
#include <bit>

#include "base/prefetch.h"
#include "dataplane/match/address_table.h"
#include "dataplane/policy/first_match.h"
#include "dataplane/policy/service_table.h"
#include "dataplane/policy/term_match.h"
#include "dataplane/policy/validate.h"
#include "dataplane/policy/zone_table.h"

namespace sluice::policy {
namespace {

using match::AddressTable;

constexpr std::size_t kChunk = AddressTable::kMaxQueries;

template <class Thing>
std::vector<const Thing*> by_id(const std::vector<Thing>& things) {
  std::vector<const Thing*> index;
  for (const Thing& thing : things) {
    if (thing.id.value >= index.size()) index.resize(thing.id.value + std::size_t{1});
    index[thing.id.value] = &thing;
  }
  return index;
}

template <class Thing, class Id>
const Thing* at(const std::vector<const Thing*>& index, Id id) noexcept {
  return id.value < index.size() ? index[id.value] : nullptr;
}

// The rows whose bits must all be set for a policy to be tried.
struct Rows {
  const std::uint64_t* source;
  const std::uint64_t* destination;
  const std::uint64_t* service;
  const std::uint64_t* from;
  const std::uint64_t* to;
};

// What the ranked policies say of addresses.
struct Sides {
  explicit Sides(const Ranking& ranking) {
    for (const RankedPolicy& ranked : ranking.policies) {
      sources.push_back(&ranked.policy->source);
      destinations.push_back(&ranked.policy->destination);
    }
  }
  [[nodiscard]] AddressTable::Rules rules() const {
    return {.sources = sources,
            .destinations = destinations,
            .plural = "policies",
            .statement = "security policies",
            .addresses = "security address-book"};
  }
  std::vector<const AddressMatch*> sources;
  std::vector<const AddressMatch*> destinations;
};

// What a query's fields lead to.
struct Lookup {
  Rows rows;
  ZoneTable::Words pair;
  ServiceTable::Class service;
};

}  // namespace

struct Table::Impl {
  explicit Impl(const Definition& from)
      : definition(from),
        ranking(rank(definition)),
        zones(ranking),
        otherwise{.decision = default_decision(definition)} {}

  template <class Address>
  void match(std::span<const Query<Address>> queries, std::span<Decision> decisions) const noexcept;
  template <class Address>
  [[nodiscard]] Lookup prepare(const Query<Address>& query, const std::uint64_t* source,
                               const std::uint64_t* destination) const noexcept;
  template <class Address>
  [[nodiscard]] Decision decide(const Query<Address>& query, const Lookup& lookup) const noexcept;
  [[nodiscard]] Decision complete(const Outcome& outcome, std::uint8_t protocol,
                                  const Service& service) const noexcept;
  template <class Address>
  [[nodiscard]] bool permits(PolicyId id, const Query<Address>& query) const noexcept;
  template <class Address>
  [[nodiscard]] std::vector<PolicyId> all_matches(const Query<Address>& query) const;

  const Definition definition;
  const Ranking ranking;
  const ZoneTable zones;
  const Outcome otherwise;  // the default policy's
  ServiceTable services;
  AddressTable inet;
  AddressTable inet6;
  std::vector<const Policy*> policies;           // by id
  std::vector<const Application*> applications;  // by id
};

namespace {

// The first clause, in order of rank, of the policies in `words` that the query matches; null if none.
template <class Address>
const Clause* first_clause(const Ranking& ranking, const Rows& rows, ZoneTable::Words words,
                           const Query<Address>& query) noexcept {
  for (std::size_t word = words.first; word < words.last; ++word) {
    std::uint64_t bits =
        rows.source[word] & rows.destination[word] & rows.service[word] & rows.from[word] & rows.to[word];
    for (; bits != 0; bits &= bits - 1) {
      const RankedPolicy& ranked =
          ranking.policies[64 * word + static_cast<std::size_t>(std::countr_zero(bits))];
      for (std::uint32_t clause = ranked.first_clause; clause < ranked.last_clause; ++clause) {
        // The rows said all but the source port, and which of the policy's terms it is.
        if (matches(ranking.clauses[clause].term, query)) return &ranking.clauses[clause];
      }
    }
  }
  return nullptr;
}

}  // namespace

// Rows of addresses are many and met in any order: their words are asked for now, for decide().
template <class Address>
Lookup Table::Impl::prepare(const Query<Address>& query, const std::uint64_t* source,
                            const std::uint64_t* destination) const noexcept {
  const ServiceTable::Class service = services.find(query.protocol, query.destination_port);
  const ZoneTable::Found zone = zones.find(query.from_zone, query.to_zone);
  const Lookup lookup{{source, destination, services.row(service), zone.from, zone.to}, zone.pair, service};
  for (const std::uint64_t* row : {source, destination, lookup.rows.service}) {
    prefetch(row + zone.pair.first);
    prefetch(row + zones.global().first);
  }
  return lookup;
}

template <class Address>
Decision Table::Impl::decide(const Query<Address>& query, const Lookup& lookup) const noexcept {
  const Clause* clause = first_clause(ranking, lookup.rows, lookup.pair, query);
  if (!clause) clause = first_clause(ranking, lookup.rows, zones.global(), query);
  return complete(clause ? clause->outcome : otherwise, query.protocol, services.service(lookup.service));
}

Decision Table::Impl::complete(const Outcome& outcome, std::uint8_t protocol,
                               const Service& service) const noexcept {
  Decision decision = outcome.decision;
  if (outcome.service == Outcome::Service::of_port) {
    decision.application = service.application;
    decision.alg = service.alg;
  }
  if (decision.timeout_s == 0) {
    decision.timeout_s = service.timeout_s != 0 ? service.timeout_s : protocol_timeout_s(protocol);
  }
  return decision;
}

template <class Address>
void Table::Impl::match(std::span<const Query<Address>> queries,
                        std::span<Decision> decisions) const noexcept {
  std::array<const std::uint64_t*, 2 * kChunk> rows;
  std::array<Lookup, kChunk> lookups;
  for (std::size_t at = 0; at < queries.size(); at += kChunk) {
    const auto chunk = queries.subspan(at, std::min(kChunk, queries.size() - at));
    sluice::match::find_rows(inet, inet6, chunk, rows.data());
    for (std::size_t i = 0; i < chunk.size(); ++i) {
      lookups[i] = prepare(chunk[i], rows[2 * i], rows[2 * i + 1]);
    }
    for (std::size_t i = 0; i < chunk.size(); ++i) decisions[at + i] = decide(chunk[i], lookups[i]);
  }
}

template <class Address>
bool Table::Impl::permits(PolicyId id, const Query<Address>& query) const noexcept {
  if (id == kDefaultPolicy) return otherwise.decision.action == Action::permit;
  const Policy* policy = at(policies, id);
  return policy && policy->action == Action::permit && match_policy(definition, *policy, query).has_value();
}

template <class Address>
std::vector<PolicyId> Table::Impl::all_matches(const Query<Address>& query) const {
  std::vector<PolicyId> ids;
  for (const RankedPolicy& ranked : ranking.policies) {
    if (match_policy(definition, *ranked.policy, query)) ids.push_back(ranked.policy->id);
  }
  return ids;
}

Result<std::unique_ptr<Table>> Table::compile(const Definition& definition) {
  if (const Status status = validate(definition); !status) return status.error();
  auto impl = std::make_unique<Impl>(definition);
  impl->policies = by_id(impl->definition.policies);
  impl->applications = by_id(impl->definition.applications);
  auto services = ServiceTable::build(impl->definition, impl->ranking);
  if (!services) return services.error();
  const Sides sides(impl->ranking);
  auto inet = AddressTable::build(sides.rules(), packet::Family::inet);
  if (!inet) return inet.error();
  auto inet6 = AddressTable::build(sides.rules(), packet::Family::inet6);
  if (!inet6) return inet6.error();
  impl->services = std::move(*services);
  impl->inet = std::move(*inet);
  impl->inet6 = std::move(*inet6);
  return std::unique_ptr<Table>(new Table(std::move(impl)));
}

Table::Table(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Table::~Table() = default;

void Table::match(std::span<const Query4> queries, std::span<Decision> decisions) const noexcept {
  impl_->match(queries, decisions);
}
void Table::match(std::span<const Query6> queries, std::span<Decision> decisions) const noexcept {
  impl_->match(queries, decisions);
}

bool Table::permits(PolicyId policy, const Query4& query) const noexcept {
  return impl_->permits(policy, query);
}
bool Table::permits(PolicyId policy, const Query6& query) const noexcept {
  return impl_->permits(policy, query);
}

std::vector<PolicyId> Table::all_matches(const Query4& query) const {
  return impl_->all_matches(query);
}
std::vector<PolicyId> Table::all_matches(const Query6& query) const {
  return impl_->all_matches(query);
}

const Definition& Table::definition() const noexcept {
  return impl_->definition;
}
const Policy* Table::find(PolicyId id) const noexcept {
  return at(impl_->policies, id);
}
const Application* Table::find(AppId id) const noexcept {
  return at(impl_->applications, id);
}

AppId Table::by_port(std::uint8_t protocol, std::uint16_t destination_port) const noexcept {
  return impl_->services.service(impl_->services.find(protocol, destination_port)).application;
}

std::uint32_t Table::timeout_s(AppId application, std::uint8_t protocol,
                               std::uint16_t destination_port) const noexcept {
  const Application* own = find(application);
  Outcome outcome{.decision = {}, .service = Outcome::Service::matched};
  outcome.decision.timeout_s = own ? own->inactivity_timeout_s : 0;
  const auto service = impl_->services.find(protocol, destination_port);
  return impl_->complete(outcome, protocol, impl_->services.service(service)).timeout_s;
}

bool names_host(const Policy& policy) noexcept {
  const auto listed = [](const std::vector<ZoneId>& zones) {
    return std::find(zones.begin(), zones.end(), kJunosHostZone) != zones.end();
  };
  return policy.from_zone == kJunosHostZone || policy.to_zone == kJunosHostZone ||
         listed(policy.global_from) || listed(policy.global_to);
}

void settle_host_policy(const Table& policies, Decision& decision) noexcept {
  const Policy* found = policies.find(decision.policy);
  if (found != nullptr && names_host(*found)) return;
  decision.policy = kSelfTrafficPolicy;
  decision.action = Action::permit;
  decision.log_init = decision.log_close = decision.count = false;
}

}  // namespace sluice::policy
