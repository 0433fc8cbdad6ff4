#include "mgd/render/layouts.h"

// show security nat who-had.
namespace sluice::render {
namespace {

std::string until(const View& binding) {
  if (binding.has("end-time")) return std::string(binding["end-time"]);
  if (binding.has("live")) return "now";
  if (binding.has("latest-end-time")) return fmt::format("{} at the latest", binding["latest-end-time"]);
  return "a time that is not in the log";
}

// The host comes first; the arrow says who began.
void print_binding(const View& binding, Page& page) {
  const bool began = binding["host-side"] == "initiator";
  page.print("{}/{} {} {}/{};{}, ", binding["host-address"], binding["host-port"], began ? "-->" : "<--",
             binding[began ? "destination-address" : "source-address"],
             binding[began ? "destination-port" : "source-port"], binding["protocol"]);
  page.print("from {} until {}, Session ID: {}, Policy name: {}\n", binding["start-time"], until(binding),
             binding["session-identifier"], binding["policy"]);
}

void print_block(const View& block, Page& page) {
  const bool past = block.has("log-file");
  page.print("{} {} ports {} to {} of it, by pool {}", block["host-address"], past ? "had" : "has",
             block["block-port-low"], block["block-port-high"], block["pool-name"]);
  if (block.has("deterministic")) {
    page.print(" (deterministic)\n");
  } else if (past) {
    page.print(" from {} until {}\n", block["start-time"], until(block));
  } else {
    page.print(" since {}\n", block["start-time"]);
  }
}

void print_rest(const View& document, Page& page) {
  for (const View& block : document.children("nat-port-block")) print_block(block, page);
  if (document.has("message")) page.print("{}\n", document["message"]);
}

}  // namespace

const TextLayout kWhoHad{"nat-binding", print_binding, print_rest};

}  // namespace sluice::render
