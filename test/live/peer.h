// A host on the other side of a wire: a process in a network namespace of its own, which dies with us.
#pragma once

#include <sys/types.h>

#include <string>

namespace sluice::live {

class Peer {
 public:
  Peer();
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  // Moves an interface of ours into the peer's namespace.
  void take(const std::string& interface) const;
  // Runs a command over there; the test fails when it fails.
  std::string run(const std::string& command) const;
  [[nodiscard]] pid_t process() const { return process_; }

 private:
  pid_t process_;
};

}  // namespace sluice::live
