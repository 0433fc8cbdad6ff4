#include "config/tree.h"

#include <fmt/format.h>

#include <charconv>

#include "config/edit.h"
#include "config/find.h"
#include "config/form.h"
#include "config/text.h"
#include "config/validate.h"

namespace sluice::config {
namespace {

const lysc_node* named_child(const lysc_node* parent, std::string_view name) {
  const lysc_node* child = parent != nullptr ? child_schema(parent, name) : nullptr;
  check(child != nullptr, "the schema has the name that is asked for");
  return child;
}

std::string_view default_of(const lysc_node* schema) {
  const lyd_value* value = reinterpret_cast<const lysc_node_leaf*>(schema)->dflt;
  return value != nullptr ? lyd_value_get_canonical(schema->module->ctx, value) : std::string_view();
}

// And what operators wrote about statements, which is for operators.
void remove_inactive(lyd_node* parent) {
  lyd_node* next = nullptr;
  for (lyd_node* child = lyd_child(parent); child != nullptr; child = next) {
    next = child->next;
    if (is_inactive(child)) {
      lyd_free_tree(child);
    } else {
      lyd_free_meta_siblings(child->meta);
      remove_inactive(child);
    }
  }
}

lyd_node* duplicate(const lyd_node* data) {
  lyd_node* copy = nullptr;
  const LY_ERR made = lyd_dup_single(data, nullptr, LYD_DUP_RECURSIVE | LYD_DUP_WITH_FLAGS, &copy);
  check(made == LY_SUCCESS && copy != nullptr, "a tree can be copied");
  return copy;
}

lyd_node* empty_configuration(const Schema& schema) {
  lyd_node* data = nullptr;
  lyd_new_inner(nullptr, schema.data().configuration, "configuration", 0, &data);
  check(data != nullptr, "an empty configuration can be made");
  return data;
}

// libyang makes the text of a value when it is first asked for.
void make_texts(const lyd_node* data) {
  const lyd_node* node = nullptr;
  LYD_TREE_DFS_BEGIN(data, node) {
    (void)lyd_get_value(node);
    for (const lyd_meta* meta = node->meta; meta != nullptr; meta = meta->next)
      (void)lyd_get_meta_value(meta);
    LYD_TREE_DFS_END(data, node);
  }
}

}  // namespace

SharedTree share(Tree tree) {
  make_texts(tree.raw());
  return std::make_shared<const Tree>(std::move(tree));
}

Node::operator bool() const {
  return data_ != nullptr && is_configured(data_);
}

std::string_view Node::name() const {
  return schema_ != nullptr ? schema_->name : std::string_view();
}

std::string_view Node::value() const {
  return data_ != nullptr ? value_of(data_) : std::string_view();
}

bool Node::inactive() const {
  return data_ != nullptr && is_inactive(data_);
}

std::string Node::path() const {
  return data_ != nullptr ? path_of(data_) : std::string();
}

Node Node::child(std::string_view name) const {
  const lysc_node* schema = named_child(schema_, name);
  Node node(data_ != nullptr ? first_child(data_, schema) : nullptr, schema);
  const bool plain_container = schema->nodetype == LYS_CONTAINER && !is_presence(schema);
  node.defaults_apply_ = node.data_ != nullptr || (defaults_apply_ && plain_container);
  return node;
}

bool Node::has(std::string_view name) const {
  return static_cast<bool>(child(name));
}

std::optional<std::string_view> Node::text(std::string_view name) const {
  const Node leaf = child(name);
  check(leaf.schema_->nodetype == LYS_LEAF, "text() is asked of a leaf");
  if (leaf.data_ != nullptr) return leaf.value();
  const std::string_view fallback = defaults_apply_ ? default_of(leaf.schema_) : std::string_view();
  return fallback.empty() ? std::nullopt : std::optional(fallback);
}

std::optional<std::uint64_t> Node::number(std::string_view name) const {
  const auto value = text(name);
  if (!value) return std::nullopt;
  std::uint64_t number = 0;
  const auto parsed = std::from_chars(value->data(), value->data() + value->size(), number);
  const bool whole = parsed.ec == std::errc() && parsed.ptr == value->data() + value->size();
  return whole ? std::optional(number) : std::nullopt;
}

std::vector<std::string_view> Node::values(std::string_view name) const {
  std::vector<std::string_view> found;
  const lysc_node* schema = named_child(schema_, name);
  check(schema->nodetype == LYS_LEAFLIST, "values() is asked of a leaf-list");
  if (data_ == nullptr) return found;
  for (const lyd_node* node : instances(data_, schema)) found.push_back(value_of(node));
  return found;
}

std::vector<Node> Node::list(std::string_view name) const {
  std::vector<Node> found;
  const lysc_node* schema = named_child(schema_, name);
  check(schema->nodetype == LYS_LIST, "list() is asked of a list");
  if (data_ == nullptr) return found;
  for (const lyd_node* node : instances(data_, schema)) found.push_back(Node(node, schema));
  return found;
}

Node Node::entry(std::string_view name, std::string_view key, std::string_view key2) const {
  const lysc_node* schema = named_child(schema_, name);
  check(schema->nodetype == LYS_LIST, "entry() is asked of a list");
  std::vector<std::string> keys{std::string(key)};
  if (form_of(schema).keys.size() > 1) keys.emplace_back(key2);
  Node node(data_ != nullptr ? find_entry(data_, schema, keys) : nullptr, schema);
  node.defaults_apply_ = node.data_ != nullptr;
  return node;
}

std::vector<Node> Node::children() const {
  std::vector<Node> found;
  if (data_ == nullptr) return found;
  for (const lyd_node* node = lyd_child(data_); node != nullptr; node = node->next) {
    if (is_configured(node)) found.push_back(Node(node, node->schema));
  }
  return found;
}

std::string_view Node::key() const {
  const lyd_node* first = data_ != nullptr ? lyd_child(data_) : nullptr;
  return first != nullptr && lysc_is_key(first->schema) ? value_of(first) : std::string_view();
}

void Tree::Free::operator()(lyd_node* node) const {
  lyd_free_all(node);
}

Tree::Tree(Schema schema) : schema_(std::move(schema)), data_(empty_configuration(schema_)) {}

Tree::Tree(Schema schema, lyd_node* data) : schema_(std::move(schema)), data_(data) {}

Node Tree::root() const {
  return {data_.get(), schema_.root()};
}

Node Tree::find(std::string_view path) const {
  const auto found = find_statement(schema_.data(), data_.get(), path);
  return found ? Node(*found, (*found)->schema) : Node();
}

Result<Node> Tree::locate(std::string_view path) const {
  const auto found = find_statement(schema_.data(), data_.get(), path);
  if (!found) return found.error();
  Node node(*found, (*found)->schema);
  const bool names_list = path.ends_with(node.schema_->name) && node.key() != node.schema_->name;
  node.whole_list_ = form_of(node.schema_).grouped && names_list;
  return node;
}

std::string Tree::place(std::string_view path) const {
  while (!path.empty()) {
    const auto found = find_statement(schema_.data(), data_.get(), path);
    if (found) return place_of(*found);
    const std::size_t last = path.rfind(' ');
    path = path.substr(0, last == std::string_view::npos ? 0 : last);
  }
  return {};
}

Tree Tree::copy() const {
  return {schema_, duplicate(data_.get())};
}

Tree Tree::active() const {
  Tree live = copy();
  remove_inactive(live.data_.get());
  return live;
}

Status Tree::validate() const {
  std::vector<Error> found = problems();
  return found.empty() ? Status() : Status(std::move(found.front()));
}

std::vector<Error> Tree::problems() const {
  // libyang adds defaults to what it validates: a copy, so that a tree holds only what was written.
  Tree scratch = active();
  lyd_node* data = scratch.data_.release();
  std::vector<Error> found = problems_of(schema_.data(), &data);
  scratch.data_.reset(data);
  return found;
}

}  // namespace sluice::config
