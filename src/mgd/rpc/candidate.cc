#include <fmt/format.h>

#include "mgd/rpc/configuration.h"
#include "mgd/rpc/handlers.h"

// Who edits the candidate configuration, and its commit and history: Junos's operations.
namespace sluice::rpc {
namespace {

using candidate::Mode;
using render::Sink;

constexpr std::uint64_t kConfirmMinutes = 10;

void editor_element(Sink& sink, const candidate::Open& open) {
  const render::Element element(sink, "database-status");
  sink.leaf("user", open.editor.user);
  sink.leaf("pid", open.editor.pid);
  const std::string seconds = fmt::to_string(open.since_unix_s);
  sink.leaf("start-time", utc_time(open.since_unix_s), {{"junos:seconds", seconds}});
  sink.leaf("edit-path", candidate::hierarchy(open));
  if (open.mode == Mode::exclusive) sink.flag("exclusive");
  if (open.mode == Mode::private_copy) sink.flag("private");
}

void scheduled_element(Sink& sink, const storage::Saved& scheduled) {
  const render::Element element(sink, "commit-scheduled");
  sink.leaf("user", scheduled.user);
  sink.leaf("client", scheduled.client);
  sink.leaf("at-time", commit::time_of({scheduled.scheduled_s}));
  if (!scheduled.comment.empty()) sink.leaf("log", scheduled.comment);
}

// Files of an operator's own, and what is left of some, do not say when and by whom.
void commit_elements(Sink& sink, const storage::Kept& kept) {
  const storage::Saved& commit = kept.saved;
  const render::Element element(sink, "commit-history");
  sink.leaf("sequence-number", kept.number);
  if (commit.unix_s != 0) {
    sink.leaf("user", commit.user);
    sink.leaf("client", commit.client.empty() ? std::string_view("other") : std::string_view(commit.client));
    const std::string seconds = fmt::to_string(commit.unix_s);
    sink.leaf("date-time", utc_time(commit.unix_s), {{"junos:seconds", seconds}});
  }
  const std::int64_t minutes = (commit.confirm_by_s - commit.unix_s + 59) / 60;
  if (commit.confirm_by_s != 0) {
    sink.leaf("comment", fmt::format("commit confirmed, rollback in {}mins", minutes));
  }
  if (!commit.comment.empty()) sink.leaf("log", commit.comment);
  if (!kept.damage.empty()) {
    sink.leaf("damage", kept.damage);
  } else if (kept.number == 0 && commit.confirm_by_s != 0) {
    sink.leaf("commit-confirmed", "rollback pending");
  }
}

// What is asked for, as far as it fits together.
Result<commit::Request> asked_commit(const Inputs& inputs, const Context& context, const Sink& sink) {
  commit::Request request = commit_request(context, sink);
  request.comment = inputs.text("log");
  const bool confirmed = inputs.has("confirmed") || inputs.has("confirm-timeout");
  std::vector<std::string> ways;
  if (confirmed) ways.emplace_back("confirmed");
  if (inputs.has("at-time")) ways.emplace_back("at-time");
  if (inputs.has("check")) ways.emplace_back("check");
  if (ways.size() > 1) {
    return Error{"invalid-value", ways.front(),
                 fmt::format("'{}' and '{}' exclude each other", ways[0], ways[1])};
  }
  if (inputs.has("check")) request.mode = commit::Mode::check;
  if (inputs.has("at-time")) {
    auto when = commit::when_of(inputs.text("at-time"), context.parts.now_unix_s());
    if (!when) return when.error();
    request.mode = commit::Mode::later;
    request.when = *when;
  }
  if (confirmed) {
    const std::uint64_t minutes =
        inputs.has("confirm-timeout") ? inputs.number("confirm-timeout") : kConfirmMinutes;
    request.confirm_within_s = static_cast<std::uint32_t>(minutes * 60);
  }
  return request;
}

// What becomes by itself of a commit that was made, or is to be.
std::string what_follows(const commit::Request& request) {
  if (request.confirm_within_s != 0) {
    return fmt::format("commit confirmed will be automatically rolled back in {} minutes unless confirmed",
                       request.confirm_within_s / 60);
  }
  if (request.mode != commit::Mode::later) return {};
  return fmt::format("commit at will be executed at {}", commit::time_of(request.when));
}

// Others who edit, and whether something is waiting for a commit.
void status_elements(Sink& sink, const std::vector<candidate::Open>& editors, bool changed) {
  for (const candidate::Open& open : editors) editor_element(sink, open);
  if (changed) sink.flag("database-changed");
}

}  // namespace

Result<candidate::Candidates*> candidates_of(const Context& context) {
  if (context.candidates != nullptr) return context.candidates;
  return Error{"operation-not-supported", "", "there is no configuration to edit here"};
}

candidate::Editor editor_of(const Context& context) {
  return {context.caller.session, context.caller.user, context.caller.pid};
}

Status open_configuration(const Inputs& inputs, const Context& context, Sink& sink) {
  auto candidates = candidates_of(context);
  if (!candidates) return candidates.error();
  const bool alone = inputs.has("exclusive");
  if (alone && inputs.has("private")) {
    return Error{"invalid-value", "private", "'private' and 'exclusive' exclude each other"};
  }
  const Mode mode = alone ? Mode::exclusive : inputs.has("private") ? Mode::private_copy : Mode::shared;
  const unsigned session = context.caller.session;
  if (auto opened = (*candidates)->open(editor_of(context), mode); !opened) return opened;
  const render::Document document(sink, "database-status-information", "");
  // An operator may not know; a program is told nothing new.
  if (mode != Mode::shared && !inputs.from_program()) {
    sink.leaf("warning", "uncommitted changes will be discarded on exit");
  }
  status_elements(sink, (*candidates)->others(session), (*candidates)->changed(session));
  return {};
}

Status close_configuration(const Inputs&, const Context& context, Sink& sink) {
  auto candidates = candidates_of(context);
  if (!candidates) return candidates.error();
  (*candidates)->close(context.caller.session);
  sink.flag("ok");
  return {};
}

Status show_database_status(const Inputs&, const Context& context, Sink& sink) {
  auto candidates = candidates_of(context);
  if (!candidates) return candidates.error();
  const render::Document document(sink, "database-status-information", "");
  status_elements(sink, (*candidates)->others(0), (*candidates)->changed(context.caller.session));
  return {};
}

Status lock_database(const Inputs&, const Context& context, Sink& sink) {
  auto candidates = candidates_of(context);
  if (!candidates) return candidates.error();
  if (auto locked = (*candidates)->lock(editor_of(context)); !locked) return locked;
  sink.flag("ok");
  return {};
}

Status unlock_database(const Inputs&, const Context& context, Sink& sink) {
  auto candidates = candidates_of(context);
  if (!candidates) return candidates.error();
  if (auto unlocked = (*candidates)->unlock(context.caller.session); !unlocked) return unlocked;
  sink.flag("ok");
  return {};
}

Status discard_changes(const Inputs&, const Context& context, Sink& sink) {
  auto candidates = candidates_of(context);
  if (!candidates) return candidates.error();
  if (auto done = (*candidates)->discard(context.caller.session); !done) return done;
  sink.flag("ok");
  return {};
}

Status commit_configuration(const Inputs& inputs, const Context& context, Sink& sink) {
  auto candidates = candidates_of(context);
  if (!candidates) return candidates.error();
  auto request = asked_commit(inputs, context, sink);
  if (!request) return request.error();
  auto outcome = (*candidates)->commit(context.caller.session, *request);
  if (!outcome) return with_damage(outcome.error(), context);
  commit_element(sink, request->mode, *outcome, what_follows(*request));
  return {};
}

Status clear_scheduled_commit(const Inputs&, const Context& context, Sink& sink) {
  auto cancelled = commit::cancel_scheduled(context.parts, wanted_by(sink));
  if (!cancelled) return cancelled.error();
  const render::Document document(sink, "commit-information", "");
  sink.leaf("output", *cancelled ? "Pending commit cleared" : "No commit scheduled.");
  return {};
}

Status show_commit_history(const Inputs&, const Context& context, Sink& sink) {
  const render::Document document(sink, "commit-information", "");
  if (context.parts.store == nullptr) return {};
  if (const auto scheduled = context.parts.running.scheduled()) scheduled_element(sink, *scheduled);
  if (const std::string damage = context.parts.alarms.text(alarm::Kind::scheduled_commit); !damage.empty()) {
    sink.leaf("warning", damage);
  }
  const bool damaged = context.parts.running.damage().has_value();
  for (storage::Kept& kept : context.parts.store->history()) {
    if (kept.number == 0 && damaged && kept.damage.empty()) kept.damage = "its content cannot be used";
    commit_elements(sink, kept);
  }
  return {};
}

Status show_rollback(const Inputs& inputs, const Context& context, Sink& sink) {
  const auto number = static_cast<unsigned>(inputs.number("rollback"));
  auto wanted = read_rollback(context, number);
  if (!wanted) return wanted.error();
  if (!inputs.has("compare")) {
    sink.configuration({*wanted->tree, wanted->tree->root(), wanted->unix_s, wanted->user});
    return {};
  }
  const auto other_number = static_cast<unsigned>(inputs.number("compare"));
  auto other = read_rollback(context, other_number);
  if (!other) return other.error();
  // From the older one, which has the larger number, to the newer one.
  const bool wanted_is_older = number > other_number;
  const config::Tree& before = wanted_is_older ? *wanted->tree : *other->tree;
  const config::Tree& after = wanted_is_older ? *other->tree : *wanted->tree;
  const render::Document document(sink, "rollback-information", "");
  const render::Element element(sink, "configuration-information");
  difference_element(sink, difference(before, after, {}, context));
  return {};
}

}  // namespace sluice::rpc
