#include "mgd/command/pipe_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "mgd/command/parser.h"

namespace sluice::command {
namespace {

// What stands behind a pipe's word.
enum class Argument { none, pattern, lines, columns, file, display, rollback };

struct Word {
  std::string_view text;
  Argument argument;
  std::optional<PipeKind> kind;  // none: not a line filter
  std::string_view help;
};
constexpr Word kWords[] = {
    {"append", Argument::file, std::nullopt, "Append the output to a file"},
    {"compare", Argument::rollback, std::nullopt, "Show what differs from another configuration"},
    {"count", Argument::none, PipeKind::count, "Count the lines"},
    {"display", Argument::display, std::nullopt, "Show in another form"},
    {"except", Argument::pattern, PipeKind::except, "Show only lines that do not match a pattern"},
    {"find", Argument::pattern, PipeKind::find, "Show from the first line that matches a pattern"},
    {"last", Argument::lines, PipeKind::last, "Show only the last lines"},
    {"match", Argument::pattern, PipeKind::match, "Show only lines that match a pattern"},
    {"no-more", Argument::none, PipeKind::no_more, "Show without pauses"},
    {"save", Argument::file, std::nullopt, "Save the output in a file"},
    {"trim", Argument::columns, PipeKind::trim, "Leave out the first columns of each line"}};

struct DisplayWord {
  std::string_view text;
  Display display;
  std::string_view help;
};
constexpr DisplayWord kDisplays[] = {
    {"json", Display::json, "Show as JSON"},
    {"omit", Display::text, "Show without statements that are marked so; none are"},
    {"set", Display::set, "Show configuration as set commands"},
    {"xml", Display::xml, "Show as XML"}};

constexpr std::string_view kRpc = "rpc";
constexpr std::string_view kRollback = "rollback";
constexpr std::size_t kLastRollback = 49;

template <class Table>
std::string all_words(const Table& table) {
  std::vector<std::string> words;
  for (const auto& entry : table) words.emplace_back(entry.text);
  return listed(words);
}

bool goes_with(const Word& word, Piped piped) {
  return word.argument != Argument::rollback || piped.compares;
}
bool goes_with(const DisplayWord& word, Piped piped) {
  return (word.text != "set" && word.text != "omit") || piped.configuration;
}

// The only entry whose word begins with `text`; exact words win.
template <class Table>
auto lookup(const Table& table, std::string_view text, Piped piped) -> Result<decltype(&table[0])> {
  decltype(&table[0]) found = nullptr;
  const auto may_mean = [&](const auto& entry) {
    return !text.empty() && entry.text.starts_with(text) && goes_with(entry, piped);
  };
  for (const auto& entry : table) {
    if (entry.text == text) return &entry;
    if (may_mean(entry)) found = &entry;
  }
  if (found == nullptr) return syntax_error(fmt::format("expecting {}, not '{}'", all_words(table), text));
  std::vector<Suggestion> fitting;
  for (const auto& entry : table) {
    if (may_mean(entry)) fitting.push_back({std::string(entry.text), std::string(entry.help)});
  }
  if (fitting.size() > 1) return Error{"unknown-element", "", ambiguous_text(text, fitting)};
  return found;
}

std::optional<std::size_t> number(const std::string& text) {
  std::size_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// One pipe: its word and what stands behind it.
class PipeReader {
 public:
  PipeReader(std::span<const Token> tokens, Piped piped, Command& command, std::size_t& position)
      : tokens_(tokens), piped_(piped), command_(command), position_(position) {}

  Status read() {
    const auto found = lookup(kWords, tokens_[0].text, piped_);
    position_ = tokens_[0].position;
    if (!found) return found.error();
    const Word* word = *found;
    if (command_.destination.kind != Destination::Kind::screen) {
      return syntax_error(fmt::format("nothing can follow '| {}'", destination_word()));
    }
    const bool optional = word->argument == Argument::none || word->argument == Argument::rollback ||
                          word->argument == Argument::lines;
    if (!optional && tokens_.size() < 2) {
      return syntax_error(fmt::format("'{}' needs a value behind it", word->text));
    }
    if (auto taken = argument(*word); !taken) return taken;
    if (tokens_.size() <= used_) return {};
    position_ = tokens_[used_].position;
    return syntax_error(fmt::format("'{}' is not expected after '{}'", tokens_[used_].text, word->text));
  }

 private:
  [[nodiscard]] std::string_view destination_word() const {
    return command_.destination.kind == Destination::Kind::save ? "save" : "append";
  }

  Status argument(const Word& word) {
    used_ = 2;
    if (tokens_.size() > 1) position_ = tokens_[1].position;
    switch (word.argument) {
      case Argument::none:
        used_ = 1;
        command_.pipes.push_back({*word.kind, "", 0});
        return {};
      case Argument::pattern:
        command_.pipes.push_back({*word.kind, tokens_[1].text, 0});
        return {};
      case Argument::lines:
        if (tokens_.size() > 1) return count_of(word, 1);
        used_ = 1;
        command_.pipes.push_back({*word.kind, "", 0});
        return {};
      case Argument::columns:
        return count_of(word, 0);
      case Argument::file:
        command_.destination = {word.text == "save" ? Destination::Kind::save : Destination::Kind::append,
                                tokens_[1].text};
        return {};
      case Argument::display:
        return display();
      case Argument::rollback:
        break;
    }
    return compare();
  }

  Status count_of(const Word& word, std::size_t least) {
    const auto count = number(tokens_[1].text);
    if (!count || *count < least) {
      return syntax_error(fmt::format("'{}' is not valid for '{}': a number of {}, from {}", tokens_[1].text,
                                      word.text, word.argument == Argument::lines ? "lines" : "columns",
                                      least));
    }
    command_.pipes.push_back({*word.kind, "", *count});
    return {};
  }

  Status display() {
    const auto display = lookup(kDisplays, tokens_[1].text, piped_);
    if (!display) return display.error();
    command_.display = (*display)->display;
    command_.display_given = true;
    if (command_.display == Display::xml && tokens_.size() > 2 && tokens_[2].text == kRpc) {
      command_.display = Display::rpc;
      used_ = 3;
    }
    return {};
  }

  // The operation compares; which one can, is the parser's to say.
  Status compare() {
    if (std::ranges::find(command_.inputs, "compare", &Input::name) != command_.inputs.end()) {
      position_ = tokens_[0].position;
      return syntax_error("'compare' is given twice");
    }
    used_ = 1;
    std::string rollback = "0";
    if (tokens_.size() > 1 && !tokens_[1].text.empty() && kRollback.starts_with(tokens_[1].text)) {
      used_ = 3;
      const auto given = tokens_.size() > 2 ? number(tokens_[2].text) : std::nullopt;
      if (tokens_.size() > 2) position_ = tokens_[2].position;
      if (!given || *given > kLastRollback) {
        return syntax_error(fmt::format("'rollback' needs a number 0 to {}", kLastRollback));
      }
      rollback = tokens_[2].text;
    }
    command_.inputs.push_back({"compare", std::string(kRollback), tokens_[0].position});
    command_.inputs.push_back({std::string(kRollback), rollback, tokens_[0].position});
    return {};
  }

  std::span<const Token> tokens_;
  Piped piped_;
  Command& command_;
  std::size_t& position_;
  std::size_t used_ = 0;
};

Suggestion placeholder(std::string_view text, std::string_view help) {
  return {std::string(text), std::string(help), Suggestion::Kind::placeholder};
}

template <class Table>
void suggest_words(const Table& table, Piped piped, Suggestions& result) {
  for (const auto& entry : table) {
    if (goes_with(entry, piped)) result.items.push_back({std::string(entry.text), std::string(entry.help)});
  }
}

void suggest_end(Suggestions& result) {
  result.items.push_back(placeholder(kEnter, "Execute this command"));
  result.items.push_back({"|", "Pipe through a command", Suggestion::Kind::placeholder});
}

// What may follow a pipe's word and its arguments so far.
void suggest_argument(const Word& word, std::span<const Token> arguments, Piped piped, Suggestions& result) {
  switch (word.argument) {
    case Argument::pattern:
      if (!arguments.empty()) break;
      return result.items.push_back(
          placeholder("<pattern>", "Regular expression, of which case does not matter"));
    case Argument::lines:
      suggest_end(result);
      if (!arguments.empty()) return;
      result.items.insert(result.items.begin() + 1,
                          placeholder("<lines>", "Number of lines (1..); without it, a screenful"));
      return;
    case Argument::columns:
      if (!arguments.empty()) break;
      return result.items.push_back(placeholder("<columns>", "Number of columns (0..)"));
    case Argument::file:
      if (!arguments.empty()) return result.items.push_back(placeholder(kEnter, "Execute this command"));
      return result.items.push_back({"<file>", "Name of a file", Suggestion::Kind::file});
    case Argument::display:
      if (arguments.empty()) return suggest_words(kDisplays, piped, result);
      suggest_end(result);
      if (arguments.size() == 1 && arguments[0].text == "xml") {
        result.items.push_back({std::string(kRpc), "Show the request instead of its answer"});
      }
      return;
    case Argument::rollback:
      if (arguments.size() == 1) return result.items.push_back(placeholder("<number>", "Rollback (0..49)"));
      if (arguments.empty()) {
        result.items.push_back({std::string(kRollback), "Compare with a configuration committed before"});
      }
      break;
    case Argument::none:
      break;
  }
  suggest_end(result);
}

}  // namespace

Status parse_pipes(std::span<const Token> tokens, Piped piped, Command& command, std::size_t& position) {
  const std::size_t line_end = position;
  while (!tokens.empty()) {
    tokens = tokens.subspan(1);  // the '|'
    const auto next = std::ranges::find(tokens, true, &Token::pipe);
    const std::span<const Token> one(tokens.begin(), next);
    position = line_end;
    if (one.empty()) return syntax_error("expecting " + all_words(kWords));
    if (auto parsed = PipeReader(one, piped, command, position).read(); !parsed) return parsed;
    tokens = tokens.subspan(one.size());
  }
  return {};
}

void suggest_pipes(std::span<const Token> tokens, const Token& current, Piped piped, Suggestions& result) {
  const auto is_pipe = [](const Token& token) { return token.pipe; };
  const auto last = std::find_if(tokens.rbegin(), tokens.rend(), is_pipe).base();
  const std::span<const Token> one(last, tokens.end());
  Command before;
  std::size_t position = 0;
  const std::span<const Token> earlier(tokens.begin(), last - 1);
  Status valid = parse_pipes(earlier, piped, before, position);
  const Word* word = nullptr;
  if (valid && !one.empty()) {
    position = one[0].position;
    const auto found = lookup(kWords, one[0].text, piped);
    if (found) word = *found;
    if (!found) valid = found.error();
  }
  if (!valid) {
    result.error = valid.error();
    result.error_position = position;
    return;
  }
  if (word == nullptr) {
    suggest_words(kWords, piped, result);
  } else {
    suggest_argument(*word, one.subspan(1), piped, result);
  }
  std::erase_if(result.items, [&](const Suggestion& item) {
    if (item.text == kEnter || item.text == "|") return !current.text.empty();
    return !stands_for_value(item) && !item.text.starts_with(current.text);
  });
  if (!result.items.empty() || current.text.empty()) return;
  result.error = word == nullptr
                     ? syntax_error(fmt::format("expecting {}, not '{}'", all_words(kWords), current.text))
                     : syntax_error(fmt::format("'{}' is not expected after '{}'", current.text, word->text));
  result.error_position = current.position;
}

}  // namespace sluice::command
