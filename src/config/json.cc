// Tree <-> RFC 7951 JSON, through libyang.
#include <fmt/format.h>

#include <memory>

#include "config/edit.h"
#include "config/text.h"

namespace sluice::config {

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

}  // namespace sluice::config
