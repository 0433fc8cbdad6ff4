// Times as programs and operators read them.
#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

namespace sluice {

// "2026-01-31 12:34:56 UTC"
std::string utc_time(std::int64_t unix_s);

// What an operator means by "yyyy-mm-dd hh:mm[:ss]" or, of the day of now, "hh:mm[:ss]", both of UTC. 'T' may
// stand for the blank, and 'Z' at the end. nullopt: there is no such time.
std::optional<std::int64_t> unix_time(std::string_view text, std::int64_t now_unix_s);

// "2026-04-01T10:11:12.345Z", or with the offset that `time` has (RFC 3339, as RFC 5424 wants it).
std::string rfc3339(const std::tm& time, unsigned milliseconds);

// What an age in Junos's displays begins with: "", "1d ", "2w3d ".
std::string weeks_and_days(std::uint64_t seconds);

}  // namespace sluice
