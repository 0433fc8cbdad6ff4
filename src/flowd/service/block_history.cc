#include "flowd/service/block_history.h"

#include <optional>

#include "flowd/service/translate.h"

namespace sluice::service {
namespace {

using Block = v1::NatBindingsReply::Block;

bool is_of_now(const Block& block) {
  return block.log_file().empty();
}

}  // namespace

void BlockHistory::add(const Block& block) {
  const Key key{block.start_unix_s(), block.host(), block.low()};
  const auto [known, is_new] = by_start_.try_emplace(key, block);
  if (!is_new && !is_of_now(known->second) && block.has_end_unix_s()) {
    known->second.set_end_unix_s(block.end_unix_s());
  }
  if (by_start_.size() > kMostKept) {
    by_start_.erase(by_start_.begin());
    is_cut_ = true;
  }
}

void BlockHistory::add(const logship::BlockLine& record, const std::string& path) {
  const auto host = packet::parse_address(record.host);
  if (!host) {
    return;
  }
  Block block;
  block.set_host(bytes_of(*host));
  block.set_pool_name(std::string(record.pool));
  block.set_low(record.low);
  block.set_high(record.high);
  block.set_start_unix_s(record.made_s);
  if (record.released) {
    block.set_end_unix_s(static_cast<std::uint64_t>(record.unix_s));
  }
  block.set_log_file(path);
  add(block);
}

bool BlockHistory::covers(const Block& block) const {
  if (!request_.has_at_unix_s() || block.deterministic()) {
    return true;
  }
  const std::uint64_t at = request_.at_unix_s();
  return block.start_unix_s() <= at && (!block.has_end_unix_s() || block.end_unix_s() >= at) &&
         (!block.has_latest_end_unix_s() || block.latest_end_unix_s() >= at);
}

void BlockHistory::put(v1::NatBindingsReply& reply) {
  std::optional<std::uint64_t> next;
  for (auto one = by_start_.rbegin(); one != by_start_.rend(); ++one) {
    Block& block = one->second;
    if (!is_of_now(block) && !block.has_end_unix_s() && next) {
      block.set_latest_end_unix_s(*next);
    }
    if (!block.deterministic()) {
      next = block.start_unix_s();
    }
  }
  for (const bool of_now : {true, false}) {
    for (auto one = by_start_.rbegin(); one != by_start_.rend(); ++one) {
      if (is_of_now(one->second) != of_now || !covers(one->second)) {
        continue;
      }
      if (reply.blocks_size() == kMostTold) {
        is_cut_ = true;
        break;
      }
      *reply.add_blocks() = one->second;
    }
  }
  reply.set_more(reply.more() || is_cut_);
}

}  // namespace sluice::service
