// Suggester: follows the words of a statement along the schema. Private to the room; suggest.h is what others
// call.
#pragma once

#include <libyang/libyang.h>

#include <set>
#include <string>
#include <vector>

#include "config/edit.h"
#include "config/form.h"
#include "config/referred.h"
#include "config/suggest.h"
#include "config/token.h"

namespace sluice::config {

// Walks the words as the Walker does, but along the schema, with the tree's nodes beside it where there
// are any, and changes nothing.
class Suggester {
 public:
  Suggester(const Tree& tree, Purpose purpose)
      : schema_(tree.schema().data()),
        root_(tree.root().raw()),
        purpose_(purpose),
        at_(schema_.root),
        data_(root_),
        beside_at_(at_),
        beside_data_(data_) {}

  // An Error: the word has no place here.
  Status word(const Token& token);
  [[nodiscard]] Suggestions suggest(const std::string& prefix) const;
  [[nodiscard]] std::string allowed() const;
  // Whether the word is none of the language as it is, and may be short for one.
  [[nodiscard]] bool may_be_short(const Token& token) const;
  // What begins with it, for who types it.
  [[nodiscard]] std::vector<Suggestion> longer(const std::string& word) const;
  // What the words lead to; null: the value of a statement is next.
  [[nodiscard]] const lysc_node* place() const { return awaits_value() ? nullptr : at_; }
  [[nodiscard]] bool in_block() const { return in_block_ && !awaits_value(); }
  // Goes back to where the last statement stands: another one of its kind is named now.
  void go_beside(Purpose purpose);

 private:
  [[nodiscard]] bool awaits_value() const { return value_of_ != nullptr; }
  [[nodiscard]] const lysc_node* value_node() const {
    return value_of_->nodetype == LYS_LIST ? form_of(value_of_).keys[keys_.size()] : value_of_;
  }
  [[nodiscard]] bool awaits_key_word() const {
    return awaits_value() && value_of_->nodetype == LYS_LIST && key_word_next_;
  }
  Status enter(const lysc_node* child, const Token& token);
  Status value(const Token& token);
  Status key(std::string text);
  void offer_child(const lysc_node* child, Suggestions& result) const;
  void offer_values(const lysc_node* of, std::size_t key, Suggestions& result) const;
  void offer_known(const lysc_type* type, Suggestions& result) const;
  void offer_referred(const lysc_node* of, Suggestions& result) const;
  // What may begin with the next word: statements below, or beside one that is whole on its line.
  [[nodiscard]] std::vector<const lysc_node*> next_statements() const;
  // The names or values that there are.
  [[nodiscard]] std::set<std::string, std::less<>> present(const lysc_node* of, std::size_t key) const;
  [[nodiscard]] bool exists(const lysc_node* child) const {
    const lyd_node* node = data_ != nullptr ? first_child(data_, child) : nullptr;
    return node != nullptr && is_configured(node);
  }

  const SchemaData& schema_;
  const lyd_node* root_;
  Purpose purpose_;
  const lysc_node* at_;
  const lyd_node* data_;                  // null: the tree has nothing there
  const lyd_node* above_data_ = nullptr;  // the same for what is around it
  const lysc_node* value_of_ = nullptr;   // the leaf, leaf-list or list whose value or key is next
  std::vector<std::string> keys_;
  std::vector<Variable> variables_;  // the keys of all lists that the words lead through
  bool key_word_next_ = false;
  bool several_ = false;      // inside '[ ... ]'
  bool in_block_ = true;      // the words lead to what holds other statements
  bool after_value_ = false;  // the last word was a value
  bool has_value_ = false;    // so was the one that stands there without a name
  // Where the last statement stands, and of what kind it is.
  const lysc_node* beside_at_ = nullptr;
  const lyd_node* beside_data_ = nullptr;
  std::size_t beside_variables_ = 0;
  const lysc_node* last_ = nullptr;
  // Only this may be named; null: all may.
  const lysc_node* only_ = nullptr;
  bool is_beside_ = false;  // what is named now is another one than `other_than_`
  std::string other_than_;
};

// A word and where it begins, in bytes.
struct Placed {
  Token token;
  std::size_t position = 0;
};
// The words of a command without its end, as far as they can be read.
struct PlacedTokens {
  std::vector<Placed> words;
  Status read;
};
PlacedTokens placed_tokens(std::string_view text);

bool is_joint(const Joints& joints, const Token& token);

}  // namespace sluice::config
