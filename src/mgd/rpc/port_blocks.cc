#include <fmt/format.h>

#include "mgd/rpc/handlers.h"
#include "mgd/rpc/ip.h"
#include "mgd/rpc/nat_elements.h"

// show security nat source port-block, deterministic: which hosts have which blocks of ports.
namespace sluice::rpc {
namespace {

using render::Document;
using render::Element;
using render::Sink;

// An address as flowd wants it. An Error: it is none.
Status put_address(const Inputs& inputs, std::string_view leaf, std::string& bytes) {
  if (!inputs.has(leaf)) return {};
  const auto address = address_bytes(std::string(inputs.text(leaf)));
  if (!address) {
    return Error{"invalid-value", std::string(leaf),
                 fmt::format("'{}' is not an address", inputs.text(leaf))};
  }
  bytes = *address;
  return {};
}

Result<v1::PortBlocksRequest> blocks_request(const Inputs& inputs) {
  v1::PortBlocksRequest request;
  if (const Status put = put_address(inputs, "host-ip", *request.mutable_host()); !put) return put.error();
  if (const Status put = put_address(inputs, "xlated-ip", *request.mutable_address()); !put)
    return put.error();
  if (inputs.has("xlated-port")) {
    request.set_port(static_cast<std::uint32_t>(inputs.number("xlated-port")));
  }
  if (inputs.has("pool")) request.set_pool_name(std::string(inputs.text("pool")));
  return request;
}

std::string_view state_word(v1::PortBlock::State state) {
  switch (state) {
    case v1::PortBlock::ACTIVE:
      return "Active";
    case v1::PortBlock::QUERY:
      return "Query";
    default:
      return "Inactive";
  }
}

void block_element(Sink& sink, const v1::PortBlock& block, const v1::PortBlocksRequest& request) {
  const Element element(sink, "pba-blk-table-entry");
  sink.leaf("blk-internal-ip", address_text(block.host()));
  sink.leaf("blk-reflexive-ip", address_text(block.address()));
  sink.leaf("blk-low-port", block.low());
  sink.leaf("blk-high-port", block.high());
  sink.leaf("blk-ports-used", block.used());
  sink.leaf("blk-ports-total", block.high() - block.low() + 1);
  sink.leaf("blk-ports-ol", 1);
  if (request.deterministic()) return;
  sink.leaf("blk-status", state_word(block.state()));
  sink.leaf("blk-left-time", block.has_left_s() ? std::to_string(block.left_s()) : "-");
}

void pool_leaves(Sink& sink, const v1::PortBlockPool& pool, const v1::PortBlocksRequest& request) {
  sink.leaf("pba-pool-name", pool.name());
  sink.leaf("pba-olfactor", 1);
  sink.leaf("pba-size", pool.block_size());
  if (!request.deterministic()) {
    sink.leaf("pba-per-host", pool.maximum_per_host());
    sink.leaf("pba-timeout", pool.active_timeout_s());
    sink.leaf("pba-last-blk-timeout", pool.recycle_timeout_s());
  }
  sink.leaf("pba-blk-total", pool.blocks());
  sink.leaf("pba-blk-used", pool.blocks_used());
}

// A pool and its blocks, page by page.
Status pool_element(Sink& sink, const v1::PortBlockPool& pool, v1::PortBlocksRequest request,
                    const Context& context) {
  const Element element(sink, "pba-pool-info-entry");
  pool_leaves(sink, pool, request);
  request.set_pool_name(pool.name());
  do {
    const auto reply = context.parts.flowd.ask(&link::Flowd::Stub::PortBlocks, request);
    if (!reply) return reply.error();
    for (const v1::PortBlock& block : reply->blocks()) block_element(sink, block, request);
    request.set_from(reply->next());
  } while (request.from() != 0 && sink.wanted());
  return {};
}

Status show_blocks(const Inputs& inputs, bool deterministic, const Context& context, Sink& sink) {
  auto request = blocks_request(inputs);
  if (!request) return request.error();
  request->set_deterministic(deterministic);
  const auto reply = context.parts.flowd.ask(&link::Flowd::Stub::PortBlocks, *request);
  if (!reply) return reply.error();
  const Document document(sink, "pba-blk-table", kNatModule);
  for (const v1::PortBlockPool& pool : reply->pools()) {
    if (const Status shown = pool_element(sink, pool, *request, context); !shown) return shown;
  }
  return {};
}

}  // namespace

Status show_port_blocks(const Inputs& inputs, const Context& context, Sink& sink) {
  return show_blocks(inputs, false, context, sink);
}

Status show_deterministic_nat(const Inputs& inputs, const Context& context, Sink& sink) {
  return show_blocks(inputs, true, context, sink);
}

}  // namespace sluice::rpc
