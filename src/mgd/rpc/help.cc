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
    "  Ctrl-W, -U    deletes the word before the cursor, the line",
    "  Ctrl-C        drops the line, or stops the command that runs",
    "  COMMAND | ... filters the output or shows it in another form: '|' and then '?' lists how",
    "",
    "In a long output: Space shows the next page, Enter the next line, / searches, q ends it.",
    "'set cli screen-length 0' shows everything at once.",
    "'help apropos TEXT' lists the commands that have to do with TEXT.",
};

}  // namespace

Status show_help(const Inputs&, const Context&, render::Sink& sink) {
  const render::Document document(sink, "help-information", "");
  for (const std::string_view line : kHelp) sink.leaf("text", line);
  return {};
}

Status show_help_apropos(const Inputs& inputs, const Context& context, render::Sink& sink) {
  const std::vector<std::string> found = context.grammar->apropos(inputs.text("string"), context.mode);
  if (found.empty()) {
    return Error{"invalid-value", "string",
                 fmt::format("no command has to do with '{}'", inputs.text("string"))};
  }
  const render::Document document(sink, "help-information", "");
  for (const std::string& line : found) sink.leaf("text", line);
  return {};
}

}  // namespace sluice::rpc
