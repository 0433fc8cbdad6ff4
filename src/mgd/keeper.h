// Keeper: sees to it that flowd runs the committed configuration.
//
// Either process may be restarted under the other. The Keeper looks once a second which flowd runs
// (its start and generation); when that is one it has not checked, commit::reconcile() compares and,
// if need be, gives it the committed configuration. While nothing changes, a look costs one small
// call. It tells stderr when flowd is lost, found and given its configuration, once each.
//
// Threads. One of its own, from construction to destruction.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "mgd/commit/commit.h"

namespace sluice::mgd {

class Keeper {
 public:
  explicit Keeper(commit::Parts parts) : parts_(parts), thread_([this] { run(); }) {}
  ~Keeper();

 private:
  void run();
  void look();
  void say(const std::string& what);

  commit::Parts parts_;
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
