#include "mgd/commit/schedule.h"

#include <fmt/format.h>

#include <fstream>

#include "base/time_text.h"
#include "mgd/commit/transaction.h"

namespace sluice::commit {
namespace {

constexpr std::int64_t kLeast_s = 60;

Error wrong_time(std::string_view text, std::string_view why) {
  return {"invalid-value", "at-time", fmt::format("'{}' {}", text, why)};
}

// A start of the machine that nobody can tell is not another one.
bool is_due(const storage::Saved& scheduled, const Parts& parts) {
  if (scheduled.scheduled_boot.empty()) return parts.now_unix_s() >= scheduled.scheduled_s;
  const std::string boot = parts.boot();
  return !boot.empty() && boot != scheduled.scheduled_boot;
}

// As keep_for_later() writes it: whole, by somebody, and for a time after that or for another start.
bool is_plausible(const storage::Saved& saved) {
  const bool says_when =
      saved.scheduled_boot.empty() ? saved.scheduled_s > saved.unix_s : saved.scheduled_s == 0;
  return saved.complete && saved.unix_s > 0 && !saved.user.empty() && says_when;
}

struct Waiting {
  storage::Saved heading;
  config::Tree candidate;
};

// nullopt: nothing waits. An Error: what waits, or for what, is not certain.
Result<std::optional<Waiting>> read_scheduled(const storage::Store& store, const config::Schema& schema) {
  auto saved = store.load_scheduled();
  if (!saved) return saved.error();
  if (!*saved) return std::optional<Waiting>();
  const std::string file = store.scheduled_file();
  if (!is_plausible(**saved)) {
    return Error{"operation-failed", file,
                 "the file does not say as a whole what is to be committed, and when"};
  }
  auto candidate = tree_of(**saved, schema, file);
  if (!candidate) return candidate.error();
  if (!candidate->root()) return Error{"invalid-value", file, "the file has no statement"};
  (*saved)->text.clear();
  return std::optional<Waiting>({std::move(**saved), std::move(*candidate)});
}

// The file stays for whoever wants to know what was in it.
void give_up(const Parts& parts, const Error& why) {
  parts.running.set_scheduled(std::nullopt);
  parts.alarms.raise(
      alarm::Kind::scheduled_commit,
      fmt::format(
          "the scheduled commit is damaged and will not be made ({}); 'clear system commit' removes it",
          why.text()));
}

Status forget(const Parts& parts) {
  if (auto removed = parts.store->remove_scheduled(); !removed) return removed;
  parts.running.set_scheduled(std::nullopt);
  parts.alarms.clear(alarm::Kind::scheduled_commit);
  return {};
}

// For the eyes that look for who changed what: nobody may be there to be told.
void record(const Parts& parts, const storage::Saved& scheduled, const Status& committed) {
  if (parts.audit == nullptr) return;
  const std::string command = "commit at " + time_of({scheduled.scheduled_s});
  const std::string what = fmt::format("'{}' of user '{}'", command, scheduled.user);
  parts.audit->write({.tag = committed ? "UI_COMMIT_AT_COMPLETED" : "UI_COMMIT_AT_FAILED",
                      .message = what + (committed ? " was successful" : " failed"),
                      .user = scheduled.user,
                      .source = "local",
                      .command = command,
                      .outcome = committed ? audit::Outcome::done : audit::Outcome::failed,
                      .reason = committed ? "" : committed.error().text()});
}

Status commit_scheduled(const Parts& parts, Waiting waiting) {
  const storage::Saved& heading = waiting.heading;
  const Committed before = parts.running.committed();
  // Nothing else may be committed while it waits: it was this one, and a crash kept its file.
  const bool is_made =
      before.unix_s >= heading.unix_s && config::diff(*before.tree, waiting.candidate).empty();
  if (is_made) return {};
  // Whether its user may was checked when it was asked for.
  auto outcome = transact(
      parts, config::share(std::move(waiting.candidate)),
      {.user = heading.user, .client = heading.client, .comment = heading.comment, .administers = true});
  return outcome ? Status() : Status(outcome.error());
}

}  // namespace

std::string machine_boot() {
  std::ifstream in("/proc/sys/kernel/random/boot_id");
  std::string id;
  in >> id;
  return id;
}

Result<When> when_of(std::string_view text, std::int64_t now_unix_s) {
  if (text == "reboot") return When{};
  const auto unix_s = unix_time(text, now_unix_s);
  if (!unix_s) {
    return wrong_time(text, "is no time: expecting hh:mm[:ss], \"yyyy-mm-dd hh:mm[:ss]\" or reboot");
  }
  if (*unix_s < now_unix_s + kLeast_s) {
    return wrong_time(text, "is too early: a commit can be scheduled from a minute after now, which is " +
                                utc_time(now_unix_s));
  }
  return When{*unix_s};
}

std::string time_of(When when) {
  if (when.unix_s == 0) return "reboot";
  return utc_time(when.unix_s);
}

Status nothing_waits(const Running& running) {
  const auto scheduled = running.scheduled();
  if (!scheduled) return {};
  return Error{"in-use", "",
               fmt::format("a commit of {} is scheduled at {} and nothing else can be changed until then; "
                           "'clear system commit' cancels it",
                           scheduled->user, time_of({scheduled->scheduled_s}))};
}

Status keep_for_later(const Parts& parts, const config::Tree& candidate, const Request& request) {
  if (parts.store == nullptr) {
    return Error{"operation-not-supported", "at-time", "nothing is kept here until later"};
  }
  const bool at_start = request.when.unix_s == 0;
  const std::string boot = at_start ? parts.boot() : "";
  if (at_start && boot.empty()) {
    return Error{"operation-failed", "at-time",
                 "this machine does not tell its starts apart; schedule the commit for a time"};
  }
  storage::Saved saved{.text = config::to_curly(candidate.root()),
                       .unix_s = parts.now_unix_s(),
                       .user = request.user,
                       .client = request.client,
                       .comment = request.comment,
                       .scheduled_s = request.when.unix_s,
                       .scheduled_boot = boot};
  if (auto kept = parts.store->save_scheduled(saved); !kept) return kept;
  saved.text.clear();
  parts.running.set_scheduled(std::move(saved));
  parts.alarms.clear(alarm::Kind::scheduled_commit);
  return {};
}

void restore_scheduled(const Parts& parts, const config::Schema& schema) {
  auto waiting = read_scheduled(*parts.store, schema);
  if (!waiting) return give_up(parts, waiting.error());
  if (*waiting) parts.running.set_scheduled(std::move((*waiting)->heading));
}

Result<bool> commit_if_due(const Parts& parts) {
  const std::lock_guard one_commit_at_a_time(parts.running.commit_lock());
  const auto scheduled = parts.running.scheduled();
  if (!scheduled || !is_due(*scheduled, parts)) return false;
  if (auto alive = parts.flowd.ask(&link::Flowd::Stub::Status, v1::StatusRequest()); !alive) {
    return alive.error();
  }
  auto waiting = read_scheduled(*parts.store, parts.running.committed().tree->schema());
  if (waiting && !*waiting) {
    waiting = Error{"operation-failed", parts.store->scheduled_file(), "the file is missing"};
  }
  if (!waiting) {
    give_up(parts, waiting.error());
    record(parts, *scheduled, waiting.error());
    return waiting.error();
  }
  const Status committed = commit_scheduled(parts, std::move(**waiting));
  if (auto forgotten = forget(parts); !forgotten) return forgotten.error();
  record(parts, *scheduled, committed);
  if (!committed) return committed.error();
  return true;
}

Result<bool> cancel_scheduled(const Parts& parts, const Wanted& wanted) {
  const auto turn = await_turn(parts.running, wanted);
  if (!turn) return turn.error();
  if (!parts.running.scheduled() && parts.alarms.text(alarm::Kind::scheduled_commit).empty()) return false;
  if (auto forgotten = forget(parts); !forgotten) return forgotten.error();
  return true;
}

}  // namespace sluice::commit
