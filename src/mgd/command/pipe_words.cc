#include "mgd/command/pipe_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace sluice::command {
namespace {

struct Word {
  std::string_view text;
  std::optional<PipeKind> kind;  // none: display
};
constexpr Word kWords[] = {{"count", PipeKind::count},    {"display", std::nullopt},
                           {"except", PipeKind::except},  {"find", PipeKind::find},
                           {"last", PipeKind::last},      {"match", PipeKind::match},
                           {"no-more", PipeKind::no_more}};

struct DisplayWord {
  std::string_view text;
  Display display;
};
constexpr DisplayWord kDisplays[] = {{"json", Display::json}, {"set", Display::set}, {"xml", Display::xml}};

// The only entry whose word begins with `text`; exact words win.
template <class Table>
auto lookup(const Table& table, std::string_view text) -> decltype(&table[0]) {
  decltype(&table[0]) found = nullptr;
  for (const auto& entry : table) {
    if (entry.text == text) return &entry;
    if (text.empty() || !entry.text.starts_with(text)) continue;
    if (found != nullptr) return nullptr;
    found = &entry;
  }
  return found;
}

Error pipe_error(std::string what) {
  return {"unknown-element", "", "syntax error: " + std::move(what)};
}

Status parse_display(const Token& word, Command& command) {
  const DisplayWord* display = lookup(kDisplays, word.text);
  if (display == nullptr) {
    return pipe_error(fmt::format("'{}' is not known here; expecting json, set or xml", word.text));
  }
  command.display = display->display;
  command.display_given = true;
  return {};
}

// One pipe: tokens[0] is its word, and what follows are its arguments.
Status parse_one(std::span<const Token> tokens, Command& command, std::size_t& position) {
  const Word* word = lookup(kWords, tokens[0].text);
  if (word == nullptr) {
    return pipe_error(fmt::format(
        "'{}' is not a pipe command; expecting count, display, except, find, last, match or no-more",
        tokens[0].text));
  }
  const bool takes_value = word->kind != PipeKind::count && word->kind != PipeKind::no_more;
  if (tokens.size() > (takes_value ? 2U : 1U)) {
    position = tokens[takes_value ? 2 : 1].position;
    return pipe_error(
        fmt::format("'{}' is not expected after '{}'", tokens[takes_value ? 2 : 1].text, word->text));
  }
  if (takes_value && tokens.size() < 2) {
    return pipe_error(fmt::format("'{}' needs a value behind it", word->text));
  }
  if (takes_value) position = tokens[1].position;
  if (!word->kind) return parse_display(tokens[1], command);
  Pipe pipe{*word->kind, takes_value ? tokens[1].text : "", 0};
  if (pipe.kind == PipeKind::last) {
    const std::string& text = tokens[1].text;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), pipe.lines);
    if (failure != std::errc{} || end != text.data() + text.size() || pipe.lines == 0) {
      return pipe_error(fmt::format("'{}' is not valid for 'last': a number of lines, from 1", text));
    }
  }
  command.pipes.push_back(std::move(pipe));
  return {};
}

}  // namespace

Status parse_pipes(std::span<const Token> tokens, Command& command, std::size_t& position) {
  const std::size_t line_end = position;
  while (!tokens.empty()) {
    tokens = tokens.subspan(1);  // the '|'
    const auto next = std::ranges::find(tokens, true, &Token::pipe);
    const std::span<const Token> one(tokens.begin(), next);
    position = one.empty() ? line_end : one[0].position;
    if (one.empty()) {
      return pipe_error(
          "a pipe needs a command behind it: count, display, except, find, last, match or no-more");
    }
    if (auto parsed = parse_one(one, command, position); !parsed) return parsed;
    tokens = tokens.subspan(one.size());
  }
  return {};
}

}  // namespace sluice::command
