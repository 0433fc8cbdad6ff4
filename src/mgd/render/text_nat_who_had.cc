#include "mgd/render/layouts.h"

// show security nat who-had.
namespace sluice::render {
namespace {

void print_binding(const View& binding, Page& page) {
  page.print("{}/{} --> {}/{};{}, ", binding["source-address"], binding["source-port"],
             binding["destination-address"], binding["destination-port"], binding["protocol"]);
  const std::string_view until = binding.has("end-time") ? binding["end-time"]
                                 : binding.has("live")   ? "now"
                                                         : "a time that is not in the log";
  page.print("from {} until {}, Session ID: {}, Policy name: {}\n", binding["start-time"], until,
             binding["session-identifier"], binding["policy"]);
}

void print_message(const View& document, Page& page) {
  if (document.has("message")) page.print("{}\n", document["message"]);
}

}  // namespace

const TextLayout kWhoHad{"nat-binding", print_binding, print_message};

}  // namespace sluice::render
