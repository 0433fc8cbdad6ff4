#include "replay/layouts.h"

#include <algorithm>

namespace sluice::replay {
namespace {

using render::Page;
using render::View;

// A count that is worth a line only when there is something to tell.
struct Remark {
  std::string_view element;
  std::string_view words;
};
constexpr Remark kRemarks[] = {
    {"frames-from-firewall", "were sent by the firewall's own addresses"},
    {"frames-not-ip", "are not IP, and were left out"},
    {"frames-too-short", "end before the transport header does, and were left out"},
    {"frames-too-large", "are larger than a frame can be here, and were left out"},
    {"frames-without-buffer", "found no free packet buffer, and were left out"},
    {"frames-filled-up", "were cut by the capture; zeros stand for what is missing"},
    {"timestamps-back", "have a time before that of an earlier one; time stood still for them"},
};

void print_capture(const View& capture, Page& page) {
  page.print("{}: {} frames ({}) in {} s", capture["capture-file"], capture["frames"],
             capture["capture-link"], capture["duration"]);
  if (capture.has("first-time")) page.print(", from {} to {}", capture["first-time"], capture["last-time"]);
  page.print("\n  {} entered inside ({}), {} outside ({})\n", capture["frames-inside"],
             capture["inside-interfaces"], capture["frames-outside"], capture["outside-interface"]);
  for (const Remark& remark : kRemarks) {
    if (capture[remark.element] != "0") page.print("  {} {}\n", capture[remark.element], remark.words);
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
    page.print("{} records in {}\n", log["log-records"], log["log-file"]);
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
