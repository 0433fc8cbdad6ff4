#include <fmt/format.h>

#include "mgd/rpc/handlers.h"
#include "mgd/rpc/ip.h"
#include "mgd/rpc/nat_elements.h"

// show and clear security nat source persistent-nat-table: all, by internal-ip, pool or interface, summary.
namespace sluice::rpc {
namespace {

using render::Document;
using render::Element;
using render::Sink;

constexpr std::string_view kInterfacesPool =
    "interface";  // as flowd calls the pool of the interfaces' addresses

Result<v1::PersistentBindingsRequest> bindings_request(const Inputs& inputs) {
  v1::PersistentBindingsRequest request;
  if (inputs.has("ip")) {
    const auto address = address_bytes(std::string(inputs.text("ip")));
    if (!address) {
      return Error{"invalid-value", "ip", fmt::format("'{}' is not an address", inputs.text("ip"))};
    }
    request.set_internal_address(*address);
  }
  if (inputs.has("internal-port")) {
    request.set_internal_port(static_cast<std::uint32_t>(inputs.number("internal-port")));
  }
  if (inputs.has("internal-protocol")) {
    const auto protocol = protocol_number(inputs.text("internal-protocol"));
    if (!protocol) {
      return Error{"invalid-value", "internal-protocol",
                   fmt::format("'{}' is not a protocol", inputs.text("internal-protocol"))};
    }
    request.set_internal_protocol(*protocol);
  }
  if (inputs.has("pool-name")) request.set_pool_name(std::string(inputs.text("pool-name")));
  return request;
}

std::string_view permit_word(v1::PersistentBinding::Permit permit) {
  switch (permit) {
    case v1::PersistentBinding::ANY_REMOTE_HOST:
      return "any-remote-host";
    case v1::PersistentBinding::TARGET_HOST:
      return "target-host";
    case v1::PersistentBinding::TARGET_HOST_PORT:
      return "target-host-port";
    default:
      return "N/A";
  }
}

void persistent_binding_element(Sink& sink, const v1::PersistentBinding& binding) {
  const Element element(sink, "persist-nat-table-entry");
  const std::string protocol = protocol_word(binding.protocol());
  sink.leaf("persist-nat-internal-ip", address_text(binding.internal_address()));
  sink.leaf("persist-nat-internal-port", binding.internal_port());
  sink.leaf("persist-nat-internal-proto", protocol);
  sink.leaf("persist-nat-reflexive-ip", address_text(binding.reflexive_address()));
  sink.leaf("persist-nat-reflexive-port", binding.reflexive_port());
  sink.leaf("persist-nat-reflexive-proto", protocol);
  sink.leaf("persist-nat-pool-name", binding.pool_name());
  sink.leaf("persist-nat-type", permit_word(binding.permit()));
  sink.leaf("persist-nat-left-time", binding.has_left_s() ? std::to_string(binding.left_s()) : "-");
  sink.leaf("persist-nat-config-time", binding.timeout_s());
  sink.leaf("persist-nat-current-session-num", binding.sessions());
  sink.leaf("persist-nat-max-session-num", binding.maximum_sessions());
  sink.leaf("persist-nat-rule-name", binding.rule_name());
}

Status show_bindings(v1::PersistentBindingsRequest request, const Context& context, Sink& sink) {
  auto reply = context.parts.flowd.ask(&link::Flowd::Stub::PersistentBindings, request);
  if (!reply) return reply.error();
  const Document document(sink, "persist-nat-table", kNatModule);
  for (;;) {
    for (const v1::PersistentBinding& binding : reply->bindings()) persistent_binding_element(sink, binding);
    if (reply->next() == 0 || !sink.wanted()) return {};
    request.set_from(reply->next());
    reply = context.parts.flowd.ask(&link::Flowd::Stub::PersistentBindings, request);
    if (!reply) return reply.error();
  }
}

Status clear_bindings(const v1::PersistentBindingsRequest& request, const Context& context) {
  const auto reply = context.parts.flowd.ask(&link::Flowd::Stub::ClearPersistentBindings, request);
  return reply ? Status() : Status(reply.error());
}

}  // namespace

Status show_persistent_nat(const Inputs& inputs, const Context& context, Sink& sink) {
  const auto request = bindings_request(inputs);
  return request ? show_bindings(*request, context, sink) : Status(request.error());
}

Status show_persistent_nat_of_interfaces(const Inputs&, const Context& context, Sink& sink) {
  v1::PersistentBindingsRequest request;
  request.set_pool_name(std::string(kInterfacesPool));
  return show_bindings(std::move(request), context, sink);
}

// One table, as that of a firewall with one packet processor.
Status show_persistent_nat_summary(const Inputs&, const Context& context, Sink& sink) {
  v1::PersistentBindingsRequest none;
  none.set_from(~std::uint64_t{0});
  const auto reply = context.parts.flowd.ask(&link::Flowd::Stub::PersistentBindings, none);
  if (!reply) return reply.error();
  const Document document(sink, "persist-nat-table", kNatModule);
  const Element statistic(sink, "persist-nat-table-statistic");
  sink.leaf("persist-nat-spu-id", " on FPC0 PIC0:");
  sink.leaf("persist-nat-binding-total", reply->maximum());
  sink.leaf("persist-nat-binding-in-use", reply->in_use());
  return {};
}

Status clear_persistent_nat(const Inputs& inputs, const Context& context, Sink&) {
  const auto request = bindings_request(inputs);
  return request ? clear_bindings(*request, context) : Status(request.error());
}

Status clear_persistent_nat_of_interfaces(const Inputs&, const Context& context, Sink&) {
  v1::PersistentBindingsRequest request;
  request.set_pool_name(std::string(kInterfacesPool));
  return clear_bindings(request, context);
}

}  // namespace sluice::rpc
