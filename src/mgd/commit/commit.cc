#include "mgd/commit/commit.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/machine.h"
#include "mgd/commit/schedule.h"
#include "mgd/commit/transaction.h"

namespace sluice::commit {

std::int64_t clock_unix_s() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

namespace {

using Stub = link::Flowd::Stub;

Result<v1::PrepareReply> prepare(const link::Flowd& flowd, const config::Tree& tree) {
  v1::PrepareRequest request;
  request.set_configuration_json(config::to_json(tree.active()));
  return flowd.ask(&Stub::Prepare, request, link::Flowd::kCompileDeadline);
}

Result<v1::PublishReply> publish(const link::Flowd& flowd, std::uint32_t generation) {
  v1::PublishRequest request;
  request.set_generation(generation);
  return flowd.ask(&Stub::Publish, request, link::Flowd::kCompileDeadline);
}

void discard(const link::Flowd& flowd, std::uint32_t generation) {
  v1::PublishRequest request;
  request.set_generation(generation);
  (void)flowd.ask(&Stub::Discard, request);  // a snapshot nobody publishes is only memory
}

// What an unconfirmed commit goes back to: what runs, whatever became of the file of it. While nobody knows
// what was committed that is flowd's to say, as far as it runs anything.
Status keep_fallback(const Parts& parts) {
  const Committed now = parts.running.committed();
  config::SharedTree runs = now.tree;
  if (parts.running.damage()) {
    auto theirs = parts.flowd.ask(&Stub::RunningConfiguration, v1::StatusRequest());
    if (!theirs) return theirs.error();
    if (const std::string& json = theirs->configuration_json(); !json.empty()) {
      auto tree = config::from_json(now.tree->schema(), json);
      if (!tree) return tree.error();
      runs = config::share(std::move(*tree));
    }
  }
  return parts.store->save_fallback(
      {.text = config::to_curly(runs->root()), .unix_s = now.unix_s, .user = now.user});
}

// Where an unconfirmed commit goes back to is what was there before the first of several such ones.
Status save(const Parts& parts, const Committed& committed, const Request& request) {
  if (parts.store == nullptr) return {};
  const Confirmation& confirmation = committed.confirmation;
  const bool first_to_confirm = confirmation.by_s != 0 && parts.running.confirmation().by_s == 0;
  if (first_to_confirm) {
    if (auto kept = keep_fallback(parts); !kept) return kept;
  }
  const bool damaged = parts.running.damage().has_value();
  return parts.store->save({.text = config::to_curly(committed.tree->root()),
                            .unix_s = committed.unix_s,
                            .user = committed.user,
                            .client = request.client,
                            .comment = request.comment,
                            .confirm_by_s = confirmation.by_s,
                            .persist = confirmation.persist},
                           damaged ? storage::Previous::damaged : storage::Previous::rollback);
}

Status take_over(const Parts& parts, const std::string& theirs) {
  auto tree = config::from_json(parts.running.committed().tree->schema(), theirs);
  if (!tree) return tree.error();
  parts.running.take_over(std::move(*tree));
  tell_damage(parts);
  return {};
}

}  // namespace

Committed Running::committed() const {
  const std::lock_guard guard(lock_);
  return committed_;
}

void Running::replace(Committed committed) {
  const std::lock_guard guard(lock_);
  set(std::move(committed));
  damage_.reset();
}

void Running::stand_in(std::optional<Committed> other, Damage damage) {
  const std::lock_guard guard(lock_);
  if (other) set(std::move(*other));
  damage_ = std::move(damage);
}

void Running::take_over(config::Tree theirs) {
  const std::lock_guard guard(lock_);
  set({.tree = config::share(std::move(theirs)), .user = {}, .origin = Origin::flowd});
}

void Running::set(Committed committed) {
  const config::Node system = committed.tree->root().child("system");
  release_ = release_named(system.text("junos-release").value_or("")).value_or(kDefaultRelease);
  host_name_ = system.text("host-name").value_or("");
  login_ = std::make_shared<const users::Login>(*committed.tree);
  committed_ = std::move(committed);
}

std::optional<Damage> Running::damage() const {
  const std::lock_guard guard(lock_);
  return damage_;
}

Release Running::release() const {
  const std::lock_guard guard(lock_);
  return release_;
}

std::string Running::host_name() const {
  {
    const std::lock_guard guard(lock_);
    if (!host_name_.empty()) return host_name_;
  }
  return machine_name();
}

std::shared_ptr<const users::Login> Running::login() const {
  const std::lock_guard guard(lock_);
  return login_;
}

Confirmation Running::confirmation() const {
  const std::lock_guard guard(lock_);
  return committed_.confirmation;
}

void Running::confirm() {
  const std::lock_guard guard(lock_);
  committed_.confirmation = {};
}

std::optional<storage::Saved> Running::scheduled() const {
  const std::lock_guard guard(lock_);
  return scheduled_;
}

void Running::set_scheduled(std::optional<storage::Saved> heading) {
  const std::lock_guard guard(lock_);
  scheduled_ = std::move(heading);
}

void Running::make_due(unsigned session) {
  const std::lock_guard guard(lock_);
  Confirmation& confirmation = committed_.confirmation;
  if (confirmation.by_s != 0 && confirmation.session == session) confirmation.by_s = 1;  // long ago
}

namespace {

// In Junos's words, for every commit whoever made it: that it was asked for is another event.
void record_completion(const Parts& parts, const Request& request) {
  if (parts.audit == nullptr) return;
  parts.audit->write({.tag = "UI_COMMIT_COMPLETED",
                      .message = "commit complete",
                      .user = request.user,
                      .source = {},
                      .command = {},
                      .reason = {}});
}

Committed committed_by(const Parts& parts, const config::SharedTree& candidate, const Request& request) {
  Committed committed{candidate, parts.now_unix_s(), request.user};
  if (request.confirm_within_s != 0) {
    committed.confirmation = {committed.unix_s + request.confirm_within_s, request.persist, request.session};
  }
  return committed;
}

// A check confirms, too. What was given a name is confirmed by that name only.
Status confirm(const Parts& parts) {
  const Confirmation pending = parts.running.confirmation();
  if (pending.by_s == 0 || !pending.persist.empty()) return {};
  if (parts.store != nullptr) {
    auto saved = parts.store->load();
    if (!saved) return saved.error();
    if (*saved) {
      (*saved)->confirm_by_s = 0;
      if (auto kept = parts.store->save(**saved, storage::Previous::same); !kept) return kept;
    }
  }
  parts.running.confirm();
  return {};
}

Error refused(std::vector<Error> problems, const Request& request) {
  if (request.problems == nullptr) return std::move(problems.front());
  const auto missing = [](const Error& one) { return one.tag == "missing-element"; };
  const bool incomplete = std::ranges::all_of(problems, missing);
  *request.problems = std::move(problems);
  return {
      "operation-failed", "",
      fmt::format("configuration check-out failed{}", incomplete ? ": (missing mandatory statements)" : "")};
}

bool is_about_statement(const Error& error, const config::Schema& schema) {
  return schema.begins_path(error.path.substr(0, error.path.find(' ')));
}

}  // namespace

Result<Outcome> transact(const Parts& parts, const config::SharedTree& candidate, const Request& request) {
  std::vector<Error> problems = candidate->problems();
  if (auto valid = users::check_login(*candidate); !valid) problems.push_back(valid.error());
  if (!problems.empty()) return refused(std::move(problems), request);
  const config::SharedTree before = parts.running.committed().tree;
  const bool login_changes = users::login_differs(*before, *candidate);
  if (login_changes && !request.administers) {
    return Error{"access-denied", "system login",
                 fmt::format("permission denied: a change of users and classes needs permission '{}'",
                             users::kChangesLogin)};
  }

  auto prepared = prepare(parts.flowd, *candidate);
  if (!prepared && is_about_statement(prepared.error(), candidate->schema())) {
    return refused({prepared.error()}, request);
  }
  if (!prepared) return prepared.error();
  Outcome outcome;
  outcome.warnings.assign(prepared->warnings().begin(), prepared->warnings().end());
  if (login_changes) {
    for (std::string& idle : users::idle_statements(*candidate)) outcome.warnings.push_back(std::move(idle));
  }
  if (request.mode != Mode::commit) {
    if (std::string damage = parts.alarms.text(alarm::Kind::configuration); !damage.empty()) {
      outcome.warnings.push_back(std::move(damage));
    }
    discard(parts.flowd, prepared->generation());
    return outcome;
  }

  Committed committed = committed_by(parts, candidate, request);
  if (auto saved = save(parts, committed, request); !saved) {
    discard(parts.flowd, prepared->generation());
    return saved.error();
  }
  // The point of no return: the new configuration is what a restart would load.
  parts.running.replace(std::move(committed));
  parts.alarms.clear(alarm::Kind::configuration);
  if (auto published = publish(parts.flowd, prepared->generation())) {
    parts.alarms.clear(alarm::Kind::not_in_force);
    outcome.sessions_ended = published->sessions_ended();
  } else {
    parts.alarms.raise(alarm::Kind::not_in_force, alarm::not_in_force(fmt::format(
                                                      "did not confirm it ({})", published.error().message)));
    outcome.warnings.push_back(
        fmt::format("the configuration is committed, but was not confirmed ({}); "
                    "it is applied as soon as sluice-flowd answers",
                    published.error().message));
  }
  record_completion(parts, request);
  return outcome;
}

namespace {

Status roll_back(const Parts& parts, const std::string& why) {
  const config::Schema schema = parts.running.committed().tree->schema();
  auto before = read_fallback(*parts.store, schema);
  if (!before) return before.error();
  auto outcome = transact(parts, config::share(std::move(*before)),
                          {.user = "root", .comment = why, .administers = true});
  return outcome ? Status() : Status(outcome.error());
}

// In Junos's words. `user` made the commit that nobody confirmed.
void record_rollback(const Parts& parts, const std::string& user) {
  if (parts.audit == nullptr) return;
  parts.audit->write({.tag = "UI_COMMIT_NOT_CONFIRMED",
                      .message = "Commit was not confirmed; automatic rollback complete",
                      .user = user,
                      .source = {},
                      .command = {},
                      .reason = {}});
}

}  // namespace

Result<Turn> await_turn(Running& running, const Wanted& wanted) {
  constexpr std::chrono::milliseconds kLookEvery{50};
  Turn turn(running.commit_lock(), std::try_to_lock);
  while (!turn) {
    if (wanted && !wanted())
      return Error{"operation-failed", "", "given up while another commit was under way"};
    (void)turn.try_lock_for(kLookEvery);
  }
  return turn;
}

Result<Outcome> run(const Parts& parts, const config::SharedTree& candidate, const Request& request) {
  return run(
      parts, [&] { return candidate; }, request);
}

Result<Outcome> run(const Parts& parts, const MadeInTurn& made, const Request& request) {
  const auto turn = await_turn(parts.running, request.wanted);
  if (!turn) return turn.error();
  if (request.mode == Mode::commit || request.mode == Mode::later) {
    if (auto free = nothing_waits(parts.running); !free) return free.error();
  }
  const config::SharedTree candidate = made();
  auto outcome = transact(parts, candidate, request);
  if (!outcome || request.mode == Mode::commit || request.mode == Mode::validate) return outcome;
  const bool later = request.mode == Mode::later;
  if (later) {
    if (auto kept = keep_for_later(parts, *candidate, request); !kept) return kept.error();
  }
  // Last, as what is refused confirms nothing.
  auto confirmed = confirm(parts);
  if (confirmed) return outcome;
  if (later) {
    (void)parts.store->remove_scheduled();
    parts.running.set_scheduled(std::nullopt);
  }
  return confirmed.error();
}

Result<bool> roll_back_if_due(const Parts& parts) {
  const std::lock_guard one_commit_at_a_time(parts.running.commit_lock());
  const Confirmation confirmation = parts.running.confirmation();
  if (confirmation.by_s == 0 || parts.now_unix_s() < confirmation.by_s) return false;
  const std::string user = parts.running.committed().user;
  if (auto done = roll_back(parts, "rolled back, as the commit was not confirmed"); !done)
    return done.error();
  record_rollback(parts, user);
  return true;
}

Status cancel(const Parts& parts, const Wanted& wanted) {
  const auto turn = await_turn(parts.running, wanted);
  if (!turn) return turn.error();
  if (parts.running.confirmation().by_s == 0) {
    return Error{"operation-failed", "", "there is no commit that is to be confirmed"};
  }
  return roll_back(parts, "rolled back, as the commit was cancelled");
}

void end_session(const Parts& parts, unsigned session) {
  parts.running.make_due(session);
}

Result<bool> reconcile(const Parts& parts) {
  const std::lock_guard one_commit_at_a_time(parts.running.commit_lock());
  const Committed committed = parts.running.committed();
  const bool known = committed.tree->root() || committed.unix_s != 0;
  const bool damaged = parts.running.damage().has_value();
  if (!known && !damaged) return false;  // nothing was ever committed: flowd keeps what it has
  auto theirs = parts.flowd.ask(&Stub::RunningConfiguration, v1::StatusRequest());
  if (!theirs) return theirs.error();
  const std::string& json = theirs->configuration_json();
  const bool runs_nothing = json.empty();
  if (known && !runs_nothing && json == config::to_json(committed.tree->active())) return false;
  // What it runs was committed after any rollback.
  if (damaged && !runs_nothing && committed.origin != Origin::flowd) {
    if (auto taken = take_over(parts, json); !taken) return taken.error();
    return false;
  }
  if (!known) return false;
  auto prepared = prepare(parts.flowd, *committed.tree);
  if (!prepared) return prepared.error();
  if (auto published = publish(parts.flowd, prepared->generation()); !published) return published.error();
  return true;
}

}  // namespace sluice::commit
