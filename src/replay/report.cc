#include "replay/report.h"

#include <fmt/format.h>

#include <string_view>

#include "base/clock.h"
#include "base/time_text.h"
#include "flowd/service/translate.h"
#include "mgd/render/json.h"
#include "mgd/render/layouts.h"
#include "mgd/rpc/rpc.h"
#include "mgd/rpc/session_list.h"
#include "replay/layouts.h"

namespace sluice::replay {
namespace {

using render::Document;
using render::Element;
using render::Name;
using render::Sink;

constexpr std::uint64_t kNsPerMillisecond = 1'000'000;

// The findings, and how they are shown.
struct Telling {
  const Findings& findings;
  render::Profile profile;
};

std::string_view style_of(const Telling& telling) {
  return telling.findings.detail == Detail::extensive ? "extensive" : "brief";
}

// The reply of an operator's command.
Status ask(const Telling& telling, std::string_view rpc, std::vector<command::Input> inputs, Sink& sink) {
  const rpc::Operation* operation = rpc::find_operation(rpc);
  check(operation != nullptr, "the table of operations has what a replay shows");
  const rpc::Context context{telling.findings.firewall.schema(), telling.findings.firewall.parts(),
                             rpc::Caller{}, telling.profile};
  return rpc::dispatch(*operation, rpc::Inputs(std::move(inputs)), context, sink);
}

Status tell_capture(const Telling& telling, Sink& sink) {
  const Findings& findings = telling.findings;
  const Tally& tally = findings.tally;
  const std::uint64_t milliseconds = (tally.last_ns - tally.first_ns) / kNsPerMillisecond;
  const Document document(sink, "capture-information", "");
  sink.leaf("capture-file", findings.capture_path);
  sink.leaf("capture-link", findings.capture_link);
  sink.leaf("frames", tally.frames);
  sink.leaf("duration", fmt::format("{}.{:03}", milliseconds / 1000, milliseconds % 1000));
  if (tally.frames != 0) {
    sink.leaf("first-time", utc_time(static_cast<std::int64_t>(tally.first_ns / kNsPerSecond)));
    sink.leaf("last-time", utc_time(static_cast<std::int64_t>(tally.last_ns / kNsPerSecond)));
  }
  sink.leaf("inside-interfaces", findings.sides.inside_names());
  sink.leaf("frames-inside", tally.inside);
  sink.leaf("outside-interface", findings.sides.outside_name());
  sink.leaf("frames-outside", tally.outside);
  sink.leaf("frames-from-firewall", tally.self);
  sink.leaf("frames-not-ip", tally.other);
  sink.leaf("frames-too-short", tally.too_short);
  sink.leaf("frames-too-large", tally.too_large);
  sink.leaf("frames-without-buffer", tally.unbuffered);
  sink.leaf("frames-filled-up", tally.filled_up);
  sink.leaf("timestamps-back", tally.back);
  return {};
}

Status tell_ended(const Telling& telling, Sink& sink) {
  rpc::SessionList list(sink, {.profile = telling.profile, .style = style_of(telling)});
  for (const sessionlog::Event& event : telling.findings.firewall.ended()) {
    v1::Session session;
    service::put_ended_session(event, telling.findings.firewall.snapshot(), session);
    list.add(session);
  }
  list.finish();
  return {};
}

Status tell_live(const Telling& telling, Sink& sink) {
  return ask(telling, "get-flow-session-information", {{"level", std::string(style_of(telling))}}, sink);
}

Status tell_summary(const Telling& telling, Sink& sink) {
  return ask(telling, "get-flow-session-information", {{"level", "summary"}}, sink);
}

Status tell_hits(const Telling& telling, Sink& sink) {
  return ask(telling, "get-security-policies-hit-count", {}, sink);
}

Status tell_drops(const Telling& telling, Sink& sink) {
  return ask(telling, "get-flow-statistics-all", {}, sink);
}

// What went to a file of its own is only counted.
Status tell_log(const Telling& telling, Sink& sink) {
  const LogFile& log = telling.findings.log;
  const Document document(sink, "session-log", "");
  if (log.name().empty()) {
    log.read([&](std::string_view line) {
      const Element record(sink, "log-record");
      sink.leaf("message", line);
    });
  } else {
    sink.leaf("log-file", log.name());
  }
  sink.leaf("log-records", telling.findings.firewall.log_records());
  return {};
}

struct Section {
  std::string_view title;
  Status (*tell)(const Telling& telling, Sink& sink);
  const render::TextLayout& layout;
  // In JSON, around a reply that there are two of.
  const Name* wrapper = nullptr;
};

constexpr Name kEnded = "ended-sessions";
constexpr Name kLive = "live-sessions";

constexpr Section kSections[] = {
    {"Capture", tell_capture, kCapture},
    {"Ended sessions", tell_ended, render::kFlowSession, &kEnded},
    {"Live sessions at the end", tell_live, render::kFlowSession, &kLive},
    {"Session summary", tell_summary, render::kFlowSession},
    {"Policy hits", tell_hits, render::kPolicyHitCount},
    {"Packets and drops", tell_drops, kDrops},
    {"Session log", tell_log, kLog},
};

Status report_text(const Telling& telling, render::Output& out) {
  for (const Section& section : kSections) {
    const bool first = &section == std::begin(kSections);
    out.write(fmt::format("{}--- {} ---\n", first ? "" : "\n", section.title));
    render::TextSink sink(out, telling.profile, section.layout);
    if (Status told = section.tell(telling, sink); !told) return told;
  }
  return {};
}

Status report_json(const Telling& telling, render::Output& out) {
  render::JsonSink sink(out, telling.profile);
  {
    const Document document(sink, "replay-information", "");
    for (const Section& section : kSections) {
      std::optional<Element> wrapper;
      if (section.wrapper != nullptr) wrapper.emplace(sink, *section.wrapper);
      if (Status told = section.tell(telling, sink); !told) return told;
    }
  }
  sink.finish();
  return {};
}

}  // namespace

Status report(const Findings& findings, Form form, render::Output& out) {
  const Telling telling{findings, findings.firewall.parts().running.release()};
  return form == Form::json ? report_json(telling, out) : report_text(telling, out);
}

}  // namespace sluice::replay
