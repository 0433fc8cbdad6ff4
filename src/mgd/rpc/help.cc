#include <fmt/format.h>

#include "mgd/rpc/handlers.h"

// help, help apropos.
namespace sluice::rpc {
namespace {

constexpr std::string_view kHelp[] = {
    "Commands are words; a word may be shortened as long as it stays unambiguous.",
    "",
    "  ?             what may stand at the cursor, with a description",
    "  Space         completes a word of the command that is unambiguous",
    "  Tab           completes names that exist, too, also of files",
    "  Up, Ctrl-P    the command before; Ctrl-R searches for one",
    "  Ctrl-A, -E    to the beginning, to the end of the line",
    "  Left, Right   a character back, or on: also Ctrl-B, -F",
    "  Esc-B, Esc-F  a word back, or on",
    "  Ctrl-W, Esc-D deletes the word before the cursor, or behind it",
    "  Ctrl-K, -U    deletes what is behind the cursor, or the line",
    "  Ctrl-C        drops the line, or stops the command that runs",
    "  COMMAND | ... filters the output or shows it in another form: '|' and then '?' lists how",
    "",
    "In a long output: Space shows the next page, Enter the next line, / searches,",
    "q ends it, and h lists all keys.",
    "'set cli screen-length 0' shows everything at once.",
    "'help apropos TEXT' lists the commands that have to do with TEXT.",
};

// At and below the one that is edited.
void append_statements(std::string_view text, const Context& context, std::vector<std::string>& found) {
  const std::string_view edit =
      context.edit != nullptr ? std::string_view(*context.edit) : std::string_view();
  for (const config::Statement& one : config::apropos(context.schema, edit, text)) {
    found.push_back(fmt::format("set {}\n    {}", one.words, one.help));
  }
}

}  // namespace

Status show_help(const Inputs&, const Context&, render::Sink& sink) {
  const render::Document document(sink, "help-information", "");
  for (const std::string_view line : kHelp) sink.leaf("text", line);
  return {};
}

Status show_help_apropos(const Inputs& inputs, const Context& context, render::Sink& sink) {
  std::vector<std::string> found = context.grammar->apropos(inputs.text("string"), context.mode);
  if (context.mode == command::Mode::configuration) append_statements(inputs.text("string"), context, found);
  if (found.empty()) {
    return Error{"invalid-value", "string",
                 fmt::format("nothing has to do with '{}'", inputs.text("string"))};
  }
  const render::Document document(sink, "help-information", "");
  for (const std::string& line : found) sink.leaf("text", line);
  return {};
}

}  // namespace sluice::rpc
