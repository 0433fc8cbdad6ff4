#include "dataplane/nat/binding.h"

#include "dataplane/nat/secret.h"

namespace sluice::nat {
namespace {

using session::copy_words;
using session::get;
using session::put;

constexpr std::uint64_t kSession = 1;
constexpr std::uint64_t kVersion = std::uint64_t{1} << 32;

constexpr bool lives(std::uint64_t state) noexcept {
  return (state & kVersion) != 0;
}
constexpr std::uint32_t sessions_of(std::uint64_t state) noexcept {
  return static_cast<std::uint32_t>(state);
}

std::uint64_t hash_of_end(const Tuple& tuple, std::uint64_t more, const packet::HashSecret& secret) noexcept {
  return keyed_hash(tuple.address,
                    more << 32 | std::uint64_t{tuple.port} << 16 | std::uint64_t{tuple.protocol} << 8,
                    secret);
}

}  // namespace

std::optional<BindingTable> BindingTable::make(std::uint32_t capacity, const packet::HashSecret& secret) {
  auto entries = PageArray<Entry>::try_make(capacity);
  auto targets = PageArray<Targets>::try_make(capacity);
  auto free = PageArray<std::uint32_t>::try_make(capacity);
  auto inside = PageArray<Words::Bucket>::try_make(Words::buckets_for(capacity));
  auto reflexive = PageArray<Words::Bucket>::try_make(Words::buckets_for(capacity));
  if (entries.size() == 0 || targets.size() == 0 || free.size() == 0 || inside.size() == 0 ||
      reflexive.size() == 0) {
    return std::nullopt;
  }
  return BindingTable(std::move(entries), std::move(targets), std::move(free), Words(std::move(inside)),
                      Words(std::move(reflexive)), secret);
}

std::uint64_t BindingTable::hash_of(const Tuple& tuple, Realm realm) const noexcept {
  return hash_of_end(tuple, realm, secret_);
}

std::uint64_t BindingTable::read(std::uint32_t slot, Binding& binding) const noexcept {
  const State state(entries_[slot].state);
  const std::uint64_t before = state.load(std::memory_order_acquire);
  if (!lives(before)) {
    return 0;
  }
  copy_words(binding, entries_[slot].binding);
  std::atomic_thread_fence(std::memory_order_acquire);
  const std::uint64_t after = state.load(std::memory_order_relaxed);
  return version_of(before) == version_of(after) ? after : 0;
}

template <class Same>
std::optional<BindingTable::Found> BindingTable::find(const Words& words, std::uint64_t hash,
                                                      Same same) const noexcept {
  std::optional<Found> result;
  words.find(hash, [&](std::uint64_t value) {
    Found found;
    found.handle.slot = static_cast<std::uint32_t>(value);
    found.handle.version = version_of(read(found.handle.slot, found.binding));
    if (found.handle.version == 0 || !same(found.binding)) {
      return false;
    }
    result = found;
    return true;
  });
  return result;
}

std::optional<BindingTable::Found> BindingTable::find_inside(const Tuple& inside,
                                                             Realm realm) const noexcept {
  return find(inside_, hash_of(inside, realm),
              [&](const Binding& binding) { return binding.inside == inside && binding.realm == realm; });
}

std::optional<BindingTable::Found> BindingTable::find_reflexive(const Tuple& reflexive) const noexcept {
  return find(reflexive_, hash_of(reflexive, 0),
              [&](const Binding& binding) { return binding.reflexive == reflexive; });
}

BindingTable::Joined BindingTable::join(Handle handle, std::uint32_t most) noexcept {
  const State word(entries_[handle.slot].state);
  std::uint64_t state = word.load(std::memory_order_relaxed);
  do {
    if (version_of(state) != handle.version) {
      return Joined::gone;
    }
    if (sessions_of(state) >= most) {
      return Joined::full;
    }
  } while (!word.compare_exchange_weak(state, state + kSession, std::memory_order_relaxed));
  return Joined::joined;
}

void BindingTable::leave(Handle handle, std::uint32_t now_s) noexcept {
  put(entries_[handle.slot].idle_since_s, now_s);  // before it has no session
  State(entries_[handle.slot].state).fetch_sub(kSession, std::memory_order_release);
}

bool BindingTable::has_target(Handle handle, std::uint32_t target) const noexcept {
  const Targets& targets = targets_[handle.slot];
  return std::any_of(std::begin(targets.words), std::end(targets.words),
                     [&](const std::uint32_t& word) { return get(word) == target; });
}

bool BindingTable::view(std::uint32_t slot, BindingView& view) const noexcept {
  const std::uint64_t state = read(slot, view.binding);
  view.sessions = sessions_of(state);
  view.idle_since_s = get(entries_[slot].idle_since_s);
  return state != 0;
}

// Whoever joins and leaves meanwhile writes a time again.
bool BindingTable::clear(std::uint32_t slot) noexcept {
  const std::uint64_t state = State(entries_[slot].state).load(std::memory_order_acquire);
  if (!lives(state) || sessions_of(state) != 0) {
    return false;
  }
  put(entries_[slot].idle_since_s, std::uint32_t{0});
  return true;
}

bool BindingTable::index(std::uint32_t slot, const Binding& binding) noexcept {
  const std::uint64_t inside = hash_of(binding.inside, binding.realm);
  if (!inside_.add(inside, slot)) {
    return false;
  }
  if (!reflexive_.add(hash_of(binding.reflexive, 0), slot)) {
    inside_.remove(inside, slot);
    return false;
  }
  return true;
}

std::optional<BindingTable::Handle> BindingTable::add(const Binding& binding, std::uint32_t now_s) noexcept {
  const bool reused = free_count_ != 0;
  if (!reused && fresh_ == capacity()) {
    return std::nullopt;
  }
  const std::uint32_t slot = reused ? free_[free_count_ - 1] : fresh_;
  if (!index(slot, binding)) {
    return std::nullopt;
  }
  free_count_ -= reused ? 1 : 0;
  Entry& entry = entries_[slot];
  for (std::uint32_t& word : targets_[slot].words) {
    if (word == 0) break;
    put(word, std::uint32_t{0});
  }
  entry.next_target = 0;
  std::atomic_thread_fence(std::memory_order_release);  // who sees any of it sees that the last one is gone
  copy_words(entry.binding, binding);
  put(entry.idle_since_s, now_s);
  const std::uint64_t state =
      (State(entry.state).load(std::memory_order_relaxed) & ~(kVersion - 1)) + kVersion;
  State(entry.state).store(state, std::memory_order_release);
  if (!reused) {
    std::atomic_ref<std::uint32_t>(fresh_).store(slot + 1, std::memory_order_release);
  }
  put(live_, live_ + 1);
  return Handle{.slot = slot, .version = version_of(state)};
}

bool BindingTable::remove(Handle handle, Binding& binding) noexcept {
  const std::uint64_t state = read(handle.slot, binding);
  return version_of(state) == handle.version && free(handle.slot, binding);
}

void BindingTable::supersede(const Found& found) noexcept {
  inside_.remove(hash_of(found.binding.inside, found.binding.realm), found.handle.slot);
}

void BindingTable::add_target(Handle handle, std::uint32_t target) noexcept {
  if (has_target(handle, target)) {
    return;
  }
  Entry& entry = entries_[handle.slot];
  put(targets_[handle.slot].words[entry.next_target], target);
  entry.next_target = (entry.next_target + 1) % kTargets;
}

bool BindingTable::free(std::uint32_t slot, const Binding& binding) noexcept {
  const State state(entries_[slot].state);
  std::uint64_t idle = state.load(std::memory_order_relaxed) & ~(kVersion - 1);
  if (!state.compare_exchange_strong(idle, idle + kVersion, std::memory_order_acquire,
                                     std::memory_order_relaxed)) {
    return false;
  }
  inside_.remove(hash_of(binding.inside, binding.realm), slot);
  reflexive_.remove(hash_of(binding.reflexive, 0), slot);
  free_[free_count_++] = slot;
  put(live_, live_ - 1);
  return true;
}

std::shared_ptr<Bindings> Bindings::make(std::uint16_t workers, std::uint32_t total) {
  const packet::HashSecret secret = fresh_secret();
  std::shared_ptr<Bindings> made(new Bindings(secret));
  for (std::uint16_t worker = 0; worker < workers; ++worker) {
    auto table = BindingTable::make(std::max(total / workers, 1U), secret);
    if (!table) return nullptr;
    made->tables_.push_back(std::move(*table));
  }
  return made;
}

// The hash chooses a word of the range, and whoever has that word has ports for it.
std::uint16_t Bindings::maker(const Tuple& inside, std::uint16_t low, std::uint16_t high) const noexcept {
  const std::uint64_t hash = hash_of_end(inside, 0, secret_) >> 32;
  const std::uint32_t words = high / 64U - low / 64U + 1;
  // The same with every range that has enough of them.
  const std::uint64_t chosen = words >= workers() ? hash : low / 64U + hash % words;
  return static_cast<std::uint16_t>(chosen % workers());
}

std::uint32_t Bindings::target_of(const packet::IpAddress& address, std::uint16_t port) const noexcept {
  return static_cast<std::uint32_t>(hash_of_end({.address = address, .port = port}, 1, secret_) >> 32) | 1;
}

}  // namespace sluice::nat
