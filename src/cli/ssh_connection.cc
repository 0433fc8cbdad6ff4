#include "cli/ssh_connection.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace sluice::cli {
namespace {

constexpr std::string_view kVariable = "SSH_CONNECTION=";

std::string read(pid_t process, std::string_view file) {
  std::ifstream in(fmt::format("/proc/{}/{}", process, file), std::ios::binary);
  std::ostringstream text;
  if (in) text << in.rdbuf();
  return std::move(text).str();
}

// Its environment when it began; empty when we may not read it.
std::string connection_in(pid_t process) {
  std::istringstream variables(read(process, "environ"));
  for (std::string one; std::getline(variables, one, '\0');) {
    if (one.starts_with(kVariable)) return one.substr(kVariable.size());
  }
  return {};
}

// 0 when there is none, or none that we see.
pid_t parent_of(pid_t process) {
  const std::string stat = read(process, "stat");
  const std::size_t name_end = stat.rfind(')');  // the name may hold blanks and parentheses
  if (name_end == std::string::npos) return 0;
  std::istringstream rest(stat.substr(name_end + 1));
  std::string state;
  pid_t parent = 0;
  rest >> state >> parent;
  return parent;
}

}  // namespace

std::string ssh_connection() {
  if (const char* own = std::getenv("SSH_CONNECTION")) return own;
  for (pid_t process = ::getppid(); process > 1; process = parent_of(process)) {
    if (std::string found = connection_in(process); !found.empty()) return found;
  }
  return {};
}

}  // namespace sluice::cli
