// Random configurations, made by walking the schema, survive every form.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <libyang/libyang.h>

#include <random>
#include <thread>

#include "config/edit.h"
#include "config/form.h"
#include "config/test_schema.h"

namespace sluice::config {
namespace {

class RandomTree {
 public:
  explicit RandomTree(std::uint32_t seed) : random_(seed) {}

  Tree make() {
    Tree tree(test_schema());
    fill(tree.raw());
    return tree;
  }

 private:
  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_() % limit); }

  void fill(lyd_node* parent) {
    for (const lysc_node* child : form_of(parent->schema).children) {
      const bool is_the_only_case = excluded_by(parent, child).empty();
      if (!is_the_only_case || below(100) >= 55) continue;
      switch (child->nodetype) {
        case LYS_CONTAINER:
          fill(ensure_container(parent, child));
          break;
        case LYS_LEAF:
          set_leaf(parent, child, value(child));
          break;
        default:
          for (std::uint32_t i = below(4); i > 0; --i) several(parent, child);
      }
    }
    for (lyd_node* child = lyd_child_no_keys(parent); child != nullptr; child = child->next) {
      if (below(12) == 0 && is_configured(child) && !form_of(child->schema).joined) {
        set_inactive(test_schema().data(), child);
      }
    }
  }

  void several(lyd_node* parent, const lysc_node* schema) {
    if (schema->nodetype == LYS_LEAFLIST) {
      ensure_value(parent, schema, value(schema));
      return;
    }
    std::vector<std::string> keys;
    for (const lysc_node* key : form_of(schema).keys) keys.push_back(value(key));
    if (find_entry(parent, schema, keys) == nullptr) fill(ensure_entry(parent, schema, keys));
  }

  // A value in canonical form. What the type does not tell is told by the leaf's name.
  std::string value(const lysc_node* leaf) {
    std::string text = candidate(leaf, type_of(leaf));
    const auto checked = check_value(test_schema().data(), leaf, text);
    EXPECT_TRUE(checked) << leaf->name << ' ' << text << ": " << checked.error().message;
    return checked.value();
  }

  std::string candidate(const lysc_node* leaf, const lysc_type* type) {
    const std::string& form = form_of(leaf).value_form;
    const std::string name = leaf->name;
    std::string v4 = fmt::format("192.0.{}.{}", below(256), below(256));
    if (form == "interface-ipv4") return fmt::format("{}/{}", v4, below(33));
    if (form == "interface-ipv6") return fmt::format("2001:db8::{:x}/{}", below(65536), below(129));
    if (form == "ip-prefix") return below(2) == 0 ? fmt::format("{}/{}", v4, below(33)) : "2001:DB8::/32";
    if (form == "ip-address") return v4;
    if (form == "port-range")
      return below(2) == 0 ? "http" : fmt::format("{}-{}", below(100), 100 + below(100));
    if (form == "logical-interface") return fmt::format("ge-0/0/{}.{}", below(10), below(100));
    if (name == "mac") return fmt::format("02:00:00:00:00:{:02x}", below(256));
    if (name == "description" || name == "device" || name == "localfilename") return free_text();
    if (name == "path") return "/var/log";
    return by_type(type);
  }

  std::string by_type(const lysc_type* type) {
    switch (type->basetype) {
      case LY_TYPE_EMPTY:
        return "";
      case LY_TYPE_ENUM: {
        const auto* list = reinterpret_cast<const lysc_type_enum*>(type);
        return list->enums[below(LY_ARRAY_COUNT(list->enums))].name;
      }
      case LY_TYPE_UNION: {
        const auto* all = reinterpret_cast<const lysc_type_union*>(type);
        return by_type(all->types[below(LY_ARRAY_COUNT(all->types))]);
      }
      case LY_TYPE_STRING:
        return fmt::format("n{}", below(50));
      default: {
        const auto* range = reinterpret_cast<const lysc_type_num*>(type)->range;
        if (range == nullptr) return std::to_string(below(256));
        const auto low = static_cast<std::uint32_t>(range->parts[0].min_u64);
        return std::to_string(low + below(static_cast<std::uint32_t>(range->parts[0].max_u64) - low + 1));
      }
    }
  }

  std::string free_text() {
    static const std::vector<std::string> kPieces{"a",   "size",      " ",  "\"",  "\\", "{",
                                                  "};",  "#",         "/*", "é",   "\n", "\t",
                                                  "[ ]", "inactive:", "0",  "set", "'",  "<&"};
    std::string text;
    for (std::uint32_t i = 1 + below(4); i > 0; --i)
      text += kPieces[below(static_cast<std::uint32_t>(kPieces.size()))];
    return text;
  }

  std::mt19937 random_;
};

void expect_same(const Tree& tree, const Result<Tree>& again, const std::string& text) {
  ASSERT_TRUE(again) << again.error().text() << "\n" << text;
  for (const Change& change : diff(tree, *again)) ADD_FAILURE() << change.path << "\n" << text;
  EXPECT_EQ(to_json(tree), to_json(*again));
}

TEST(RoundTrip, random_configurations_survive_braces_commands_and_json) {
  for (std::uint32_t seed = 0; seed < 300 && !testing::Test::HasFailure(); ++seed) {
    const Tree tree = RandomTree(seed).make();
    const std::string curly = to_curly(tree.root());
    expect_same(tree, parse_text(test_schema(), curly, "curly"), curly);
    const std::string commands = to_set(tree.root());
    expect_same(tree, parse_text(test_schema(), commands, "set"), commands);
    const std::string json = to_json(tree);
    expect_same(tree, from_json(test_schema(), json), json);
    expect_same(tree, tree.copy(), "copy");
  }
}

TEST(RoundTrip, applying_the_whole_of_one_configuration_twice_changes_nothing) {
  for (std::uint32_t seed = 1000; seed < 1050; ++seed) {
    Tree tree = RandomTree(seed).make();
    const Tree before = tree.copy();
    const std::string commands = to_set(tree.root());
    ASSERT_TRUE(apply_commands(tree, commands, "cli"));
    EXPECT_TRUE(diff(before, tree).empty());
  }
}

// What config.h promises; meant for the thread sanitizer too.
TEST(RoundTrip, threads_work_on_their_own_trees_of_one_schema) {
  const std::string text = read_testdata("branch.conf");
  const auto work = [&] {
    for (int i = 0; i < 20; ++i) {
      const Tree tree = parsed(text);
      EXPECT_TRUE(tree.validate());
      EXPECT_EQ(to_curly(tree.root()), text);
      EXPECT_EQ(parse_error("system { flow { workers 0; } }"),
                "test.conf:1:25: 'workers 0': must be a number 1 to 64");
    }
  };
  std::thread first(work);
  std::thread second(work);
  first.join();
  second.join();
}

}  // namespace
}  // namespace sluice::config
