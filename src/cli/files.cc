#include "cli/files.h"

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

namespace sluice::cli {
namespace {

namespace fs = std::filesystem;

// A name with one of these would have to be quoted, and completion leaves quotes alone.
constexpr std::string_view kQuoted = " \t\"|?";

bool offers_file(const doors::Suggestions& found) {
  return std::ranges::find(found.items, Suggestion::Kind::file, &Suggestion::kind) != found.items.end();
}

std::vector<std::string> files_like(std::string_view typed) {
  const std::size_t slash = typed.rfind('/');
  const std::string folder(typed.substr(0, slash == std::string_view::npos ? 0 : slash + 1));
  const std::string_view beginning = typed.substr(folder.size());
  std::vector<std::string> names;
  std::error_code failure;
  for (fs::directory_iterator at(folder.empty() ? "." : folder, failure), end; at != end;
       at.increment(failure)) {
    const std::string name = at->path().filename();
    const bool hidden = name.starts_with('.') && beginning.empty();
    if (hidden || !name.starts_with(beginning) || name.find_first_of(kQuoted) != std::string::npos) continue;
    std::error_code gone;
    names.push_back(folder + name + (at->is_directory(gone) ? "/" : ""));
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace

void add_files(doors::Suggestions& found, std::string_view line) {
  if (!offers_file(found)) return;
  for (std::string& name : files_like(line.substr(std::min(found.position, line.size())))) {
    found.items.push_back({std::move(name), "", Suggestion::Kind::name});
  }
}

}  // namespace sluice::cli
