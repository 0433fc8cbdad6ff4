// Tree: one configuration; Node: a readable view of one place in it. See config.h.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/schema.h"

struct lyd_node;

namespace sluice::config {

// One place of a configuration: a statement that is there, or one that could be (then it is false
// and reads answer empty, or the schema's default). Names are the YANG names, which are the words
// an operator writes; a name that the schema does not have is a bug of the caller and aborts.
class Node {
 public:
  Node() = default;

  // Whether the statement is there. A container without presence is there when anything is in it.
  explicit operator bool() const;
  [[nodiscard]] std::string_view name() const;
  // The value of a leaf or of one value of a leaf-list, as displayed; empty for others.
  [[nodiscard]] std::string_view value() const;
  [[nodiscard]] bool inactive() const;
  // "security zones security-zone trust": the place in the operator's words.
  [[nodiscard]] std::string path() const;

  [[nodiscard]] Node child(std::string_view name) const;
  // Whether child NAME was configured (flags, presence containers, leaves without defaults).
  [[nodiscard]] bool has(std::string_view name) const;
  // The value of leaf NAME, else its default where the schema has one and it applies here.
  [[nodiscard]] std::optional<std::string_view> text(std::string_view name) const;
  // The same for a leaf that is a number; nullopt too when its value is a word ("never").
  [[nodiscard]] std::optional<std::uint64_t> number(std::string_view name) const;
  // The values of leaf-list NAME in the operator's order.
  [[nodiscard]] std::vector<std::string_view> values(std::string_view name) const;
  // The entries of list NAME in the operator's order.
  [[nodiscard]] std::vector<Node> list(std::string_view name) const;
  // The entry of list NAME with this first key (and second, where there are two).
  [[nodiscard]] Node entry(std::string_view name, std::string_view key, std::string_view key2 = {}) const;
  // Every statement directly below, in the order of display, keys included.
  [[nodiscard]] std::vector<Node> children() const;
  // The key of a list entry (the first one).
  [[nodiscard]] std::string_view key() const;

  // Whether it stands for all entries of its list, whose shared block was named ('security address-book').
  [[nodiscard]] bool whole_list() const { return whole_list_; }

  // For the rooms that may use libyang directly; null when the statement is not there.
  [[nodiscard]] const lyd_node* raw() const { return data_; }
  [[nodiscard]] const lysc_node* schema() const { return schema_; }

 private:
  friend class Tree;
  Node(const lyd_node* data, const lysc_node* schema) : data_(data), schema_(schema) {}

  const lyd_node* data_ = nullptr;
  const lysc_node* schema_ = nullptr;
  // Whether defaults below apply although data_ is null: containers without presence up to a parent
  // that is there.
  bool defaults_apply_ = true;
  bool whole_list_ = false;
};

class Tree {
 public:
  // An empty configuration.
  explicit Tree(Schema schema);
  Tree(Tree&&) noexcept = default;
  Tree& operator=(Tree&&) noexcept = default;

  [[nodiscard]] const Schema& schema() const { return schema_; }
  // The container 'configuration'.
  [[nodiscard]] Node root() const;
  // The place that the operator's words name ("security zones security-zone trust"), false when it
  // is not configured or no such place exists.
  [[nodiscard]] Node find(std::string_view path) const;
  // The same, saying why there is none: the tag is "data-missing" for a place that could be
  // configured and is not, another when the schema has no such place.
  [[nodiscard]] Result<Node> locate(std::string_view path) const;

  // Where the statement of a path, or the nearest one above it, was read from a text: "LINE:COLUMN".
  // Empty when there is none, and for copies of a tree.
  [[nodiscard]] std::string place(std::string_view path) const;

  [[nodiscard]] Tree copy() const;
  // A copy without the statements marked 'inactive:' and what is below them: what a commit means.
  [[nodiscard]] Tree active() const;
  // Mandatory statements, references, 'must' conditions and uniqueness of the active configuration.
  [[nodiscard]] Status validate() const;
  // All that validate() could find, so that an operator mends it at once; of very much only the first of it.
  [[nodiscard]] std::vector<Error> problems() const;

  // For the rooms that may use libyang directly. The node of 'configuration', never null.
  [[nodiscard]] lyd_node* raw() const { return data_.get(); }

 private:
  struct Free {
    void operator()(lyd_node* node) const;
  };
  friend Result<Tree> from_json(const Schema& schema, std::string_view json);
  Tree(Schema schema, lyd_node* data);

  Schema schema_;  // before data_: freed after it
  std::unique_ptr<lyd_node, Free> data_;
};

// A tree that changes no more: any number of threads may read it at once.
using SharedTree = std::shared_ptr<const Tree>;
SharedTree share(Tree tree);

}  // namespace sluice::config
