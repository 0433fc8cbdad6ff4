// Configuration-mode commands, one a line, obeyed on a tree. Private to the room; text.h is what others call.
#pragma once

#include <libyang/libyang.h>

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/form.h"
#include "config/text.h"
#include "config/token.h"

namespace sluice::config {

// Whether a text that begins with this word is one of commands.
bool is_edit_command(std::string_view word);

// Obeys set, delete, activate, deactivate, rename, copy, insert and annotate, and the commands that say
// below which statement the following ones are meant: edit, top and exit.
class EditCommands {
 public:
  // `unknown`: as for a Walker.
  EditCommands(const SchemaData& schema, lyd_node* root, std::string_view text, std::string_view filename,
               std::vector<Error>* unknown = nullptr)
      : schema_(schema),
        root_(root),
        tokens_(text, Syntax::commands),
        filename_(filename),
        unknown_(unknown) {}

  // As in Reading.
  void note_missing(std::vector<Error>* missing) { missing_ = missing; }
  // Words of a statement path below which all commands are meant.
  Status begin_at(std::string_view edit_path);
  // The tree may be half changed after an Error.
  Status run();
  // The text is statements in curly braces below the edit path instead.
  Status run_curly(std::string_view text, ReplaceMarks marks);

 private:
  using Words = std::vector<Token>;
  struct Verb;
  static const Verb* find_verb(std::string_view word);
  friend bool is_edit_command(std::string_view word);

  Status read_line();
  Status obey();
  Status set();
  Status remove();
  Status activate();
  Status deactivate();
  Status rename();
  Status copy();
  Status insert();
  Status annotate();
  Status edit();
  Status top();
  void leave();
  Status exit();

  // The words of the line without its end; `words` as they stand below the edit path.
  [[nodiscard]] Words below_edit_path(Words words) const;
  Result<std::vector<lyd_node*>> find(lyd_node* from, Words words) const;
  Result<lyd_node*> find_one(lyd_node* from, const Words& words) const;
  // Splits the line at the last of these words.
  struct Halves {
    Words before, after;
    std::string word;
  };
  Result<Halves> split(const std::vector<std::string_view>& at) const;
  Result<lyd_node*> make_twin(const lyd_node* source, const Words& name) const;
  [[nodiscard]] Error error_at(const Token& at, std::string_view tag, std::string message) const;
  [[nodiscard]] Error with_file(Error error) const;

  const SchemaData& schema_;
  lyd_node* root_;
  Tokens tokens_;
  std::string_view filename_;
  std::vector<Error>* unknown_;
  std::vector<Error>* missing_ = nullptr;
  Token verb_;
  Words line_;               // what follows the verb
  Words base_;               // the edit path
  std::deque<Words> outer_;  // the edit paths that `exit` goes back to
};

}  // namespace sluice::config
