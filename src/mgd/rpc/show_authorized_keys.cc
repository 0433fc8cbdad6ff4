#include <pwd.h>

#include <optional>
#include <vector>

#include "mgd/rpc/handlers.h"

// What sluice-authorized-keys asks for sshd.
namespace sluice::rpc {
namespace {

std::optional<unsigned> machine_uid(const std::string& user) {
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> buffer(16 * 1024);
  const bool known =
      ::getpwnam_r(user.c_str(), &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr;
  return known ? std::optional(found->pw_uid) : std::nullopt;
}

}  // namespace

Status show_authorized_keys(const Inputs& inputs, const Context& context, render::Sink& sink) {
  const std::string user(inputs.text("user"));
  const commit::Committed committed = context.parts.running.committed();
  const render::Document document(sink, "authorized-keys", "");
  for (const std::string& line : users::authorized_keys(*committed.tree, user, machine_uid(user))) {
    sink.leaf("authorized-key", line);
  }
  return {};
}

}  // namespace sluice::rpc
