#include "mgd/render/sink.h"

#include "base/check.h"

namespace sluice::render {

config::Tree piece_of(const ConfigurationReply& reply) {
  if (!reply.node) return config::Tree(reply.tree.schema());
  auto piece = config::parse_text(reply.tree.schema(), config::to_set(reply.node), "configuration");
  check(piece.has_value(), "a configuration does not read back from its set commands");
  return std::move(*piece);
}

// An entry of a list whose entries share a block holds no secrets, so such a list is shown as it is.
void Sink::configuration(const ConfigurationReply& reply) {
  if (!hides_secrets_ || !reply.node || reply.node.whole_list()) return on_configuration(reply);
  const config::Tree shown = config::without_secrets(reply.tree);
  const std::string path = reply.node.path();
  on_configuration(
      {shown, path.empty() ? shown.root() : shown.find(path), reply.commit_unix_s, reply.commit_user});
}

}  // namespace sluice::render
