// Suggestions: what may stand at the end of a command line that is still being typed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/suggestion.h"

namespace sluice::command {

struct Suggestions {
  std::size_t position = 0;       // where the word that is being typed begins; the line's end: a new one
  std::vector<Suggestion> items;  // that begin with it, in the order in which they are shown
  bool complete = true;           // the command could end before that word
  std::optional<Error> error;     // why nothing fits, or what is wrong before that word
  std::size_t error_position = 0;
};

inline constexpr std::string_view kEnter = "<[Enter]>";

// Where a statement's words begin: at the statement that is edited, so many blocks above it, or at the top of
// the configuration.
struct From {
  std::uint64_t up = 0;
  bool top = false;
};

// The running system, as completion asks it. Its answers may be as old as a request.
class Names {
 public:
  virtual ~Names() = default;
  // The names of one kind that exist (the YANG extension `names`).
  [[nodiscard]] virtual std::vector<Suggestion> of(std::string_view kind) const = 0;
  // For an input that is a row of words: what may follow `text`, whose last word may be half typed.
  // Positions count from the beginning of `text`.
  [[nodiscard]] virtual Suggestions words(std::string_view kind, std::string_view text, From from) const = 0;
};

// Without a running system: only the language.
class NoNames : public Names {
 public:
  [[nodiscard]] std::vector<Suggestion> of(std::string_view) const override { return {}; }
  [[nodiscard]] Suggestions words(std::string_view, std::string_view, From) const override { return {}; }
};

}  // namespace sluice::command
