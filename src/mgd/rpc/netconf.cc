#include <fmt/format.h>

#include <optional>

#include "mgd/rpc/configuration.h"
#include "mgd/rpc/handlers.h"

// NETCONF's operations on configurations (RFC 6241), on the same candidate as all others.
namespace sluice::rpc {
namespace {

using config::Tree;
using config::XmlOperation;
using render::Sink;

constexpr std::uint32_t kConfirmSeconds = 600;

XmlOperation default_operation(std::string_view word) {
  return word == "replace" ? XmlOperation::replace
         : word == "none"  ? XmlOperation::none
                           : XmlOperation::merge;
}

Error missing(std::string_view element) {
  return {"missing-element", std::string(element), fmt::format("the element <{}> is missing", element)};
}

// An edit-config says what it replaces by itself.
constexpr config::Reading kEditing{.filename = "config-text", .replace_marks = config::ReplaceMarks::obeyed};

// Curly braces, which have no operations but 'replace:'.
Status edit_by_text(Tree& tree, const pugi::xml_node& element, XmlOperation operation) {
  if (operation == XmlOperation::none) {
    return Error{"invalid-value", "default-operation",
                 "'none' does not go with config-text, which says no operations; allowed are merge, replace"};
  }
  if (operation == XmlOperation::replace) tree = Tree(tree.schema());
  const pugi::xml_node inner = child_named(element, "configuration-text");
  return config::apply_text(tree, (inner ? inner : element).text().get(), kEditing);
}

// Changes a tree by <config><configuration>...; as in Junos, <config-text> may have curly braces instead.
Status edit(Tree& tree, const Inputs& inputs) {
  const XmlOperation operation = default_operation(inputs.text("default-operation"));
  if (const pugi::xml_node text = inputs.element("config-text")) return edit_by_text(tree, text, operation);
  const pugi::xml_node configuration = child_named(inputs.element("config"), "configuration");
  if (!configuration) return missing(inputs.element("config") ? "configuration" : "config");
  return config::apply_xml(tree, configuration, operation, kEditing);
}

// A <source> that is a configuration itself.
Result<Tree> given_source(const Inputs& inputs, const Context& context) {
  const pugi::xml_node configuration =
      child_named(child_named(inputs.element("source"), "config"), "configuration");
  if (!configuration) return missing("configuration");
  Tree tree(context.schema);
  if (auto done = config::apply_xml(tree, configuration, XmlOperation::merge); !done) return done.error();
  return tree;
}

// A commit that was named must be confirmed and cancelled by its name.
Status check_name(const Inputs& inputs, const Context& context) {
  const commit::Confirmation pending = context.parts.running.confirmation();
  const bool names_it = inputs.text("persist-id") == pending.persist;
  if (names_it || (pending.by_s == 0 && !inputs.has("persist-id"))) return {};
  return Error{"invalid-value", "persist-id",
               pending.persist.empty() ? "no commit that is to be confirmed has this name"
                                       : "the commit that is to be confirmed has another name"};
}

Result<Tree> filtered(const Tree& tree, const pugi::xml_node& filter) {
  const std::string_view type = filter.attribute("type").as_string("subtree");
  if (type == "xpath") {
    const pugi::xml_attribute select = filter.attribute("select");
    if (select) return config::select_xpath(tree, select.value());
    return Error{"missing-attribute", "filter", "a filter of type xpath needs the attribute 'select'",
                 "filter", "select"};
  }
  if (type != "subtree") {
    return Error{"bad-attribute", "filter",
                 fmt::format("there is no filter of type '{}'; there are subtree and xpath", type), "filter",
                 "type"};
  }
  const pugi::xml_node configuration = child_named(filter, "configuration");
  return configuration ? config::select(tree, configuration) : Tree(tree.schema());
}

Status show_config(const Inputs& inputs, const Context& context, Sink& sink) {
  config::SharedTree tree = inputs.text("source") == "candidate" && context.candidates != nullptr
                                ? context.candidates->tree(context.caller.session)
                                : context.parts.running.committed().tree;
  if (const pugi::xml_node filter = inputs.element("filter")) {
    auto part = filtered(*tree, filter);
    if (!part) return part.error();
    tree = config::share(std::move(*part));
  }
  const render::Document document(sink, "data", "");
  sink.configuration({*tree, tree->root(), 0, {}});
  return {};
}

}  // namespace

Status get_config(const Inputs& inputs, const Context& context, Sink& sink) {
  if (!inputs.has("source")) return missing("source");
  return show_config(inputs, context, sink);
}

Status get(const Inputs& inputs, const Context& context, Sink& sink) {
  return show_config(inputs, context, sink);
}

Status edit_config(const Inputs& inputs, const Context& context, Sink& sink) {
  auto candidates = candidates_of(context);
  if (!candidates) return candidates.error();
  if (!inputs.has("target")) return missing("target");
  const std::string_view test = inputs.text("test-option");
  if (test == "test-only") {
    Tree tree = (*candidates)->tree(context.caller.session)->copy();
    if (auto done = edit(tree, inputs); !done) return done;
    if (auto valid = tree.validate(); !valid) return valid;
  } else {
    // Validated unless the client wants to edit in pieces that are valid only together.
    const auto change = [&](Tree& tree) {
      Status done = edit(tree, inputs);
      return done && test != "set" ? tree.validate() : done;
    };
    if (auto done = (*candidates)->edit(context.caller.session, change); !done) return done;
  }
  sink.flag("ok");
  return {};
}

Status copy_config(const Inputs& inputs, const Context& context, Sink& sink) {
  auto candidates = candidates_of(context);
  if (!candidates) return candidates.error();
  if (!inputs.has("target")) return missing("target");
  if (!inputs.has("source")) return missing("source");
  const unsigned session = context.caller.session;
  if (inputs.text("source") == "running") {
    if (auto done = (*candidates)->discard(session); !done) return done;
  } else {
    auto given = given_source(inputs, context);
    if (!given) return given.error();
    const auto change = [&](Tree& tree) -> Status {
      tree = std::move(*given);
      return {};
    };
    if (auto done = (*candidates)->edit(session, change); !done) return done;
  }
  sink.flag("ok");
  return {};
}

Status validate_config(const Inputs& inputs, const Context& context, Sink& sink) {
  auto candidates = candidates_of(context);
  if (!candidates) return candidates.error();
  if (!inputs.has("source")) return missing("source");
  const std::string_view source = inputs.text("source");
  if (source != "running") {
    config::SharedTree tree = (*candidates)->tree(context.caller.session);
    if (source == "config") {
      auto given = given_source(inputs, context);
      if (!given) return given.error();
      tree = config::share(std::move(*given));
    }
    commit::Request request = commit_request(context, sink);
    request.mode = commit::Mode::validate;
    auto outcome = commit::run(context.parts, tree, request);
    if (!outcome) return outcome.error();
  }
  sink.flag("ok");
  return {};
}

Status commit_candidate(const Inputs& inputs, const Context& context, Sink& sink) {
  auto candidates = candidates_of(context);
  if (!candidates) return candidates.error();
  if (auto named = check_name(inputs, context); !named) return named;
  commit::Request request = commit_request(context, sink);
  if (inputs.has("confirmed")) {
    request.confirm_within_s = inputs.has("confirm-timeout")
                                   ? static_cast<std::uint32_t>(inputs.number("confirm-timeout"))
                                   : kConfirmSeconds;
    request.persist = inputs.text("persist");
    // One without a name ends with its session.
    if (request.persist.empty()) request.session = context.caller.session;
  } else if (inputs.has("persist") || inputs.has("confirm-timeout")) {
    return Error{"bad-element", inputs.has("persist") ? "persist" : "confirm-timeout",
                 "only a commit with <confirmed/> takes this"};
  }
  auto outcome = (*candidates)->commit(context.caller.session, request);
  if (!outcome) return with_damage(outcome.error(), context);
  sink.flag("ok");
  return {};
}

// RFC 6241, 8.4.4.1: without a name it is for the session that made the commit. Those that end with no
// session belong to none.
Status cancel_commit(const Inputs& inputs, const Context& context, Sink& sink) {
  if (auto named = check_name(inputs, context); !named) return named;
  const commit::Confirmation pending = context.parts.running.confirmation();
  if (pending.by_s != 0 && pending.session != 0 && pending.session != context.caller.session) {
    return Error{"operation-failed", "", "another session made the commit, and it alone may cancel it"};
  }
  if (auto done = commit::cancel(context.parts, wanted_by(sink)); !done) return done;
  sink.flag("ok");
  return {};
}

}  // namespace sluice::rpc
