// keeper: sees to it that flowd runs the committed configuration.
//
// Either process may be restarted under the other. The Watch looks which flowd runs (its start and
// generation); when that is one it has not checked, commit::reconcile() compares and, if need be, gives it
// the committed configuration. While nothing changes, a look costs one small call. A flowd that is gone, or
// does not take the configuration, is an alarm until it is back; standard error is told of every change, once
// each. The same looks make the commits whose time has come, and take back those that nobody confirmed. The
// Keeper looks once a second.
//
// Threads. A Watch belongs to one; the Keeper has its own, from construction to destruction.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

#include "mgd/candidate/candidates.h"
#include "mgd/commit/commit.h"

namespace sluice::mgd {

class Watch {
 public:
  // Both outlive it.
  Watch(commit::Parts parts, candidate::Candidates& candidates) : parts_(parts), candidates_(candidates) {}

  void look();

 private:
  void commit_what_is_due();
  // This flowd does not take the running configuration.
  void refused(const v1::StatusReply& status, const Error& why);
  // It had it already, or there is none to give.
  void agreed(const v1::StatusReply& status);
  void say(const std::string& what);

  commit::Parts parts_;
  candidate::Candidates& candidates_;
  // The flowd that was found in agreement.
  std::uint64_t started_ = 0;
  std::uint32_t generation_ = 0;
  std::string said_;
};

class Keeper {
 public:
  explicit Keeper(Watch watch) : watch_(std::move(watch)), thread_([this] { run(); }) {}
  ~Keeper();

 private:
  void run();

  Watch watch_;
  std::mutex lock_;
  std::condition_variable changed_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace sluice::mgd
