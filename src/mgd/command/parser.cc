#include "mgd/command/parser.h"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::command {
namespace {

std::vector<std::string> words_of(const std::vector<Expected>& items) {
  std::vector<std::string> words;
  words.reserve(items.size());
  for (const Expected& item : items) words.push_back(item.word);
  return words;
}

void add(std::vector<Expected>& list, Expected item) {
  if (std::ranges::find(list, item.word, &Expected::word) == list.end()) list.push_back(std::move(item));
}

void append_words(std::vector<std::string>& words, const Parameter& parameter) {
  const auto append = [&](std::string word) {
    if (std::ranges::find(words, word) == words.end()) words.push_back(std::move(word));
  };
  if (!parameter.bare && !parameter.words) return append(parameter.name);
  for (const Choice& choice : parameter.choices) append(choice.word);
  if (parameter.choices.empty()) append("<" + parameter.name + ">");
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// A shortened word of an enumeration, in full.
std::string completed(const Parameter& parameter, const std::string& text) {
  std::string full;
  for (const Choice& choice : parameter.choices) {
    if (choice.word == text) return text;
    if (!choice.word.starts_with(text)) continue;
    if (!full.empty()) return text;
    full = choice.word;
  }
  return full.empty() ? text : full;
}

}  // namespace

std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    text += i == 0 ? "" : i + 1 == words.size() ? " or " : ", ";
    text += words[i];
  }
  return text;
}

Error syntax_error(std::string_view what) {
  return {"unknown-element", "", fmt::format("syntax error, {}", what)};
}

Parsed Parser::parse() {
  Tokens tokens = tokenize(line_);
  if (tokens.open_quote != std::string_view::npos) return fail(tokens.open_quote, "the quote is not closed");
  const auto pipe = std::ranges::find(tokens.tokens, true, &Token::pipe);
  words_.assign(tokens.tokens.begin(), pipe);
  while (at_ < words_.size()) {
    if (auto error = step()) return std::move(*error);
  }
  if (awaiting_ != nullptr) {
    return fail(line_.size(),
                fmt::format("expecting a value of '{}': {}", awaiting_->name, allowed_values(*awaiting_)));
  }
  if (auto error = choose()) return std::move(*error);
  const std::span<const Token> rest(pipe, tokens.tokens.end());
  std::size_t position = line_.size();
  const std::size_t typed = command_.inputs.size();
  if (auto read = parse_pipes(rest, piped(), command_, position); !read) return {read.error(), position};
  for (const Input& input : std::span(command_.inputs).subspan(typed)) {
    if (grammar_.rpcs_[command_.entry]->find(input.name) != nullptr) continue;
    return fail(input.position, fmt::format("'{}' is for commands that show configuration", input.name));
  }
  return {std::move(command_), 0};
}

Parsed Parser::fail(std::size_t position, std::string_view what) const {
  return {syntax_error(what), position};
}

bool Parser::given(std::string_view name) const {
  return std::ranges::find(command_.inputs, name, &Input::name) != command_.inputs.end();
}

bool Parser::may_follow(const Parameter& parameter) const {
  const bool early = !parameter.behind.empty() && !given(parameter.behind);
  return !parameter.hidden && !early && !given(parameter.name);
}

std::vector<Expected> Parser::expected() const {
  std::vector<Expected> result;
  if (candidates_.empty()) {
    for (const auto& [word, node] : node_->words) result.push_back({word, node.help});
  }
  for (const std::size_t entry : live_entries()) {
    for (const Parameter& parameter : grammar_.rpcs_[entry]->parameters) {
      if (parameter.words || !may_follow(parameter)) continue;
      if (!parameter.bare) {
        add(result, {parameter.name, parameter.help, &parameter});
      } else {
        for (const Choice& choice : parameter.choices) add(result, {choice.word, choice.help, &parameter});
      }
    }
  }
  return result;
}

const Parameter* Parser::unnamed() const {
  for (const std::size_t entry : live_entries()) {
    for (const Parameter& parameter : grammar_.rpcs_[entry]->parameters) {
      const bool takes = parameter.words || (parameter.bare && parameter.choices.empty());
      if (takes && may_follow(parameter)) return &parameter;
    }
  }
  return nullptr;
}

std::optional<Parsed> Parser::step() {
  const Token& token = words_[at_];
  if (awaiting_ != nullptr) {
    const Parameter& parameter = *awaiting_;
    awaiting_ = nullptr;
    ++at_;
    return add_input(parameter, completed(parameter, token.text), token.position);
  }
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
  const bool is_name = fitting.size() == 1 && fitting.front().word == token.text;
  // A word that was said is that one again, though others begin so.
  if (!is_name && value_of == nullptr && is_said(token.text)) return unknown(token, all);
  if (fitting.size() > 1 && value_of == nullptr) return ambiguous(token, fitting);
  if (fitting.size() == 1 && (value_of == nullptr || is_name)) return take(fitting.front());
  if (value_of != nullptr) return take_unnamed(*value_of);
  return unknown(token, all);
}

