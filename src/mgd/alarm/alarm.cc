#include "mgd/alarm/alarm.h"

#include <fmt/format.h>

namespace sluice::alarm {

Nature nature_of(Kind kind) {
  switch (kind) {
    case Kind::data_plane:
      return {"Major", "Chassis", "flowd-down"};
    case Kind::configuration:
      return {"Major", "Configuration", "configuration-damaged"};
    case Kind::not_in_force:
      return {"Major", "Configuration", "configuration-not-in-force"};
    case Kind::scheduled_commit:
      break;
  }
  return {"Minor", "Configuration", "scheduled-commit-damaged"};
}

std::string not_in_force(std::string_view what) {
  return fmt::format("the running configuration is not in force: sluice-flowd {}", what);
}

void Alarms::raise(Kind kind, const std::string& text) {
  const std::lock_guard guard(lock_);
  Alarm& alarm = active_.try_emplace(kind, Alarm{kind, {}, now_unix_s_()}).first->second;
  if (alarm.text == text) return;
  alarm.text = text;
  record(alarm, Change::set);
}

void Alarms::clear(Kind kind) {
  const std::lock_guard guard(lock_);
  const auto alarm = active_.find(kind);
  if (alarm == active_.end()) return;
  record(alarm->second, Change::cleared);
  active_.erase(alarm);
}

std::string Alarms::text(Kind kind) const {
  const std::lock_guard guard(lock_);
  const auto alarm = active_.find(kind);
  return alarm == active_.end() ? std::string() : alarm->second.text;
}

std::vector<Alarm> Alarms::active() const {
  const std::lock_guard guard(lock_);
  std::vector<Alarm> all;
  for (const auto& [kind, alarm] : active_) all.push_back(alarm);
  return all;
}

// In the words of Junos's alarmd.
void Alarms::record(const Alarm& alarm, Change change) const {
  if (log_ == nullptr) return;
  const Nature nature = nature_of(alarm.kind);
  const bool set = change == Change::set;
  log_->write(
      {.tag = set ? "ALARM_SET" : "ALARM_CLEARED",
       .message = fmt::format("Alarm {}: {} color={}, class=SYSTEM, reason={}", set ? "set" : "cleared",
                              nature.type, nature.severity == "Major" ? "RED" : "YELLOW", alarm.text),
       .user = {},
       .source = {},
       .command = {},
       .outcome = set ? audit::Outcome::failed : audit::Outcome::done,
       .reason = std::string(nature.short_text)});
}

}  // namespace sluice::alarm
