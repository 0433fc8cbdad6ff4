// The schema walker: reads statements of either text form, word by word, into a tree. Private to
// the room; text.h is what others call.
#pragma once

#include <libyang/libyang.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/edit.h"
#include "config/form.h"
#include "config/text.h"
#include "config/token.h"

namespace sluice::config {

// One walk over one text. A statement is a row of words that lead from where the statement stands
// down the schema: names, keys, values. In curly text a '{' then opens a block in which the next
// statements stand where the words led; what a 'set' command says is one statement without blocks.
class Walker {
 public:
  // `unknown`: statements that the schema does not know are left out and noted there; null: the first one
  // is an error.
  Walker(const SchemaData& schema, lyd_node* root, Tokens tokens, Syntax syntax, std::string_view filename,
         std::vector<Error>* unknown = nullptr)
      : schema_(schema),
        root_(root),
        tokens_(std::move(tokens)),
        syntax_(syntax),
        filename_(filename),
        unknown_(unknown) {}

  // At first marks to replace are read and mean nothing.
  void treat(ReplaceMarks marks) { marks_ = marks; }
  // Statements in curly braces up to the end of the text. The tree may be half changed after an Error.
  Status run();
  // One statement without blocks, up to the end of the text: what it names first, or nothing when it is
  // not known and was noted.
  Result<std::vector<lyd_node*>> set_statement();
  // The same for words that lead to a place for statements: that place.
  Result<lyd_node*> enter_place();

 private:
  // Where the next word is read.
  struct Place {
    lyd_node* node = nullptr;
    const lysc_node* group = nullptr;  // inside the block of this grouped list of `node`
  };
  // One statement and what its words have led to so far.
  struct Statement {
    Place start;
    Place at;
    Token first;
    bool inactive = false;
    bool replaces = false;         // 'replace:': what it names is emptied first
    std::vector<lyd_node*> named;  // what it names first: what 'inactive:' marks
    bool after_value = false;      // the last words set a leaf; a block cannot follow
    bool has_value = false;        // so did the value that stands there without a name
    std::string wants;             // what must follow the last word, where something must
    lyd_node* made = nullptr;      // the topmost container or entry that was not there before
  };

  Result<Statement> one_statement();
  Status curly_statements(Place place);
  Status curly_statement(Place place);
  Status marks(Statement& statement);
  Status body(Statement& statement);
  Status mark_named(const Statement& statement, const std::string& comment);
  Status block(const Statement& statement);
  Status leave_out(const Statement& statement, Error error);
  void leave_no_hull(const Statement& statement);
  Status skip_statement();

  Status words(Statement& statement);
  Status word(Statement& statement);
  [[nodiscard]] Error too_much() const;
  Status enter(Statement& statement, const lysc_node* child);
  Status entry(Statement& statement, const lysc_node* list);
  Status leaf(Statement& statement, const lysc_node* child);
  Status leaf_list(Statement& statement, const lysc_node* child);
  Status list_value(Statement& statement, const lysc_node* child);
  Status list_name(Statement& statement, const lysc_node* list);
  // '[ a b ]', each read by `one`.
  Status several(const std::function<Status()>& one);
  Status exclude_others(const Statement& statement, const lysc_node* child);
  Result<std::string> value(const Statement& statement, const lysc_node* child);
  void reached(Statement& statement, lyd_node* node, const lyd_node* before) const;
  void place(lyd_node* node) const { set_place(node, word_line_, word_column_); }

  Status next();
  [[nodiscard]] const Token& token() const { return tokens_.current(); }
  [[nodiscard]] Error error_at(const Token& at, std::string_view tag, std::string message) const;
  [[nodiscard]] Error unknown(const Statement& statement) const;

  const SchemaData& schema_;
  lyd_node* root_;
  Tokens tokens_;
  Syntax syntax_;
  std::string_view filename_;
  std::vector<Error>* unknown_;
  ReplaceMarks marks_ = ReplaceMarks::ignored;
  // Of the word that leads to what is read now.
  int word_line_ = 0;
  int word_column_ = 0;
};

// A text with more mistakes than this is not one for us.
inline constexpr std::size_t kMostNotes = 10000;

// The child of `parent` that a word leads into: by its name, or as the key of a list without a
// written name, or as the value of a bare leaf. Null: none.
const lysc_node* match_word(const lysc_node* parent, const Token& word);
// Whether match_word() answered `child` for its name, which is then not a key or value.
bool is_written_by_name(const lysc_node* child);

// Whether a word of a command stands beside what is whole on its own line, as 'destination-port' does in
// 'match destination-address 192.0.2.1/32 destination-port 80'.
bool goes_on_beside(const lysc_node* at, const Token& word, bool after_value);
// Whether '[ a b ]' may stand for the names or values of several.
bool takes_several(const lysc_node* child);

// "in 'applications application web'", or "at the top".
std::string place_words(const lyd_node* node);
// What may stand below a node, for messages.
std::string allowed_statements(const lysc_node* parent);

}  // namespace sluice::config
