#include "mgd/rpc/handlers.h"
#include "mgd/rpc/ip.h"

// show arp, show ipv6 neighbors: the hosts on the links whose Ethernet address flowd has from the kernel.
namespace sluice::rpc {
namespace {

using render::Document;
using render::Element;
using render::Sink;

Result<v1::RoutesReply> ask(const Context& context) {
  return context.parts.flowd.ask(&link::Flowd::Stub::Routes, v1::RoutesRequest());
}

bool is_v6(const v1::Neighbor& neighbor) {
  return neighbor.address().find(':') != std::string::npos;
}

}  // namespace

Status show_arp(const Inputs&, const Context& context, Sink& sink) {
  const auto reply = ask(context);
  if (!reply) return reply.error();
  const Document document(sink, "arp-table-information", "junos-arp");
  std::size_t count = 0;
  for (const v1::Neighbor& neighbor : reply->neighbors()) {
    if (is_v6(neighbor)) continue;
    const Element entry(sink, "arp-table-entry");
    sink.leaf("mac-address", mac_text(neighbor.mac()));
    sink.leaf("ip-address", neighbor.address());
    sink.leaf("interface-name", neighbor.interface());
    const Element flags(sink, "arp-table-entry-flags");
    sink.flag("none");
    ++count;
  }
  sink.leaf("arp-entry-count", count);
  return {};
}

Status show_ipv6_neighbors(const Inputs&, const Context& context, Sink& sink) {
  const auto reply = ask(context);
  if (!reply) return reply.error();
  const Document document(sink, "ipv6-nd-information", "junos-ipv6");
  std::size_t count = 0;
  for (const v1::Neighbor& neighbor : reply->neighbors()) {
    if (!is_v6(neighbor)) continue;
    const Element entry(sink, "ipv6-nd-entry");
    sink.leaf("ipv6-nd-neighbor-address", neighbor.address());
    sink.leaf("ipv6-nd-neighbor-l2-address", mac_text(neighbor.mac()));
    sink.leaf("ipv6-nd-interface-name", neighbor.interface());
    ++count;
  }
  sink.leaf("ipv6-nd-total", count);
  return {};
}

}  // namespace sluice::rpc
