// sluice-authorized-keys USER: what sshd runs as its AuthorizedKeysCommand: prints the public keys that
// 'system login user USER authentication' has.
//
// Who has no keys there gets nothing, and sshd goes on to its files; so it does when this fails.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <pugixml.hpp>

#include "base/version.h"
#include "base/xml_text.h"
#include "mgd/doors/client.h"

namespace {

using sluice::Error;
using sluice::Result;

Result<std::string> keys_of(const std::string& user, const std::string& socket) {
  auto daemon = sluice::doors::Client::connect(socket);
  if (!daemon) return daemon.error();
  std::string request = "<get-authorized-keys format=\"text\"><user>";
  sluice::append_xml_text(request, user);
  const auto reply = daemon->rpc(request + "</user></get-authorized-keys>");
  if (!reply) return reply.error();
  pugi::xml_document document;
  document.load_buffer(reply->data(), reply->size());
  const pugi::xml_node root = document.document_element();
  if (const pugi::xml_node refused = root.child("rpc-error")) {
    return Error{"", "", refused.child_value("error-message")};
  }
  return std::string(root.child_value("output"));
}

}  // namespace

int main(int argc, char** argv) {
  std::string run_directory = "/run/sluice";
  std::string path;
  std::string user;
  CLI::App app("sluice-authorized-keys: the public keys of a user of the firewall, for sshd");
  app.add_option("USER", user, "Name of the user")->required();
  app.add_option("--run-dir", run_directory, "Folder of the daemons' sockets")->envname("SLUICE_RUN_DIR");
  app.add_option("--socket", path, "sluice-mgd's socket (default: RUN-DIR/mgd.sock)");
  app.set_version_flag("--version", sluice::version_of("sluice-authorized-keys"));
  CLI11_PARSE(app, argc, argv);
  if (path.empty()) path = run_directory + "/mgd.sock";
  const auto keys = keys_of(user, path);
  if (!keys) {
    fmt::print(stderr, "sluice-authorized-keys: {}\n", keys.error().text());
    return 1;
  }
  fmt::print("{}", *keys);
  return 0;
}
