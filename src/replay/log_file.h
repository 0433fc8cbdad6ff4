// LogFile: where the session log of a replay goes: the file that was named, or memory until it is printed.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::replay {

class LogFile {
 public:
  // Opens or makes the file. An empty name: memory.
  [[nodiscard]] static Result<LogFile> make(const std::string& name);
  LogFile(LogFile&& other) noexcept;
  LogFile& operator=(LogFile&&) = delete;
  ~LogFile();

  // For who writes the records.
  [[nodiscard]] const std::string& path() const { return path_; }
  // The name that was given; empty: memory.
  [[nodiscard]] const std::string& name() const { return name_; }
  // Drops what an earlier replay wrote.
  void clear() const;
  // Calls `take` with each line that was written.
  void read(const std::function<void(std::string_view)>& take) const;

 private:
  LogFile(std::string name, std::string path, int fd);

  std::string name_;
  std::string path_;
  int fd_ = -1;
};

}  // namespace sluice::replay
