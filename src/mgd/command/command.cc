#include "mgd/command/command.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "mgd/command/pipe_words.h"
#include "mgd/command/token.h"

namespace sluice::command {
namespace {

Error syntax_error(std::string_view what) {
  return {"unknown-element", "", fmt::format("syntax error: {}", what)};
}

// "'a', 'b' or 'c'"
std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    text += i == 0 ? "" : i + 1 == words.size() ? " or " : ", ";
    text += words[i];
  }
  return text;
}

}  // namespace

// One word that could come next, and what it would be.
struct Expected {
  std::string word;
  const Parameter* parameter = nullptr;  // null: a word of the command itself
};

// Walks the line once. `candidates_` are the operations that all words so far fit.
class Parser {
 public:
  Parser(const Grammar& grammar, std::string_view line)
      : grammar_(grammar), line_(line), node_(&grammar.root_) {}

  Parsed parse() {
    Tokens tokens = tokenize(line_);
    if (tokens.open_quote != std::string_view::npos)
      return fail(tokens.open_quote, "the quote is not closed");
    const auto pipe = std::ranges::find(tokens.tokens, true, &Token::pipe);
    words_.assign(tokens.tokens.begin(), pipe);
    for (at_ = 0; at_ < words_.size();) {
      if (auto error = step()) return std::move(*error);
    }
    if (auto error = choose()) return std::move(*error);
    const std::span<const Token> rest(pipe, tokens.tokens.end());
    std::size_t position = line_.size();
    if (auto piped = parse_pipes(rest, command_, position); !piped) return {piped.error(), position};
    return {std::move(command_), 0};
  }

 private:
  Parsed fail(std::size_t position, std::string_view what) const { return {syntax_error(what), position}; }

  [[nodiscard]] bool given(std::string_view name) const {
    return std::ranges::find(command_.inputs, name, &Input::name) != command_.inputs.end();
  }

  // Everything that may be typed next as a word of its own.
  [[nodiscard]] std::vector<Expected> expected() const {
    std::vector<Expected> result;
    if (candidates_.empty()) {
      for (const auto& [word, node] : node_->words) result.push_back({word});
    }
    for (const std::size_t entry : live_entries()) {
      for (const Parameter& parameter : grammar_.rpcs_[entry]->parameters) {
        if (parameter.hidden || parameter.words || given(parameter.name)) continue;
        if (!parameter.bare) {
          add(result, {parameter.name, &parameter});
        } else {
          for (const Choice& choice : parameter.choices) add(result, {choice.word, &parameter});
        }
      }
    }
    return result;
  }

  static void add(std::vector<Expected>& list, Expected item) {
    if (std::ranges::find(list, item.word, &Expected::word) == list.end()) list.push_back(std::move(item));
  }

  [[nodiscard]] const std::vector<std::size_t>& live_entries() const {
    return candidates_.empty() ? node_->entries : candidates_;
  }

  // A parameter that takes the next word as its value, without a name before it.
  [[nodiscard]] const Parameter* unnamed() const {
    for (const std::size_t entry : live_entries()) {
      for (const Parameter& parameter : grammar_.rpcs_[entry]->parameters) {
        const bool takes = parameter.words || (parameter.bare && parameter.choices.empty());
        if (takes && !parameter.hidden && !given(parameter.name)) return &parameter;
      }
    }
    return nullptr;
  }

  std::optional<Parsed> step() {
    const Token& token = words_[at_];
    const std::vector<Expected> all = expected();
    std::vector<Expected> fitting;
    for (const Expected& item : all) {
      if (item.word == token.text) {
        fitting = {item};
        break;
      }
      if (!token.text.empty() && item.word.starts_with(token.text)) fitting.push_back(item);
    }
    const Parameter* value_of = unnamed();
    if (fitting.size() > 1 && value_of == nullptr) return ambiguous(token, fitting);
    if (fitting.size() == 1 && (value_of == nullptr || fitting.front().word == token.text))
      return take(fitting.front());
    if (value_of != nullptr) return take_unnamed(*value_of);
    return unknown(token, all);
  }

  // The choice already made among words of which `word` is one.
  [[nodiscard]] const Input* chosen_instead_of(std::string_view word) const {
    for (const Input& input : command_.inputs) {
      for (const std::size_t entry : candidates_) {
        const Parameter* parameter = grammar_.rpcs_[entry]->find(input.name);
        if (parameter == nullptr || !parameter->bare) continue;
        if (std::ranges::find(parameter->choices, word, &Choice::word) != parameter->choices.end()) {
          return &input;
        }
      }
    }
    return nullptr;
  }

  std::optional<Parsed> ambiguous(const Token& token, const std::vector<Expected>& fitting) const {
    std::vector<std::string> words;
    for (const Expected& item : fitting) words.push_back(item.word);
    return fail(token.position, fmt::format("'{}' is ambiguous: {}", token.text, listed(words)));
  }

  std::optional<Parsed> unknown(const Token& token, const std::vector<Expected>& all) const {
    const bool repeated = !candidates_.empty() && given(token.text);
    if (repeated) return fail(token.position, fmt::format("'{}' is given twice", token.text));
    if (const Input* other = chosen_instead_of(token.text)) {
      if (other->value == token.text)
        return fail(token.position, fmt::format("'{}' is given twice", token.text));
      return fail(token.position, fmt::format("'{}' and '{}' exclude each other", other->value, token.text));
    }
    if (all.empty())
      return fail(token.position,
                  fmt::format("'{}' is not expected: the command is complete before it", token.text));
    std::vector<std::string> words;
    words.reserve(all.size());
    for (const Expected& item : all) words.push_back(item.word);
    return fail(token.position,
                fmt::format("'{}' is not known here; expecting {}", token.text, listed(words)));
  }

