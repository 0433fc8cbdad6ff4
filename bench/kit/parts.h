// The parts of a benchmark program, each of which can be run alone.
#pragma once

#include <algorithm>
#include <span>
#include <string_view>

namespace sluice::bench {

struct Part {
  std::string_view name;
  void (*run)();
};

// Runs those that the command line names; all without arguments.
inline void run_parts(std::span<const Part> parts, int argc, char** argv) {
  const std::span<char*> words(argv + 1, static_cast<std::size_t>(argc - 1));
  for (const Part& part : parts) {
    if (words.empty() || std::ranges::find(words, part.name) != words.end()) {
      part.run();
    }
  }
}

}  // namespace sluice::bench
