// Private to the policy room: from a packet's two zones to the policies that may be tried.
#pragma once

#include "dataplane/match/bit_rows.h"
#include "dataplane/policy/ranking.h"

namespace sluice::policy {

using match::BitRows;

class ZoneTable {
 public:
  // Words [first, last) of a row hold the policies of a zone pair.
  struct Words {
    std::uint16_t first = 0;
    std::uint16_t last = 0;
  };
  struct Found {
    const std::uint64_t* from;  // policies of this from-zone, global ones included
    const std::uint64_t* to;
    Words pair;
  };

  ZoneTable() = default;
  explicit ZoneTable(const Ranking& ranking);

  [[nodiscard]] Found find(ZoneId from, ZoneId to) const noexcept {
    const std::size_t from_index = index(from);
    const std::size_t to_index = index(to);
    return {from_.row(from_index), to_.row(to_index), pairs_[from_index * zones_ + to_index]};
  }
  // The words of the global policies, which every pair tries after its own.
  [[nodiscard]] Words global() const noexcept { return global_; }

 private:
  // 0 for a zone that no policy names.
  [[nodiscard]] std::size_t index(ZoneId zone) const noexcept {
    return zone.value < index_.size() ? index_[zone.value] : 0;
  }

  std::vector<std::uint16_t> index_;  // by ZoneId
  std::size_t zones_ = 1;
  BitRows from_;  // by index
  BitRows to_;
  std::vector<Words> pairs_;  // by both indices
  Words global_;
};

}  // namespace sluice::policy