  std::optional<Parsed> take(const Expected& item) {
    const Token& token = words_[at_++];
    if (item.parameter == nullptr) {
      node_ = &node_->words.find(item.word)->second;
      return std::nullopt;
    }
    const Parameter& parameter = *item.parameter;
    if (parameter.flag) return add_input(parameter, "", token.position);
    if (parameter.bare) return add_input(parameter, item.word, token.position);
    if (at_ == words_.size()) {
      return fail(line_.size(),
                  fmt::format("'{}' needs a value: {}", parameter.name, allowed_values(parameter)));
    }
    const Token& value = words_[at_++];
    return add_input(parameter, completed(parameter, value.text), value.position);
  }

  std::optional<Parsed> take_unnamed(const Parameter& parameter) {
    const Token& first = words_[at_];
    std::string value = words_[at_++].text;
    while (parameter.words && at_ < words_.size()) value += ' ' + words_[at_++].text;
    return add_input(parameter, value, first.position);
  }

  // A shortened word of an enumeration, in full.
  static std::string completed(const Parameter& parameter, const std::string& text) {
    std::string full;
    for (const Choice& choice : parameter.choices) {
      if (choice.word == text) return text;
      if (!choice.word.starts_with(text)) continue;
      if (!full.empty()) return text;
      full = choice.word;
    }
    return full.empty() ? text : full;
  }

  std::optional<Parsed> add_input(const Parameter& parameter, const std::string& value,
                                  std::size_t position) {
    auto valid = grammar_.schema_->check_value(parameter, value);
    if (!valid) {
      return Parsed{Error{valid.error().tag, "", "syntax error: " + valid.error().message}, position};
    }
    std::vector<std::size_t> kept;
    for (const std::size_t entry : live_entries()) {
      if (grammar_.rpcs_[entry]->find(parameter.name) != nullptr) kept.push_back(entry);
    }
    candidates_ = std::move(kept);
    command_.inputs.push_back({parameter.name, std::move(*valid), position});
    return std::nullopt;
  }

  // The operation that has all it needs.
  std::optional<Parsed> choose() {
    std::vector<std::string> missing;
    for (const std::size_t entry : live_entries()) {
      const Rpc& rpc = *grammar_.rpcs_[entry];
      bool complete = !rpc.needs_input || !command_.inputs.empty();
      for (const Parameter& parameter : rpc.parameters) {
        complete = complete && (!parameter.mandatory || given(parameter.name));
      }
      if (complete) {
        command_.entry = entry;
        return std::nullopt;
      }
    }
    for (const auto& [word, node] : node_->words) {
      if (candidates_.empty()) missing.push_back(word);
    }
    for (const std::size_t entry : live_entries()) {
      for (const Parameter& parameter : grammar_.rpcs_[entry]->parameters) {
        const bool wanted = parameter.mandatory || grammar_.rpcs_[entry]->needs_input;
        if (wanted && !parameter.hidden && !given(parameter.name)) append_words(missing, parameter);
      }
    }
    if (words_.empty()) return fail(line_.size(), "no command; expecting " + listed(missing));
    return fail(line_.size(), "the command is incomplete; expecting " + listed(missing));
  }

  static void append_words(std::vector<std::string>& words, const Parameter& parameter) {
    if (!parameter.bare) return words.push_back(parameter.name);
    for (const Choice& choice : parameter.choices) words.push_back(choice.word);
    if (parameter.choices.empty()) words.push_back("<" + parameter.name + ">");
  }

  const Grammar& grammar_;
  std::string_view line_;
  const Grammar::Node* node_;
  std::vector<Token> words_;
  std::size_t at_ = 0;
  std::vector<std::size_t> candidates_;  // once an input was taken; before: the node's
  Command command_;
};

Result<Grammar> Grammar::build(const RpcSchema& schema, std::span<const Entry> table) {
  Grammar grammar(schema);
  for (std::size_t i = 0; i < table.size(); ++i) {
    const Rpc* rpc = schema.find(table[i].rpc);
    if (rpc == nullptr) {
      return Error{"operation-failed", std::string(table[i].rpc), "no YANG module has this rpc"};
    }
    grammar.rpcs_.push_back(rpc);
    if (table[i].words.empty()) continue;  // for programs only
    Node* node = &grammar.root_;
    for (const Token& word : tokenize(table[i].words).tokens) node = &node->words[word.text];
    node->entries.push_back(i);
  }
  return grammar;
}

Parsed Grammar::parse(std::string_view line) const {
  return Parser(*this, line).parse();
}

Status Grammar::check_inputs(const Rpc& rpc, std::vector<Input>& inputs) const {
  for (Input& input : inputs) {
    const Parameter* parameter = rpc.find(input.name);
    if (parameter == nullptr) {
      return Error{"unknown-element", input.name,
                   fmt::format("'{}' has no input '{}'", rpc.name, input.name)};
    }
    auto valid = schema_->check_value(*parameter, input.value);
    if (!valid) return valid.error();
    input.value = std::move(*valid);
    const auto same = [&](const Input& other) { return other.name == input.name; };
    if (std::ranges::count_if(inputs, same) > 1) {
      return Error{"invalid-value", input.name, fmt::format("'{}' is given twice", input.name)};
    }
  }
  for (const Parameter& parameter : rpc.parameters) {
    if (parameter.mandatory && std::ranges::find(inputs, parameter.name, &Input::name) == inputs.end()) {
      return Error{"missing-element", parameter.name,
                   fmt::format("'{}' needs '{}'", rpc.name, parameter.name)};
    }
  }
  if (rpc.needs_input && inputs.empty()) {
    return Error{"missing-element", rpc.name, fmt::format("'{}' needs at least one input", rpc.name)};
  }
  return {};
}

}  // namespace sluice::command
