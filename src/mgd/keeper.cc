#include "mgd/keeper.h"

#include <fmt/format.h>

namespace sluice::mgd {

using alarm::Kind;
using Stub = link::Flowd::Stub;

Keeper::~Keeper() {
  {
    const std::lock_guard guard(lock_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Keeper::run() {
  std::unique_lock guard(lock_);
  while (!ending_) {
    guard.unlock();
    watch_.look();
    guard.lock();
    changed_.wait_for(guard, std::chrono::seconds(1), [this] { return ending_; });
  }
}

void Watch::commit_what_is_due() {
  if (auto back = commit::roll_back_if_due(parts_); !back) {
    say(fmt::format("a commit that was not confirmed cannot be rolled back: {}", back.error().text()));
  } else if (*back) {
    say("a commit was not confirmed and is rolled back");
  }
  if (auto done = candidates_.commit_if_due(); !done) {
    say(fmt::format("the scheduled commit cannot be made: {}", done.error().text()));
  } else if (*done) {
    say("the scheduled commit is made");
  }
}

void Watch::look() {
  commit_what_is_due();
  auto status = parts_.flowd.ask(&Stub::Status, v1::StatusRequest(), std::chrono::seconds(2));
  if (!status) {
    parts_.alarms.raise(Kind::data_plane, status.error().text());
    return say(status.error().text());
  }
  parts_.alarms.clear(Kind::data_plane);
  const bool same = status->started_unix_s() == started_ && status->generation() == generation_;
  if (same && parts_.alarms.text(Kind::not_in_force).empty()) return;
  const auto given = commit::reconcile(parts_);
  if (!given) return refused(*status, given.error());
  parts_.alarms.clear(Kind::not_in_force);
  if (*given) {
    say("flowd was given the committed configuration");
    // Its generation is another one now. A flowd that is another one is looked at next time.
    const auto after = parts_.flowd.ask(&Stub::Status, v1::StatusRequest());
    if (!after || after->started_unix_s() != status->started_unix_s()) return;
    status = after;
  } else {
    agreed(*status);
  }
  started_ = status->started_unix_s();
  generation_ = status->generation();
}

void Watch::refused(const v1::StatusReply& status, const Error& why) {
  const std::string left = status.generation() == 0
                               ? "forwards nothing"
                               : fmt::format("goes on with generation {}", status.generation());
  parts_.alarms.raise(
      Kind::not_in_force,
      alarm::not_in_force(
          fmt::format("does not take it ({}) and {}; correct what is named and commit", why.text(), left)));
  say(fmt::format("flowd does not take the committed configuration: {}", why.text()));
}

void Watch::agreed(const v1::StatusReply& status) {
  const bool damaged = parts_.running.damage().has_value();
  if (status.generation() == 0) {
    say(damaged ? "flowd forwards nothing, as the committed configuration is damaged"
                : "nothing is committed yet, so flowd forwards nothing");
  } else if (damaged) {
    say(fmt::format("the committed configuration is damaged; flowd goes on with generation {}",
                    status.generation()));
  } else {
    say(fmt::format("flowd runs the committed configuration, generation {}", status.generation()));
  }
}

void Watch::say(const std::string& what) {
  if (what == said_) return;
  said_ = what;
  fmt::print(stderr, "sluice-mgd: {}\n", what);
}

}  // namespace sluice::mgd
