#include <fmt/format.h>

#include "mgd/rpc/configuration.h"
#include "mgd/rpc/handlers.h"

// load-configuration: text, commands, XML or JSON into the candidate, or a rollback.
namespace sluice::rpc {
namespace {

using config::Tree;
using render::Sink;

bool replaces_all(std::string_view action) {
  return action == "override" || action == "update";
}

class Load {
 public:
  Load(const Inputs& inputs, const Context& context) : inputs_(inputs), context_(context) {
    if (inputs.has("edit-path")) reading_.edit_path = inputs.text("edit-path");
    if (inputs.has("file-name")) reading_.filename = inputs.text("file-name");
    if (inputs.has("ignore-unsupported")) reading_.unsupported = &unsupported_;
    if (inputs.text("action") == "replace") reading_.replace_marks = config::ReplaceMarks::obeyed;
    reading_.missing = &missing_;
  }

  // `tree` is a copy of the candidate.
  Status into(Tree& tree) {
    if (inputs_.has("rollback")) return rollback(tree);
    const std::string_view action = inputs_.text("action");
    if (replaces_all(action)) tree = Tree(context_.schema);
    if (inputs_.has("configuration-set")) return commands(tree, "configuration-set");
    if (inputs_.has("configuration-text")) {
      if (action == "set" || inputs_.text("format") == "set") return commands(tree, "configuration-text");
      return config::apply_text(tree, inputs_.text("configuration-text"), reading_);
    }
    if (inputs_.has("configuration-json")) return json(tree);
    if (const pugi::xml_node element = inputs_.element("configuration")) {
      if (auto fit = refuse("edit-path", "XML, which begins at the top"); !fit) return fit;
      return config::apply_xml(tree, element, config::XmlOperation::merge, reading_);
    }
    return Error{"missing-element", "configuration",
                 "nothing to load: expecting configuration, configuration-text, configuration-set, "
                 "configuration-json or rollback"};
  }

  [[nodiscard]] const std::vector<Error>& unsupported() const { return unsupported_; }
  // As Junos words it; the path says where.
  [[nodiscard]] std::vector<Error> missing() const {
    std::vector<Error> notes;
    for (const Error& note : missing_) notes.push_back({note.tag, note.path, "statement not found"});
    return notes;
  }

 private:
  Status rollback(Tree& tree) const {
    auto rollback = read_rollback(context_, static_cast<unsigned>(inputs_.number("rollback")));
    if (!rollback) return rollback.error();
    tree = rollback->tree->copy();
    return {};
  }

  [[nodiscard]] Status refuse(const char* option, const char* form) const {
    if (!inputs_.has(option)) return {};
    return Error{"invalid-value", option, fmt::format("'{}' does not go with {}", option, form)};
  }

  Status commands(Tree& tree, std::string_view input) const {
    return config::apply_commands(tree, inputs_.text(input), reading_);
  }

  // What JSON says is merged by the commands that say the same; into nothing it goes as it is.
  Status json(Tree& tree) const {
    if (auto fit = refuse("ignore-unsupported", "JSON, which is taken whole"); !fit) return fit;
    if (auto fit = refuse("edit-path", "JSON, which begins at the top"); !fit) return fit;
    auto loaded = config::from_display_json(context_.schema, inputs_.text("configuration-json"));
    if (!loaded) return loaded.error();
    if (replaces_all(inputs_.text("action"))) {
      tree = std::move(*loaded);
      return {};
    }
    return config::apply_commands(tree, config::to_set(loaded->root()), {.filename = "configuration-json"});
  }

  const Inputs& inputs_;
  const Context& context_;
  config::Reading reading_{.filename = "configuration"};
  std::vector<Error> unsupported_, missing_;
};

// Keeps what was left out and says it.
Status report(const std::vector<Error>& unsupported, const Context& context, Sink& sink) {
  if (unsupported.empty()) return {};
  for (const Error& statement : unsupported) {
    const render::Element element(sink, "unsupported-statement");
    sink.leaf("place", statement.path);
    sink.leaf("message", statement.message);
  }
  if (context.parts.store == nullptr) return {};
  std::string text =
      fmt::format("# {}: what {} loaded is not all supported, {} notes\n",
                  utc_time(context.parts.now_unix_s()), unsupported.size(), context.caller.user);
  for (const Error& statement : unsupported) text += statement.text() + '\n';
  const auto kept = context.parts.store->save_report(text);
  if (!kept) return kept.error();
  sink.leaf("report", kept->string());
  return {};
}

}  // namespace

Status load_configuration(const Inputs& inputs, const Context& context, Sink& sink) {
  auto candidates = candidates_of(context);
  if (!candidates) return candidates.error();
  const unsigned session = context.caller.session;
  Load load(inputs, context);
  const bool back_to_committed = inputs.has("rollback") && inputs.number("rollback") == 0;
  Status done = back_to_committed ? (*candidates)->discard(session)
                                  : (*candidates)->edit(session, [&](Tree& tree) { return load.into(tree); });
  if (!done) return done;
  warn(context, load.missing());
  const render::Document document(sink, "load-configuration-results", "");
  if (auto reported = report(load.unsupported(), context, sink); !reported) return reported;
  sink.flag("ok");
  return {};
}

}  // namespace sluice::rpc
