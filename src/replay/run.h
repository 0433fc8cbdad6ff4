// Run: one replay from beginning to end.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "flowd/logship/logship.h"
#include "mgd/render/output.h"
#include "replay/report.h"

namespace sluice::replay {

struct Options {
  std::string configuration_path;
  std::vector<std::string> inside;  // prefixes
  std::string capture_path;
  std::string inside_interface;
  std::string outside_interface;
  std::string log_path;  // empty: the log is part of the report
  std::optional<logship::Format> log_format;
  std::uint32_t after_s = 0;  // time that passes after the last packet
  Form form = Form::text;
  Detail detail = Detail::brief;
  std::string yang_folder;
};

// A damaged capture is reported as far as it could be read, and then is an error. `warn` hears what is
// accepted but probably not meant, a sentence each.
[[nodiscard]] Status run(const Options& options, render::Output& out, void (*warn)(std::string_view));

}  // namespace sluice::replay
