// Times as programs and operators read them.
#pragma once

#include <cstdint>
#include <ctime>
#include <string>

namespace sluice {

// "2026-01-31 12:34:56 UTC"
std::string utc_time(std::int64_t unix_s);

// "2026-04-01T10:11:12.345Z", or with the offset that `time` has (RFC 3339, as RFC 5424 wants it).
std::string rfc3339(const std::tm& time, unsigned milliseconds);

// What an age in Junos's displays begins with: "", "1d ", "2w3d ".
std::string weeks_and_days(std::uint64_t seconds);

}  // namespace sluice
