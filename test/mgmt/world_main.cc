// A World that stays: prints the folder of its sockets and serves until its input ends. For tests that run
// the command line as a program.
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>

#include "configuration.h"
#include "world.h"

// The argument: sessions that a list holds besides the fixed ones.
int main(int argc, char** argv) {
  sluice::test::World world;
  if (argc > 1) world.flowd().many_sessions = std::strtoull(argv[1], nullptr, 10);
  if (world.commit(sluice::test::kConfiguration).refused()) return 1;
  fmt::print("{}\n", world.folder().string());
  std::fflush(stdout);
  // `idle N` lets sessions be idle for so many seconds more. A line asks how many lists of sessions flowd
  // tells now, and how many sessions it has told; after `restart`, by which the management daemon ends and
  // starts again. Between `hold` and `release` a commit is under way.
  std::unique_lock<std::timed_mutex> commit_in_progress;
  for (std::string line; std::getline(std::cin, line);) {
    if (line == "restart") world.restart_management();
    if (line == "hold") commit_in_progress = std::unique_lock(world.parts().running.commit_lock());
    if (line == "release") commit_in_progress.unlock();
    if (line.starts_with("idle ")) sluice::test::World::stay_idle(std::stoull(line.substr(5)));
    fmt::print("{} {}\n", world.flowd().lists_open(), world.flowd().sessions_told());
    std::fflush(stdout);
  }
  return 0;
}