// The choice already made among words of which `word` is one.
const Input* Parser::chosen_instead_of(std::string_view word) const {
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

bool Parser::is_said(std::string_view word) const {
  const Input* chosen = chosen_instead_of(word);
  return (!candidates_.empty() && given(word)) || (chosen != nullptr && chosen->value == word);
}

Parsed Parser::ambiguous(const Token& token, const std::vector<Expected>& fitting) {
  std::vector<Suggestion> items;
  for (const Expected& item : fitting) items.push_back({item.word, item.help});
  return {Error{"unknown-element", "", ambiguous_text(token.text, items)}, token.position};
}

Parsed Parser::unknown(const Token& token, const std::vector<Expected>& all) const {
  if (is_said(token.text)) return fail(token.position, fmt::format("'{}' is given twice", token.text));
  if (const Input* other = chosen_instead_of(token.text)) {
    return fail(token.position, fmt::format("'{}' and '{}' exclude each other", other->value, token.text));
  }
  if (all.empty())
    return fail(token.position, fmt::format("expecting the end of the command, not '{}'", token.text));
  const std::string words = listed(words_of(all));
  if (at_ == 0) {
    return {
        Error{"unknown-element", "", fmt::format("unknown command '{}', expecting {}", token.text, words)},
        token.position};
  }
  return fail(token.position, fmt::format("expecting {}, not '{}'", words, token.text));
}

std::optional<Parsed> Parser::take(const Expected& item) {
  const Token& token = words_[at_++];
  if (item.parameter == nullptr) {
    node_ = &node_->words.find(item.word)->second;
    if (!node_->continues) return std::nullopt;
    if (*node_->continues == Mode::configuration) return take_lead();
    node_ = &grammar_.root(*node_->continues);
    return std::nullopt;
  }
  const Parameter& parameter = *item.parameter;
  if (parameter.flag) return add_input(parameter, "", token.position);
  if (parameter.bare) return add_input(parameter, item.word, token.position);
  awaiting_ = &parameter;
  return std::nullopt;
}

std::optional<Parsed> Parser::take_lead() {
  lead_ = node_;
  lead_count_.reset();
  node_ = &grammar_.root(Mode::configuration);
  const Parameter* count = lead_parameter();
  if (count == nullptr || at_ == words_.size() || !is_number(words_[at_].text)) return std::nullopt;
  const Token& token = words_[at_++];
  auto valid = grammar_.schema_->check_value(*count, token.text);
  if (!valid) return fail(token.position, valid.error().message);
  lead_count_ = Input{count->name, std::move(*valid), token.position};
  return std::nullopt;
}

const Parameter* Parser::lead_parameter() const {
  const std::vector<Parameter>& parameters = grammar_.rpcs_[lead_->entries.front()]->parameters;
  return parameters.empty() ? nullptr : &parameters.front();
}

bool Parser::only_lead() const {
  return lead_ != nullptr && node_ == &grammar_.root(Mode::configuration);
}

From Parser::from() const {
  if (lead_ == nullptr) return {};
  if (lead_parameter() == nullptr) return {0, true};
  return {lead_count_ ? std::stoull(lead_count_->value) : 1, false};
}

// A row of words stays as it was typed, quotes and all: it is read by the rules of what it holds.
std::optional<Parsed> Parser::take_unnamed(const Parameter& parameter) {
  const Token& first = words_[at_++];
  if (!parameter.words) return add_input(parameter, first.text, first.position);
  row_ = &parameter;
  row_position_ = first.position;
  at_ = words_.size();
  const std::size_t end = words_.back().end;
  return add_input(parameter, std::string(line_.substr(first.position, end - first.position)),
                   first.position);
}

std::optional<Parsed> Parser::add_input(const Parameter& parameter, const std::string& value,
                                        std::size_t position) {
  auto valid = grammar_.schema_->check_value(parameter, value);
  if (!valid) {
    return Parsed{Error{valid.error().tag, "", "syntax error, " + valid.error().message}, position};
  }
  std::vector<std::size_t> kept;
  for (const std::size_t entry : live_entries()) {
    if (grammar_.rpcs_[entry]->find(parameter.name) != nullptr) kept.push_back(entry);
  }
  candidates_ = std::move(kept);
  if (parameter.destination) command_.destination = {Destination::Kind::save, *valid};
  command_.inputs.push_back({parameter.name, std::move(*valid), position});
  return std::nullopt;
}

std::optional<Parsed> Parser::choose() {
  if (only_lead()) {
    node_ = lead_;
    if (lead_count_) command_.inputs.push_back(*lead_count_);
  } else {
    command_.from = from();
  }
  for (const std::size_t entry : live_entries()) {
    const Rpc& rpc = *grammar_.rpcs_[entry];
    bool complete = Grammar::has_enough(rpc, command_.inputs);
    for (const Parameter& parameter : rpc.parameters) {
      complete = complete && (!parameter.mandatory || given(parameter.name));
    }
    if (complete) {
      command_.entry = entry;
      return std::nullopt;
    }
  }
  return incomplete();
}

Piped Parser::piped() const {
  return {grammar_.table_[command_.entry].configuration,
          grammar_.rpcs_[command_.entry]->find("compare") != nullptr};
}

Parsed Parser::incomplete() const {
  std::vector<std::string> missing;
  for (const auto& [word, node] : node_->words) {
    if (candidates_.empty()) missing.push_back(word);
  }
  for (const std::size_t entry : live_entries()) {
    for (const Parameter& parameter : grammar_.rpcs_[entry]->parameters) {
      const bool wanted = parameter.mandatory || grammar_.rpcs_[entry]->needs_input;
      if (wanted && !parameter.hidden && !given(parameter.name)) append_words(missing, parameter);
    }
  }
  return fail(line_.size(), "expecting " + listed(missing));
}

Suggestions Parser::complete(const Names& names) {
  Suggestions result;
  Tokens tokens = tokenize(line_);
  result.position = line_.size();
  if (tokens.open_quote != std::string_view::npos) {
    result.position = tokens.open_quote;
    return result;
  }
  Token current{"", line_.size(), line_.size(), false};
  if (!tokens.tokens.empty() && tokens.tokens.back().end == line_.size() && !tokens.tokens.back().pipe) {
    current = std::move(tokens.tokens.back());
    tokens.tokens.pop_back();
  }
  result.position = current.position;
  const auto pipe = std::ranges::find(tokens.tokens, true, &Token::pipe);
  words_.assign(tokens.tokens.begin(), pipe);
  const auto refuse = [&](const Parsed& parsed) {
    result.error = parsed.command.error();
    result.error_position = parsed.error_position;
    return result;
  };
  while (at_ < words_.size()) {
    if (auto error = step()) return refuse(*error);
  }
  if (pipe != tokens.tokens.end()) {
    if (auto error = choose()) return refuse(*error);
    suggest_pipes({pipe, tokens.tokens.end()}, current, piped(), result);
  } else {
    suggest_here(current, names, result);
  }
  return result;
}

void Parser::suggest_here(const Token& current, const Names& names, Suggestions& result) {
  const Parameter* value_of = awaiting_ != nullptr ? awaiting_ : unnamed();
  const std::vector<Expected> all = awaiting_ != nullptr ? std::vector<Expected>() : expected();
  if (row_ == nullptr && value_of != nullptr && value_of->words && awaiting_ == nullptr) {
    row_ = value_of;
    row_position_ = current.position;
  }
  for (const Expected& item : all) result.items.push_back({item.word, item.help});
  if (only_lead() && !lead_count_) value_of = lead_parameter();
  if (row_ == nullptr && value_of != nullptr) suggest_values(*value_of, names, result);
  std::erase_if(result.items, [&](const Suggestion& item) {
    return !stands_for_value(item) && !item.text.starts_with(current.text);
  });
  if (row_ != nullptr) suggest_words(names, result);
  if (result.items.empty() && !result.error && !current.text.empty() && row_ == nullptr) {
    const Parsed wrong = unknown(current, all);
    result.error = wrong.command.error();
    result.error_position = current.position;
  }
  // Numbers in the order of numbers.
  std::ranges::stable_sort(result.items, [](const Suggestion& a, const Suggestion& b) {
    const bool longer = is_number(a.text) && is_number(b.text) && a.text.size() != b.text.size();
    return longer ? a.text.size() < b.text.size() : a.text < b.text;
  });
  if (current.text.empty() && awaiting_ == nullptr && result.complete && !result.error && !choose()) {
    result.items.insert(result.items.begin(),
                        {std::string(kEnter), "Execute this command", Suggestion::Kind::placeholder});
    result.items.push_back({"|", "Pipe through a command", Suggestion::Kind::placeholder});
  }
}

void Parser::suggest_values(const Parameter& parameter, const Names& names, Suggestions& result) const {
  for (const Choice& choice : parameter.known) result.items.push_back({choice.word, choice.help});
  if (!parameter.names.empty()) {
    for (Suggestion& name : names.of(parameter.names)) result.items.push_back(std::move(name));
  }
  if (!parameter.choices.empty()) return;
  const std::string bounds = value_bounds(parameter);
  result.items.push_back({"<" + parameter.name + ">",
                          bounds.empty() ? parameter.help : fmt::format("{} {}", parameter.help, bounds),
                          parameter.file ? Suggestion::Kind::file : Suggestion::Kind::placeholder});
}

void Parser::suggest_words(const Names& names, Suggestions& result) const {
  Suggestions inner = names.words(row_->names, line_.substr(row_position_), from());
  result.position = row_position_ + inner.position;
  result.complete = inner.complete;
  for (Suggestion& item : inner.items) result.items.push_back(std::move(item));
  if (inner.error) {
    result.error = Error{inner.error->tag, "", "syntax error, " + inner.error->message};
    result.error_position = row_position_ + inner.error_position;
  }
}

}  // namespace sluice::command
