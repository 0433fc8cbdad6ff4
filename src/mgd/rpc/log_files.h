// The log files of this machine that operators may read.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "mgd/rpc/rpc.h"

namespace sluice::rpc {

// One that the configuration names, or the audit log. An operator says its name, never its path.
struct LogFile {
  std::string name;
  std::filesystem::path path;
  bool audit = false;
};

// By name; of files of one name in several folders the first that the configuration has. Without flowd, which
// knows where the session log is, the audit log alone.
std::vector<LogFile> log_files(const Context& context);

}  // namespace sluice::rpc
