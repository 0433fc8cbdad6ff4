// Sightings: what the session log files on this machine say about a public address and port.
//
// Reads the files as the file transport leaves them, the one that is written and those that were rotated, and
// keeps the records whose session had that address and port: as a source after translation, or as a
// destination that was translated into another; and those of a block of ports that has this one. What was
// compressed or shipped elsewhere is not seen. Any thread but the log thread, which must not wait for a disk.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "flowd/logship/logship.h"
#include "flowd/logship/record_line.h"

namespace sluice::logship {

// The log files that there are now, the newest records first: also those that were written before records
// went elsewhere.
[[nodiscard]] std::vector<std::string> files_of(const LogOptions& options);

struct Wanted {
  packet::IpAddress address;
  std::uint16_t port = 0;
};

// Whether it was the session's source after translation; or else its destination, before.
[[nodiscard]] bool has_as_source(const RecordLine& record, const Wanted& wanted);

// What is told of a file while it is read.
struct Reading {
  // Every record that is wanted, in its order; views are good then.
  std::function<void(const RecordLine&)> take;
  std::function<void(const BlockLine&)> take_block = [](const BlockLine&) {};
  std::function<bool()> stop;  // whether nobody waits any more; asked every few megabytes
};

// A line without a year is of the last twelve months before the file was written last. `times` says no later
// than when that was.
void find_sightings(const std::string& path, const Wanted& wanted, const LineTimes& times,
                    const Reading& reading);

}  // namespace sluice::logship
