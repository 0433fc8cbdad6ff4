#include <algorithm>
#include <array>
#include <string>

#include "dataplane/packet/packet.h"
#include "flowd/service/translate.h"

namespace sluice::service {
namespace {

using policy::Application;
using policy::ApplicationTerm;

constexpr std::uint16_t kLastPort = 65535;

// Keywords that are names of predefined applications and of no ALG.
constexpr std::array<std::string_view, 6> kByName{"http", "https", "smtp", "imap", "ssh", "telnet"};

bool within(const ApplicationTerm& inner, const ApplicationTerm& outer) {
  const bool protocol = outer.protocol == 0 || outer.protocol == inner.protocol;
  return protocol && inner.destination.low >= outer.destination.low &&
         inner.destination.high <= outer.destination.high;
}

bool asks_for(const Application& application, const ApplicationTerm& term, AlgId alg) {
  return (term.alg != 0 ? term.alg : application.alg) == static_cast<std::uint8_t>(alg);
}

bool asks_for(const Application& application, AlgId alg) {
  return application.alg == static_cast<std::uint8_t>(alg) ||
         std::ranges::any_of(application.terms,
                             [&](const ApplicationTerm& term) { return asks_for(application, term, alg); });
}

// Of an application with several gateways (H.323) only the ports of the one that is meant count.
bool within(const Application& inner, const Application& outer, AlgId alg) {
  return !inner.terms.empty() && std::ranges::all_of(inner.terms, [&](const ApplicationTerm& term) {
    return std::ranges::any_of(outer.terms, [&](const ApplicationTerm& other) {
      return asks_for(outer, other, alg) && within(term, other);
    });
  });
}

bool is_narrow(const policy::PortRange& range) {
  return range.low != 0 || range.high != kLastPort;
}

void put_term(const Application& application, const ApplicationTerm& term, const policy::Table& policies,
              v1::Application& to) {
  v1::ApplicationTerm& made = *to.add_terms();
  made.set_protocol(term.protocol);
  made.set_inactivity_timeout_s(policies.timeout_s(application.id, term.protocol, term.destination.low));
  const auto alg = static_cast<AlgId>(term.alg != 0 ? term.alg : application.alg);
  if (alg != AlgId::none) {
    made.set_alg(std::string(policy::alg_name(alg)));
  }
  const bool icmp = term.protocol == packet::protocol::kIcmp || term.protocol == packet::protocol::kIcmp6;
  if (icmp) {
    if (is_narrow(term.destination)) {
      made.set_icmp_type(term.destination.low / 256U);
    }
    if (term.destination.low == term.destination.high) {
      made.set_icmp_code(term.destination.low % 256U);
    }
    return;
  }
  if (is_narrow(term.source)) {
    made.set_source_port_low(term.source.low);
    made.set_source_port_high(term.source.high);
  }
  if (is_narrow(term.destination)) {
    made.set_destination_port_low(term.destination.low);
    made.set_destination_port_high(term.destination.high);
  }
}

// Whether `name` is an application; it is then told, as a member of `set` unless that is empty.
bool put_application(std::string_view name, std::string_view set, const policy::Table& policies,
                     v1::ApplicationsReply& reply) {
  const auto& all = policies.definition().applications;
  const auto found = std::ranges::find(all, name, &Application::name);
  if (found == all.end()) {
    return false;
  }
  v1::Application& to = *reply.add_applications();
  to.set_name(found->name);
  to.set_set(std::string(set));
  for (const ApplicationTerm& term : found->terms) {
    put_term(*found, term, policies, to);
  }
  return true;
}

// Sets hold sets; the predefined ones no circles.
void put_set(std::string_view name, std::string_view asked, const policy::Table& policies,
             v1::ApplicationsReply& reply) {
  const auto& sets = policy::predefined_application_sets();
  const auto found = std::ranges::find(sets, name, &policy::ApplicationSet::name);
  if (found == sets.end()) {
    return;
  }
  for (const std::string& member : found->members) {
    if (!put_application(member, asked, policies, reply)) {
      put_set(member, asked, policies, reply);
    }
  }
}

}  // namespace

void put_applications(const v1::ApplicationsRequest& request, const policy::Table& policies,
                      v1::ApplicationsReply& reply) {
  std::vector<std::string_view> told;
  for (const std::string& name : request.names()) {
    if (std::ranges::find(told, name) != told.end()) {
      continue;
    }
    told.push_back(name);
    if (!put_application(name, {}, policies, reply)) {
      put_set(name, name, policies, reply);
    }
  }
}

std::vector<AppId> applications_of(std::string_view keyword, const policy::Table& policies) {
  const AlgId alg = policy::parse_alg(keyword).value_or(AlgId::none);
  const bool by_alg = alg != AlgId::none;
  if (!by_alg && std::ranges::find(kByName, keyword) == kByName.end()) {
    return {};
  }
  const auto& all = policies.definition().applications;
  const auto stands_for = [&](const Application& application) {
    return by_alg ? asks_for(application, alg)
                  : application.predefined && application.name == "junos-" + std::string(keyword);
  };
  std::vector<const Application*> named;
  for (const Application& application : all) {
    if (stands_for(application)) {
      named.push_back(&application);
    }
  }
  std::vector<AppId> ids;
  for (const Application& application : all) {
    const bool plain = !application.predefined && application.alg == 0;
    const bool inside =
        plain && alg != AlgId::ignore && std::ranges::any_of(named, [&](const Application* one) {
          return one->predefined && within(application, *one, alg);
        });
    if (inside || stands_for(application)) {
      ids.push_back(application.id);
    }
  }
  return ids;
}

}  // namespace sluice::service
