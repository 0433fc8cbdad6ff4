// Sightings: what the session log files on this machine say about a public address and port.
//
// Reads the files as the file transport leaves them, the one that is written and those that were rotated, and
// keeps the records whose session had that address and port after translation. What was compressed or
// shipped elsewhere is not seen. Any thread but the log thread, which must not wait for a disk.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "flowd/logship/logship.h"
#include "flowd/logship/record_line.h"

namespace sluice::logship {

// The log files that there are now, the newest records first.
[[nodiscard]] std::vector<std::string> files_of(const LogOptions& options);

struct Wanted {
  packet::IpAddress address;
  std::uint16_t port = 0;
};

// Calls `take` with every record of such a session in the file, in its order. Views are good during the call.
void find_sightings(const std::string& path, const Wanted& wanted, const LineTimes& times,
                    const std::function<void(const RecordLine&)>& take);

}  // namespace sluice::logship
