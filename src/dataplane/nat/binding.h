// Persistent bindings: an inside host's address, port and protocol, and the public ones that all its sessions
// by a rule with `persistent-nat` have, whoever they are with (RFC 4787 REQ-1).
//
// Where: a binding stands in the table of the worker which made it. Which worker makes it follows from the
// inside tuple; that one gives it a port of its own words (port_space.h), so the public port says to every
// worker whose the binding is. Where ports are kept, inside and public port are one, and say the same.
// Sessions of a binding live with its worker, so it sees every tuple that could be used twice. Others look
// bindings up too: packets from outside, and hairpins, whose second binding may be another worker's.
//
// Life: a binding counts its sessions, and lives while it has any and for the rule's inactivity timeout after
// the last. Then its worker frees it and the port. What was configured is asked of the rule in force each
// time, so a change counts at once; a binding that its rule no longer gives leads nobody in, and goes with
// its last session.
//
// Targets: what a host has sent to, for the two narrower permits. The newest kTargets are remembered as
// hashes with a secret: a bounded memory whose limit an operator can tell from the configuration, as the
// default max-session-number is less. To be taken for a target, a stranger must guess one of 32 numbers among
// 2^31.
//
// Who owns it: a Table has all workers' tables (nat.h), and hands them on to the next Table. Threads: as
// marked. An entry's `state` is both a count of sessions and a sequence lock: its version is odd while the
// binding lives. Nothing allocates after construction.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/pages.h"
#include "dataplane/packet/ids.h"
#include "dataplane/packet/key.h"
#include "dataplane/session/hash_words.h"
#include "dataplane/session/record.h"

namespace sluice::nat {

// One end as sessions of a binding have it.
struct Tuple {
  packet::IpAddress address;
  std::uint8_t protocol = 0;
  std::uint16_t port = 0;  // host order; of an ICMP query its identifier
  friend bool operator==(const Tuple&, const Tuple&) = default;
};

// Where a rule's translations come from and whom they let in: bindings of one host by two pools, by the
// addresses of two interfaces, or with two permits, are two.
using Realm = std::uint32_t;

struct alignas(8) Binding {
  Tuple inside;
  Tuple reflexive;  // what remote ends see
  Realm realm = 0;
  NatRuleId rule;
  NatPoolId pool;            // that the address is of: the rule's, its overflow pool, or the interfaces'
  std::uint32_t made_s = 0;  // Unix time
  std::uint32_t taken = 0;   // 1: its port must be given back
  std::uint32_t reserved = 0;
};

// A binding and what becomes of it.
struct BindingView {
  Binding binding;
  std::uint32_t sessions = 0;
  std::uint32_t idle_since_s = 0;  // Unix time; only without sessions. 0: it is to go
};

// One worker's, and on lines of its own.
class alignas(64) BindingTable {
 public:
  using Handle = session::Handle;  // none: version 0
  static constexpr std::uint32_t kTargets = 32;
  struct Found {
    Handle handle;
    Binding binding;
  };

  // Nothing when the system refuses the memory.
  [[nodiscard]] static std::optional<BindingTable> make(std::uint32_t capacity,
                                                        const packet::HashSecret& secret);

  // --- any thread
  [[nodiscard]] std::optional<Found> find_inside(const Tuple& inside, Realm realm) const noexcept;
  [[nodiscard]] std::optional<Found> find_reflexive(const Tuple& reflexive) const noexcept;
  enum class Joined : std::uint8_t { joined, full, gone };
  // A session more, unless it has `most`.
  [[nodiscard]] Joined join(Handle handle, std::uint32_t most) noexcept;
  // A session less. Whoever has joined may.
  void leave(Handle handle, std::uint32_t now_s) noexcept;
  [[nodiscard]] bool has_target(Handle handle, std::uint32_t target) const noexcept;
  [[nodiscard]] std::uint32_t capacity() const noexcept {
    return static_cast<std::uint32_t>(entries_.size());
  }
  [[nodiscard]] std::uint32_t live() const noexcept { return session::get(live_); }
  // Slots at and above this one were never used.
  [[nodiscard]] std::uint32_t slots_used() const noexcept {
    return std::atomic_ref<std::uint32_t>(fresh_).load(std::memory_order_acquire);
  }
  // False when there is none, or it went meanwhile.
  [[nodiscard]] bool view(std::uint32_t slot, BindingView& view) const noexcept;
  // The binding is to go as if its time had come, if it has no session. False: it has, or is gone.
  bool clear(std::uint32_t slot) noexcept;

