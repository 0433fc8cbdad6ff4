// Report: what a replay found: the capture, sessions that ended and that live, their summary, policy
// hits, drops and the session log.
//
// Where the operator has a command for it, the section is that command's reply, made by its handler and
// rendered by its layout; the rest is told to the same sinks. So text and JSON always agree.
#pragma once

#include <string>

#include "base/result.h"
#include "mgd/render/output.h"
#include "replay/firewall.h"
#include "replay/log_file.h"
#include "replay/player.h"
#include "replay/sides.h"

namespace sluice::replay {

enum class Form { text, json };
enum class Detail { brief, extensive };  // of sessions

struct Findings {
  Firewall& firewall;
  const Tally& tally;
  const Sides& sides;
  const LogFile& log;
  std::string capture_path;
  std::string capture_link;
  Detail detail = Detail::brief;
};

[[nodiscard]] Status report(const Findings& findings, Form form, render::Output& out);

}  // namespace sluice::replay
