#include "peer.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "own_namespace.h"

namespace sluice::live {

Peer::Peer() : process_(fork()) {
  if (process_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (unshare(CLONE_NEWNET) != 0) _exit(1);
    for (;;) pause();
  }
  // Ready when its namespace is no longer ours.
  EXPECT_TRUE(eventually([&] {
    std::array<char, 64> ours{};
    std::array<char, 64> theirs{};
    const std::string path = "/proc/" + std::to_string(process_) + "/ns/net";
    return readlink("/proc/self/ns/net", ours.data(), ours.size()) > 0 &&
           readlink(path.c_str(), theirs.data(), theirs.size()) > 0 && ours != theirs;
  }));
}

Peer::~Peer() {
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
}

void Peer::take(const std::string& interface) const {
  live::run("ip link set " + interface + " netns " + std::to_string(process_));
}

std::string Peer::run(const std::string& command) const {
  return live::run("nsenter -t " + std::to_string(process_) + " -n sh -c '" + command + "'");
}

}  // namespace sluice::live
