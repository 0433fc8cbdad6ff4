// Whereabouts: which worker has a session whose initiator's packets arrive at another.
//
// A translated session lives with the worker to which its answers come. Where no port could be chosen for
// that, its initiator's packets come to another worker, which looks here when it knows no session for one.
// What was written down stays true whatever becomes of the configuration, so sessions outlive a change of the
// rules that made them.
//
// An entry is one word: a fingerprint of the key and the worker. Buckets are cache lines, two and two: what
// does not fit one stands in the other. When both are full the session has no entry, and its packets are
// led by the rules that are in force. Who owns it: all workers. Threads: any worker; a word is taken by
// whoever writes first, and changed back by the worker that it names alone.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/pages.h"
#include "dataplane/packet/key.h"

namespace sluice::session {

class Whereabouts {
 public:
  static constexpr std::uint16_t kNowhere = 0xffff;

  // Room for `sessions` of all workers. `secret`: so that nobody outside can crowd a bucket.
  Whereabouts(std::size_t sessions, const packet::HashSecret& secret);

  template <class Key>
  [[nodiscard]] std::uint64_t hash_of(const Key& key) const noexcept;

  // The worker that has the session; kNowhere when there is none.
  [[nodiscard]] std::uint16_t find(std::uint64_t hash) const noexcept;
  // By the worker that has the session. False when there is no room.
  bool add(std::uint64_t hash, std::uint16_t worker) noexcept;
  void remove(std::uint64_t hash, std::uint16_t worker) noexcept;

 private:
  static constexpr unsigned kWays = 8;
  struct alignas(64) Bucket {
    std::uint64_t words[kWays];  // fingerprint << 8 | worker + 1; 0: free
  };
  using Word = std::atomic_ref<std::uint64_t>;

  [[nodiscard]] std::size_t bucket_of(std::uint64_t hash) const noexcept {
    return static_cast<std::size_t>(((hash & 0xffffffff) * buckets_.size()) >> 32);
  }
  [[nodiscard]] static std::uint64_t word_of(std::uint64_t hash, std::uint16_t worker) noexcept {
    return (hash & ~std::uint64_t{0xff}) | (worker + 1U);
  }
  // Calls with every word that may be the hash's until one answers true.
  template <class Look>
  bool each(std::uint64_t hash, Look look) const noexcept;

  packet::HashSecret secret_;
  PageArray<Bucket> buckets_;
};

// Unlike the hash of a flow it tells the two directions and zones apart: an entry is for one key.
template <class Key>
std::uint64_t Whereabouts::hash_of(const Key& key) const noexcept {
  std::uint64_t hash = secret_.words[0];
  for (std::size_t at = 0; at < sizeof(Key); at += 8) {
    hash = packet::fold_multiply(hash ^ load<std::uint64_t>(reinterpret_cast<const std::uint8_t*>(&key) + at),
                                 secret_.words[1] | 1);
  }
  return packet::fold_multiply(hash ^ secret_.words[2], secret_.words[1] | 1);
}

}  // namespace sluice::session
