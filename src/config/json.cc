// Tree <-> RFC 7951 JSON, through libyang.
#include <fmt/format.h>

#include <memory>

#include "config/edit.h"
#include "config/text.h"

namespace sluice::config {
namespace {

// RFC 7951 names the module of the outermost member and of annotations only.
constexpr std::pair<std::string_view, std::string_view> kNames[] = {
    {"\"sluice-configuration:configuration\":", "\"configuration\":"},
    {"\"sluice-extensions:inactive\":", "\"inactive\":"},
    {"\"sluice-extensions:comment\":", "\"comment\":"},
};

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

}  // namespace

std::string to_json(const Tree& tree) {
  char* printed = nullptr;
  lyd_print_mem(&printed, tree.raw(), LYD_JSON, LYD_PRINT_SHRINK);
  const std::unique_ptr<char, decltype(&std::free)> owner(printed, &std::free);
  return printed != nullptr ? printed : "{}";
}

Result<Tree> from_json(const Schema& schema, std::string_view json) {
  const std::string text(json);  // libyang reads up to a NUL
  lyd_node* data = nullptr;
  const LY_ERR parsed = lyd_parse_data_mem(schema.data().context, text.c_str(), LYD_JSON,
                                           LYD_PARSE_ONLY | LYD_PARSE_STRICT, 0, &data);
  if (parsed != LY_SUCCESS) {
    const ly_err_item* last = ly_err_last(schema.data().context);
    Error error{"malformed-message", last != nullptr && last->path != nullptr ? last->path : "",
                last != nullptr && last->msg != nullptr ? last->msg : "the JSON could not be read"};
    ly_err_clean(schema.data().context, nullptr);
    return error;
  }
  if (data == nullptr && text.find('{') == std::string::npos) {
    return Error{"malformed-message", "", "the JSON is empty"};
  }
  if (data == nullptr) return Tree(schema);
  if (data->schema != schema.root() || data->next != nullptr) {
    lyd_free_all(data);
    return Error{"unknown-element", "", "the JSON is not one 'sluice-configuration:configuration'"};
  }
  return Tree(schema, data);
}

std::string to_display_json(const Tree& tree) {
  std::string json = to_json(tree);
  for (const auto& [long_name, name] : kNames) replace_all(json, long_name, name);
  return json;
}

Result<Tree> from_display_json(const Schema& schema, std::string_view json) {
  std::string text(json);
  // A blank may stand before the colon.
  for (const auto& [long_name, name] : kNames) {
    const std::string word = fmt::format("\"{}\"", name.substr(1, name.size() - 3));
    const std::string full = fmt::format("\"{}\"", long_name.substr(1, long_name.size() - 3));
    if (name == kNames[0].second) {
      // Only the outermost one.
      if (const std::size_t at = text.find(word); at != std::string::npos)
        text.replace(at, word.size(), full);
    } else {
      replace_all(text, word, full);
    }
  }
  return from_json(schema, text);
}

}  // namespace sluice::config
