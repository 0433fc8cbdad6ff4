// RpcSchema: the YANG rpcs, read once: what each operation takes, as the command line needs it.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

struct ly_ctx;
struct lysc_node;

namespace sluice::command {

struct Choice {
  std::string word;
  std::string help;
};

// One leaf of an rpc's input.
struct Parameter {
  std::string name;
  std::string help;
  bool flag = false;    // type empty: the name alone
  bool bare = false;    // the value alone
  bool words = false;   // all words to the end, without a name
  bool hidden = false;  // not typed
  bool mandatory = false;
  bool file = false;            // a file of the caller's
  bool destination = false;     // the answer goes to the file of this name
  bool element = false;         // XML of any kind; its value is empty
  bool container = false;       // XML: one element out of `choices`, whose name is the value
  std::vector<Choice> choices;  // an enumeration's words, else empty
  std::vector<Choice> known;    // those words also of an enumeration that is one type of several
  std::string names;            // what kind of existing names it takes; empty: none
  std::string behind;           // it is typed only once the input of this name was; empty: anywhere
  const lysc_node* node = nullptr;
};

struct Rpc {
  std::string name;
  std::string help;
  bool needs_input = false;  // one that is not hidden
  std::string continues;     // what follows is a whole command of this mode; empty: none
  std::string permission;    // that its caller needs; "none": none
  std::string stands_for;    // the command that does the same, where it has none of its own
  std::vector<Parameter> parameters;

  [[nodiscard]] const Parameter* find(std::string_view name) const;
  // What an element of an rpc in XML names: a parameter, or one word of a bare enumeration with that
  // word as its value (<summary/> is the level).
  struct Named {
    const Parameter* parameter = nullptr;
    const std::string* value = nullptr;
  };
  [[nodiscard]] Named named(std::string_view element) const;
};

// What may be given for it: "a number 1 to 65535", "one of inet, inet6", or its description.
std::string allowed_values(const Parameter& parameter);
// "(1..65535)": what `?` adds to the description of a value; empty when that says it all.
std::string value_bounds(const Parameter& parameter);

class RpcSchema {
 public:
  // Loads every module that holds rpcs from the folder of YANG files.
  static Result<RpcSchema> load(const std::filesystem::path& directory);

  // nullptr: no such rpc.
  [[nodiscard]] const Rpc* find(std::string_view name) const;
  // What '?' says of words that lead to operations ("show security"); empty: nothing of its own.
  [[nodiscard]] std::string_view words_help(std::string_view words) const;
  // `value` in its type's canonical form: "+7" and " 7" are the number 7. The error's message says what is
  // allowed.
  [[nodiscard]] Result<std::string> check_value(const Parameter& parameter, std::string value) const;

 private:
  struct Free {
    void operator()(ly_ctx* context) const;
  };
  std::unique_ptr<ly_ctx, Free> context_;
  std::vector<Rpc> rpcs_;
  std::map<std::string, std::string, std::less<>> words_help_;
};

}  // namespace sluice::command
