// check(): aborts with context when one of our own invariants is broken, in every build.
// Never for anything that a packet or an operator can cause.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <source_location>

namespace sluice {

[[noreturn]] inline void check_failed(const char* what, const std::source_location& where) {
  std::fprintf(stderr, "sluice: broken invariant: %s (%s:%u, %s)\n", what, where.file_name(),
               static_cast<unsigned>(where.line()), where.function_name());
  std::abort();
}

inline void check(bool holds, const char* what,
                  const std::source_location& where = std::source_location::current()) {
  if (!holds) [[unlikely]] {
    check_failed(what, where);
  }
}

}  // namespace sluice
