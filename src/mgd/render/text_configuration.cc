#include "mgd/render/layouts.h"

// show configuration prints configuration text, which TextSink does itself; commit FILE.
namespace sluice::render {
namespace {

void print_commit(const View& results, Page& page) {
  for (const View& warning : results.children("warning")) page.print("warning: {}\n", warning["message"]);
  const bool check = results.child("routing-engine").has("commit-check-success");
  page.print("{}\n", check ? "configuration check succeeds" : "commit complete");
}

}  // namespace

const TextLayout kConfiguration{};
const TextLayout kCommit{"", nullptr, print_commit};

}  // namespace sluice::render
