// Counters that every worker keeps under a number, added up.
#pragma once

#include <initializer_list>

#include "base/pages.h"
#include "flowd/fleet.h"

namespace sluice::service {

// The fields are read in this order.
template <class Counters>
[[nodiscard]] Counters sum_of(const flowd::Fleet& fleet,
                              const PageArray<Counters>& (worker::Worker::*table)() const noexcept,
                              std::size_t number, std::initializer_list<std::uint64_t Counters::*> fields) {
  Counters sum;
  for (const auto& worker : fleet.workers()) {
    const Counters& from = ((*worker).*table)()[number];
    for (const auto field : fields) {
      sum.*field += session::get(from.*field);
    }
  }
  return sum;
}

}  // namespace sluice::service
