#include "mgd/rpc/configuration.h"

#include <fmt/format.h>

#include "mgd/rpc/handlers.h"

// show configuration, show security flow, commit FILE, commit check FILE.
namespace sluice::rpc {
namespace {

using render::Sink;

// A place that could be configured and is not shows nothing, as in Junos.
Result<config::Node> node_at(const config::Tree& tree, std::string_view path) {
  if (path.empty()) return tree.root();
  auto located = tree.locate(path);
  if (located) return *located;
  if (located.error().tag == "data-missing") return config::Node();
  return Error{located.error().tag, "path", located.error().message};
}

Status show_path(const commit::Committed& shown, std::string_view path, Sink& sink) {
  const auto node = node_at(*shown.tree, path);
  if (!node) return node.error();
  sink.configuration({*shown.tree, *node, shown.unix_s, shown.user});
  return {};
}

// Operators see what is committed, programs what is edited, unless told.
bool wants_candidate(const Inputs& inputs, const Context& context) {
  if (inputs.has("database")) return inputs.text("database") == "candidate" && context.candidates != nullptr;
  return inputs.from_program() && context.candidates != nullptr;
}

Status show_difference(const config::Tree& after, const Inputs& inputs, const Context& context, Sink& sink) {
  const auto before = read_rollback(context, static_cast<unsigned>(inputs.number("rollback")));
  if (!before) return before.error();
  const std::string path(inputs.text("path"));
  if (const auto there = node_at(after, path); !there) return there.error();
  const render::Document document(sink, "configuration-information", "");
  difference_element(sink, difference(*before->tree, after, path, context));
  return {};
}

Status commit_text(const Inputs& inputs, const Context& context, Sink& sink) {
  const std::string_view file = inputs.text("file");
  const auto content = file_content(inputs);
  if (!content) return content.error();
  auto candidate = config::parse_text(context.schema, *content, std::string(file));
  if (!candidate) return candidate.error();
  // A file that was cut off, or is the wrong one, is likelier than the wish to forward nothing.
  if (!candidate->root()) {
    return Error{
        "invalid-value", "file",
        fmt::format("{} has no statement; a commit of it would remove the whole configuration", file)};
  }
  const commit::Mode mode = inputs.has("check") ? commit::Mode::validate : commit::Mode::commit;
  const auto holder = context.candidates != nullptr ? context.candidates->holder() : std::nullopt;
  if (holder && holder->editor.session != context.caller.session && mode == commit::Mode::commit) {
    return Error{"lock-denied", "", "configuration database locked by:\n  " + candidate::told(*holder)};
  }
  commit::Request request = commit_request(context, sink);
  request.mode = mode;
  const config::SharedTree shared = config::share(std::move(*candidate));
  auto outcome = commit::run(context.parts, shared, request);
  if (!outcome && context.problems != nullptr) {
    for (Error& one : *context.problems) one = commit::with_place(std::move(one), *shared, file);
  }
  if (!outcome) return commit::with_place(outcome.error(), *shared, file);
  commit_element(sink, mode, *outcome);
  return {};
}

}  // namespace

Result<std::string_view> file_content(const Inputs& inputs) {
  if (inputs.has("configuration-text")) return inputs.text("configuration-text");
  return Error{"missing-element", "file",
               fmt::format("the content of {} did not come with the command", inputs.text("file"))};
}

Result<Rollback> read_rollback(const Context& context, unsigned number) {
  if (number == 0) {
    commit::Committed committed = context.parts.running.committed();
    return Rollback{std::move(committed.tree), committed.unix_s, std::move(committed.user)};
  }
  if (context.parts.store == nullptr) return Error{"data-missing", "rollback", "no rollbacks are kept"};
  auto saved = context.parts.store->load(number);
  if (!saved) return saved.error();
  if (!*saved) return Error{"data-missing", "rollback", fmt::format("there is no rollback {}", number)};
  auto tree = config::parse_text(context.schema, (*saved)->text, fmt::format("rollback {}", number));
  if (!tree) return tree.error();
  return Rollback{config::share(std::move(*tree)), (*saved)->unix_s, (*saved)->user};
}

std::string difference(const config::Tree& before, const config::Tree& after, std::string_view path,
                       const Context& context) {
  if (caller_has("secret", context)) return config::compare(before, after, path);
  return config::compare(config::without_secrets(before), config::without_secrets(after), path);
}

void difference_element(Sink& sink, const std::string& difference) {
  sink.leaf("configuration-output", "\n" + difference);
}

void commit_element(Sink& sink, commit::Mode mode, const commit::Outcome& outcome, std::string_view output) {
  const render::Document document(sink, "commit-results", "");
  for (const std::string& warning : outcome.warnings) {
    const render::Element element(sink, "warning");
    sink.leaf("message", warning);
  }
  const render::Element engine(sink, "routing-engine", {{"junos:style", "normal"}});
  sink.leaf("name", "re0");
  if (mode == commit::Mode::commit) {
    sink.flag("commit-success");
  } else {
    sink.flag("commit-check-success");
  }
  if (!output.empty()) sink.leaf("output", output);
}

commit::Wanted wanted_by(const Sink& sink) {
  return [&sink] { return sink.wanted(); };
}

commit::Request commit_request(const Context& context, const Sink& sink) {
  return {.user = context.caller.user,
          .client = context.caller.client,
          .administers = caller_has(users::kChangesLogin, context),
          .wanted = wanted_by(sink),
          .problems = context.problems};
}

Error with_damage(Error error, const Context& context) {
  const std::string damage = context.parts.alarms.text(alarm::Kind::configuration);
  if (!damage.empty()) error.message += "\n" + damage;
  return error;
}

Status show_configuration(const Inputs& inputs, const Context& context, Sink& sink) {
  commit::Committed shown = context.parts.running.committed();
  if (wants_candidate(inputs, context)) {
    shown = {context.candidates->tree(context.caller.session), 0, {}, {}};
  }
  if (inputs.has("compare") || inputs.has("rollback"))
    return show_difference(*shown.tree, inputs, context, sink);
  if (const pugi::xml_node filter = inputs.element("configuration")) {
    shown.tree = config::share(config::select(*shown.tree, filter));
  }
  return show_path(shown, inputs.text("path"), sink);
}

Status show_flow_configuration(const Inputs&, const Context& context, Sink& sink) {
  return show_path(context.parts.running.committed(), "security flow", sink);
}

Status commit_file(const Inputs& inputs, const Context& context, Sink& sink) {
  Status committed = commit_text(inputs, context, sink);
  return committed ? committed : Status(with_damage(committed.error(), context));
}

}  // namespace sluice::rpc
