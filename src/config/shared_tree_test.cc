// A shared tree read by many threads. ThreadSanitizer watches our side of it; inside libyang, which is not
// built for it, valgrind's helgrind sees every write that a read makes, and finds them when share() makes no
// texts.
#include <gtest/gtest.h>

#include <thread>

#include "config/config.h"
#include "config/test_schema.h"

namespace sluice::config {
namespace {

// Everything that the management daemon does with a tree that it shares.
std::string read_all(const Tree& tree, const Tree& other) {
  std::string all = to_curly(tree.root()) + to_set(tree.root()) + to_xml(tree.root()) + to_json(tree) +
                    to_display_json(tree) + compare(tree, other) + to_set(without_secrets(tree).root()) +
                    to_set(tree.active().root());
  for (const Change& change : diff(other, tree)) all += change.path;
  for (const Suggestion& item : suggest(tree, "security policies ", Purpose::find).items) all += item.text;
  all += tree.validate() ? "valid" : "not valid";
  all += tree.find("security zones").path();
  Tree changed = tree.copy();
  all += apply_commands(changed, "delete system", "x") ? "changed" : "not changed";
  return all;
}

TEST(SharedTree, is_read_by_many_threads_at_once) {
  const std::string text = read_testdata("branch.conf");
  const SharedTree tree = share(parsed(text));
  const SharedTree other = share(parsed("set system host-name other\n"));
  const std::string alone = read_all(parsed(text), parsed("set system host-name other\n"));
  std::vector<std::string> seen(4);
  {
    std::vector<std::jthread> readers;
    for (std::string& one : seen) readers.emplace_back([&] { one = read_all(*tree, *other); });
  }
  for (const std::string& one : seen) EXPECT_EQ(one, alone);
}

}  // namespace
}  // namespace sluice::config
