#include "mgd/command/rpc_schema.h"

#include <fmt/format.h>
#include <libyang/libyang.h>

#include <algorithm>

#include "base/text.h"

namespace sluice::command {
namespace {

// What an rpc needs that does not say it.
constexpr const char* kEverything = "all";
// What '?' says of the words that lead to operations: the last of the modules.
constexpr const char* kWordsModule = "sluice-command-words";
constexpr const char* kModules[] = {
    "sluice-rpc-flow",    "sluice-rpc-policies", "sluice-rpc-nat",
    "sluice-rpc-network", "sluice-rpc-system",   "sluice-rpc-configuration",
    "sluice-rpc-netconf", "sluice-rpc-cli",      "sluice-rpc-configuration-mode",
    kWordsModule};

const lysc_ext_instance* extension(const lysc_ext_instance* extensions, std::string_view name) {
  for (LY_ARRAY_COUNT_TYPE i = 0; i < LY_ARRAY_COUNT(extensions); ++i) {
    if (extensions[i].def->name == name) return &extensions[i];
  }
  return nullptr;
}

bool has_extension(const lysc_ext_instance* extensions, std::string_view name) {
  return extension(extensions, name) != nullptr;
}

std::string text_of(const char* text) {
  return text != nullptr ? text : "";
}

std::string argument_of(const lysc_ext_instance* extensions, std::string_view name) {
  const lysc_ext_instance* found = extension(extensions, name);
  return found != nullptr ? text_of(found->argument) : "";
}

const lysc_type* type_of(const lysc_node* leaf) {
  return reinterpret_cast<const lysc_node_leaf*>(leaf)->type;
}

std::vector<Choice> choices_of(const lysc_type* type) {
  std::vector<Choice> choices;
  if (type->basetype == LY_TYPE_ENUM) {
    const auto* enumeration = reinterpret_cast<const lysc_type_enum*>(type);
    for (LY_ARRAY_COUNT_TYPE i = 0; i < LY_ARRAY_COUNT(enumeration->enums); ++i) {
      choices.push_back({enumeration->enums[i].name, text_of(enumeration->enums[i].dsc)});
    }
  }
  return choices;
}

std::vector<Choice> known_words(const lysc_type* type) {
  if (type->basetype != LY_TYPE_UNION) return choices_of(type);
  std::vector<Choice> words;
  const auto* members = reinterpret_cast<const lysc_type_union*>(type)->types;
  for (LY_ARRAY_COUNT_TYPE i = 0; i < LY_ARRAY_COUNT(members); ++i) {
    for (Choice& word : known_words(members[i])) words.push_back(std::move(word));
  }
  return words;
}

// An input that is an element with others in it: XML of any kind, or one of several names.
Parameter element_of(const lysc_node* node) {
  Parameter parameter{.name = node->name,
                      .help = text_of(node->dsc),
                      .hidden = true,
                      .element = node->nodetype == LYS_ANYXML,
                      .container = node->nodetype == LYS_CONTAINER,
                      .choices = {},
                      .known = {},
                      .names = {},
                      .behind = {},
                      .node = node};
  for (const lysc_node* child = lysc_node_child(node); child != nullptr; child = child->next) {
    parameter.choices.push_back({child->name, text_of(child->dsc)});
  }
  return parameter;
}

Parameter parameter_of(const lysc_node* node) {
  if (node->nodetype != LYS_LEAF) return element_of(node);
  const lysc_type* type = type_of(node);
  return {.name = node->name,
          .help = text_of(node->dsc),
          .flag = type->basetype == LY_TYPE_EMPTY,
          .bare = has_extension(node->exts, "bare"),
          .words = has_extension(node->exts, "words"),
          .hidden = has_extension(node->exts, "hidden"),
          .mandatory = (node->flags & LYS_MAND_TRUE) != 0,
          .file = has_extension(node->exts, "file"),
          .destination = has_extension(node->exts, "destination"),
          .choices = choices_of(type),
          .known = known_words(type),
          .names = argument_of(node->exts, "names"),
          .behind = argument_of(node->exts, "behind"),
          .node = node};
}

Rpc rpc_of(const lysc_node_action& node) {
  Rpc rpc{.name = node.name,
          .help = text_of(node.dsc),
          .needs_input = has_extension(node.exts, "needs-input"),
          .continues = argument_of(node.exts, "continues"),
          .permission = argument_of(node.exts, "permission"),
          .stands_for = argument_of(node.exts, "stands-for"),
          .parameters = {}};
  if (rpc.permission.empty()) rpc.permission = kEverything;
  for (const lysc_node* input = node.input.child; input != nullptr; input = input->next) {
    rpc.parameters.push_back(parameter_of(input));
  }
  return rpc;
}

// "1 to 65535", or for the eyes of '?' "1..65535".
std::string range_text(const lysc_type* type, std::string_view to) {
  const auto* range = reinterpret_cast<const lysc_type_num*>(type)->range;
  if (type->basetype == LY_TYPE_UINT8 && range == nullptr) return fmt::format("0{}255", to);
  std::string text;
  for (LY_ARRAY_COUNT_TYPE i = 0; range != nullptr && i < LY_ARRAY_COUNT(range->parts); ++i) {
    const auto& part = range->parts[i];
    text += i > 0 ? " or " : "";
    text += part.min_u64 == part.max_u64 ? fmt::to_string(part.min_u64)
                                         : fmt::format("{}{}{}", part.min_u64, to, part.max_u64);
  }
  return text;
}

bool is_number(const lysc_type* type) {
  return type->basetype == LY_TYPE_UINT8 || type->basetype == LY_TYPE_UINT32 ||
         type->basetype == LY_TYPE_UINT64;
}

const char* pattern_message(const lysc_type* type) {
  const auto* patterns = reinterpret_cast<const lysc_type_str*>(type)->patterns;
  return LY_ARRAY_COUNT(patterns) > 0 ? patterns[0]->emsg : nullptr;
}

// "a number 1 to 65535", "one of inet, inet6", or the description.
std::string allowed(const lysc_type* type, const std::string& help) {
  if (type->basetype == LY_TYPE_UNION) {
    const auto* members = reinterpret_cast<const lysc_type_union*>(type)->types;
    std::string text;
    for (LY_ARRAY_COUNT_TYPE i = 0; i < LY_ARRAY_COUNT(members); ++i) {
      text += (i > 0 ? ", or " : "") + allowed(members[i], help);
    }
    return text;
  }
  if (type->basetype == LY_TYPE_ENUM) {
    std::string text = "one of ";
    for (const Choice& choice : choices_of(type)) text += (text.size() > 7 ? ", " : "") + choice.word;
    return text;
  }
  if (is_number(type)) {
    const std::string range = range_text(type, " to ");
    return range.empty() ? "a number" : "a number " + range;
  }
  if (type->basetype == LY_TYPE_STRING && pattern_message(type) != nullptr) return pattern_message(type);
  return help;
}

}  // namespace

std::string allowed_values(const Parameter& parameter) {
  if (parameter.container) {
    std::string text = "one of ";
    for (const Choice& choice : parameter.choices) text += (text.size() > 7 ? ", " : "") + choice.word;
    return text;
  }
  return allowed(type_of(parameter.node), parameter.help);
}

std::string value_bounds(const Parameter& parameter) {
  const lysc_type* type = type_of(parameter.node);
  const auto* members =
      type->basetype == LY_TYPE_UNION ? reinterpret_cast<const lysc_type_union*>(type)->types : nullptr;
  for (LY_ARRAY_COUNT_TYPE i = 0; i < LY_ARRAY_COUNT(members); ++i) {
    if (is_number(members[i])) type = members[i];
  }
  const std::string range = is_number(type) ? range_text(type, "..") : "";
  if (!range.empty()) return fmt::format("({})", range);
  const char* message = type->basetype == LY_TYPE_STRING ? pattern_message(type) : nullptr;
  return message != nullptr ? fmt::format("({})", message) : "";
}

namespace {

void collect_words(const lysc_node* node, const std::string& above,
                   std::map<std::string, std::string, std::less<>>& help) {
  for (; node != nullptr; node = node->next) {
    const std::string words = above + node->name;
    help[words] = text_of(node->dsc);
    collect_words(lysc_node_child(node), words + ' ', help);
  }
}

}  // namespace

void RpcSchema::Free::operator()(ly_ctx* context) const {
  ly_ctx_destroy(context);
}

const Parameter* Rpc::find(std::string_view wanted) const {
  const auto at = std::ranges::find(parameters, wanted, &Parameter::name);
  return at == parameters.end() ? nullptr : &*at;
}

Rpc::Named Rpc::named(std::string_view element) const {
  if (const Parameter* parameter = find(element)) return {parameter, nullptr};
  for (const Parameter& parameter : parameters) {
    for (const Choice& choice : parameter.choices) {
      if (parameter.bare && choice.word == element) return {&parameter, &choice.word};
    }
  }
  return {};
}

Result<RpcSchema> RpcSchema::load(const std::filesystem::path& directory) {
  RpcSchema schema;
  ly_log_options(LY_LOSTORE_LAST);
  ly_ctx* context = nullptr;
  if (ly_ctx_new(directory.c_str(), LY_CTX_DISABLE_SEARCHDIR_CWD, &context) != LY_SUCCESS) {
    return Error{"operation-failed", directory, "the folder of YANG modules cannot be read"};
  }
  schema.context_.reset(context);
  std::vector<const lys_module*> modules;
  for (const char* name : kModules) {
    modules.push_back(ly_ctx_load_module(context, name, nullptr, nullptr));
    if (modules.back() == nullptr) {
      return Error{"operation-failed", (directory / name).string() + ".yang", text_of(ly_errmsg(context))};
    }
  }
  // A module is compiled again when another imports it: nodes last once all are there.
  for (const lys_module* module : modules) {
    for (const lysc_node_action* rpc = module->compiled->rpcs; rpc != nullptr; rpc = rpc->next) {
      schema.rpcs_.push_back(rpc_of(*rpc));
    }
  }
  collect_words(modules.back()->compiled->data, "", schema.words_help_);
  return schema;
}

std::string_view RpcSchema::words_help(std::string_view words) const {
  const auto at = words_help_.find(words);
  return at != words_help_.end() ? std::string_view(at->second) : std::string_view();
}

const Rpc* RpcSchema::find(std::string_view name) const {
  const auto at = std::ranges::find(rpcs_, name, &Rpc::name);
  return at == rpcs_.end() ? nullptr : &*at;
}

Result<std::string> RpcSchema::check_value(const Parameter& parameter, std::string value) const {
  if (parameter.flag || parameter.element) return value;
  if (parameter.container) {
    if (std::ranges::find(parameter.choices, value, &Choice::word) != parameter.choices.end()) return value;
    return Error{
        "invalid-value", parameter.name,
        fmt::format("'{}' is not valid for '{}': {}", value, parameter.name, allowed_values(parameter))};
  }
  if (!is_text(value)) {
    return Error{
        "invalid-value", parameter.name,
        fmt::format("the value of '{}' has a control character or is not valid UTF-8", parameter.name)};
  }
  const char* canonical = nullptr;
  if (lyd_value_validate(context_.get(), parameter.node, value.c_str(), value.size(), nullptr, nullptr,
                         &canonical) != LY_SUCCESS) {
    return Error{
        "invalid-value", parameter.name,
        fmt::format("'{}' is not valid for '{}': {}", value, parameter.name, allowed_values(parameter))};
  }
  if (canonical != nullptr) {
    value = canonical;
    lydict_remove(context_.get(), canonical);
  }
  return value;
}

}  // namespace sluice::command
