// Keeper: sees to it that flowd runs the committed configuration.
//
// Either process may be restarted under the other. The Keeper looks once a second which flowd runs
// (its start and generation); when that is one it has not checked, commit::reconcile() compares and,
// if need be, gives it the committed configuration. While nothing changes, a look costs one small
// call. It tells stderr when flowd is lost, found and given its configuration, once each. The same looks make
// the commits whose time has come, and take back those that nobody confirmed.
//
// Threads. One of its own, from construction to destruction.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "mgd/candidate/candidates.h"

namespace sluice::mgd {

class Keeper {
 public:
  // Both outlive it.
  Keeper(commit::Parts parts, candidate::Candidates& candidates)
      : parts_(parts), candidates_(candidates), thread_([this] { run(); }) {}
  ~Keeper();

 private:
  void run();
  void look();
  void say(const std::string& what);

  void commit_what_is_due();

  commit::Parts parts_;
  candidate::Candidates& candidates_;
  std::mutex lock_;
  std::condition_variable changed_;
  bool ending_ = false;
  // The flowd that was found in agreement.
  std::uint64_t started_ = 0;
  std::uint32_t generation_ = 0;
  std::string said_;
  std::thread thread_;
};

}  // namespace sluice::mgd
