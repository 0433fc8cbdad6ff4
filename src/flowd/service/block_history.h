// Whose a port was by its block of ports: those that hosts have now, and those that the log remembers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>

#include "flowd/logship/sightings.h"
#include "proto/flowd.pb.h"

namespace sluice::service {

// Answers of each kind, blocks or bindings, that are told at most, and from which these are chosen.
inline constexpr int kMostTold = 1000;
inline constexpr std::size_t kMostKept = 65536;

// Blocks with one port of one address. Every record of a block says when its host got it; that of its release
// also when it was given back. Where the log has none (flowd was killed, or the file is gone), it was given
// back by the time at which the port came to be in another block. Any one thread.
class BlockHistory {
 public:
  explicit BlockHistory(const v1::NatBindingsRequest& request) : request_(request) {}

  // Of now, or by arithmetic.
  void add(const v1::NatBindingsReply::Block& block);
  void add(const logship::BlockLine& record, const std::string& path);
  // Those of now first, then the latest first; of the time that is asked for, if one is.
  void put(v1::NatBindingsReply& reply);

 private:
  [[nodiscard]] bool covers(const v1::NatBindingsReply::Block& block) const;

  const v1::NatBindingsRequest& request_;
  // By its beginning, host and first port: no host has one block twice at once.
  using Key = std::tuple<std::uint64_t, std::string, std::uint32_t>;
  std::map<Key, v1::NatBindingsReply::Block> by_start_;
  bool is_cut_ = false;
};

}  // namespace sluice::service
