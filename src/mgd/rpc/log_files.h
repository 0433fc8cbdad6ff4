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
  enum class Kind {
    session_log,
    audit_log,  // tells what everybody did
    elsewhere,  // a session log outside of the audit log's folder: who may configure could name any file so
  };
  std::string name;
  std::filesystem::path path;
  Kind kind = Kind::session_log;
};

// What a reader of such a file needs beside `trace`; empty: nothing.
std::string_view permission_of(LogFile::Kind kind);

// By name; of files of one name in several folders the first that the configuration has. Without flowd, which
// knows where the session log is, the audit log alone. It waits for flowd's answer.
std::vector<LogFile> log_files(const Context& context);

}  // namespace sluice::rpc
