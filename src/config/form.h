// The written form of a schema node: what the extensions of sluice-extensions.yang say about it,
// and its children as an operator writes them. Private to the room; made once by Schema::load and
// kept in the schema node's private pointer.
#pragma once

#include <libyang/libyang.h>

#include <deque>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::config {

enum class OneLine { never, single, all };

// A name that there is although nothing is configured for it.
struct Predefined {
  std::string name;
  std::string help;  // may be empty
};

struct Form {
  bool bare = false;         // leaf: written without its name
  bool hidden_name = false;  // list: entries are written by their keys alone
  bool grouped = false;      // list: entries share one block under the list's name
  bool whole = false;        // list: an entry that loses a statement is deactivated
  bool secret = false;       // leaf: shown only to those who may see secrets
  std::string word;          // container: what is written instead of its name; empty: its name
  bool joined = false;       // container: its name stands before each child
  OneLine one_line = OneLine::never;
  std::vector<std::string> key_words;  // list: the word before each key; empty: the list's name first
  std::string value_form;              // leaf: how a value may be written (values.h); empty: as in YANG
  // leaf, leaf-list or key: the lists whose entries it may name, as XPath expressions from the top.
  std::vector<std::string> refers_to;
  std::vector<Predefined> predefined;  // the same: names that it may have without configuration
  std::vector<const lysc_node*> keys;
  std::vector<const lysc_node*> children;  // data nodes in schema order, choices dissolved, no keys
};

// Everything of one loaded schema. Immutable after Schema::load.
struct SchemaData {
  SchemaData() = default;
  SchemaData(const SchemaData&) = delete;
  SchemaData& operator=(const SchemaData&) = delete;
  ~SchemaData() { ly_ctx_destroy(context); }

  ly_ctx* context = nullptr;
  const lys_module* configuration = nullptr;
  const lys_module* extensions = nullptr;
  const lys_module* predefined = nullptr;  // the names that there are without configuration
  const lysc_node* root = nullptr;
  std::deque<Form> forms;
  std::set<std::string> secret_leaves;  // the names of those
};

inline const Form& form_of(const lysc_node* schema) {
  return *static_cast<const Form*>(schema->priv);
}

// What an operator writes for a node.
inline std::string_view written_name(const lysc_node* schema) {
  const Form& form = form_of(schema);
  return form.word.empty() ? std::string_view(schema->name) : std::string_view(form.word);
}

// What a statement begins with; empty: with its key or value.
inline std::string_view first_word(const lysc_node* schema) {
  const Form& form = form_of(schema);
  if (!form.key_words.empty()) return form.key_words[0];
  return form.bare || form.hidden_name ? std::string_view() : written_name(schema);
}

// The child of a container or list with this YANG name, or null.
const lysc_node* child_schema(const lysc_node* parent, std::string_view name);

inline bool is_inner(const lysc_node* schema) {
  return (schema->nodetype & (LYS_CONTAINER | LYS_LIST)) != 0;
}
inline bool is_presence(const lysc_node* schema) {
  return schema->nodetype == LYS_CONTAINER && (schema->flags & LYS_PRESENCE) != 0;
}
inline const lysc_type* type_of(const lysc_node* schema) {
  return schema->nodetype == LYS_LEAF ? reinterpret_cast<const lysc_node_leaf*>(schema)->type
                                      : reinterpret_cast<const lysc_node_leaflist*>(schema)->type;
}
inline bool is_flag(const lysc_node* schema) {
  return schema->nodetype == LYS_LEAF && type_of(schema)->basetype == LY_TYPE_EMPTY;
}

}  // namespace sluice::config
