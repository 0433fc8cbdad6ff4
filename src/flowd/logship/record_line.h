// A line of a session log read back: what the formatter wrote, in whatever format and release.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::logship {

// What a record of a session that was made or ended says of it.
struct RecordLine {
  bool ended = false;
  std::int64_t unix_s = 0;  // when it was written
  std::uint64_t elapsed_s = 0;
  std::string_view source, destination, nat_source, nat_destination;
  std::uint16_t source_port = 0, destination_port = 0, nat_source_port = 0, nat_destination_port = 0;
  std::uint8_t protocol = 0;
  std::string_view policy;
  std::uint64_t session_id = 0;  // the 32-bit one
};

// How times that do not say it themselves are meant.
struct LineTimes {
  std::int64_t now_unix_s = 0;  // a time without a year is of the last twelve months
  bool utc = false;             // otherwise of this machine's zone
};

// Nothing for other lines, and for what is no record.
[[nodiscard]] std::optional<RecordLine> read_record(std::string_view line, const LineTimes& times);

}  // namespace sluice::logship
