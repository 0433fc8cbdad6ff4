#include "config/referred.h"

#include <fmt/format.h>

#include "config/edit.h"

namespace sluice::config {
namespace {

// libyang's variables.
class Variables {
 public:
  explicit Variables(const std::vector<Variable>& all) {
    for (const Variable& one : all) lyxp_vars_set(&all_, one.name.c_str(), literal(one.value).c_str());
  }
  Variables(const Variables&) = delete;
  Variables& operator=(const Variables&) = delete;
  ~Variables() { lyxp_vars_free(all_); }

  [[nodiscard]] const lyxp_var* raw() const { return all_; }

 private:
  lyxp_var* all_ = nullptr;
};

// What an operator calls it.
std::string name_of(const lyd_node* entry, const lysc_node* leaf) {
  const std::string_view key = value_of(lyd_child(entry));
  if (form_of(leaf).value_form != "logical-interface") return std::string(key);
  return fmt::format("{}.{}", value_of(lyd_child(lyd_parent(entry))), key);
}

std::string description_of(const lyd_node* entry) {
  const lysc_node* schema = child_schema(entry->schema, "description");
  const lyd_node* own = schema != nullptr ? first_child(entry, schema) : nullptr;
  if (own != nullptr) return std::string(value_of(own));
  return entry->schema->dsc != nullptr ? entry->schema->dsc : "";
}

}  // namespace

std::map<std::string, std::string> referred(const lyd_node* root, const lysc_node* leaf,
                                            const std::vector<Variable>& variables) {
  std::map<std::string, std::string> names;
  const Variables bound(variables);
  for (const std::string& expression : form_of(leaf).refers_to) {
    ly_set* set = nullptr;
    // An expression with a variable that is not bound is an error, and finds nothing.
    const LY_ERR done = lyd_find_xpath2(root, expression.c_str(), bound.raw(), &set);
    const NodeSet found(set);
    if (done != LY_SUCCESS) {
      ly_err_clean(const_cast<ly_ctx*>(LYD_CTX(root)), nullptr);
      continue;
    }
    for (std::uint32_t i = 0; i < found->count; ++i) {
      const lyd_node* entry = found->dnodes[i];
      names.emplace(name_of(entry, leaf), description_of(entry));
    }
  }
  return names;
}

}  // namespace sluice::config
