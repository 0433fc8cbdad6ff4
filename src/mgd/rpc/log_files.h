// The log files of this machine that operators may read. Private to the room.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "mgd/rpc/rpc.h"

namespace sluice::rpc {

// One that the configuration names, or the audit log. An operator says its name, never its path.
struct LogFile {
  std::string name;
  std::filesystem::path path;
  // What its reader needs beside `trace`: for the audit log, which tells what everybody did; and for a file
  // outside of its folder, because who may configure could name any file of the machine. Empty:
  // nothing.
  std::string_view permission;
};

// By name; of files of one name in several folders the first that the configuration has. Without flowd, which
// knows where the session log is, the audit log alone. It waits for flowd's answer.
std::vector<LogFile> log_files(const Context& context);

}  // namespace sluice::rpc
