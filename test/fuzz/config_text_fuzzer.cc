// Any bytes given as a configuration are either refused with a place and a sentence, or become a
// tree that every form gives back.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "config/config.h"

namespace {

using namespace sluice;

const config::Schema& schema() {
  static const config::Schema loaded = config::Schema::load(config::Schema::default_directory()).value();
  return loaded;
}

void expect_given_back(const config::Tree& tree, const Result<config::Tree>& again, const char* what) {
  check(again.has_value(), what);
  check(config::diff(tree, *again).empty(), what);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const auto tree = config::parse_text(schema(), text, "fuzz");
  if (!tree) {
    check(tree.error().path.starts_with("fuzz:") && !tree.error().message.empty(),
          "an error has a place and words");
    return 0;
  }
  expect_given_back(*tree, config::parse_text(schema(), config::to_curly(tree->root()), "curly"),
                    "curly text");
  expect_given_back(*tree, config::parse_text(schema(), config::to_set(tree->root()), "set"), "set commands");
  expect_given_back(*tree, config::from_json(schema(), config::to_json(*tree)), "JSON");
  const auto valid = tree->validate();
  check(valid.has_value() || !valid.error().message.empty(), "a refusal has words");
  return 0;
}
