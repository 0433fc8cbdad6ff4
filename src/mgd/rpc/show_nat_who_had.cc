#include <fmt/format.h>

#include "base/text.h"
#include "base/time_text.h"
#include "mgd/rpc/handlers.h"
#include "mgd/rpc/ip.h"
#include "mgd/rpc/nat_elements.h"

// show security nat who-had: which hosts had a public address and port, now or at a time.
namespace sluice::rpc {
namespace {

using render::Document;
using render::Element;
using render::Sink;

std::string time_text(std::uint64_t unix_s) {
  return utc_time(static_cast<std::int64_t>(unix_s));
}

// The host that had the public address, then the session as its first packet was sent.
void binding_element(Sink& sink, const v1::NatBinding& binding) {
  const Element element(sink, "nat-binding");
  const bool was_source = binding.translated_destination().empty();
  sink.leaf("host-address", address_text(was_source ? binding.source() : binding.translated_destination()));
  sink.leaf("host-port", was_source ? binding.source_port() : binding.translated_destination_port());
  sink.leaf("host-side", was_source ? "initiator" : "responder");
  sink.leaf("source-address", address_text(binding.source()));
  sink.leaf("source-port", binding.source_port());
  sink.leaf("destination-address", address_text(binding.destination()));
  sink.leaf("destination-port", binding.destination_port());
  sink.leaf("protocol", protocol_word(binding.protocol()));
  sink.leaf("start-time", time_text(binding.start_unix_s()));
  if (binding.has_end_unix_s()) sink.leaf("end-time", time_text(binding.end_unix_s()));
  if (binding.has_latest_end_unix_s()) sink.leaf("latest-end-time", time_text(binding.latest_end_unix_s()));
  if (binding.live()) sink.flag("live");
  sink.leaf("session-identifier", binding.session_identifier());
  sink.leaf("policy", binding.policy_name());
  if (!binding.live()) sink.leaf("log-file", binding.log_file());
}

// Ours: whose the port was, whether he had a session with it or not.
void block_element(Sink& sink, const v1::NatBindingsReply::Block& block) {
  const Element element(sink, "nat-port-block");
  sink.leaf("host-address", address_text(block.host()));
  sink.leaf("pool-name", block.pool_name());
  sink.leaf("block-port-low", block.low());
  sink.leaf("block-port-high", block.high());
  if (block.deterministic()) {
    sink.flag("deterministic");
  } else {
    sink.leaf("start-time", time_text(block.start_unix_s()));
  }
  if (block.has_end_unix_s()) sink.leaf("end-time", time_text(block.end_unix_s()));
  if (block.has_latest_end_unix_s()) sink.leaf("latest-end-time", time_text(block.latest_end_unix_s()));
  if (!block.log_file().empty()) sink.leaf("log-file", block.log_file());
}

// Why there is no answer.
std::string nobody(const std::string& whom, const v1::NatBindingsReply& reply) {
  const std::string log =
      reply.log_files().empty()
          ? "there is no session log on this machine"
          : fmt::format("{} on this machine {} no record of it",
                        counted(static_cast<std::uint64_t>(reply.log_files_size()), "session log file"),
                        reply.log_files_size() == 1 ? "has" : "have");
  return fmt::format("Nobody is known to have had {}: no living session had it, and {}.", whom, log);
}

}  // namespace

Status show_nat_who_had(const Inputs& inputs, const Context& context, Sink& sink) {
  v1::NatBindingsRequest request;
  const auto address = address_bytes(std::string(inputs.text("address")));
  if (!address) {
    return Error{"invalid-value", "address", fmt::format("'{}' is not an address", inputs.text("address"))};
  }
  request.set_address(*address);
  request.set_port(static_cast<std::uint32_t>(inputs.number("port")));
  std::string whom = fmt::format("{}/{}", address_text(*address), request.port());
  if (inputs.has("at")) {
    const auto at = unix_time(inputs.text("at"), context.parts.now_unix_s());
    if (!at || *at < 0) {
      return Error{"invalid-value", "at",
                   fmt::format("'{}' is no time: expecting hh:mm[:ss] or \"yyyy-mm-dd hh:mm[:ss]\"",
                               inputs.text("at"))};
    }
    request.set_at_unix_s(static_cast<std::uint64_t>(*at));
    whom += " at " + utc_time(*at);
  }
  const auto reply =
      context.parts.flowd.ask(&link::Flowd::Stub::NatBindings, request, link::Flowd::kSearchDeadline);
  if (!reply) return reply.error();
  const Document document(sink, "nat-who-had-information", kNatModule);
  sink.leaf("public-address", address_text(*address));
  sink.leaf("public-port", request.port());
  for (const v1::NatBinding& binding : reply->bindings()) binding_element(sink, binding);
  for (const v1::NatBindingsReply::Block& block : reply->blocks()) block_element(sink, block);
  if (reply->bindings().empty() && reply->blocks().empty()) sink.leaf("message", nobody(whom, *reply));
  if (reply->more()) sink.leaf("message", "There were more; these are the latest. Ask for a time with 'at'.");
  return {};
}

}  // namespace sluice::rpc
