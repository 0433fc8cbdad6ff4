// Parser: one walk over one command line. Private to the room; Grammar is what others call.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mgd/command/command.h"
#include "mgd/command/pipe_words.h"
#include "mgd/command/token.h"

namespace sluice::command {

// One word that could come next, and what it would be.
struct Expected {
  std::string word;
  std::string help;
  const Parameter* parameter = nullptr;  // null: a word of the command itself
};

// "a, b or c"
std::string listed(const std::vector<std::string>& words);
Error syntax_error(std::string_view what);

class Parser {
 public:
  Parser(const Grammar& grammar, std::string_view line, Mode mode)
      : grammar_(grammar), line_(line), node_(&grammar.root(mode)) {}

  Parsed parse();
  Suggestions complete(const Names& names);

 private:
  [[nodiscard]] Parsed fail(std::size_t position, std::string_view what) const;
  [[nodiscard]] bool given(std::string_view name) const;
  // Whether an input may be typed now.
  [[nodiscard]] bool may_follow(const Parameter& parameter) const;
  // Everything that may be typed next as a word of its own.
  [[nodiscard]] std::vector<Expected> expected() const;
  // The operations that all words so far fit.
  [[nodiscard]] const std::vector<std::size_t>& live_entries() const {
    return candidates_.empty() ? node_->entries : candidates_;
  }
  // A parameter that takes the next word as its value, without a name before it.
  [[nodiscard]] const Parameter* unnamed() const;
  [[nodiscard]] const Input* chosen_instead_of(std::string_view word) const;
  // Whether an input, or a choice of one, has been given by this word.
  [[nodiscard]] bool is_said(std::string_view word) const;

  std::optional<Parsed> step();
  std::optional<Parsed> take(const Expected& item);
  std::optional<Parsed> take_lead();
  // What says how far it leads; null: nothing does.
  [[nodiscard]] const Parameter* lead_parameter() const;
  // Whether a lead is all so far: what follows may be a whole command.
  [[nodiscard]] bool only_lead() const;
  [[nodiscard]] From from() const;
  std::optional<Parsed> take_unnamed(const Parameter& parameter);
  std::optional<Parsed> add_input(const Parameter& parameter, const std::string& value, std::size_t position);
  // What pipes can do with the answer of the operation that was chosen.
  [[nodiscard]] Piped piped() const;
  // The operation that has all it needs.
  std::optional<Parsed> choose();

  [[nodiscard]] static Parsed ambiguous(const Token& token, const std::vector<Expected>& fitting);
  [[nodiscard]] Parsed unknown(const Token& token, const std::vector<Expected>& all) const;
  [[nodiscard]] Parsed incomplete() const;

  void suggest_here(const Token& current, const Names& names, Suggestions& result);
  void suggest_values(const Parameter& parameter, const Names& names, Suggestions& result) const;
  void suggest_words(const Names& names, Suggestions& result) const;

  const Grammar& grammar_;
  std::string_view line_;
  const Grammar::Node* node_;
  const Grammar::Node* lead_ = nullptr;  // 'top' or 'up', which may stand alone or before a command
  std::optional<Input> lead_count_;      // how far 'up' leads
  std::vector<Token> words_;
  std::size_t at_ = 0;
  std::vector<std::size_t> candidates_;  // once an input was taken; before: the node's
  const Parameter* awaiting_ = nullptr;  // its name was typed, its value is next
  const Parameter* row_ = nullptr;       // an input of many words that the walk ended in
  std::size_t row_position_ = 0;         // where its words begin
  Command command_;
};

}  // namespace sluice::command
