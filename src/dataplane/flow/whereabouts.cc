#include "dataplane/flow/steps.h"

namespace sluice::flow {
namespace {

using packet::DropReason;
using packet::Packet;
using packet::V4;
using packet::V6;
using session::Whereabouts;
namespace flag = session::flag;

// Whether another worker may have the session of a packet that came here.
bool shared(const Core& core) noexcept {
  return core.workers > 1 && core.snapshot->nat != nullptr;
}

// Calls with the keys of the session's packets that come to another worker.
template <class F, class Act>
void with_strays(Core& core, std::uint32_t slot, Act act) noexcept {
  const session::Record<F>& record = core.table<F>().record(slot);
  if (core.whereabouts == nullptr || (record.flags & flag::kNat) == 0) {
    return;
  }
  const auto look = [&](const typename F::Key& key) {
    if (packet::worker_of(packet::owner_hash(key), core.workers) != core.index) {
      act(core.whereabouts->hash_of(key));
    }
  };
  look(record.key);
  if ((record.flags & (flag::kSourceBound | flag::kDestinationBound | flag::kHeld)) != 0) {
    look(core.table<F>().cold(slot).far);  // unbound, it lives where its answers come
  }
}

void judge_stranger(Core& core, Packet& packet, std::uint16_t owner) noexcept {
  if (packet.settled) {
    drop(core, packet, DropReason::owner_changed);
  } else {
    packet.verdict = packet::Verdict::hand_off(owner);
  }
}

}  // namespace

template <class F>
std::uint16_t session_owner(const Core& core, Packet& packet, const typename F::Key& key) noexcept {
  if (!shared(core)) {
    return core.index;
  }
  if (core.whereabouts != nullptr) {
    const std::uint16_t known = core.whereabouts->find(core.whereabouts->hash_of(key));
    if (known != Whereabouts::kNowhere) {
      return known;
    }
  }
  return nat_owner<F>(core, packet, key);
}
template std::uint16_t session_owner<V4>(const Core&, Packet&, const V4::Key&) noexcept;
template std::uint16_t session_owner<V6>(const Core&, Packet&, const V6::Key&) noexcept;

template <class F>
std::span<const std::uint16_t> keep_ours(Core& core, std::span<Packet> burst,
                                         std::span<const std::uint16_t> which,
                                         std::array<std::uint16_t, kBurst>& ours) noexcept {
  if (!shared(core)) {
    return which;
  }
  const Lane<F>& lane = core.lane<F>();
  std::size_t count = 0;
  for (const std::uint16_t at : which) {
    Packet& packet = burst[lane.packet[at]];
    // Whose an ICMP error is was settled by what it quotes.
    const std::uint16_t owner =
        packet::is_icmp_error(packet) ? core.index : session_owner<F>(core, packet, lane.key[at]);
    if (owner == core.index) {
      ours[count++] = at;
    } else {
      judge_stranger(core, packet, owner);
    }
  }
  return {ours.data(), count};
}
template std::span<const std::uint16_t> keep_ours<V4>(Core&, std::span<Packet>,
                                                      std::span<const std::uint16_t>,
                                                      std::array<std::uint16_t, kBurst>&) noexcept;
template std::span<const std::uint16_t> keep_ours<V6>(Core&, std::span<Packet>,
                                                      std::span<const std::uint16_t>,
                                                      std::array<std::uint16_t, kBurst>&) noexcept;

template <class F>
void note_session(Core& core, std::uint32_t slot) noexcept {
  with_strays<F>(core, slot, [&](std::uint64_t hash) { core.whereabouts->add(hash, core.index); });
}
template void note_session<V4>(Core&, std::uint32_t) noexcept;
template void note_session<V6>(Core&, std::uint32_t) noexcept;

template <class F>
void forget_session(Core& core, std::uint32_t slot) noexcept {
  with_strays<F>(core, slot, [&](std::uint64_t hash) { core.whereabouts->remove(hash, core.index); });
}
template void forget_session<V4>(Core&, std::uint32_t) noexcept;
template void forget_session<V6>(Core&, std::uint32_t) noexcept;

}  // namespace sluice::flow
