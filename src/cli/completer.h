// Completer: what a key does to the line that is being typed, given what may stand there.
//
// Pure: it decides, the editor does. Words of the language complete on a blank as soon as they are
// unambiguous; names that exist only on Tab, as a blank after a name of the operator's own must stay one.
#pragma once

#include <string>
#include <string_view>

#include "mgd/doors/client.h"

namespace sluice::cli {

enum class Key { help, space, tab, enter };

struct Completed {
  std::size_t drop = 0;  // bytes before the cursor that go
  std::string insert;    // what comes instead
  std::string shown;     // printed under the line; empty: nothing
};

// Where what is said is shown.
struct Margins {
  std::size_t indent = 0;  // the column where the line begins on the screen
  std::size_t width = 0;   // columns that a sentence may take; 0: any
};

// `line` is what stands before the cursor.
Completed complete(Key key, std::string_view line, const doors::Suggestions& found, Margins margins);

// "Possible completions:" and a line for each.
std::string list_of(const doors::Suggestions& found);
// The caret under the place in `line`, and the sentence.
std::string pointed_at(const doors::Refusal& refusal, std::string_view line, Margins margins);

}  // namespace sluice::cli
