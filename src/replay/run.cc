#include "replay/run.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/clock.h"
#include "dataplane/port/eal.h"
#include "replay/capture.h"
#include "replay/firewall.h"
#include "replay/log_file.h"
#include "replay/player.h"
#include "replay/sides.h"

namespace sluice::replay {
namespace {

Result<std::vector<packet::IpPrefix>> prefixes_of(const std::vector<std::string>& texts) {
  std::vector<packet::IpPrefix> prefixes;
  for (const std::string& text : texts) {
    const auto prefix = packet::parse_prefix(text);
    if (!prefix) {
      return Error{"invalid-value", "--inside " + text,
                   "this is no prefix; ADDRESS/LENGTH is one, such as 10.0.0.0/8 or 2001:db8::/32"};
    }
    prefixes.push_back(*prefix);
  }
  return prefixes;
}

// The log replaces what its file held: never what it is made from.
Status keeps_inputs(const Options& options) {
  const auto same = [&](const std::string& path) {
    std::error_code error;
    return !options.log_path.empty() && std::filesystem::equivalent(options.log_path, path, error);
  };
  const bool capture = same(options.capture_path);
  if (!capture && !same(options.configuration_path)) return {};
  return Error{"invalid-value", "--log " + options.log_path,
               fmt::format("this is the {} itself, which the log would replace; name another file",
                           capture ? "capture" : "configuration")};
}

// All frames from `captured` on. An error: the capture is damaged behind those that were played.
Status play_all(Capture& capture, Captured& captured, Player& player) {
  for (Result<bool> more = true;; more = capture.next(captured)) {
    if (!more) return more.error();
    if (!*more) return {};
    player.play(captured);
  }
}

}  // namespace

Status run(const Options& options, render::Output& out, void (*warn)(std::string_view)) {
  auto inside = prefixes_of(options.inside);
  if (!inside) return inside.error();
  if (Status kept = keeps_inputs(options); !kept) return kept;
  auto capture = Capture::open(options.capture_path);
  if (!capture) return capture.error();
  Captured captured;
  const auto any = capture->next(captured);
  if (!any) return any.error();
  const auto log = LogFile::make(options.log_path);
  if (!log) return log.error();
  if (Status started = port::start_eal({.huge_pages = port::EalOptions::HugePages::none}); !started) {
    return started;
  }
  auto firewall = Firewall::make({.configuration_path = options.configuration_path,
                                  .log_path = log->path(),
                                  .yang_folder = options.yang_folder,
                                  .log_format = options.log_format,
                                  .report = warn},
                                 at_unix(captured.unix_ns));
  if (!firewall) return firewall.error();
  for (const std::string& warning : (*firewall)->warnings()) warn(warning);
  const auto sides = Sides::derive({.inside = std::move(*inside),
                                    .inside_interface = options.inside_interface,
                                    .outside_interface = options.outside_interface},
                                   (*firewall)->snapshot());
  if (!sides) return sides.error();

  // Nothing can go wrong any more but the capture itself.
  log->clear();
  Player player(**firewall, *sides);
  const Status played = *any ? play_all(*capture, captured, player) : Status();
  (*firewall)->advance(player.tally().last_ns + options.after_s * kNsPerSecond);
  (*firewall)->finish();
  if (player.tally().inside == 0 && player.tally().outside != 0) {
    warn(fmt::format(
        "no packet has its source in {}, so all of them entered at {}; were other prefixes meant?",
        fmt::join(options.inside, " or "), sides->outside_name()));
  }
  const Status told = report({.firewall = **firewall,
                              .tally = player.tally(),
                              .sides = *sides,
                              .log = *log,
                              .capture_path = options.capture_path,
                              .capture_link = capture->link(),
                              .detail = options.detail},
                             options.form, out);
  return told ? played : told;
}

}  // namespace sluice::replay
