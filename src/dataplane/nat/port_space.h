// The ports of one public address: which are taken.
//
// A bit for each port of each class, in words of 64 ports. Word w belongs to worker w % workers, and only
// that worker reads or writes it, so a port is given out once without a lock. A worker's words of a class
// stand together, under a summary that says which of them have a free port: a free one is found in a few
// steps, and that there is none is seen in sixteen words. Anybody may ask how many are taken.
//
// A port may have several sessions (port-overloading-factor), which differ in their remote ends: each is in a
// layer of its own, which is such bits again. A port is in a layer only when it is in all those below it, so
// the lowest one says which ports are taken at all, and ports without a session are given out first. The
// sessions of a port are all its worker's, which sees that no two expect the same answers: nat.h.
//
// An address that is or was a pool's which gives out blocks has a BlockSpace besides (block_space.h). What is
// in a block is not given out here, and no new block has what is taken here, so an address goes from one way
// to the other while sessions have its ports. Nobody takes in both ways at a time: see Table::settled()
// (nat.h).
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <memory>
#include <optional>

#include "dataplane/match/match.h"
#include "dataplane/nat/block_space.h"
#include "dataplane/nat/steering.h"
#include "dataplane/packet/address.h"

namespace sluice::nat {

// Protocols that have ports of their own. ICMP's are the identifiers of queries; UDP's are also those of
// UDP-Lite and DCCP.
enum class PortClass : std::uint8_t { tcp, udp, icmp, count_ };
inline constexpr std::size_t kPortClasses = static_cast<std::size_t>(PortClass::count_);

// Which port is wanted.
struct PortWish {
  PortClass klass = PortClass::udp;
  match::PortRange range;
  std::uint16_t overloading = 1;  // sessions that a port may have
  std::uint32_t hash = 0;         // of the answers, without the port
  std::uint64_t random = 0;       // where the search begins
};

class PortSpace {
 public:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  static constexpr std::uint16_t kMostOverloading = 32;

  PortSpace(const packet::IpAddress& address, std::uint16_t workers);

  [[nodiscard]] const packet::IpAddress& address() const noexcept { return address_; }

  // By the worker alone. kNone when it finds no free port that leads answers to it: it looks at so many words
  // of a layer that have one, and no more. Identifiers of ICMP lead nowhere: owners are not found by them.
  // `steering` null: wherever answers come.
  static constexpr std::uint32_t kMostWords = 128;
  [[nodiscard]] std::uint32_t take(std::uint16_t worker, const Steering* steering,
                                   const PortWish& wish) noexcept;
  // By the worker alone. Whether none of its ports of the range may have another session, wherever answers
  // would come.
  [[nodiscard]] bool exhausted(std::uint16_t worker, const PortWish& wish) const noexcept;
  // By the worker alone: a session less. Whether the port had one, and is its.
  bool give(std::uint16_t worker, PortClass klass, std::uint16_t port) noexcept;

  // A port may have so many sessions from now on, 1 to kMostOverloading. The control thread.
  void open_layers(std::uint16_t overloading);
  // Whether a port may have several sessions, or might once. Any thread.
  [[nodiscard]] bool overloaded() const noexcept { return layers() > 1; }

  // Null: the address never had any. Any thread.
  [[nodiscard]] BlockSpace* blocks() const noexcept { return blocks_.load(std::memory_order_acquire); }
  // It may have blocks from now on. The control thread.
  void open_blocks();
  // By any worker, while none takes ports otherwise: a block of so many ports, of those into which the range
  // divides, that is nobody's now. Nothing when there is none; `random` says where the search begins.
  [[nodiscard]] std::optional<PortRange> claim_any(PortRange range, std::uint32_t size,
                                                   std::uint64_t random) noexcept;
  // This one. False: some of its ports are another's, or taken.
  [[nodiscard]] bool claim(PortRange block) noexcept;

  // Any thread: how many sessions have ports. Of one class those in no block.
  [[nodiscard]] std::uint32_t taken(PortClass klass) const noexcept;
  [[nodiscard]] std::uint32_t taken() const noexcept;
  // Whether sessions have ports of it, or hosts blocks.
  [[nodiscard]] bool in_use() const noexcept;

 private:
  static constexpr std::uint32_t kWords = 1024;
  static constexpr std::uint32_t kLineWords = 8;
  struct alignas(64) Line {  // no two workers write one
    std::uint64_t words[kLineWords];
  };
  struct Share;  // a worker's words of a class and layer

  [[nodiscard]] std::uint16_t layers() const noexcept { return layers_.load(std::memory_order_acquire); }
  [[nodiscard]] Share share(std::uint16_t worker, PortClass klass, std::uint16_t layer) const noexcept;
  // Whether a port of the range is taken that is in no block.
  [[nodiscard]] bool any_taken(PortRange range) const noexcept;
  struct Words {
    std::uint32_t first = 0;
    std::uint32_t end = 0;
  };
  [[nodiscard]] Words words_of(std::uint16_t worker, match::PortRange range) const noexcept;
  // `steering` null: wherever answers would come. `budget`: of words to look at; what is left.
  [[nodiscard]] std::uint32_t search(const Share& share, Words among, const Steering* steering,
                                     const PortWish& wish, std::uint32_t& budget) const noexcept;
  // The same from where the wish says, round to there.
  [[nodiscard]] std::uint32_t search_round(const Share& share, const Steering* steering,
                                           const PortWish& wish) const noexcept;

  packet::IpAddress address_;
  std::uint16_t workers_;
  std::uint32_t words_each_;                  // of a worker and class, at most
  std::size_t stride_;                        // from share to share, in lines
  std::atomic<BlockSpace*> blocks_{nullptr};  // block_memory_, once it is there
  std::atomic<std::uint16_t> layers_{0};      // so many of memory_ are there
  std::array<std::unique_ptr<Line[]>, kMostOverloading> memory_;
  std::unique_ptr<BlockSpace> block_memory_;
};

}  // namespace sluice::nat
