#include "mgd/rpc/configuration_mode.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>

#include "mgd/rpc/configuration.h"
#include "mgd/rpc/handlers.h"
#include "mgd/rpc/live_names.h"

namespace sluice::rpc {
namespace {

using command::Input;
using command::Suggestions;
using render::Sink;

// Where the column of "configuration:1:COLUMN" is in the row of words that stood behind `verb`.
Error placed_in_statement(Error error, std::string_view verb) {
  const std::size_t colon = error.path.rfind(':');
  std::size_t column = 0;
  if (colon == std::string::npos) return error;
  std::from_chars(error.path.data() + colon + 1, error.path.data() + error.path.size(), column);
  const std::size_t before = verb.size() + 2;  // a blank, and columns count from 1
  error.path = fmt::format("statement:{}", column > before ? column - before : 0);
  const bool of_words =
      error.tag == "unknown-element" || error.tag == "missing-element" || error.tag == "malformed-message";
  if (of_words) error.message = "syntax error, " + error.message;
  return error;
}

std::string_view edit_of(const Context& context) {
  return context.edit != nullptr ? std::string_view(*context.edit) : std::string_view();
}

Status lead_to(std::string path, const Context& context) {
  if (context.edit != nullptr) *context.edit = std::move(path);
  return {};
}

std::string below(std::string_view edit, std::string_view words) {
  return fmt::format("{}{}{}", edit, edit.empty() || words.empty() ? "" : " ", words);
}

Suggestions suggest_in(const config::Tree& tree, std::string_view edit, std::string_view text,
                       config::Purpose purpose, config::Joints joints) {
  const std::string prefix = edit.empty() ? std::string() : fmt::format("{} ", edit);
  joints.from = prefix.size();
  Suggestions found = suggestions_of(config::suggest(tree, prefix + std::string(text), purpose, joints));
  found.position -= std::min(found.position, prefix.size());
  found.error_position -= std::min(found.error_position, prefix.size());
  return found;
}

}  // namespace

Status obey_statement(std::string_view verb, const Inputs& inputs, const Context& context, Sink& sink) {
  // What follows would be another command, which nobody asked whether the caller may give.
  if (const std::size_t end = inputs.text("statement").find('\n'); end != std::string_view::npos) {
    return Error{"malformed-message", fmt::format("statement:{}", end),
                 "syntax error, a command ends with its line"};
  }
  std::vector<Input> said{{"action", "set"},
                          {"configuration-set", fmt::format("{} {}", verb, inputs.text("statement"))}};
  if (!edit_of(context).empty()) said.push_back({"edit-path", std::string(edit_of(context))});
  const Status done = load_configuration(Inputs(std::move(said)), context, sink);
  if (!done) return placed_in_statement(done.error(), verb);
  if (context.warnings != nullptr) {
    for (Error& warning : *context.warnings) warning.path.clear();  // it is the statement that was typed
  }
  return {};
}

// Without a statement it is everything at the level that is edited.
Status delete_statement(const Inputs& inputs, const Context& context, Sink& sink) {
  if (inputs.has("statement") || context.confirmed) return obey_statement("delete", inputs, context, sink);
  return Error{std::string(doors::kUnconfirmed), "",
               fmt::format("{}Delete everything under this level?",
                           edit_of(context).empty() ? "This will delete the entire configuration\n" : "")};
}

Status edit_statement(const Inputs& inputs, const Context& context, Sink&) {
  auto candidates = candidates_of(context);
  if (!candidates) return candidates.error();
  const config::SharedTree tree = (*candidates)->tree(context.caller.session);
  const std::string_view edit = edit_of(context);
  std::string path = below(edit, inputs.text("statement"));
  const config::Suggestions there = config::suggest(*tree, path + ' ', config::Purpose::write);
  if (!there.error && there.in_block) return lead_to(std::move(path), context);
  const std::size_t above = edit.empty() ? 0 : edit.size() + 1;
  const std::size_t place = there.error && there.error_position > above ? there.error_position - above : 0;
  return Error{"unknown-element", fmt::format("statement:{}", place),
               "syntax error, " + (there.error ? there.error->message
                                               : std::string("expecting a statement that holds others"))};
}

Status edit_top(const Inputs&, const Context& context, Sink&) {
  return lead_to("", context);
}

Status edit_up(const Inputs& inputs, const Context& context, Sink&) {
  return lead_to(place_of({std::max<std::uint64_t>(inputs.number("levels"), 1)}, context), context);
}

std::string place_of(command::From from, const Context& context) {
  if (from.top) return {};
  std::string path(edit_of(context));
  for (std::uint64_t levels = from.up; levels > 0 && !path.empty(); --levels) {
    path = config::block_above(context.schema, std::move(path));
  }
  return path;
}

Status show_candidate(const Inputs& inputs, const Context& context, Sink& sink) {
  std::vector<Input> asked{{"database", "candidate"}, {"path", below(edit_of(context), inputs.text("path"))}};
  for (const char* name : {"compare", "rollback"}) {
    if (inputs.has(name)) asked.push_back({name, std::string(inputs.text(name))});
  }
  return show_configuration(Inputs(std::move(asked)), context, sink);
}

Status load_file(const Inputs& inputs, const Context& context, Sink& sink) {
  const auto content = file_content(inputs);
  if (!content) return content.error();
  std::vector<Input> said{{"action", std::string(inputs.text("action"))},
                          {"file-name", std::string(inputs.text("file"))},
                          {"configuration-text", std::string(*content)}};
  if (inputs.has("relative")) said.push_back({"edit-path", std::string(edit_of(context))});
  if (inputs.has("ignore-unsupported")) said.push_back({"ignore-unsupported", ""});
  return load_configuration(Inputs(std::move(said)), context, sink);
}

Status commit_changes(const Inputs& inputs, const Context& context, Sink& sink) {
  std::vector<Input> said;
  for (const char* name : {"check", "confirmed"}) {
    if (inputs.has(name)) said.push_back({name, ""});
  }
  if (inputs.has("minutes") && !inputs.has("confirmed")) {
    return Error{"invalid-value", "minutes", "a number of minutes belongs behind 'confirmed'"};
  }
  if (inputs.has("minutes")) said.push_back({"confirm-timeout", std::string(inputs.text("minutes"))});
  if (inputs.has("at")) said.push_back({"at-time", std::string(inputs.text("at"))});
  if (inputs.has("comment")) said.push_back({"log", std::string(inputs.text("comment"))});
  Status done = commit_configuration(Inputs(std::move(said)), context, sink);
  if (done || done.error().path != "at-time") return done;
  Error error = done.error();
  error.path = "at";
  return error;
}

Status rollback_candidate(const Inputs& inputs, const Context& context, Sink& sink) {
  return load_configuration(Inputs({{"rollback", std::to_string(inputs.number("number"))}}), context, sink);
}

namespace {

// What stands between the two statements that a row of this kind has, and what the second is for: a new name,
// or one of those that stand beside the first. None: the row has one statement.
config::Joints joints_of(std::string_view kind) {
  if (kind == "renamed-statements") return {{{"to", "What it is to be called"}}, config::Purpose::write};
  if (kind == "moved-statements") {
    return {{{"after", "The statement that is to stand before it"},
             {"before", "The statement that is to stand behind it"}},
            config::Purpose::find};
  }
  return {};
}

// Whether the statement is to be made, or is one of those that there are.
config::Purpose purpose_of(std::string_view kind) {
  const bool makes = kind == "new-statements" || kind == "places";
  return makes ? config::Purpose::write : config::Purpose::find;
}

bool leads_on(const Suggestion& item) {
  return item.mark == '>' || item.kind != Suggestion::Kind::word;
}

config::InFull statements_in_full(const command::Rpc& command, const command::Parameter& row,
                                  std::string_view text, const Context& context) {
  const bool committed = row.names == "statements";
  config::SharedTree tree = config::share(config::Tree(context.schema));
  auto purpose = config::Purpose::write;
  if (caller_has(command.permission, context) && (committed || context.candidates != nullptr)) {
    tree =
        committed ? context.parts.running.committed().tree : context.candidates->tree(context.caller.session);
    purpose = purpose_of(row.names);
  }
  const bool at_top = committed || edit_of(context).empty();
  const std::string above = at_top ? std::string() : fmt::format("{} ", edit_of(context));
  config::Joints joints = joints_of(row.names);
  joints.from = above.size();
  config::InFull made = config::in_full(*tree, above + std::string(text), purpose, joints);
  // The place is a row of whole words; what is none leads nowhere.
  if (!made.text.starts_with(above)) return {std::string(text), std::nullopt, 0};
  made.text.erase(0, above.size());
  made.error_position -= std::min(made.error_position, above.size());
  return made;
}

}  // namespace

config::InFull in_full(const command::Rpc& command, const command::Parameter& row, std::string_view text,
                       const Context& context) {
  std::size_t end = text.size();
  if (row.names == "statements-and-pattern") {  // nothing is what an expression is short for
    const auto last = config::last_word(text);
    end = last ? last->position : 0;
  }
  config::InFull made = statements_in_full(command, row, text.substr(0, end), context);
  made.text += text.substr(end);
  return made;
}

Suggestions suggest_statements(std::string_view kind, std::string_view text, const Context& context,
                               command::From from) {
  if (context.candidates == nullptr) return {};
  const std::string edit = place_of(from, context);
  const config::SharedTree tree = context.candidates->tree(context.caller.session);
  Suggestions found = suggest_in(*tree, edit, text, purpose_of(kind), joints_of(kind));
  if (kind == "places") std::erase_if(found.items, std::not_fn(leads_on));
  if (kind == "annotated-statements" && found.complete && found.position == text.size() && !text.empty()) {
    found.items.push_back({"<comment>", "The comment, in quotes", Suggestion::Kind::placeholder});
    found.complete = false;
  }
  return found;
}

}  // namespace sluice::rpc
