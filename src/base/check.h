// check(): aborts with context when one of our own invariants is broken, in every build.
// Never for anything that a packet or an operator can cause.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace sluice {

[[noreturn]] inline void check_failed(const char* what, const char* file, unsigned line,
                                      const char* function) {
  std::fprintf(stderr, "sluice: broken invariant: %s (%s:%u, %s)\n", what, file, line, function);
  std::abort();
}

// The last three are the caller's place. (Not std::source_location: clang 14, which builds the
// fuzzers, lacks it.)
inline void check(bool holds, const char* what, const char* file = __builtin_FILE(),
                  unsigned line = __builtin_LINE(), const char* function = __builtin_FUNCTION()) {
  if (!holds) [[unlikely]] {
    check_failed(what, file, line, function);
  }
}

}  // namespace sluice
