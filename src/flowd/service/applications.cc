#include <algorithm>
#include <array>
#include <string>

#include "flowd/service/translate.h"

namespace sluice::service {
namespace {

using policy::Application;
using policy::ApplicationTerm;

// Keywords that are names of predefined applications and of no ALG.
constexpr std::array<std::string_view, 6> kByName{"http", "https", "smtp", "imap", "ssh", "telnet"};

bool within(const ApplicationTerm& inner, const ApplicationTerm& outer) {
  const bool protocol = outer.protocol == 0 || outer.protocol == inner.protocol;
  return protocol && inner.destination.low >= outer.destination.low &&
         inner.destination.high <= outer.destination.high;
}

bool within(const Application& inner, const Application& outer) {
  return !inner.terms.empty() && std::ranges::all_of(inner.terms, [&](const ApplicationTerm& term) {
    return std::ranges::any_of(outer.terms,
                               [&](const ApplicationTerm& other) { return within(term, other); });
  });
}

bool asks_for(const Application& application, AlgId alg) {
  const auto wanted = static_cast<std::uint8_t>(alg);
  return application.alg == wanted ||
         std::ranges::any_of(application.terms,
                             [&](const ApplicationTerm& term) { return term.alg == wanted; });
}

}  // namespace

std::vector<AppId> applications_of(std::string_view keyword, const policy::Table& policies) {
  const std::optional<AlgId> alg = policy::parse_alg(keyword);
  const bool by_alg = alg && *alg != AlgId::none;
  if (!by_alg && std::ranges::find(kByName, keyword) == kByName.end()) {
    return {};
  }
  const auto& all = policies.definition().applications;
  const auto stands_for = [&](const Application& application) {
    return by_alg ? asks_for(application, *alg)
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
          return one->predefined && within(application, *one);
        });
    if (inside || stands_for(application)) {
      ids.push_back(application.id);
    }
  }
  return ids;
}

}  // namespace sluice::service
