#include <fmt/format.h>

#include "base/time_text.h"
#include "mgd/rpc/handlers.h"

// show chassis alarms, show system alarms: the same, as the machine is one.
namespace sluice::rpc {

using render::Document;
using render::Element;
using render::Sink;

Status show_alarms(const Inputs&, const Context& context, Sink& sink) {
  const std::vector<alarm::Alarm> active = context.parts.alarms.active();
  const Document document(sink, "alarm-information", "junos-alarm");
  {
    const Element summary(sink, "alarm-summary");
    if (active.empty()) {
      sink.flag("no-active-alarms");
    } else {
      sink.leaf("active-alarm-count", active.size());
    }
  }
  for (const alarm::Alarm& alarm : active) {
    const alarm::Nature nature = alarm::nature_of(alarm.kind);
    const Element element(sink, "alarm-detail");
    const std::string seconds = fmt::to_string(alarm.since_unix_s);
    sink.leaf("alarm-time", utc_time(alarm.since_unix_s), {{"junos:seconds", seconds}});
    sink.leaf("alarm-class", nature.severity);
    sink.leaf("alarm-description", alarm.text);
    sink.leaf("alarm-short-description", nature.short_text);
    sink.leaf("alarm-type", nature.type);
  }
  return {};
}

}  // namespace sluice::rpc
