#include "dataplane/session/whereabouts.h"

namespace sluice::session {
namespace {

// Two for each bucket when all sessions have one: more than sixteen for two buckets is next to impossible.
std::size_t even_buckets_for(std::size_t sessions) {
  return (sessions / 2 + 2) & ~std::size_t{1};
}

}  // namespace

Whereabouts::Whereabouts(std::size_t sessions, const packet::HashSecret& secret)
    : secret_(secret), buckets_(even_buckets_for(sessions)) {}

template <class Look>
bool Whereabouts::each(std::uint64_t hash, Look look) const noexcept {
  const std::size_t first = bucket_of(hash);
  for (const std::size_t at : {first, first ^ 1U}) {
    for (std::uint64_t& word : buckets_[at].words) {
      if (look(Word(word))) {
        return true;
      }
    }
  }
  return false;
}

std::uint16_t Whereabouts::find(std::uint64_t hash) const noexcept {
  std::uint16_t worker = kNowhere;
  each(hash, [&](Word word) {
    const std::uint64_t value = word.load(std::memory_order_relaxed);
    const bool found = value != 0 && ((value ^ hash) >> 8) == 0;
    worker = found ? static_cast<std::uint16_t>((value & 0xff) - 1) : worker;
    return found;
  });
  return worker;
}

bool Whereabouts::add(std::uint64_t hash, std::uint16_t worker) noexcept {
  return each(hash, [&](Word word) {
    std::uint64_t free = 0;
    return word.load(std::memory_order_relaxed) == 0 &&
           word.compare_exchange_strong(free, word_of(hash, worker), std::memory_order_relaxed);
  });
}

void Whereabouts::remove(std::uint64_t hash, std::uint16_t worker) noexcept {
  each(hash, [&](Word word) {
    const bool found = word.load(std::memory_order_relaxed) == word_of(hash, worker);
    if (found) {
      word.store(0, std::memory_order_relaxed);
    }
    return found;
  });
}

}  // namespace sluice::session
