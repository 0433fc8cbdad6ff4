#include "flowd/compile/statement.h"

#include <fmt/format.h>

namespace sluice::compile {

std::string path_below(const config::Node& node, std::string_view words) {
  std::string path = node.path();
  if (!path.empty() && !words.empty()) path += ' ';
  return path.append(words);
}

Error wrong(const config::Node& node, std::string_view words, std::string message) {
  return Error{"invalid-value", path_below(node, words), std::move(message)};
}

Error unknown(const config::Node& node, std::string_view words, std::string message) {
  return Error{"data-missing", path_below(node, words), std::move(message)};
}

void warn(std::vector<std::string>& warnings, const std::string& path, std::string_view sentence) {
  warnings.push_back(fmt::format("{}: {}", path, sentence));
}

}  // namespace sluice::compile
