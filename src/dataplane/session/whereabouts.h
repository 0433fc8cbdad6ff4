// Whereabouts: which worker has a session whose packets, of one direction or both, arrive at another.
//
// A translated session lives with the worker to which its answers come. Where no port could be chosen for
// that, its initiator's packets come to another worker, which looks here when it knows no session for one.
// What was written down stays true whatever becomes of the configuration, so sessions outlive a change of the
// rules that made them.
//
// An entry is a fingerprint of the key and the worker (hash_words.h). When there is no room for it the
// session has none, and its packets are led by the rules that are in force. Who owns it: all workers.
// Threads: any worker; an entry goes by the worker that it names alone.
#pragma once

#include <cstdint>

#include "dataplane/packet/key.h"
#include "dataplane/session/hash_words.h"

namespace sluice::session {

class Whereabouts {
 public:
  static constexpr std::uint16_t kNowhere = 0xffff;

  // Room for so many directions of sessions, of all workers. `secret`: so that nobody outside can crowd a
  // bucket.
  Whereabouts(std::size_t directions, const packet::HashSecret& secret);

  template <class Key>
  [[nodiscard]] std::uint64_t hash_of(const Key& key) const noexcept;

  // The worker that has the session; kNowhere when there is none.
  [[nodiscard]] std::uint16_t find(std::uint64_t hash) const noexcept;
  // By the worker that has the session. False when there is no room.
  bool add(std::uint64_t hash, std::uint16_t worker) noexcept;
  void remove(std::uint64_t hash, std::uint16_t worker) noexcept;

 private:
  using Words = HashWords<8>;

  packet::HashSecret secret_;
  Words words_;
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
