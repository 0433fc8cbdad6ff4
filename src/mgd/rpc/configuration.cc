#include <fmt/format.h>

#include "mgd/rpc/handlers.h"

// show configuration, show security flow, commit FILE, commit check FILE.
namespace sluice::rpc {
namespace {

using render::Sink;

// A place that could be configured and is not shows nothing, as in Junos.
Status show_path(std::string_view path, const Context& context, Sink& sink) {
  const commit::Committed committed = context.parts.running.copy();
  config::Node node = committed.tree.root();
  if (!path.empty()) {
    auto located = committed.tree.locate(path);
    if (!located && located.error().tag != "data-missing") {
      return Error{located.error().tag, "path", located.error().message};
    }
    node = located ? *located : config::Node();
  }
  sink.configuration({committed.tree, node, committed.unix_s, committed.user});
  return {};
}

void commit_element(Sink& sink, commit::Mode mode, const commit::Outcome& outcome) {
  const render::Document document(sink, "commit-results", "");
  for (const std::string& warning : outcome.warnings) {
    const render::Element element(sink, "warning");
    sink.leaf("message", warning);
  }
  const render::Element engine(sink, "routing-engine", {{"junos:style", "normal"}});
  sink.leaf("name", "re0");
  if (mode == commit::Mode::check) {
    sink.flag("commit-check-success");
  } else {
    sink.flag("commit-success");
  }
}

Status commit_file(const Inputs& inputs, const Context& context, Sink& sink) {
  const std::string_view file = inputs.text("file");
  if (!inputs.has("configuration-text")) {
    return Error{"missing-element", "file",
                 fmt::format("the content of {} did not come with the command", file)};
  }
  auto candidate = config::parse_text(context.schema, inputs.text("configuration-text"), std::string(file));
  if (!candidate) return candidate.error();
  // A file that was cut off, or is the wrong one, is likelier than the wish to forward nothing.
  if (!candidate->root()) {
    return Error{
        "invalid-value", "file",
        fmt::format("{} has no statement; a commit of it would remove the whole configuration", file)};
  }
  const commit::Mode mode = inputs.has("check") ? commit::Mode::check : commit::Mode::commit;
  auto outcome = commit::run(context.parts, *candidate, context.caller.user, mode);
  if (!outcome) return commit::with_place(outcome.error(), *candidate, file);
  commit_element(sink, mode, *outcome);
  return {};
}

}  // namespace

Status show_configuration(const Inputs& inputs, const Context& context, Sink& sink) {
  return show_path(inputs.text("path"), context, sink);
}

Status show_flow_configuration(const Inputs&, const Context& context, Sink& sink) {
  return show_path("security flow", context, sink);
}

Status commit_configuration(const Inputs& inputs, const Context& context, Sink& sink) {
  Status committed = commit_file(inputs, context, sink);
  const std::string damage = context.parts.running.damage();
  if (committed || damage.empty()) return committed;
  Error error = committed.error();
  error.message += "\n" + damage;
  return error;
}

}  // namespace sluice::rpc