  // --- the owner
  // Nothing when the table is full. It has no session yet.
  [[nodiscard]] std::optional<Handle> add(const Binding& binding, std::uint32_t now_s) noexcept;
  // It goes at once, and `binding` is what it was. False: it has a session, or is gone.
  [[nodiscard]] bool remove(Handle handle, Binding& binding) noexcept;
  // New sessions of the inside tuple will have another.
  void supersede(const Found& found) noexcept;
  // Another rule of the realm has its sessions now.
  void follow(Handle handle, NatRuleId rule) noexcept {
    session::put(entries_[handle.slot].binding.rule.value, rule.value);
  }
  void add_target(Handle handle, std::uint32_t target) noexcept;
  // Looks at about `budget` slots and goes on there the next time; every slot once in a second. Frees what
  // has no session and of which due(view) says that its time has come: then freed(binding).
  template <class Due, class Freed>
  void sweep(std::uint32_t now_s, std::uint32_t budget, Due due, Freed freed) noexcept;

 private:
  struct alignas(64) Entry {
    std::uint64_t state;  // version << 32 | sessions
    std::uint32_t idle_since_s;
    std::uint32_t next_target;
    Binding binding;
  };
  struct alignas(64) Targets {
    std::uint32_t words[kTargets];  // newest replace oldest; 0: none
  };
  using Words = session::HashWords<32>;
  using State = std::atomic_ref<std::uint64_t>;

  BindingTable(PageArray<Entry> entries, PageArray<Targets> targets, PageArray<std::uint32_t> free,
               Words inside, Words reflexive, const packet::HashSecret& secret)
      : entries_(std::move(entries)),
        targets_(std::move(targets)),
        free_(std::move(free)),
        inside_(std::move(inside)),
        reflexive_(std::move(reflexive)),
        secret_(secret) {}

  [[nodiscard]] static std::uint32_t version_of(std::uint64_t state) noexcept {
    return static_cast<std::uint32_t>(state >> 32);
  }
  [[nodiscard]] std::uint64_t hash_of(const Tuple& tuple, Realm realm) const noexcept;
  template <class Same>
  [[nodiscard]] std::optional<Found> find(const Words& words, std::uint64_t hash, Same same) const noexcept;
  // Its state when it is consistent, 0 otherwise.
  [[nodiscard]] std::uint64_t read(std::uint32_t slot, Binding& binding) const noexcept;
  [[nodiscard]] bool index(std::uint32_t slot, const Binding& binding) noexcept;
  // False: a session has joined.
  [[nodiscard]] bool free(std::uint32_t slot, const Binding& binding) noexcept;

  PageArray<Entry> entries_;
  PageArray<Targets> targets_;
  PageArray<std::uint32_t> free_;  // slots, a stack
  std::uint32_t free_count_ = 0;
  mutable std::uint32_t fresh_ = 0;
  std::uint32_t live_ = 0;
  std::uint32_t sweep_next_ = 0;
  std::uint32_t sweep_second_ = 0;  // in which the sweep began
  Words inside_;
  Words reflexive_;
  packet::HashSecret secret_;
};

template <class Due, class Freed>
void BindingTable::sweep(std::uint32_t now_s, std::uint32_t budget, Due due, Freed freed) noexcept {
  if (sweep_next_ == 0) {
    if (live_ == 0 || sweep_second_ == now_s) {
      return;
    }
    sweep_second_ = now_s;
  }
  const std::uint32_t end = std::min(fresh_, sweep_next_ + budget);
  BindingView seen;
  for (; sweep_next_ < end; ++sweep_next_) {
    if (view(sweep_next_, seen) && seen.sessions == 0 && due(seen) && free(sweep_next_, seen.binding)) {
      freed(seen.binding);
    }
  }
  if (sweep_next_ >= fresh_) {
    sweep_next_ = 0;
  }
}

// All workers'.
class Bindings {
 public:
  // `total`: of all workers together. Null when the system refuses the memory.
  [[nodiscard]] static std::shared_ptr<Bindings> make(std::uint16_t workers, std::uint32_t total);

  [[nodiscard]] std::uint16_t workers() const noexcept { return static_cast<std::uint16_t>(tables_.size()); }
  [[nodiscard]] BindingTable& of(std::uint16_t worker) noexcept { return tables_[worker]; }
  [[nodiscard]] const BindingTable& of(std::uint16_t worker) const noexcept { return tables_[worker]; }
  // Whose the bindings with this public port are.
  [[nodiscard]] std::uint16_t holder(std::uint16_t port) const noexcept {
    return static_cast<std::uint16_t>(port / 64U % workers());
  }
  // That makes the bindings of an inside tuple, by ports of the range.
  [[nodiscard]] std::uint16_t maker(const Tuple& inside, std::uint16_t low,
                                    std::uint16_t high) const noexcept;
  // What stands for a remote end in add_target(). Port 0: for its address alone.
  [[nodiscard]] std::uint32_t target_of(const packet::IpAddress& address, std::uint16_t port) const noexcept;

 private:
  explicit Bindings(const packet::HashSecret& secret) : secret_(secret) {}

  std::vector<BindingTable> tables_;
  packet::HashSecret secret_;
};

}  // namespace sluice::nat
