#include "replay/layouts.h"

#include <algorithm>
#include <string>

#include "base/text.h"

namespace sluice::replay {
namespace {

using render::Page;
using render::View;

// A count that is worth a line only when there is something to tell.
struct Remark {
  std::string_view element;
  std::string_view one, many;
};
constexpr Remark kRemarks[] = {
    {"frames-from-firewall", "was sent by the firewall's own addresses",
     "were sent by the firewall's own addresses"},
    {"frames-not-ip", "is not IP, and was left out", "are not IP, and were left out"},
    {"frames-too-short", "ends before the transport header does, and was left out",
     "end before the transport header does, and were left out"},
    {"frames-too-large", "is larger than a frame can be here, and was left out",
     "are larger than a frame can be here, and were left out"},
    {"frames-without-buffer", "found no free packet buffer, and was left out",
     "found no free packet buffer, and were left out"},
    {"frames-filled-up", "was cut by the capture; zeros stand for what is missing",
     "were cut by the capture; zeros stand for what is missing"},
    {"timestamps-back", "has a time before that of an earlier one; time stood still for it",
     "have a time before that of an earlier one; time stood still for them"},
};

std::uint64_t number(std::string_view text) {
  return std::stoull(std::string(text));
}

void print_capture(const View& capture, Page& page) {
  page.print("{}: {} ({}) in {} s", capture["capture-file"], counted(number(capture["frames"]), "frame"),
             capture["capture-link"], capture["duration"]);
  if (capture.has("first-time")) page.print(", from {} to {}", capture["first-time"], capture["last-time"]);
  page.print("\n  {} entered inside ({}), {} outside ({})\n", capture["frames-inside"],
             capture["inside-interfaces"], capture["frames-outside"], capture["outside-interface"]);
  for (const Remark& remark : kRemarks) {
    const std::string_view count = capture[remark.element];
    if (count != "0") page.print("  {} {}\n", count, count == "1" ? remark.one : remark.many);
  }
}

void print_drops(const View& statistics, Page& page) {
  page.print("Packets received: {}, forwarded: {}, dropped: {}\n", statistics["flow-pkt-count-rx"],
             statistics["flow-pkt-count-fwd"], statistics["flow-pkt-count-drop"]);
  std::vector<View> drops = statistics.children("flow-drop-reason");
  std::erase_if(drops, [](const View& drop) { return drop["flow-drop-reason-count"] == "0"; });
  std::size_t width = 0;
  for (const View& drop : drops) width = std::max(width, drop["flow-drop-reason-name"].size());
  for (const View& drop : drops) {
    page.print("  {:<{}} {:>10}  {}\n", fmt::format("{}:", drop["flow-drop-reason-name"]), width + 1,
               drop["flow-drop-reason-count"], drop["flow-drop-reason-description"]);
  }
}

void print_log(const View& log, Page& page) {
  if (log.has("log-file")) {
    page.print("{} in {}\n", counted(number(log["log-records"]), "record"), log["log-file"]);
  } else if (log["log-records"] == "0") {
    page.print("no records\n");
  }
}

void print_log_record(const View& record, Page& page) {
  page.print("{}\n", record["message"]);
}

}  // namespace

const render::TextLayout kCapture{"", nullptr, print_capture};
const render::TextLayout kDrops{"", nullptr, print_drops};
const render::TextLayout kLog{"log-record", print_log_record, print_log};

}  // namespace sluice::replay
