// What may stand next in a statement that is being typed. See config.h.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/suggestion.h"
#include "config/tree.h"

namespace sluice::config {

// What the statement is for: to be made, so that all that the schema knows may stand in it, or to be
// found among those of the tree.
enum class Purpose { write, find };

struct Suggestions {
  std::size_t position = 0;       // where the last, perhaps half typed, word begins; the end: a new one
  std::vector<Suggestion> items;  // that fit it, in schema order
  bool in_block = false;          // `text` before that word leads to what holds other statements
  bool complete = false;          // `text` before that word is a whole statement
  std::optional<Error> error;     // why nothing fits
  std::size_t error_position = 0;
};

// A word behind which a statement beside the first one is named, as 'to' in 'policy a to policy b'.
struct Joint {
  std::string_view word;
  std::string_view help;
};
struct Joints {
  std::vector<Joint> words;
  Purpose behind = Purpose::write;  // what the other statement is for: it is none of those that there are
  std::size_t from = 0;             // where in the text the first statement's own words begin
};

// For `text`, a statement's words from the top of the tree, as of a command. Positions are bytes of `text`.
Suggestions suggest(const Tree& tree, std::string_view text, Purpose purpose, const Joints& joints = {});

// Such words as an operator types them, with those of the language in full that can be nothing else. From the
// word on that has no place there they stay as they are: who obeys them says what is wrong.
struct InFull {
  std::string text;
  std::optional<Error> error;  // a word can be several
  std::size_t error_position = 0;
};
InFull in_full(const Tree& tree, std::string_view text, Purpose purpose, const Joints& joints = {});

// The last word of a row, as it is read, and where it begins in bytes of the row. None: the row cannot be
// read, ends in something else, or is of several commands.
struct LastWord {
  std::string text;
  std::size_t position = 0;
};
std::optional<LastWord> last_word(std::string_view text);

// The words of the block in which the statement of a path stands: of those of a path, what stands before its
// last statement.
std::string block_above(const Schema& schema, std::string path);

// Every statement at or below a place, whether configured or not, whose last words or description hold
// `text`, without regard to case.
struct Statement {
  std::string words;  // from the place on: "host-name <host-name>"
  std::string help;
};
std::vector<Statement> apropos(const Schema& schema, std::string_view place, std::string_view text);

}  // namespace sluice::config
