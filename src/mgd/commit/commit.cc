#include "mgd/commit/commit.h"

#include <fmt/format.h>

#include <chrono>

namespace sluice::commit {
namespace {

using Stub = link::Flowd::Stub;

std::int64_t now_unix_s() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

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

Status save(const Parts& parts, const Committed& committed) {
  if (parts.store == nullptr) return {};
  const bool damaged = !parts.running.damage().empty();
  return parts.store->save({config::to_curly(committed.tree.root()), committed.unix_s, committed.user},
                           damaged ? storage::Previous::damaged : storage::Previous::rollback);
}

Result<bool> take_over(Running& running, const config::Schema& schema, const std::string& theirs) {
  if (theirs.empty()) return false;  // it runs nothing
  auto tree = config::from_json(schema, theirs);
  if (!tree) return tree.error();
  running.take_over(std::move(*tree));
  return false;
}

}  // namespace

Committed Running::copy() const {
  const std::lock_guard guard(lock_);
  return committed_.copy();
}

void Running::replace(Committed committed) {
  const std::lock_guard guard(lock_);
  set(std::move(committed));
  damage_.clear();
}

void Running::take_over(config::Tree theirs) {
  const std::lock_guard guard(lock_);
  set({std::move(theirs), 0, {}});
}

void Running::set(Committed committed) {
  output_profile_ = committed.tree.root().child("system").text("output-profile").value_or("");
  committed_ = std::move(committed);
}

std::string Running::damage() const {
  const std::lock_guard guard(lock_);
  return damage_;
}

void Running::set_damage(std::string damage) {
  const std::lock_guard guard(lock_);
  damage_ = std::move(damage);
}

std::string Running::output_profile() const {
  const std::lock_guard guard(lock_);
  return output_profile_;
}

Result<Outcome> run(const Parts& parts, const config::Tree& candidate, const std::string& user, Mode mode) {
  const std::lock_guard one_commit_at_a_time(parts.running.commit_lock());
  if (auto valid = candidate.validate(); !valid) return valid.error();
  Outcome outcome;
  outcome.changes = config::diff(parts.running.copy().tree, candidate).size();

  auto prepared = prepare(parts.flowd, candidate);
  if (!prepared) return prepared.error();
  outcome.warnings.assign(prepared->warnings().begin(), prepared->warnings().end());
  if (mode == Mode::check) {
    if (std::string damage = parts.running.damage(); !damage.empty()) {
      outcome.warnings.push_back(std::move(damage));
    }
    discard(parts.flowd, prepared->generation());
    return outcome;
  }

  Committed committed{candidate.copy(), now_unix_s(), user};
  if (auto saved = save(parts, committed); !saved) {
    discard(parts.flowd, prepared->generation());
    return saved.error();
  }
  // The point of no return: the new configuration is what a restart would load.
  parts.running.replace(std::move(committed));
  if (auto published = publish(parts.flowd, prepared->generation())) {
    outcome.sessions_ended = published->sessions_ended();
  } else {
    outcome.warnings.push_back(
        fmt::format("the configuration is committed, but was not confirmed ({}); "
                    "it is applied as soon as sluice-flowd answers",
                    published.error().message));
  }
  return outcome;
}

Result<bool> reconcile(const Parts& parts) {
  const std::lock_guard one_commit_at_a_time(parts.running.commit_lock());
  const Committed committed = parts.running.copy();
  const bool known = static_cast<bool>(committed.tree.root());
  const bool damaged = !parts.running.damage().empty();
  if (!known && !damaged) return false;  // nothing was ever committed: flowd keeps what it has
  auto theirs = parts.flowd.ask(&Stub::RunningConfiguration, v1::StatusRequest());
  if (!theirs) return theirs.error();
  if (!known) return take_over(parts.running, committed.tree.schema(), theirs->configuration_json());
  if (theirs->configuration_json() == config::to_json(committed.tree.active())) return false;
  auto prepared = prepare(parts.flowd, committed.tree);
  if (!prepared) return prepared.error();
  if (auto published = publish(parts.flowd, prepared->generation()); !published) return published.error();
  return true;
}

}  // namespace sluice::commit
