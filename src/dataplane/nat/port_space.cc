#include "dataplane/nat/port_space.h"

#include <algorithm>

#include "dataplane/session/record.h"

namespace sluice::nat {
namespace {

constexpr std::uint32_t kSummaryWords = 16;  // one bit for each word that may be a worker's

}  // namespace

struct PortSpace::Share {
  std::uint64_t* summary;  // a set bit: that word has a free port
  std::uint64_t* count;    // of ports that are taken
  std::uint64_t* words;    // a set bit: that port is taken
  std::uint16_t worker;

  // The first word from `at` on that has a free port; `end` when there is none before it.
  [[nodiscard]] std::uint32_t with_room(std::uint32_t at, std::uint32_t end) const noexcept {
    while (at < end) {
      const std::uint64_t rest = summary[at / 64] >> (at % 64);
      if (rest != 0) {
        return std::min(at + static_cast<std::uint32_t>(std::countr_zero(rest)), end);
      }
      at = (at / 64 + 1) * 64;
    }
    return end;
  }
  void add(std::int64_t change) const noexcept {
    std::atomic_ref<std::uint64_t> taken(*count);
    taken.store(taken.load(std::memory_order_relaxed) + static_cast<std::uint64_t>(change),
                std::memory_order_relaxed);
  }
};

PortSpace::PortSpace(const packet::IpAddress& address, std::uint16_t workers)
    : address_(address),
      workers_(workers),
      words_each_((kWords + workers - 1) / workers),
      stride_((kSummaryWords + 1 + words_each_ + kLineWords - 1) / kLineWords),
      memory_(std::make_unique<Line[]>(stride_ * kPortClasses * workers)) {
  for (std::uint16_t worker = 0; worker < workers; ++worker) {
    for (std::size_t klass = 0; klass < kPortClasses; ++klass) {
      const Share of = share(worker, static_cast<PortClass>(klass));
      for (std::uint32_t at = 0; at * workers + worker < kWords; ++at) {
        of.summary[at / 64] |= std::uint64_t{1} << (at % 64);
      }
    }
  }
}

PortSpace::Share PortSpace::share(std::uint16_t worker, PortClass klass) const noexcept {
  std::uint64_t* at = memory_[stride_ * (kPortClasses * worker + static_cast<std::size_t>(klass))].words;
  return {.summary = at, .count = at + kSummaryWords, .words = at + kSummaryWords + 1, .worker = worker};
}

// The worker's words that have ports of the range.
PortSpace::Words PortSpace::words_of(std::uint16_t worker, match::PortRange range) const noexcept {
  const std::uint32_t low = range.low / 64U;
  const std::uint32_t high = range.high / 64U;
  const std::uint32_t first = low <= worker ? 0 : (low - worker + workers_ - 1) / workers_;
  const std::uint32_t end = high < worker ? 0 : (high - worker) / workers_ + 1;
  return {first, std::max(first, end)};
}

std::uint32_t PortSpace::search(const Share& share, Words among, const Steering* steering,
                                const PortWish& wish, std::uint32_t& budget) const noexcept {
  const auto turn = static_cast<int>(wish.random % 64);
  const BlockSpace* const blocks = this->blocks();
  for (std::uint32_t at = share.with_room(among.first, among.end); at < among.end && budget != 0;
       at = share.with_room(at + 1, among.end)) {
    --budget;
    const std::uint32_t word = at * workers_ + share.worker;
    std::uint64_t fit = ~share.words[at] & ports_in_word(wish.range, word);
    if (steering != nullptr) {
      fit &= steering->mask(wish.hash, word);
    }
    if (blocks != nullptr) [[unlikely]] {
      fit &= ~blocks->held(word);
    }
    if (fit != 0) {
      const int bit = (std::countr_zero(std::rotr(fit, turn)) + turn) % 64;
      return at * 64 + static_cast<std::uint32_t>(bit);
    }
  }
  return kNone;
}

std::uint32_t PortSpace::take(std::uint16_t worker, const Steering* steering, const PortWish& wish) noexcept {
  const Share of = share(worker, wish.klass);
  const Words all = words_of(worker, wish.range);
  const auto skipped = static_cast<std::uint32_t>(((wish.random >> 32) * (all.end - all.first)) >> 32);
  const std::uint32_t begin = all.first + skipped;
  const Steering* steered = wish.klass == PortClass::icmp ? nullptr : steering;
  std::uint32_t budget = kMostWords;
  std::uint32_t found = search(of, {begin, all.end}, steered, wish, budget);
  if (found == kNone) {
    found = search(of, {all.first, begin}, steered, wish, budget);
  }
  if (found == kNone) {
    return kNone;
  }
  const std::uint32_t at = found / 64;
  const std::uint64_t now = of.words[at] | std::uint64_t{1} << (found % 64);
  session::put(of.words[at], now);
  if (now == ~std::uint64_t{0}) {
    of.summary[at / 64] &= ~(std::uint64_t{1} << (at % 64));
  }
  of.add(1);
  return (at * workers_ + worker) * 64 + found % 64;
}

bool PortSpace::exhausted(std::uint16_t worker, PortClass klass, match::PortRange range) const noexcept {
  const PortWish any{.klass = klass, .range = range};
  std::uint32_t budget = kWords;
  return search(share(worker, klass), words_of(worker, range), nullptr, any, budget) == kNone;
}

bool PortSpace::give(std::uint16_t worker, PortClass klass, std::uint16_t port) noexcept {
  const std::uint32_t word = port / 64U;
  if (word % workers_ != worker) {
    return false;
  }
  const Share of = share(worker, klass);
  const std::uint32_t at = word / workers_;
  const std::uint64_t bit = std::uint64_t{1} << (port % 64);
  if ((of.words[at] & bit) == 0) {
    return false;
  }
  session::put(of.words[at], of.words[at] & ~bit);
  of.summary[at / 64] |= std::uint64_t{1} << (at % 64);
  of.add(-1);
  return true;
}

std::uint32_t PortSpace::taken(PortClass klass) const noexcept {
  std::uint64_t sum = 0;
  for (std::uint16_t worker = 0; worker < workers_; ++worker) {
    sum += std::atomic_ref<std::uint64_t>(*share(worker, klass).count).load(std::memory_order_relaxed);
  }
  return static_cast<std::uint32_t>(sum);
}

bool PortSpace::any_taken(PortRange range) const noexcept {
  for (std::uint32_t word = range.low / 64U; word <= range.high / 64U; ++word) {
    const std::uint64_t ports = ports_in_word(range, word);
    for (std::size_t klass = 0; klass < kPortClasses; ++klass) {
      const Share of = share(static_cast<std::uint16_t>(word % workers_), static_cast<PortClass>(klass));
      if ((session::get(of.words[word / workers_]) & ports) != 0) {
        return true;
      }
    }
  }
  return false;
}

std::uint32_t PortSpace::taken() const noexcept {
  std::uint32_t sum = blocks() != nullptr ? blocks()->taken() : 0;
  for (std::size_t klass = 0; klass < kPortClasses; ++klass) sum += taken(static_cast<PortClass>(klass));
  return sum;
}

bool PortSpace::in_use() const noexcept {
  return (blocks() != nullptr && blocks()->held() != 0) || taken() != 0;
}

void PortSpace::open_blocks() {
  if (block_memory_ == nullptr) {
    block_memory_ = std::make_unique<BlockSpace>();
    blocks_.store(block_memory_.get(), std::memory_order_release);
  }
}

bool PortSpace::claim(PortRange block) noexcept {
  return !any_taken(block) && blocks()->claim(block);
}

std::optional<PortRange> PortSpace::claim_any(PortRange range, std::uint32_t size,
                                              std::uint64_t random) noexcept {
  const std::uint32_t count = (range.high - range.low + 1U) / size;
  const auto begin = static_cast<std::uint32_t>(((random >> 32) * count) >> 32);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t low = range.low + (begin + i) % count * size;
    const PortRange block{static_cast<std::uint16_t>(low), static_cast<std::uint16_t>(low + size - 1)};
    const bool maybe = (blocks()->held(low / 64) & ports_in_word(block, low / 64)) == 0;
    if (maybe && claim(block)) {
      return block;
    }
  }
  return std::nullopt;
}

}  // namespace sluice::nat
