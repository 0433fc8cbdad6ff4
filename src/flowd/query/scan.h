// The walk: every live session that matches, in order of identifier. Private to the query room;
// pages, counts, clears and sweeps are visitors of it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <variant>
#include <vector>

#include "flowd/query/matcher.h"
#include "flowd/query/query.h"

namespace sluice::query {

// A live match, as it was when `version` was read.
template <class F>
struct Found {
  const session::Table<F>& table;
  std::size_t shard;  // index in Shards
  std::uint32_t slot;
  std::uint32_t version;

  [[nodiscard]] session::Handle handle() const { return session::Handle{.slot = slot, .version = version}; }
};

// What a visitor wants next.
enum class Step : std::uint8_t {
  go_on,
  again,  // the slot changed hands while it was looked at: look once more
  stop,   // after this one
};

// One table of one shard, and the identifiers it gives.
struct Segment {
  std::variant<const session::Table<packet::V4>*, const session::Table<packet::V6>*> table;
  std::size_t shard = 0;
  std::uint32_t first_identifier = 0;
  std::uint32_t last_identifier = 0;
};
// In order of identifiers.
[[nodiscard]] std::vector<Segment> segments_of(Shards shards);

void rest(const Pace& pace);

// Brings what a matcher reads of a record that is about to come. Into the second cache: it can wait for many
// more lines than the first, which decides how fast memory can be walked.
template <class F>
inline void prefetch_for_scan(const Matcher<F>& matcher, const session::Table<F>& table,
                              std::uint32_t slot) noexcept {
  constexpr std::uint32_t kAhead = 24;
  table.prefetch_record(slot + kAhead);
  if (matcher.needs_cold()) {
    table.prefetch_cold(slot + kAhead);
  }
}

// Looks at one slot until what it saw was one session, and not two halves. Versions stand in the cold part:
// they are asked for only where something matches. What changes hands meanwhile need not be found.
template <class F, class Visit>
Step look(const Matcher<F>& matcher, const Found<F>& at, Visit& visit) {
  Step step = Step::again;
  while (step == Step::again) {
    const auto matches = [&] { return matcher.test(at.table.record(at.slot), at.table.cold(at.slot)); };
    if (!at.table.seems_live(at.slot) || !matches()) {
      return Step::go_on;
    }
    const std::uint32_t version = at.table.live_version(at.slot);
    if (version == 0 || !matches()) {
      return Step::go_on;
    }
    if (at.table.unchanged(at.slot, version)) {
      step = visit(Found<F>{.table = at.table, .shard = at.shard, .slot = at.slot, .version = version});
    }
  }
  return step;
}

// Visits slots from `slot` on. Returns the slot after the one at which the visitor stopped, or kNone.
// `passed` is told the slot at each rest.
template <class F, class Visit, class Passed>
std::uint32_t walk_table(const Matcher<F>& matcher, Found<F> at, const Pace& pace, Visit& visit,
                         const Passed& passed) {
  const std::uint32_t used = at.table.slots_used();
  const std::uint32_t run = std::max<std::uint32_t>(pace.records, 1);
  while (at.slot < used) {
    const std::uint32_t end = used - at.slot > run ? at.slot + run : used;
    for (; at.slot < end; ++at.slot) {
      prefetch_for_scan(matcher, at.table, at.slot);
      if (look(matcher, at, visit) == Step::stop) {
        return at.slot + 1;
      }
    }
    if (at.slot < used) {
      passed(at.slot);
      rest(pace);
    }
  }
  return session::Table<F>::kNone;
}

template <class Visit>
class Walk {
 public:
  Walk(Shards shards, const Filter& filter, const Moment& moment, Pace pace, Visit& visit)
      : segments_(segments_of(shards)),
        filter_(filter),
        inet_(filter, moment),
        inet6_(filter, moment),
        pace_(pace),
        visit_(visit) {
    for (const Segment& segment : segments_) {
      total_ += used(segment);
    }
  }

  // Returns the identifier after the one at which the visitor stopped; 0 when it never did, or when
  // nothing comes after.
  std::uint64_t run(std::uint64_t from) {
    if (filter_.identifier) {
      visit_one(*filter_.identifier, from);
      return 0;
    }
    for (std::size_t i = 0; i < segments_.size(); ++i) {
      if (from > segments_[i].last_identifier) {
        before_ += used(segments_[i]);
        continue;
      }
      const std::uint64_t next = std::visit(
          [&](const auto* table) { return walk_segment(*table, segments_[i], from); }, segments_[i].table);
      if (next != 0) {
        return next > segments_[i].last_identifier && i + 1 == segments_.size() ? 0 : next;
      }
      before_ += used(segments_[i]);
    }
    return 0;
  }

 private:
  static std::uint64_t used(const Segment& segment) {
    return std::visit([](const auto* table) { return std::uint64_t{table->slots_used()}; }, segment.table);
  }

  template <class F>
  const Matcher<F>& matcher() const {
    if constexpr (F::kFamily == packet::Family::inet) {
      return inet_;
    } else {
      return inet6_;
    }
  }

  template <class F>
  std::uint64_t walk_segment(const session::Table<F>& table, const Segment& segment, std::uint64_t from) {
    if (!matcher<F>().possible()) {
      return 0;
    }
    const std::uint64_t skip = from > segment.first_identifier ? from - segment.first_identifier : 0;
    const Found<F> start{
        .table = table, .shard = segment.shard, .slot = static_cast<std::uint32_t>(skip), .version = 0};
    const auto passed = [this](std::uint32_t slot) {
      if (pace_.tell != nullptr) {
        (*pace_.tell)({.scanned = before_ + slot, .total = total_});
      }
    };
    const std::uint32_t next = walk_table(matcher<F>(), start, pace_, visit_, passed);
    return next == session::Table<F>::kNone ? 0 : std::uint64_t{segment.first_identifier} + next;
  }

  void visit_one(std::uint64_t identifier, std::uint64_t from) {
    const auto low = static_cast<std::uint32_t>(identifier);
    for (const Segment& segment : segments_) {
      if (low >= segment.first_identifier && low <= segment.last_identifier && low >= from) {
        std::visit([&](const auto* table) { visit_slot(*table, segment, identifier); }, segment.table);
      }
    }
  }

  template <class F>
  void visit_slot(const session::Table<F>& table, const Segment& segment, std::uint64_t identifier) {
    const std::uint32_t slot = static_cast<std::uint32_t>(identifier) - segment.first_identifier;
    if (slot >= table.slots_used() || !matcher<F>().possible()) {
      return;
    }
    auto exact = [&](const Found<F>& found) {
      const bool whole = identifier >> 32 != 0;
      return whole && table.identifier_64(slot, found.version) != identifier ? Step::go_on : visit_(found);
    };
    look(matcher<F>(), Found<F>{.table = table, .shard = segment.shard, .slot = slot, .version = 0}, exact);
  }

  std::vector<Segment> segments_;
  const Filter& filter_;
  Matcher<packet::V4> inet_;
  Matcher<packet::V6> inet6_;
  Pace pace_;
  Visit& visit_;
  std::uint64_t before_ = 0, total_ = 0;  // records of the segments that are done with, and of all
};

// visit(const Found<F>&) -> Step, for both families.
template <class Visit>
std::uint64_t walk(Shards shards, const Filter& filter, const Moment& moment, const Pace& pace,
                   std::uint64_t from, Visit&& visit) {
  return Walk<std::remove_reference_t<Visit>>(shards, filter, moment, pace, visit).run(from);
}

}  // namespace sluice::query
