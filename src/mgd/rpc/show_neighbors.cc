#include <vector>

#include "mgd/rpc/handlers.h"
#include "mgd/rpc/ip.h"

// show arp, show ipv6 neighbors: the hosts on the links whose Ethernet address flowd has from the kernel.
namespace sluice::rpc {
namespace {

using render::Document;
using render::Element;
using render::Sink;

enum class Family { inet, inet6 };

Result<std::vector<v1::Neighbor>> neighbors(Family family, const Context& context) {
  const auto reply = context.parts.flowd.ask(&link::Flowd::Stub::Routes, v1::RoutesRequest());
  if (!reply) return reply.error();
  std::vector<v1::Neighbor> found;
  for (const v1::Neighbor& neighbor : reply->neighbors()) {
    const bool v6 = neighbor.address().find(':') != std::string::npos;
    if (v6 == (family == Family::inet6)) found.push_back(neighbor);
  }
  return found;
}

}  // namespace

Status show_arp(const Inputs&, const Context& context, Sink& sink) {
  const auto all = neighbors(Family::inet, context);
  if (!all) return all.error();
  const Document document(sink, "arp-table-information", "junos-arp");
  for (const v1::Neighbor& neighbor : *all) {
    const Element entry(sink, "arp-table-entry");
    sink.leaf("mac-address", mac_text(neighbor.mac()));
    sink.leaf("ip-address", neighbor.address());
    sink.leaf("interface-name", neighbor.interface());
    const Element flags(sink, "arp-table-entry-flags");
    sink.flag("none");
  }
  sink.leaf("arp-entry-count", all->size());
  return {};
}

Status show_ipv6_neighbors(const Inputs&, const Context& context, Sink& sink) {
  const auto all = neighbors(Family::inet6, context);
  if (!all) return all.error();
  const Document document(sink, "ipv6-nd-information", "junos-ipv6");
  for (const v1::Neighbor& neighbor : *all) {
    const Element entry(sink, "ipv6-nd-entry");
    sink.leaf("ipv6-nd-neighbor-address", neighbor.address());
    sink.leaf("ipv6-nd-neighbor-l2-address", mac_text(neighbor.mac()));
    sink.leaf("ipv6-nd-interface-name", neighbor.interface());
  }
  sink.leaf("ipv6-nd-total", all->size());
  return {};
}

}  // namespace sluice::rpc
