// audit: the record of what operators did: who, from where, what, and what became of it.
//
// What. A Log appends one RFC 5424 line for each Event to a file, with Junos's names for events
// (UI_CMDLINE_READ_LINE, UI_COMMIT, UI_LOGIN_EVENT, ...), its words as the message, and the parts as
// structured data.
//
// Why this way. The file is opened for every record, so that whoever rotates logs needs to tell nobody, and
// only its owner may read it. It is rotated here when it is large, because those who are denied write it
// too. A record that cannot be written is told to stderr and stops nobody: a full disk must not lock the
// operator out who could free it.
//
// Threads. Any; one lock.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/machine.h"

namespace sluice::audit {

enum class Outcome { done, failed, denied };

struct Event {
  std::string_view tag;  // "UI_COMMIT"
  std::string message;   // in Junos's words
  std::string user;
  std::string source;   // the address it came from, as its door says; "local"
  std::string command;  // empty: it is no command
  Outcome outcome = Outcome::done;
  std::string reason;  // why it was not done
};

class Log {
 public:
  // What the firewall is called when a record is written.
  using HostName = std::function<std::string()>;
  explicit Log(std::filesystem::path file, HostName host_name = machine_name)
      : file_(std::move(file)), host_name_(std::move(host_name)) {}

  void write(const Event& event);

  [[nodiscard]] const std::filesystem::path& file() const { return file_; }
  // Those that there are: the one that is written, and those that were put aside for it.
  [[nodiscard]] std::vector<std::filesystem::path> files() const;

  static constexpr std::uintmax_t kLargest = 10U << 20U;
  static constexpr unsigned kKept = 9;

 private:
  [[nodiscard]] std::string kept(unsigned number) const;
  void rotate_if_large();
  void complain(const std::string& what);

  std::filesystem::path file_;
  HostName host_name_;
  std::mutex lock_;
  std::string complained_;
};

// Not longer than a part of a record should be.
std::string shortened(std::string text);

}  // namespace sluice::audit
