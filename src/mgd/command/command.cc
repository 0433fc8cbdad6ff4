#include "mgd/command/command.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "mgd/command/parser.h"
#include "mgd/command/token.h"

namespace sluice::command {

Result<Grammar> Grammar::build(const RpcSchema& schema, std::span<const Entry> table) {
  Grammar grammar(schema);
  for (std::size_t i = 0; i < table.size(); ++i) {
    const Rpc* rpc = schema.find(table[i].rpc);
    if (rpc == nullptr) {
      return Error{"operation-failed", std::string(table[i].rpc), "no YANG module has this rpc"};
    }
    grammar.add(i, table[i], *rpc);
  }
  return grammar;
}

void Grammar::add(std::size_t index, const Entry& entry, const Rpc& rpc) {
  table_.push_back(entry);
  rpcs_.push_back(&rpc);
  if (entry.words.empty()) return;  // for programs only
  Node* node = &roots_[static_cast<std::size_t>(entry.mode)];
  const std::vector<Token> tokens = tokenize(entry.words).tokens;
  std::string words;
  for (const Token& word : tokens) {
    words += (words.empty() ? "" : " ") + word.text;
    node = &node->words[word.text];
    // What a whole command of configuration mode does its rpc says, and not the words of the other mode.
    const bool leads = entry.mode == Mode::operational || &word != &tokens.back();
    if (node->help.empty() && leads) node->help = schema_->words_help(words);
  }
  if (node->help.empty()) node->help = rpc.help;
  if (!rpc.continues.empty()) {
    node->continues = rpc.continues == "configuration" ? Mode::configuration : Mode::operational;
  }
  node->entries.push_back(index);
}

bool Grammar::leads(std::string_view first, std::string_view second) const {
  const auto& words = root(Mode::operational).words;
  const auto at = words.find(first);
  const auto goes_on = [&](const auto& word) { return word.first.starts_with(second); };
  return at != words.end() && std::ranges::any_of(at->second.words, goes_on);
}

// Who types a command of configuration mode outside of it is told so, unless it is one that shows (its words
// could be any) or two words of it, as "set cli", are of this mode.
Parsed Grammar::parse(std::string_view line, Mode mode) const {
  Parsed parsed = Parser(*this, line, mode).parse();
  if (parsed.command || mode == Mode::configuration) return parsed;
  const std::vector<Token> words = tokenize(line).tokens;
  if (words.size() > 1 && leads(words[0].text, words[1].text)) return parsed;
  const Parsed there = Parser(*this, line, Mode::configuration).parse();
  if (!there.command || table_[there.command->entry].configuration) return parsed;
  return {Error{"unknown-element", "",
                fmt::format("syntax error, '{}' is a command of configuration mode, which 'configure' begins",
                            table_[there.command->entry].words)},
          words.front().position};
}

Suggestions Grammar::complete(std::string_view line, const Names& names, Mode mode) const {
  return Parser(*this, line, mode).complete(names);
}

std::vector<std::string> Grammar::apropos(std::string_view text, Mode mode) const {
  std::vector<std::string> found;
  const auto look = [&](std::string words, std::string_view help) {
    if (holds_text(words, text) || holds_text(help, text))
      found.push_back(fmt::format("{}\n    {}", words, help));
  };
  for (std::size_t i = 0; i < table_.size(); ++i) {
    if (table_[i].mode != mode) continue;
    look(std::string(table_[i].words), rpcs_[i]->help);
    for (const Parameter& parameter : rpcs_[i]->parameters) {
      if (!parameter.hidden && !parameter.bare && !parameter.words) {
        look(fmt::format("{} {}", table_[i].words, parameter.name), parameter.help);
      }
    }
  }
  return found;
}

bool Grammar::has_enough(const Rpc& rpc, const std::vector<Input>& inputs) {
  return !rpc.needs_input || std::ranges::any_of(inputs, [&](const Input& input) {
    const Parameter* parameter = rpc.find(input.name);
    return parameter != nullptr && !parameter->hidden;
  });
}

std::string_view Grammar::permission(std::string_view rpc) const {
  return schema_->find(rpc)->permission;
}

const Parameter* Grammar::row(std::string_view rpc) const {
  const std::vector<Parameter>& parameters = schema_->find(rpc)->parameters;
  const auto row = std::ranges::find(parameters, true, &Parameter::words);
  return row == parameters.end() ? nullptr : &*row;
}

std::string Grammar::spelled(const Entry& entry, const std::vector<Input>& inputs) const {
  const Rpc& rpc = *schema_->find(entry.rpc);
  if (entry.words.empty()) return rpc.stands_for.empty() ? rpc.name : rpc.stands_for;
  std::string line(entry.words);
  for (const Parameter& parameter : rpc.parameters) {
    const auto given = std::ranges::find(inputs, parameter.name, &Input::name);
    if (given == inputs.end() || parameter.hidden) continue;
    if (!parameter.bare && !parameter.words) line += ' ' + parameter.name;
    if (!parameter.flag) line += ' ' + given->value;
  }
  return line;
}

Status Grammar::check_inputs(const Rpc& rpc, std::vector<Input>& inputs) const {
  for (Input& input : inputs) {
    const Parameter* parameter = rpc.find(input.name);
    if (parameter == nullptr) {
      return Error{"unknown-element", input.name, fmt::format("'{}' has no input '{}'", rpc.name, input.name),
                   input.name};
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
  if (!has_enough(rpc, inputs)) {
    return Error{"missing-element", rpc.name, fmt::format("'{}' needs at least one input", rpc.name)};
  }
  return {};
}

}  // namespace sluice::command
