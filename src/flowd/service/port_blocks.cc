#include "flowd/service/port_blocks.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "dataplane/nat/nat.h"
#include "flowd/service/translate.h"

namespace sluice::service {
namespace {

using nat::BlockView;
using nat::SourcePool;
using nat::Table;
using packet::IpAddress;

constexpr int kMostBlocks = 4096;  // of a reply

struct BlockFilter {
  const SourcePool* pool = nullptr;
  std::optional<IpAddress> host;
  std::optional<IpAddress> address;
  std::optional<std::uint32_t> port;

  [[nodiscard]] bool matches(const nat::Block& block) const {
    return block.pool == pool->id && (block.by_rule != 0) == pool->deterministic.has_value() &&
           (!host || *host == block.host) && (!address || *address == block.address) &&
           (!port || (block.low <= *port && *port <= block.high));
  }
};

bool is_asked_for(const SourcePool& pool, const v1::PortBlocksRequest& request) {
  return (request.deterministic() ? pool.deterministic.has_value() : pool.blocks.has_value()) &&
         (!request.has_pool_name() || request.pool_name() == pool.name);
}

Result<std::optional<IpAddress>> optional_address(const std::string& bytes, const char* input) {
  if (bytes.empty()) {
    return std::optional<IpAddress>();
  }
  const auto address = address_of(bytes, input);
  return address ? Result<std::optional<IpAddress>>(std::optional(*address)) : address.error();
}

// Calls act(view) with every block of all workers from the place on, until it answers false. Where it would
// go on; 0: there are no more. A place is worker and slot as one number.
template <class Act>
std::uint64_t each(const nat::Blocks* blocks, std::uint64_t from, Act act) {
  BlockView view;
  for (auto worker = static_cast<std::uint16_t>(from >> 32); blocks != nullptr && worker < blocks->workers();
       ++worker) {
    const nat::BlockTable& table = blocks->of(worker);
    for (auto slot = static_cast<std::uint32_t>(from); slot < table.slots_used(); ++slot) {
      if (table.view(slot, view) && !act(view)) {
        return std::uint64_t{worker} << 32 | slot;
      }
    }
    from = 0;
  }
  return 0;
}

std::uint64_t blocks_of(const Table& table, const SourcePool& pool) {
  return table.source(pool.id)->addresses.size() * pool.blocks_each();
}

void put_pool(const Table& table, const SourcePool& pool, v1::PortBlockPool& message) {
  message.set_name(pool.name);
  message.set_block_size(pool.block_size());
  message.set_maximum_per_host(pool.blocks ? pool.blocks->most_per_host : 1);
  message.set_active_timeout_s(pool.blocks ? pool.blocks->active_timeout_s : 0);
  message.set_recycle_timeout_s(pool.blocks ? pool.blocks->recycle_timeout_s : 0);
  message.set_blocks(blocks_of(table, pool));
  const BlockFilter filter{.pool = &pool, .host = {}, .address = {}, .port = {}};
  std::uint64_t used = 0;
  each(table.blocks(), 0, [&](const BlockView& view) {
    used += filter.matches(view.block) ? 1 : 0;
    return true;
  });
  message.set_blocks_used(used);
}

std::uint32_t left(std::uint32_t since_s, std::uint32_t timeout_s, std::uint32_t now_s) {
  const std::uint32_t age_s = now_s - std::min(since_s, now_s);
  return timeout_s - std::min(age_s, timeout_s);
}

void put_state(const nat::BlockAllocation& rules, const BlockView& view, std::uint32_t now_s,
               v1::PortBlock& message) {
  if (!view.active) {
    return;
  }
  message.set_state(view.used == 0 ? v1::PortBlock::QUERY : v1::PortBlock::ACTIVE);
  if (view.used == 0 && rules.recycle_timeout_s != 0) {
    message.set_left_s(left(view.idle_s, rules.recycle_timeout_s, now_s));
  } else if (rules.active_timeout_s != 0) {
    message.set_left_s(left(view.active_s, rules.active_timeout_s, now_s));
  }
}

void put_block(const nat::Block& block, std::uint32_t used, v1::PortBlock& message) {
  message.set_host(bytes_of(block.host));
  message.set_address(bytes_of(block.address));
  message.set_low(block.low);
  message.set_high(block.high);
  message.set_used(used);
}

void put_allocated(const Table& table, const BlockFilter& filter, std::uint32_t now_s,
                   const v1::PortBlocksRequest& request, v1::PortBlocksReply& reply) {
  reply.set_next(each(table.blocks(), request.from(), [&](const BlockView& view) {
    if (!filter.matches(view.block)) {
      return true;
    }
    if (reply.blocks_size() == kMostBlocks) {
      return false;
    }
    v1::PortBlock& message = *reply.add_blocks();
    put_block(view.block, view.used, message);
    put_state(*filter.pool->blocks, view, now_s, message);
    return true;
  }));
}

// The hosts of a deterministic pool in order, whether they have sessions or not.
void put_arithmetic(const Table& table, const BlockFilter& filter, const v1::PortBlocksRequest& request,
                    v1::PortBlocksReply& reply) {
  const SourcePool& pool = *filter.pool;
  const nat::AddressList& addresses = table.source(pool.id)->addresses;
  std::map<IpAddress, std::uint32_t> used;
  each(table.blocks(), 0, [&](const BlockView& view) {
    if (filter.matches(view.block)) used[view.block.host] = view.used;
    return true;
  });
  const auto first = filter.host ? *filter.host : pool.deterministic->hosts.address;
  nat::AddressNumber number = nat::number_of(first) + request.from();
  for (std::uint64_t i = request.from();; ++i, ++number) {
    const IpAddress host = first.family == packet::Family::inet
                               ? packet::to_address(nat::address_of<std::uint32_t>(number))
                               : packet::to_address(nat::address_of<std::array<std::uint8_t, 16>>(number));
    const auto place = nat::block_place(pool, host);
    if (!place || (filter.host && i != 0)) {
      return;
    }
    if (reply.blocks_size() == kMostBlocks) {
      return reply.set_next(i);
    }
    const nat::Block block{.host = host,
                           .address = addresses.address(place->position),
                           .pool = pool.id,
                           .low = place->ports.low,
                           .high = place->ports.high,
                           .by_rule = 1};
    if (filter.matches(block)) {
      const auto known = used.find(host);
      put_block(block, known == used.end() ? 0 : known->second, *reply.add_blocks());
    }
  }
}

Status unknown_pool(const nat::Definition& definition, const v1::PortBlocksRequest& request) {
  std::vector<std::string> names;
  v1::PortBlocksRequest any = request;
  any.clear_pool_name();
  for (const SourcePool& pool : definition.source_pools) {
    if (is_asked_for(pool, any)) names.push_back(pool.name);
  }
  return Error{
      "invalid-value", "pool",
      fmt::format("there is no source NAT pool {} {}; {}", request.pool_name(),
                  request.deterministic() ? "that is deterministic" : "with block-allocation",
                  names.empty() ? "there are none" : fmt::format("there are {}", fmt::join(names, ", ")))};
}

v1::NatBindingsReply::Block told(const SourcePool& pool, const IpAddress& host, match::PortRange ports) {
  v1::NatBindingsReply::Block block;
  block.set_host(bytes_of(host));
  block.set_pool_name(pool.name);
  block.set_low(ports.low);
  block.set_high(ports.high);
  return block;
}

}  // namespace

Status put_port_blocks(const snapshot::Snapshot& snapshot, std::uint32_t now_s,
                       const v1::PortBlocksRequest& request, v1::PortBlocksReply& reply) {
  const auto host = optional_address(request.host(), "host-ip");
  const auto address = optional_address(request.address(), "xlated-ip");
  if (!host || !address) {
    return host ? address.error() : host.error();
  }
  static const nat::Definition kNothing;
  const nat::Definition& definition = snapshot.nat == nullptr ? kNothing : snapshot.nat->definition();
  BlockFilter filter{.pool = nullptr, .host = *host, .address = *address, .port = {}};
  if (request.has_port()) filter.port = request.port();
  for (const SourcePool& pool : definition.source_pools) {
    if (is_asked_for(pool, request)) {
      filter.pool = &pool;
      if (request.from() == 0) put_pool(*snapshot.nat, pool, *reply.add_pools());
    }
  }
  if (!request.has_pool_name()) {
    return {};
  }
  if (filter.pool == nullptr) {
    return unknown_pool(definition, request);
  }
  if (request.deterministic()) {
    put_arithmetic(*snapshot.nat, filter, request, reply);
  } else {
    put_allocated(*snapshot.nat, filter, now_s, request, reply);
  }
  return {};
}

std::optional<v1::NatBindingsReply::Block> block_with(const snapshot::Snapshot& snapshot,
                                                      const IpAddress& address, std::uint16_t port) {
  if (snapshot.nat == nullptr) {
    return std::nullopt;
  }
  const Table& table = *snapshot.nat;
  for (const SourcePool& pool : table.definition().source_pools) {
    const Table::Place* place = table.place(address);
    if (!pool.deterministic || place == nullptr || place->pool != table.source(pool.id)->index) {
      continue;
    }
    if (const auto host = nat::block_host(pool, place->position, port)) {
      auto block = told(pool, *host, nat::block_place(pool, *host)->ports);
      block.set_deterministic(true);
      return block;
    }
  }
  std::optional<v1::NatBindingsReply::Block> found;
  each(table.blocks(), 0, [&](const BlockView& view) {
    const nat::Block& block = view.block;
    if (block.by_rule == 0 && block.address == address && block.low <= port && port <= block.high) {
      found.emplace();
      found->set_host(bytes_of(block.host));
      if (block.pool.value < snapshot.names->nat_pool.size()) {
        found->set_pool_name(snapshot.names->nat_pool[block.pool.value]);
      }
      found->set_low(block.low);
      found->set_high(block.high);
      found->set_start_unix_s(block.made_s);
    }
    return !found.has_value();
  });
  return found;
}

}  // namespace sluice::service
