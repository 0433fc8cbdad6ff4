#include "dataplane/nat/port_space.h"

#include <algorithm>

#include "dataplane/session/record.h"

namespace sluice::nat {
namespace {

constexpr std::uint32_t kSummaryWords = 16;  // one bit for each word that may be a worker's

}  // namespace

struct PortSpace::Share {
  std::uint64_t* summary;      // a set bit: that word has a free port
  std::uint64_t* count;        // of ports that are taken
  std::uint64_t* words;        // a set bit: that port is taken
  const std::uint64_t* below;  // those of the layer below; null: there is none
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
  // `found`: 64 times a word's place, and the port's in it.
  void take(std::uint32_t found) const noexcept {
    const std::uint32_t at = found / 64;
    const std::uint64_t now = words[at] | std::uint64_t{1} << (found % 64);
    session::put(words[at], now);
    if (now == ~std::uint64_t{0}) {
      summary[at / 64] &= ~(std::uint64_t{1} << (at % 64));
    }
    add(1);
  }
  // Whether it was taken.
  [[nodiscard]] bool give(std::uint32_t found) const noexcept {
    const std::uint32_t at = found / 64;
    const std::uint64_t bit = std::uint64_t{1} << (found % 64);
    if ((words[at] & bit) == 0) {
      return false;
    }
    session::put(words[at], words[at] & ~bit);
    summary[at / 64] |= std::uint64_t{1} << (at % 64);
    add(-1);
    return true;
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
      stride_((kSummaryWords + 1 + words_each_ + kLineWords - 1) / kLineWords) {
  open_layers(1);
}

void PortSpace::open_layers(std::uint16_t overloading) {
  for (std::uint16_t layer = layers(); layer < overloading; ++layer) {
    memory_[layer] = std::make_unique<Line[]>(stride_ * kPortClasses * workers_);
    for (std::uint16_t worker = 0; worker < workers_; ++worker) {
      for (std::size_t klass = 0; klass < kPortClasses; ++klass) {
        const Share of = share(worker, static_cast<PortClass>(klass), layer);
        for (std::uint32_t at = 0; at * workers_ + worker < kWords; ++at) {
          of.summary[at / 64] |= std::uint64_t{1} << (at % 64);
        }
      }
    }
    layers_.store(static_cast<std::uint16_t>(layer + 1), std::memory_order_release);
  }
}

PortSpace::Share PortSpace::share(std::uint16_t worker, PortClass klass, std::uint16_t layer) const noexcept {
  const std::size_t place = stride_ * (kPortClasses * worker + static_cast<std::size_t>(klass));
  std::uint64_t* at = memory_[layer][place].words;
  return {.summary = at,
          .count = at + kSummaryWords,
          .words = at + kSummaryWords + 1,
          .below = layer == 0 ? nullptr : memory_[layer - 1][place].words + kSummaryWords + 1,
          .worker = worker};
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
    if (share.below != nullptr) {
      fit &= share.below[at];
    }
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

std::uint32_t PortSpace::search_round(const Share& share, const Steering* steering,
                                      const PortWish& wish) const noexcept {
  const Words all = words_of(share.worker, wish.range);
  const auto skipped = static_cast<std::uint32_t>(((wish.random >> 32) * (all.end - all.first)) >> 32);
  const std::uint32_t begin = all.first + skipped;
  std::uint32_t budget = kMostWords;
  const std::uint32_t found = search(share, {begin, all.end}, steering, wish, budget);
  return found != kNone ? found : search(share, {all.first, begin}, steering, wish, budget);
}

std::uint32_t PortSpace::take(std::uint16_t worker, const Steering* steering, const PortWish& wish) noexcept {
  const Steering* steered = wish.klass == PortClass::icmp ? nullptr : steering;
  for (std::uint16_t layer = 0; layer < wish.overloading; ++layer) {
    const Share of = share(worker, wish.klass, layer);
    const std::uint32_t found = search_round(of, steered, wish);
    if (found != kNone) {
      of.take(found);
      return (found / 64 * workers_ + worker) * 64 + found % 64;
    }
  }
  return kNone;
}

bool PortSpace::exhausted(std::uint16_t worker, const PortWish& wish) const noexcept {
  for (std::uint16_t layer = 0; layer < wish.overloading; ++layer) {
    std::uint32_t budget = kWords;
    if (search(share(worker, wish.klass, layer), words_of(worker, wish.range), nullptr, wish, budget) !=
        kNone) {
      return false;
    }
  }
  return true;
}

bool PortSpace::give(std::uint16_t worker, PortClass klass, std::uint16_t port) noexcept {
  const std::uint32_t word = port / 64U;
  if (word % workers_ != worker) {
    return false;
  }
  for (std::uint16_t layer = layers(); layer-- > 0;) {
    if (share(worker, klass, layer).give(64 * (word / workers_) + port % 64U)) {
      return true;
    }
  }
  return false;
}

std::uint32_t PortSpace::taken(PortClass klass) const noexcept {
  std::uint64_t sum = 0;
  for (std::uint16_t layer = 0; layer < layers(); ++layer) {
    for (std::uint16_t worker = 0; worker < workers_; ++worker) {
      sum += session::get(*share(worker, klass, layer).count);
    }
  }
  return static_cast<std::uint32_t>(sum);
}

bool PortSpace::any_taken(PortRange range) const noexcept {
  for (std::uint32_t word = range.low / 64U; word <= range.high / 64U; ++word) {
    const std::uint64_t ports = ports_in_word(range, word);
    for (std::size_t klass = 0; klass < kPortClasses; ++klass) {
      const Share of = share(static_cast<std::uint16_t>(word % workers_), static_cast<PortClass>(klass), 0);
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
