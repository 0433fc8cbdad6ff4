#include "mgd/keeper.h"

#include <fmt/format.h>

namespace sluice::mgd {

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
    look();
    guard.lock();
    changed_.wait_for(guard, std::chrono::seconds(1), [this] { return ending_; });
  }
}

void Keeper::commit_what_is_due() {
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

void Keeper::look() {
  commit_what_is_due();
  auto status = parts_.flowd.ask(&link::Flowd::Stub::Status, v1::StatusRequest(), std::chrono::seconds(2));
  if (!status) return say(status.error().text());
  if (status->started_unix_s() == started_ && status->generation() == generation_) return;
  auto given = commit::reconcile(parts_);
  if (!given)
    return say(fmt::format("flowd does not take the committed configuration: {}", given.error().text()));
  if (*given) {
    say("flowd was given the committed configuration");
    status = parts_.flowd.ask(&link::Flowd::Stub::Status, v1::StatusRequest());
    if (!status) return say(status.error().text());
  } else if (const bool damaged = !parts_.running.damage().empty(); status->generation() == 0) {
    say(damaged ? "flowd forwards nothing, as the committed configuration is damaged"
                : "nothing is committed yet, so flowd forwards nothing");
  } else if (damaged) {
    say(fmt::format("the committed configuration is damaged; flowd goes on with generation {}",
                    status->generation()));
  } else {
    say(fmt::format("flowd runs the committed configuration, generation {}", status->generation()));
  }
  started_ = status->started_unix_s();
  generation_ = status->generation();
}

void Keeper::say(const std::string& what) {
  if (what == said_) return;
  said_ = what;
  fmt::print(stderr, "sluice-mgd: {}\n", what);
}

}  // namespace sluice::mgd
