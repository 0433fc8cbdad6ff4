#include "dataplane/session/whereabouts.h"

namespace sluice::session {

Whereabouts::Whereabouts(std::size_t directions, const packet::HashSecret& secret)
    : secret_(secret), words_(PageArray<Words::Bucket>(Words::buckets_for(directions))) {}

std::uint16_t Whereabouts::find(std::uint64_t hash) const noexcept {
  std::uint16_t worker = kNowhere;
  words_.find(hash, [&](std::uint64_t value) {
    worker = static_cast<std::uint16_t>(value);
    return true;
  });
  return worker;
}

bool Whereabouts::add(std::uint64_t hash, std::uint16_t worker) noexcept {
  return words_.add(hash, worker);
}

void Whereabouts::remove(std::uint64_t hash, std::uint16_t worker) noexcept {
  words_.remove(hash, worker);
}

}  // namespace sluice::session
