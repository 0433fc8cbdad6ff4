// The schema as every test of the room uses it, loaded once.
#pragma once

#include <fstream>
#include <sstream>
#include <string>

#include "config/config.h"

namespace sluice::config {

inline const Schema& test_schema() {
  static const Schema schema = [] {
    auto loaded = Schema::load(Schema::default_directory());
    if (!loaded) std::fprintf(stderr, "%s\n", loaded.error().text().c_str());
    return std::move(loaded).value();
  }();
  return schema;
}

inline std::string read_testdata(const std::string& name) {
  std::ifstream in(std::string(CONFIG_TESTDATA) + "/" + name);
  std::stringstream all;
  all << in.rdbuf();
  return all.str();
}

inline Tree parsed(std::string_view text) {
  auto tree = parse_text(test_schema(), text, "test.conf");
  if (!tree) std::fprintf(stderr, "%s\n", tree.error().text().c_str());
  return std::move(tree).value();
}

// "test.conf:LINE:COLUMN: message", or "valid".
inline std::string parse_error(std::string_view text) {
  auto tree = parse_text(test_schema(), text, "test.conf");
  return tree ? "valid" : tree.error().text();
}

}  // namespace sluice::config
