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

void print_rest(const View& document, Page& page) {
  if (const View block = document.child("nat-port-block")) {
    page.print("{} has ports {} to {} of it, by pool {}", block["host-address"], block["block-port-low"],
               block["block-port-high"], block["pool-name"]);
    if (block.has("deterministic")) {
      page.print(" (deterministic)\n");
    } else {
      page.print(" since {}\n", block["start-time"]);
    }
  }
  if (document.has("message")) page.print("{}\n", document["message"]);
}

}  // namespace

const TextLayout kWhoHad{"nat-binding", print_binding, print_rest};

}  // namespace sluice::render
