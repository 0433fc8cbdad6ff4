// command: what an operator typed becomes an operation with checked inputs.
//
// What. A Grammar knows the words of every operation (the table in mgd/rpc/operations.cc) and, from
// the YANG rpcs, what may follow them. parse() turns a line into the rpc's name, its inputs and the
// pipes behind it, or says which word is wrong, where it stands and what would have been right.
// complete() answers for a line that is still being typed what may come next, with the descriptions
// of the YANG modules; it walks the line exactly as parse() does, so neither can know more.
//
// Why this way. Commands, help and checks come from the schema and one table, so that a new show
// command needs no code here, and the web or NETCONF doors check the same inputs in the same way.
// A word that is not known is always an error: nothing typed wrong can mean "everything".
//
// Words may be shortened as long as they stay unambiguous ("sh sec fl ses"); values may not. A row of words
// is left as it was typed; who knows what it is of says what its words are in full.
//
// Threads. A Grammar is immutable once built.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "mgd/command/completion.h"
#include "mgd/command/pipe.h"
#include "mgd/command/rpc_schema.h"

namespace sluice::command {

// Where an operator is: what may be typed there.
enum class Mode { operational, configuration };

// A line of the table of operations, as the grammar needs it.
struct Entry {
  std::string_view words;  // "show security flow session"; empty: it is for programs
  std::string_view rpc;    // "get-flow-session-information"
  Mode mode = Mode::operational;
  bool configuration = false;  // what it shows is configuration
};

struct Input {
  std::string name;
  std::string value;         // in canonical form, once checked
  std::size_t position = 0;  // of the value's word in the line
  std::string typed = {};    // a row of words as it was typed; empty: as the value has it
};

struct Command {
  std::size_t entry = 0;  // index into the table
  std::vector<Input> inputs;
  std::vector<Pipe> pipes;
  Display display = Display::text;
  bool display_given = false;
  Destination destination;
  From from;  // of configuration mode: where it is meant
};

struct Parsed {
  Result<Command> command;
  // Where in the line the error is.
  std::size_t error_position = 0;
};

class Grammar {
 public:
  // Fails when the table names an rpc that the schema does not have.
  static Result<Grammar> build(const RpcSchema& schema, std::span<const Entry> table);

  [[nodiscard]] Parsed parse(std::string_view line, Mode mode = Mode::operational) const;
  // `line` is what stands before the cursor.
  [[nodiscard]] Suggestions complete(std::string_view line, const Names& names,
                                     Mode mode = Mode::operational) const;
  // Every command of the mode whose words or description hold `text`: "show route: Show the routing table".
  [[nodiscard]] std::vector<std::string> apropos(std::string_view text, Mode mode) const;

  // What the caller of an rpc needs.
  [[nodiscard]] std::string_view permission(std::string_view rpc) const;
  // The whole command that does what was asked by whichever door, its inputs in the schema's order. An rpc
  // that no command stands for is named itself.
  [[nodiscard]] std::string spelled(const Entry& entry, const std::vector<Input>& inputs) const;

  // The input of an rpc that is a row of words; null: it has none.
  [[nodiscard]] const Parameter* row(std::string_view rpc) const;

  // Checks inputs that came by name (NETCONF): known, well-formed, complete. Their values become canonical,
  // as those of a parsed line are.
  [[nodiscard]] Status check_inputs(const Rpc& rpc, std::vector<Input>& inputs) const;

 private:
  friend class Parser;
  // An rpc that needs an input has one that is not hidden.
  [[nodiscard]] static bool has_enough(const Rpc& rpc, const std::vector<Input>& inputs);
  struct Node {
    std::map<std::string, Node, std::less<>> words;
    std::vector<std::size_t> entries;
    std::string help;
    std::optional<Mode> continues;  // a whole command of that mode follows
  };
  explicit Grammar(const RpcSchema& schema) : schema_(&schema) {}
  [[nodiscard]] const Node& root(Mode mode) const { return roots_[static_cast<std::size_t>(mode)]; }
  // Whether operational mode has commands of these two words; the second may be short.
  [[nodiscard]] bool leads(std::string_view first, std::string_view second) const;
  void add(std::size_t index, const Entry& entry, const Rpc& rpc);

  const RpcSchema* schema_;
  std::array<Node, 2> roots_;  // of each mode
  std::vector<Entry> table_;
  std::vector<const Rpc*> rpcs_;  // of each entry of the table
};

}  // namespace sluice::command
