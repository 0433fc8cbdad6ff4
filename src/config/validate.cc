#include "config/validate.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <string_view>
#include <vector>

#include "config/edit.h"

namespace sluice::config {
namespace {

// What follows `label` in quotes in libyang's description of a place.
std::string quoted_after(std::string_view text, std::string_view label) {
  const std::size_t at = text.find(label);
  if (at == std::string_view::npos) return {};
  const std::size_t from = text.find('"', at);
  if (from == std::string_view::npos) return {};
  // The path itself may hold quotes, in key predicates: it ends at the one before ',' or '.' or the end.
  std::size_t to = text.find("\",", from + 1);
  if (to == std::string_view::npos) to = text.rfind('"');
  return to == std::string_view::npos || to <= from ? std::string()
                                                    : std::string(text.substr(from + 1, to - from - 1));
}

struct Place {
  const lyd_node* node = nullptr;
  const lysc_node* schema = nullptr;
};

Place place_of(const SchemaData& schema, const lyd_node* data, std::string_view where) {
  Place place;
  if (const std::string path = quoted_after(where, "ata location"); !path.empty()) {
    lyd_node* match = nullptr;
    lyd_find_path(data, path.c_str(), 0, &match);
    place.node = match;
  }
  if (const std::string path = quoted_after(where, "chema location"); !path.empty()) {
    place.schema = lys_find_path(schema.context, nullptr, path.c_str(), 0);
  }
  return place;
}

std::string missing_words(const lysc_node* schema) {
  if (schema->nodetype != LYS_CHOICE) return fmt::format("'{}'", schema->name);
  std::vector<std::string> names;
  const auto* choice = reinterpret_cast<const lysc_node_choice*>(schema);
  for (const lysc_node_case* one = choice->cases; one != nullptr;
       one = reinterpret_cast<lysc_node_case*>(one->next)) {
    const lysc_node* child = one->child;
    names.push_back(form_of(child).bare ? fmt::format("<{}>", child->name)
                                        : fmt::format("'{}'", child->name));
  }
  return fmt::format("one of {}", fmt::join(names, ", "));
}

std::string message_of(const ly_err_item& item, const Place& place) {
  const std::string_view tag = item.apptag != nullptr ? item.apptag : "";
  const std::string_view said = item.msg != nullptr ? item.msg : "it is not valid";
  const bool missing = tag == "too-few-elements" || tag == "missing-choice" || said.starts_with("Mandatory");
  if (missing && place.schema != nullptr) {
    return fmt::format("missing mandatory statement: {}", missing_words(place.schema));
  }
  if (tag == "data-not-unique") return "another entry has the same value, which must be unique";
  if (tag == "too-many-elements" && place.schema != nullptr) {
    return fmt::format("'{}' may be given only once", place.schema->name);
  }
  const bool has_value =
      place.node != nullptr && !is_inner(place.node->schema) && !is_flag(place.node->schema);
  if (has_value) return fmt::format("'{}': {}", value_of(place.node), said);
  return std::string(said);
}

// The statement that an operator would look for: a key or one of several values is its parent's.
std::string statement_path(const lyd_node* node) {
  if (node != nullptr && node->schema->nodetype == LYS_LEAFLIST) {
    return fmt::format("{} {}", path_of(node), value_of(node));
  }
  return node != nullptr ? path_of(node) : "configuration";
}

}  // namespace

Status validate_data(const SchemaData& schema, lyd_node** data) {
  ly_err_clean(schema.context, nullptr);
  if (lyd_validate_all(data, nullptr, LYD_VALIDATE_PRESENT, nullptr) == LY_SUCCESS) return {};
  const ly_err_item* item = ly_err_last(schema.context);
  if (item == nullptr) return Error{"operation-failed", "configuration", "it could not be validated"};
  const Place place = place_of(schema, *data, item->path != nullptr ? item->path : "");
  Error error{"invalid-value", statement_path(place.node), message_of(*item, place)};
  if (error.message.starts_with("missing")) error.tag = "missing-element";
  ly_err_clean(schema.context, nullptr);
  return error;
}

}  // namespace sluice::config
