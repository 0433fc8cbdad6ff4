// alarm: what is wrong with the firewall itself now, and waits for an operator.
//
// What. Alarms knows for each Kind whether it is active, since when, and the sentence that says what is wrong
// and what to do. Whoever finds out raises it, whoever finds it mended clears it; `show system alarms`, the
// greeting of the command line and the warnings beside configuration are told from here.
//
// Why this way. Standard error of a daemon is read by nobody. An alarm is seen by everyone who looks while it
// is active, and by the audit log, which has when it was set and when it was cleared.
//
// Threads. Any; one lock.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "mgd/audit/audit.h"

namespace sluice::alarm {

enum class Kind {
  data_plane,        // flowd does not answer
  configuration,     // the committed configuration on disk cannot be used
  not_in_force,      // flowd does not take the running configuration
  scheduled_commit,  // the file of a commit that waits cannot be used
};

// What is the same whenever it is active.
struct Nature {
  std::string_view severity;    // "Major", "Minor"
  std::string_view type;        // "Chassis", "Configuration"
  std::string_view short_text;  // for programs that compare
};
Nature nature_of(Kind kind);

// The sentence of Kind::not_in_force; `what` says what flowd does.
std::string not_in_force(std::string_view what);

struct Alarm {
  Kind kind = Kind::data_plane;
  std::string text;
  std::int64_t since_unix_s = 0;
};

class Alarms {
 public:
  using Clock = std::int64_t (*)();
  // `log` may be null: nobody keeps account (sluice-replay).
  Alarms(Clock now_unix_s, audit::Log* log) : now_unix_s_(now_unix_s), log_(log) {}

  // One that is active already keeps its time, and is noted again only when the sentence is another.
  void raise(Kind kind, const std::string& text);
  void clear(Kind kind);
  // Empty: it is not active.
  [[nodiscard]] std::string text(Kind kind) const;
  // In the order of Kind.
  [[nodiscard]] std::vector<Alarm> active() const;

 private:
  enum class Change { set, cleared };
  void record(const Alarm& alarm, Change change) const;

  const Clock now_unix_s_;
  audit::Log* const log_;
  mutable std::mutex lock_;
  std::map<Kind, Alarm> active_;
};

}  // namespace sluice::alarm
