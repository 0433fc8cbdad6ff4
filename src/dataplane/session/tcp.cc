#include "dataplane/session/tcp.h"

#include <algorithm>

#include "dataplane/packet/key.h"

namespace sluice::session::tcp {
namespace {

using packet::DropReason;

State state_of(std::uint8_t raw) {
  return static_cast<State>(raw);
}

template <class F>
void set_state(Record<F>& record, State state) noexcept {
  put(record.state, static_cast<std::uint8_t>(state));
}

template <class F>
void set_detail(Record<F>& record, unsigned bits) noexcept {
  put(record.detail, static_cast<std::uint8_t>(record.detail | bits));
}

template <class F>
std::uint32_t end_of(const Record<F>& record, unsigned wing) noexcept {
  return packed::end_of(record.tcp[wing]);
}

Outcome drop(DropReason reason) noexcept {
  Outcome outcome;
  outcome.drop = reason;
  return outcome;
}

Outcome timeout(TimeoutClass klass) noexcept {
  Outcome outcome;
  outcome.change_timeout = true;
  outcome.timeout = klass;
  return outcome;
}

std::uint8_t with_scale(std::uint8_t scales, unsigned wing, std::uint8_t scale) noexcept {
  const unsigned shift = wing * 4;
  return static_cast<std::uint8_t>((scales & ~(0x0fU << shift)) | (unsigned{scale} << shift));
}

std::uint8_t scale_of(const Segment& segment) noexcept {
  return scale_option(segment.header, segment.header_length);
}

// A SYN before the answer: the first one, or sent again (perhaps with other options). Until the answer,
// max_end is the number after the SYN itself: data that it carried (RFC 7413) need not be accepted.
template <class F>
void note_syn(Record<F>& record, const Segment& segment) noexcept {
  const std::uint32_t after_syn = segment.sequence + 1;
  const Side before = side_of(record, 0);
  const bool again = record.state == static_cast<std::uint8_t>(State::syn_sent) &&
                     before.max_end == after_syn && before_or_at(segment.end(), before.end);
  put(record.scale, with_scale(0, 0, scale_of(segment)));
  put_side(record, 0,
           {.end = again ? before.end : segment.end(), .max_end = after_syn, .max_window = segment.window});
  set_state(record, State::syn_sent);
}

// RFC 7323 2.2: scaling is in use only when both sides offered it.
template <class F>
void agree_on_scale(Record<F>& record, std::uint8_t responder_scale) noexcept {
  const auto initiator_scale = static_cast<std::uint8_t>(record.scale & 0x0f);
  const bool both = initiator_scale != kNoScale && responder_scale != kNoScale;
  put(record.scale, both ? with_scale(initiator_scale, 1, responder_scale) : std::uint8_t{0});
  if (both && std::max(initiator_scale, responder_scale) > packed::kExactScale) {
    set_detail(record, detail::kCoarse);
  }
}

// Whether the responder acknowledges the SYN, and nothing that was not sent.
template <class F>
bool acknowledges_syn(const Record<F>& record, const Segment& segment) noexcept {
  const Side initiator = side_of(record, 0);
  return before_or_at(initiator.max_end, segment.acknowledgement) &&
         before_or_at(segment.acknowledgement, initiator.end);
}

// The responder's SYN: with an ACK, or (both opened at once, RFC 9293 3.5) without.
template <class F>
Outcome answer_to_syn(Record<F>& record, const Segment& segment) noexcept {
  const bool ack = (segment.flags & kAckFlag) != 0;
  if (ack && !acknowledges_syn(record, segment)) {
    return drop(DropReason::tcp_state);
  }
  Side initiator = side_of(record, 0);
  initiator.max_end = (ack ? segment.acknowledgement : initiator.max_end) + segment.window;
  const Side responder{
      .end = segment.end(), .max_end = segment.end() + initiator.max_window, .max_window = segment.window};
  agree_on_scale(record, scale_of(segment));
  put_side(record, 0, initiator);
  put_side(record, 1, responder);
  set_state(record, State::syn_received);
  return {};
}

Outcome reset_outcome(const Options& options) noexcept {
  Outcome outcome = timeout(TimeoutClass::tcp_close);
  outcome.end = options.rst_invalidate;
  return outcome;
}

// Until the SYN is answered the responder's side holds what it acknowledged instead, if it did.
template <class F>
void note_challenge(Record<F>& record, const Segment& segment) noexcept {
  constexpr std::uint32_t kChallenged = 1;
  put(record.tcp[1], packed::join(segment.acknowledgement, segment.acknowledgement, kChallenged, 0));
}
template <class F>
bool answers_challenge(const Record<F>& record, const Segment& segment) noexcept {
  return record.tcp[1] != 0 && segment.sequence == end_of(record, 1);
}

// A reset while only the SYN was seen.
template <class F>
Outcome track_early_reset(Record<F>& record, unsigned wing, const Segment& segment,
                          const Options& options) noexcept {
  if (wing == 0 && answers_challenge(record, segment)) {
    return {};  // the responder forgets its older connection; the initiator will send its SYN again
  }
  // A refusal acknowledges our SYN (RFC 9293 3.10.7.3); the initiator may give up with its next number.
  const bool ack = (segment.flags & kAckFlag) != 0;
  const bool believed =
      wing == 1 ? ack && acknowledges_syn(record, segment) : segment.sequence == end_of(record, 0);
  if (!believed) {
    return drop(DropReason::tcp_rst_sequence);
  }
  set_detail(record, detail::kReset << wing);
  set_state(record, State::closed);
  return reset_outcome(options);
}

// Only the SYN was seen so far.
template <class F>
Outcome track_syn_sent(Record<F>& record, unsigned wing, const Segment& segment,
                       const Options& options) noexcept {
  const bool syn = (segment.flags & kSynFlag) != 0;
  const bool ack = (segment.flags & kAckFlag) != 0;
  if ((segment.flags & kRstFlag) != 0) {
    return track_early_reset(record, wing, segment, options);
  }
  if (wing == 0 && syn && !ack) {
    note_syn(record, segment);
    return {};
  }
  if (wing == 1 && syn) {
    return answer_to_syn(record, segment);
  }
  // The responder remembers an older connection and says so (RFC 9293 3.5.1): the initiator resets it.
  if (wing == 1 && ack && segment.payload == 0) {
    note_challenge(record, segment);
    return {};
  }
  return drop(DropReason::tcp_state);
}

template <class F>
Outcome track_reset(Record<F>& record, unsigned wing, const Segment& segment,
                    const Options& options) noexcept {
  const Side sender = side_of(record, wing);
  const Side receiver = side_of(record, wing ^ 1U);
  const bool exact = segment.sequence == sender.end || segment.sequence + 1 == sender.end;
  const bool in_window = before_or_at(segment.sequence, sender.max_end) &&
                         before_or_at(sender.end - receiver.max_window, segment.sequence);
  const bool known = (record.detail & detail::kMidStream) == 0;
  if ((known && !in_window) || (options.rst_sequence_check && !exact)) {
    return drop(DropReason::tcp_rst_sequence);
  }
  set_detail(record, detail::kReset << wing);
  set_state(record, State::closed);
  return reset_outcome(options);
}

// FIN, and the acknowledgements that follow it.
template <class F>
Outcome track_close(Record<F>& record, unsigned wing, const Segment& segment,
                    const Options& options) noexcept {
  const unsigned other = wing ^ 1U;
  Outcome outcome;
  if ((segment.flags & kFinFlag) != 0 && (record.detail & (detail::kFin << wing)) == 0) {
    set_detail(record, detail::kFin << wing);
    if (options.half_close_timeout) {
      outcome = timeout(TimeoutClass::tcp_close);
    }
    outcome.end = options.fin_invalidate;
  }
  const bool other_fin = (record.detail & (detail::kFin << other)) != 0;
  if (other_fin && before_or_at(end_of(record, other), segment.acknowledgement)) {
    set_detail(record, detail::kFinAcked << other);
  }
  constexpr unsigned kBothAcked = detail::kFinAcked * 3U;
  if ((record.detail & kBothAcked) == kBothAcked && state_of(record.state) != State::closed) {
    set_state(record, State::closed);
    if (!options.closed_keeps_service_timeout) {
      outcome.change_timeout = true;
      outcome.timeout = TimeoutClass::tcp_close;
    }
  }
  return outcome;
}

template <class F>
bool acceptable(const Record<F>& record, unsigned wing, const Segment& segment) noexcept {
  const bool checked =
      (record.flags & flag::kSequenceCheck) != 0 && (record.detail & detail::kMidStream) == 0;
  return !checked ||
         check_window(side_of(record, wing), side_of(record, wing ^ 1U), segment, segment.end()).inside();
}

// Whether the handshake is done, or this segment is the last of it.
template <class F>
bool may_carry_data(const Record<F>& record, unsigned wing, const Segment& segment) noexcept {
  const State state = state_of(record.state);
  const bool last = wing == 0 && state == State::syn_received && (segment.flags & kAckFlag) != 0 &&
                    before_or_at(end_of(record, 1), segment.acknowledgement);
  return last || (state != State::syn_sent && state != State::syn_received);
}

// A SYN in an open connection is sent again, or an end starts over. Whoever receives it knows: an end that
// still lives answers with a challenge (RFC 5961 section 4), and nothing has changed; one that has lost the
// connection too accepts or refuses exactly this SYN, without any data that it carried: a second try has
// none.
template <class F>
void note_late_syn(Record<F>& record, Cold<F>& cold, unsigned wing, const Segment& segment) noexcept {
  LateSyn& syn = cold.late_syn;
  put(syn.after, segment.sequence + 1);
  put(syn.window, static_cast<std::uint8_t>(packed::window_code(segment.window)));
  put(syn.scale, scale_of(segment));
  put(syn.wing, static_cast<std::uint8_t>(wing));
  if (state_of(record.state) != State::reopening) {
    put(syn.state, record.state);
    set_state(record, State::reopening);
  }
}

template <class F>
bool answers_late_syn(const Cold<F>& cold, unsigned wing, const Segment& segment) noexcept {
  const LateSyn& syn = cold.late_syn;
  return wing != syn.wing && (segment.flags & kAckFlag) != 0 &&
         (segment.flags & (kSynFlag | kRstFlag)) != 0 && segment.acknowledgement == syn.after;
}

// The connection that was is lost: refused, or begun anew in the same session if its initiator asked. When it
// was the responder, the policies must be asked first.
template <class F>
Outcome track_answer_to_late_syn(Record<F>& record, const Cold<F>& cold, const Segment& segment,
                                 const Options& options) noexcept {
  const LateSyn& syn = cold.late_syn;
  if ((segment.flags & kRstFlag) != 0) {
    set_detail(record, detail::kReset << (syn.wing ^ 1U));
    set_state(record, State::closed);
    return reset_outcome(options);
  }
  const Side sender = side_of(record, syn.wing ^ 1U);
  if (check_window(sender, side_of(record, syn.wing), segment, segment.end()).inside()) {
    return {};  // the connection's own handshake, sent again
  }
  if (syn.wing != 0) {
    Outcome outcome;
    outcome.restart = true;
    return outcome;
  }
  put(record.detail, std::uint8_t{0});
  put(record.scale, with_scale(0, 0, syn.scale));
  put_side(record, 0, {.end = syn.after, .max_end = syn.after, .max_window = 1U << syn.window});
  static_cast<void>(answer_to_syn(record, segment));
  return timeout(TimeoutClass::tcp_initial);
}

// A segment of the connection that was: its ends still know it.
template <class F>
void resume_if_alive(Record<F>& record, const Cold<F>& cold, unsigned wing, const Segment& segment) noexcept {
  const bool of_old = (segment.flags & (kSynFlag | kRstFlag | kAckFlag)) == kAckFlag;
  if (of_old && acceptable(record, wing, segment)) {
    put(record.state, cold.late_syn.state);
  }
}

// From the SYN-ACK on.
template <class F>
Outcome track_open(Record<F>& record, Cold<F>& cold, unsigned wing, const Segment& segment,
                   const Options& options) noexcept {
  if (opens_connection(segment)) {
    note_late_syn(record, cold, wing, segment);
    return {};
  }
  if ((segment.flags & kSynFlag) != 0) {
    return {};  // of the handshake, sent again
  }
  if ((segment.flags & kRstFlag) != 0) {
    return track_reset(record, wing, segment, options);
  }
  if ((segment.flags & kAckFlag) == 0) {
    return drop(DropReason::tcp_state);
  }
  if (!acceptable(record, wing, segment)) {
    return drop(DropReason::tcp_window);
  }
  const std::uint32_t window = std::uint32_t{segment.window} << ((record.scale >> (wing * 4)) & 0x0f);
  advance(record, wing, segment, segment.end(), window, packed::unit_bits(record.scale, wing ^ 1U));
  const bool completes = wing == 0 && state_of(record.state) == State::syn_received &&
                         before_or_at(end_of(record, 1), segment.acknowledgement);
  if (completes) {
    set_state(record, State::established);
  }
  const bool closing = (segment.flags & kFinFlag) != 0 || (record.detail & (detail::kFin * 3U)) != 0;
  Outcome outcome = closing ? track_close(record, wing, segment, options) : Outcome{};
  if (completes && !outcome.change_timeout) {
    outcome.change_timeout = true;
    outcome.timeout = TimeoutClass::service;
  }
  return outcome;
}

}  // namespace

bool sound(const Segment& segment, std::uint16_t length) noexcept {
  const unsigned both = segment.flags & (kSynFlag | kFinFlag | kRstFlag);
  const bool contradictory = both == (kSynFlag | kFinFlag) || both == (kSynFlag | kRstFlag) ||
                             both == (kSynFlag | kFinFlag | kRstFlag) || both == (kFinFlag | kRstFlag);
  return segment.header_length >= 20 && segment.header_length <= length && !contradictory &&
         segment.flags != 0;
}

unsigned find_option(const std::uint8_t* transport, std::uint8_t header_length, std::uint8_t kind,
                     std::uint8_t length) noexcept {
  constexpr std::uint8_t kEnd = 0, kNop = 1;
  for (unsigned at = 20; at < header_length && transport[at] != kEnd;) {
    if (transport[at] == kNop) {
      ++at;
      continue;
    }
    if (at + 1 >= header_length || transport[at + 1] < 2 || at + transport[at + 1] > header_length) {
      break;
    }
    if (transport[at] == kind && transport[at + 1] == length) {
      return at;
    }
    at += transport[at + 1];
  }
  return 0;
}

std::uint8_t scale_option(const std::uint8_t* transport, std::uint8_t header_length) noexcept {
  constexpr std::uint8_t kWindowScale = 3;
  const unsigned at = find_option(transport, header_length, kWindowScale, 3);
  if (at == 0) {
    return kNoScale;
  }
  return transport[at + 2] > kMaxScale ? static_cast<std::uint8_t>(kMaxScale) : transport[at + 2];
}

template <class F>
void start(Record<F>& record, const Segment& segment) noexcept {
  if ((segment.flags & (kSynFlag | kAckFlag)) == kSynFlag) {
    note_syn(record, segment);
    return;
  }
  put_side(record, 0, {.end = segment.end(), .max_end = segment.end(), .max_window = segment.window});
  put_side(record, 1, {.end = segment.acknowledgement, .max_end = segment.acknowledgement, .max_window = 1});
  set_detail(record, detail::kMidStream | ((segment.flags & kFinFlag) != 0 ? detail::kFin : 0U));
  set_state(record, State::established);
}

template <class F>
Outcome track(Record<F>& record, Cold<F>& cold, unsigned wing, const Segment& segment,
              const Options& options) noexcept {
  if (state_of(record.state) == State::reopening) {
    if (answers_late_syn(cold, wing, segment)) {
      return track_answer_to_late_syn(record, cold, segment, options);
    }
    resume_if_alive(record, cold, wing, segment);
  }
  if (options.strict_handshake && segment.payload != 0 && !may_carry_data(record, wing, segment)) {
    return drop(DropReason::tcp_state);
  }
  switch (state_of(record.state)) {
    case State::syn_sent:
      return track_syn_sent(record, wing, segment, options);
    case State::closed: {
      Outcome outcome;
      outcome.restart = opens_connection(segment);  // of either end: the policies will say
      return outcome;
    }
    default:
      return track_open(record, cold, wing, segment, options);
  }
}

template <class F>
CloseReason close_reason(const Record<F>& record) noexcept {
  if ((record.detail & detail::kReset) != 0) {
    return CloseReason::tcp_client_rst;
  }
  if ((record.detail & (detail::kReset << 1)) != 0) {
    return CloseReason::tcp_server_rst;
  }
  if ((record.detail & (detail::kFin * 3U)) != 0) {
    return CloseReason::tcp_fin;
  }
  const State state = state_of(record.state);
  const bool was_open = state == State::established || state == State::reopening;
  return was_open ? CloseReason::idle_timeout : CloseReason::unset;
}

template void start(Record<packet::V4>&, const Segment&) noexcept;
template void start(Record<packet::V6>&, const Segment&) noexcept;
template Outcome track(Record<packet::V4>&, Cold<packet::V4>&, unsigned, const Segment&,
                       const Options&) noexcept;
template Outcome track(Record<packet::V6>&, Cold<packet::V6>&, unsigned, const Segment&,
                       const Options&) noexcept;
template CloseReason close_reason(const Record<packet::V4>&) noexcept;
template CloseReason close_reason(const Record<packet::V6>&) noexcept;

}  // namespace sluice::session::tcp
