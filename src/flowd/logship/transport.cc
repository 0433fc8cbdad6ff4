#include "flowd/logship/transport.h"

#include <fmt/format.h>

namespace sluice::logship {

void Health::up() {
  if (!counters_.up.exchange(true)) {
    counters_.connects.fetch_add(1);
    if (told_ && report_) {
      report_(fmt::format("log stream {} works again", counters_.name));
    }
    told_ = false;
  }
}

void Health::failed(const std::string& what) {
  counters_.up = false;
  counters_.errors.fetch_add(1);
  if (!told_ && report_) {
    report_(fmt::format("log stream {}: {}; records wait, and are lost and counted when too many do",
                        counters_.name, what));
  }
  told_ = true;
}

void Health::lost(std::uint64_t records) {
  counters_.lost.fetch_add(records, std::memory_order_relaxed);
}

}  // namespace sluice::logship
