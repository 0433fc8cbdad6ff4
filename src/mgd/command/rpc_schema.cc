#include "mgd/command/rpc_schema.h"

#include <fmt/format.h>
#include <libyang/libyang.h>

#include <algorithm>

#include "base/text.h"

namespace sluice::command {
namespace {

constexpr const char* kModules[] = {"sluice-rpc-flow", "sluice-rpc-policies", "sluice-rpc-network",
                                    "sluice-rpc-configuration", "sluice-rpc-netconf"};

bool has_extension(const lysc_ext_instance* extensions, std::string_view name) {
  for (LY_ARRAY_COUNT_TYPE i = 0; i < LY_ARRAY_COUNT(extensions); ++i) {
    if (extensions[i].def->name == name) return true;
  }
  return false;
}

std::string text_of(const char* text) {
  return text != nullptr ? text : "";
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

// An input that is an element with others in it: XML of any kind, or one of several names.
Parameter element_of(const lysc_node* node) {
  Parameter parameter{.name = node->name,
                      .help = text_of(node->dsc),
                      .hidden = true,
                      .element = node->nodetype == LYS_ANYXML,
                      .container = node->nodetype == LYS_CONTAINER,
                      .choices = {},
                      .node = node};
  for (const lysc_node* child = lysc_node_child(node); child != nullptr; child = child->next) {
    parameter.choices.push_back({child->name, text_of(child->dsc)});
  }
  return parameter;
}

Parameter parameter_of(const lysc_node* node) {
  if (node->nodetype != LYS_LEAF) return element_of(node);
  const auto* leaf = reinterpret_cast<const lysc_node_leaf*>(node);
  return {.name = node->name,
          .help = text_of(node->dsc),
          .flag = leaf->type->basetype == LY_TYPE_EMPTY,
          .bare = has_extension(node->exts, "bare"),
          .words = has_extension(node->exts, "words"),
          .hidden = has_extension(node->exts, "hidden"),
          .mandatory = (node->flags & LYS_MAND_TRUE) != 0,
          .choices = choices_of(leaf->type),
          .node = node};
}

Rpc rpc_of(const lysc_node_action& node) {
  Rpc rpc{.name = node.name,
          .help = text_of(node.dsc),
          .needs_input = has_extension(node.exts, "needs-input"),
          .parameters = {}};
  for (const lysc_node* input = node.input.child; input != nullptr; input = input->next) {
    rpc.parameters.push_back(parameter_of(input));
  }
  return rpc;
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
  if (type->basetype == LY_TYPE_UINT8) return "a number 0 to 255";
  if (type->basetype == LY_TYPE_UINT32 || type->basetype == LY_TYPE_UINT64) {
    const auto* range = reinterpret_cast<const lysc_type_num*>(type)->range;
    if (range == nullptr) return "a number";
    return fmt::format("a number {} to {}", range->parts[0].min_u64, range->parts[0].max_u64);
  }
  if (type->basetype == LY_TYPE_STRING) {
    const auto* patterns = reinterpret_cast<const lysc_type_str*>(type)->patterns;
    if (LY_ARRAY_COUNT(patterns) > 0 && patterns[0]->emsg != nullptr) return patterns[0]->emsg;
  }
  return help;
}

}  // namespace

std::string allowed_values(const Parameter& parameter) {
  if (parameter.container) {
    std::string text = "one of ";
    for (const Choice& choice : parameter.choices) text += (text.size() > 7 ? ", " : "") + choice.word;
    return text;
  }
  return allowed(reinterpret_cast<const lysc_node_leaf*>(parameter.node)->type, parameter.help);
}

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
  for (const char* name : kModules) {
    const lys_module* module = ly_ctx_load_module(context, name, nullptr, nullptr);
    if (module == nullptr) {
      return Error{"operation-failed", (directory / name).string() + ".yang", text_of(ly_errmsg(context))};
    }
    for (const lysc_node_action* rpc = module->compiled->rpcs; rpc != nullptr; rpc = rpc->next) {
      schema.rpcs_.push_back(rpc_of(*rpc));
    }
  }
  return schema;
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
