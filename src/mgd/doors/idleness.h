// Idleness: how long a session has been idle, and what is to be said of it and when.
//
// Time is handed in, in seconds of a clock that only goes forward. One session's, and its thread's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace sluice::doors {

struct IdleNotice {
  std::string text;   // in Junos's words
  bool ends = false;  // the session's time is over
};

class Idleness {
 public:
  explicit Idleness(std::uint64_t now_s) : active_s_(now_s) {}

  void active(std::uint64_t now_s);
  // What is due, each once. `limit_s` 0: it may be idle for ever.
  [[nodiscard]] std::optional<IdleNotice> look(std::uint64_t limit_s, std::uint64_t now_s);

 private:
  std::uint64_t active_s_;
  std::uint64_t warned_s_ = UINT64_MAX;  // how much time the last warning left
};

}  // namespace sluice::doors
