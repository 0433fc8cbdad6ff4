#include "dataplane/policy/application_index.h"

#include "dataplane/policy/term_match.h"

namespace sluice::policy {
namespace {

constexpr std::size_t kPorts = 65536;

}  // namespace

ApplicationIndex::ApplicationIndex(const std::vector<Application>& applications)
    : services_(1), tcp_(kPorts), udp_(kPorts) {
  for (const Application& application : applications) {
    if (application.id.value >= by_id_.size()) by_id_.resize(application.id.value + std::size_t{1});
    by_id_[application.id.value] = &application;
  }
  for (const Application& application : predefined_applications()) {
    for (const ApplicationTerm& term : application.terms) add_service(application, term);
  }
}

// The first application of a port stays its service.
void ApplicationIndex::add_service(const Application& application, const ApplicationTerm& term) {
  if (is_icmp(term.protocol) || has_ports(term.protocol) == is_full(term.destination)) return;
  const Application* defined = find(application.id);  // with the timeout that the operator may have set
  const auto index = static_cast<std::uint16_t>(services_.size());
  services_.push_back({.application = application.id,
                       .alg = term.alg != 0 ? term.alg : application.alg,
                       .timeout_s = (defined ? defined : &application)->inactivity_timeout_s});
  if (!has_ports(term.protocol)) {
    if (is_full(term.destination) && others_[term.protocol] == 0) others_[term.protocol] = index;
    return;
  }
  if (term.protocol == kProtocolSctp) return;  // no predefined application names an SCTP port
  std::vector<std::uint16_t>& ports = term.protocol == kProtocolTcp ? tcp_ : udp_;
  for (std::uint32_t port = term.destination.low; port <= term.destination.high; ++port) {
    if (ports[port] == 0) ports[port] = index;
  }
}

}  // namespace sluice::policy
