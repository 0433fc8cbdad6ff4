#include "mgd/doors/idleness.h"

#include <fmt/format.h>

namespace sluice::doors {
namespace {

struct Step {
  std::uint64_t left_s;
  const char* words;
};
constexpr Step kWarnings[] = {{10, "10 seconds"}, {60, "1 minute"}, {300, "5 minutes"}};

}  // namespace

void Idleness::active(std::uint64_t now_s) {
  active_s_ = now_s;
  warned_s_ = UINT64_MAX;
}

std::optional<IdleNotice> Idleness::look(std::uint64_t limit_s, std::uint64_t now_s) {
  if (limit_s == 0) return std::nullopt;
  const std::uint64_t idle_s = now_s - active_s_;
  if (idle_s >= limit_s) return IdleNotice{"Idle timeout exceeded: closing session", true};
  const std::uint64_t left_s = limit_s - idle_s;
  for (const Step& step : kWarnings) {
    // A limit that is not longer than a warning's time has begun with it.
    if (left_s > step.left_s || limit_s <= step.left_s) continue;
    if (warned_s_ <= step.left_s) return std::nullopt;
    warned_s_ = step.left_s;
    return IdleNotice{
        fmt::format("Warning: session will be closed in {} if there is no activity", step.words)};
  }
  return std::nullopt;
}

}  // namespace sluice::doors
