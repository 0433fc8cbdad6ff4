// A program that a test starts and ends: it dies with the test, however that ends.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace sluice::live {

class Process {
 public:
  // argv[0] is looked up in PATH. Its output goes to ours.
  explicit Process(const std::vector<std::string>& arguments);
  // Kills it, if it still runs.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  [[nodiscard]] pid_t id() const { return id_; }
  void signal(int number) const;
  // Whether it has ended; its exit status then (128 and the signal when killed).
  [[nodiscard]] bool ended();
  [[nodiscard]] int status() const { return status_; }

 private:
  pid_t id_;
  bool ended_ = false;
  int status_ = 0;
};

}  // namespace sluice::live
