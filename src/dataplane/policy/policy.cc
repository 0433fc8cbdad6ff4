#include "dataplane/policy/policy.h"

#include <algorithm>

#include "dataplane/policy/compile.h"
#include "dataplane/policy/first_match.h"
#include "dataplane/policy/keys.h"

namespace sluice::policy {
namespace {

// Queries that one classification takes: their keys are on the stack.
constexpr std::size_t kChunk = 64;

}  // namespace

struct Table::Impl {
  explicit Impl(const Definition& from)
      : definition(from), applications(definition.applications), otherwise(default_decision(definition)) {}

  template <class Address>
  void match(const FamilyTable& family, std::span<const Query<Address>> queries,
             std::span<Decision> decisions) const noexcept;
  template <class Address>
  void match_chunk(const FamilyTable& family, std::span<const Query<Address>> queries,
                   Decision* decisions) const noexcept;
  [[nodiscard]] Decision decide(std::uint32_t result, std::uint8_t protocol,
                                std::uint16_t destination_port) const noexcept;
  template <class Address>
  [[nodiscard]] bool permits(PolicyId id, const Query<Address>& query) const noexcept;
  [[nodiscard]] const Policy* find(PolicyId id) const noexcept {
    return id.value < policies.size() ? policies[id.value] : nullptr;
  }

  const Definition definition;
  const ApplicationIndex applications;
  const Decision otherwise;             // the default policy's
  std::vector<const Policy*> policies;  // by id
  std::vector<Outcome> outcomes;        // by result of a rule; [0] is the default policy
  FamilyTable inet;
  FamilyTable inet6;
};

Decision Table::Impl::decide(std::uint32_t result, std::uint8_t protocol,
                             std::uint16_t destination_port) const noexcept {
  const Outcome& outcome = outcomes[result];
  Decision decision = outcome.decision;
  if (outcome.service == Outcome::Service::matched && decision.timeout_s != 0) return decision;
  const Service& service = applications.service(protocol, destination_port);
  if (outcome.service == Outcome::Service::of_port) {
    decision.application = service.application;
    decision.alg = service.alg;
  }
  decision.timeout_s = service.timeout_s != 0 ? service.timeout_s : protocol_timeout_s(protocol);
  return decision;
}

template <class Address>
void Table::Impl::match_chunk(const FamilyTable& family, std::span<const Query<Address>> queries,
                              Decision* decisions) const noexcept {
  std::array<AddressKey<Address>, 2 * kChunk> addresses;
  std::array<RuleKey, kChunk> keys;
  std::array<const std::uint8_t*, 2 * kChunk> pointers;
  std::array<std::uint32_t, 2 * kChunk> classes;
  std::array<std::uint32_t, kChunk> results;
  const std::size_t count = queries.size();
  for (std::size_t i = 0; i < count; ++i) {
    addresses[2 * i].fill(Side::source, queries[i].source);
    addresses[2 * i + 1].fill(Side::destination, queries[i].destination);
    pointers[2 * i] = addresses[2 * i].bytes.data();
    pointers[2 * i + 1] = addresses[2 * i + 1].bytes.data();
  }
  family.addresses.classify(pointers.data(), classes.data(), static_cast<std::uint32_t>(2 * count));
  for (std::size_t i = 0; i < count; ++i) {
    keys[i].fill(queries[i], static_cast<std::uint16_t>(classes[2 * i]),
                 static_cast<std::uint16_t>(classes[2 * i + 1]));
    pointers[i] = keys[i].bytes.data();
  }
  family.rules.classify(pointers.data(), results.data(), static_cast<std::uint32_t>(count));
  for (std::size_t i = 0; i < count; ++i) {
    decisions[i] = decide(results[i], queries[i].protocol, queries[i].destination_port);
  }
}

template <class Address>
void Table::Impl::match(const FamilyTable& family, std::span<const Query<Address>> queries,
                        std::span<Decision> decisions) const noexcept {
  if (family.rules.empty()) {
    std::transform(queries.begin(), queries.end(), decisions.begin(), [&](const Query<Address>& query) {
      return decide(0, query.protocol, query.destination_port);
    });
    return;
  }
  for (std::size_t at = 0; at < queries.size(); at += kChunk) {
    const std::size_t count = std::min(kChunk, queries.size() - at);
    match_chunk(family, queries.subspan(at, count), decisions.data() + at);
  }
}

template <class Address>
bool Table::Impl::permits(PolicyId id, const Query<Address>& query) const noexcept {
  if (id == kDefaultPolicy) return otherwise.action == Action::permit;
  const Policy* policy = find(id);
  return policy && policy->action == Action::permit && match_policy(definition, *policy, query).has_value();
}

Result<std::unique_ptr<Table>> Table::compile(const Definition& definition) {
  if (const Status status = validate(definition); !status) return status.error();
  auto impl = std::make_unique<Impl>(definition);
  for (const Policy& policy : impl->definition.policies) {
    if (policy.id.value >= impl->policies.size()) impl->policies.resize(policy.id.value + std::size_t{1});
    impl->policies[policy.id.value] = &policy;
  }
  const std::vector<Clause> clauses = clauses_of(impl->definition, impl->applications);
  impl->outcomes.push_back({.decision = impl->otherwise});
  for (const Clause& clause : clauses) impl->outcomes.push_back(clause.outcome);

  auto inet = compile_family(impl->definition, clauses, packet::Family::inet);
  if (!inet) return inet.error();
  auto inet6 = compile_family(impl->definition, clauses, packet::Family::inet6);
  if (!inet6) return inet6.error();
  impl->inet = std::move(*inet);
  impl->inet6 = std::move(*inet6);
  return std::unique_ptr<Table>(new Table(std::move(impl)));
}

Table::Table(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Table::~Table() = default;

void Table::match(std::span<const Query4> queries, std::span<Decision> decisions) const noexcept {
  impl_->match(impl_->inet, queries, decisions);
}
void Table::match(std::span<const Query6> queries, std::span<Decision> decisions) const noexcept {
  impl_->match(impl_->inet6, queries, decisions);
}

bool Table::permits(PolicyId policy, const Query4& query) const noexcept {
  return impl_->permits(policy, query);
}
bool Table::permits(PolicyId policy, const Query6& query) const noexcept {
  return impl_->permits(policy, query);
}

const Definition& Table::definition() const noexcept {
  return impl_->definition;
}
const Policy* Table::find(PolicyId id) const noexcept {
  return impl_->find(id);
}
const Application* Table::find(AppId id) const noexcept {
  return impl_->applications.find(id);
}

AppId Table::by_port(std::uint8_t protocol, std::uint16_t destination_port) const noexcept {
  return impl_->applications.service(protocol, destination_port).application;
}

std::uint32_t Table::timeout_s(AppId application, std::uint8_t protocol,
                               std::uint16_t destination_port) const noexcept {
  if (const Application* own = find(application); own && own->inactivity_timeout_s != 0) {
    return own->inactivity_timeout_s;
  }
  const std::uint32_t of_port = impl_->applications.service(protocol, destination_port).timeout_s;
  return of_port != 0 ? of_port : protocol_timeout_s(protocol);
}

}  // namespace sluice::policy
