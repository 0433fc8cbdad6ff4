// Query: sessions found, counted and ended without disturbing who owns them.
//
// What: filters, scans, pages of sessions, counts, clears, and the two sweeps that follow a commit or a
// route change (rematch.h, reroute.h). All of them are one walk (scan.h) over the workers' slabs.
//
// Why so: workers share nothing, so nobody can ask them; the reader looks at the records where they
// are while they change. Identity is guarded by each record's version (a sequence lock), counters are
// relaxed atomics. A walk asks the cheapest question first (the key, by masks), touches the second line and
// the cold record only for those left, and copies out only matches. It is paced: so many records, then a
// pause, because what slows a worker down is the memory traffic of an unbroken scan.
//
// Order and cursors: every table has its own range of session identifiers, and walks go through
// tables in the order of these ranges. A cursor is an identifier, so it stays good whatever comes and
// goes between two pages: sessions that live throughout are seen exactly once.
//
// Ending: the reader never touches a session. It posts (slot, version) to the owner's mailbox
// (courier.h), and the owner leaves alone what was reused meanwhile.
//
// Threads: pages and counts on any thread, any number at a time. Whatever posts to mailboxes (clear,
// rematch, reroute) on one thread at a time: a mailbox has one producer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "dataplane/flow/counters.h"
#include "dataplane/session/close_reason.h"
#include "dataplane/session/table.h"
#include "dataplane/worker/mailbox.h"
#include "flowd/query/filter.h"
#include "flowd/query/row.h"

namespace sluice::query {

// One worker's sessions as queries see them. The mailbox may be null where nothing is ended.
struct Shard {
  const session::Table<packet::V4>* inet = nullptr;
  const session::Table<packet::V6>* inet6 = nullptr;
  worker::Mailbox* mailbox = nullptr;
  std::uint16_t worker = 0;
  const flow::PolicyCounterTable* policies = nullptr;  // null where policies are not asked for
};
using Shards = std::span<const Shard>;

// How many records a walk has passed, of all that there are.
struct Progress {
  std::uint64_t scanned = 0;
  std::uint64_t total = 0;
};
using Tell = std::function<void(const Progress&)>;

// How many records are read without a break, and for how long the walk then rests. The default
// keeps 10 million records under 0.3 s and a worker's loss under 2 % (bench/query_bench.cc).
struct Pace {
  std::uint32_t records = 16384;
  std::uint32_t pause_us = 15;
  const Tell* tell = nullptr;  // called at each rest; null: nobody asks
};

// A page of sessions in order of identifier.
struct Page {
  std::vector<Row> rows;
  // Where the next page starts; 0: there is nothing after this one.
  std::uint64_t next_identifier = 0;
};
[[nodiscard]] Page page(Shards shards, const Filter& filter, const Moment& moment,
                        std::uint64_t start_identifier, std::size_t count, const Pace& pace = {});

// Where sessions stand (Junos reference 2.4, 8.1). Each is one of the three.
struct Summary {
  std::uint64_t valid = 0;
  std::uint64_t multicast = 0;    // of these
  std::uint64_t pending = 0;      // its packets wait for the neighbour to be known; none has left yet
  std::uint64_t invalidated = 0;  // a closed TCP connection that has not left the table yet
};
[[nodiscard]] Summary summarize(Shards shards, const Filter& filter, const Moment& moment,
                                const Pace& pace = {});

// What sessions have carried, by PolicyId. [0] from initiators.
struct PolicyTraffic {
  std::uint64_t packets[2] = {0, 0};
  std::uint64_t bytes[2] = {0, 0};
};
// Of these policies' ended sessions and, where the policy counts, of the live ones. No session is counted
// twice; one that ends meanwhile may be missing until the next time.
[[nodiscard]] std::vector<PolicyTraffic> policy_traffic(Shards shards, std::span<const PolicyId> policies,
                                                        const Pace& pace = {});

// Live sessions of all shards, without looking at any.
[[nodiscard]] std::uint64_t live_sessions(Shards shards);

// Called again and again while an owner has work to do before the caller can go on.
using Wait = std::function<void()>;

struct ClearPlan {
  Filter filter{};
  // Sessions that match this one are not ended, but reported.
  std::optional<Filter> spare{};
  session::CloseReason reason = session::CloseReason::cli;
  const Tell* tell = nullptr;  // as in Pace
};
struct Spared {
  std::size_t shard = 0;  // index in Shards
  packet::Family family = packet::Family::inet;
  session::Handle session;
};
struct Cleared {
  std::uint64_t ended = 0;  // really ended by their owners
  std::vector<Spared> spared;
};
// Returns when every match has been dealt with by its owner.
[[nodiscard]] Cleared clear(Shards shards, const ClearPlan& plan, const Moment& moment, const Wait& wait,
                            const Pace& pace = {});
// Ends what a clear spared, if it still lives. Returns how many did.
std::uint64_t end_spared(Shards shards, std::span<const Spared> spared, session::CloseReason reason,
                         const Wait& wait);

}  // namespace sluice::query
