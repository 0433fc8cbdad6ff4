// A message compiled for one format: literals and values in the order in which they are printed.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "flowd/logship/catalog.h"
#include "flowd/logship/name_table.h"

namespace sluice::logship {

struct FormatOptions {
  Format format = Format::syslog;
  Profile profile = kDefaultRelease;
  TimeFormat time_format;
  bool utc_timestamp = false;
  bool escape = false;
  Facility facility = Facility::user;
  std::string host_name;
  std::string sd_id;
};

[[nodiscard]] Escape escape_of(const FormatOptions& options);

class Plan {
 public:
  // Print a literal, then a value (`constant`: no value).
  struct Step {
    std::uint32_t literal = 0;  // offset in the text
    std::uint16_t size = 0;
    Value value = Value::constant;
  };

  [[nodiscard]] static Plan compile(Message message, const FormatOptions& options);

  [[nodiscard]] std::span<const Step> steps() const noexcept { return steps_; }
  [[nodiscard]] const char* text() const noexcept { return text_.data(); }
  [[nodiscard]] std::size_t literal_bytes() const noexcept { return text_.size(); }

 private:
  friend class PlanWriter;
  std::vector<char> text_;  // all literals, and slack for reading past the last
  std::vector<Step> steps_;
};

}  // namespace sluice::logship
