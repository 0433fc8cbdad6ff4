#include "mgd/render/layouts.h"

// show configuration prints configuration text, which TextSink does itself, or a difference; commits, their
// history, and who edits.
namespace sluice::render {
namespace {

void print_commit(const View& results, Page& page) {
  for (const View& warning : results.children("warning")) page.print("warning: {}\n", warning["message"]);
  const View engine = results.child("routing-engine");
  const bool check = engine.has("commit-check-success");
  const std::string_view when = engine["output"];  // it goes back, or is made
  if (check) page.print("configuration check succeeds\n");
  if (!when.empty()) page.print("{}\n", when);
  if (!check) page.print("commit complete\n");
}

// A difference begins with a line end, which is for programs.
void print_difference(const View& document, Page& page) {
  const View inner = document.child("configuration-information");
  std::string_view text = (inner ? inner : document)["configuration-output"];
  if (text.starts_with('\n')) text.remove_prefix(1);
  page.put(text);
}

void print_history(const View& information, Page& page) {
  if (const View waiting = information.child("commit-scheduled")) {
    page.print("commit requested by {} via {} at {}\n", waiting["user"], waiting["client"],
               waiting["at-time"]);
    if (waiting.has("log")) page.print("    {}\n", waiting["log"]);
  }
  if (information.has("warning")) page.print("warning: {}\n", information["warning"]);
  for (const View& commit : information.children("commit-history")) {
    page.print("{:<3} ", commit["sequence-number"]);
    if (commit.has("date-time")) {
      page.print("{} by {} via {}", commit["date-time"], commit["user"], commit["client"]);
    } else {
      page.print("its file does not say when and by whom");
    }
    if (commit.has("comment")) page.print(" {}", commit["comment"]);
    page.print("\n");
    if (commit.has("log")) page.print("    {}\n", commit["log"]);
    if (commit.has("damage")) page.print("    damaged: {}\n", commit["damage"]);
  }
}

void print_cleared(const View& information, Page& page) {
  page.print("{}\n", information["output"]);
}

void print_status(const View& information, Page& page) {
  const auto editors = information.children("database-status");
  if (!editors.empty()) page.print("Users currently editing the configuration:\n");
  for (const View& editor : editors) {
    page.print("  {} (pid {}) on since {}\n      {}{}\n", editor["user"], editor["pid"], editor["start-time"],
               editor.has("exclusive") ? "exclusive "
               : editor.has("private") ? "private "
                                       : "",
               editor["edit-path"]);
  }
  if (information.has("database-changed"))
    page.print("The configuration has been changed but not committed\n");
}

void print_opened(const View& information, Page& page) {
  if (information.has("warning")) page.print("warning: {}\n", information["warning"]);
  page.print("Entering configuration mode\n");
  print_status(information, page);
}

void print_load(const View& results, Page& page) {
  for (const View& statement : results.children("unsupported-statement")) {
    page.print("warning: {}: {}\n", statement["place"], statement["message"]);
  }
  if (results.has("report")) page.print("What was left out is kept in {}\n", results["report"]);
  page.print("load complete\n");
}

}  // namespace

const TextLayout kConfiguration{"", nullptr, print_difference};
const TextLayout kClearCommit{"", nullptr, print_cleared};
const TextLayout kCommitHistory{"", nullptr, print_history};
const TextLayout kDatabaseStatus{"", nullptr, print_status};
const TextLayout kOpened{"", nullptr, print_opened};
// Nothing is said when it worked.
const TextLayout kDone{};
const TextLayout kLoad{"", nullptr, print_load};
const TextLayout kCommit{"", nullptr, print_commit};

}  // namespace sluice::render
