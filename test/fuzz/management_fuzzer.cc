// The whole management side behind its door, over a made-up flowd: whatever one session asks, command line
// and program alike, every answer is XML, every refusal has words, and the session after it finds the
// firewall as it was.
//
// An input is lines, each a request:
//   >show route        a command                  ?show ro        its completion
//   #set system ...    one of configuration mode  !set sys        its completion
//   <get-config>...    the content of an <rpc>
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/xml_text.h"
#include "configuration.h"
#include "mgd/doors/message.h"
#include "world.h"

namespace {

using namespace sluice;

constexpr unsigned kSession = 7000;
constexpr int kMostRequests = 8;
// A file that the operator names comes with the command.
constexpr std::string_view kFile = "system {\n    host-name loaded;\n}\n";

test::World& world() {
  static test::World one;
  static const bool committed = !one.commit(test::kConfiguration).refused();
  check(committed, "the fuzzer's configuration can be committed");
  return one;
}

class Session {
 public:
  explicit Session(test::World& world) : world_(world) {
    peer_.user = "root";
    peer_.session = kSession;
  }

  void ask(std::string_view line) {
    if (line.empty()) return;
    const char kind = line.front();
    const bool configuring = kind == '#' || kind == '!';
    if (kind == '<') return ask_rpc(line);
    if (kind == '>' || kind == '#') return ask_typed("command", line.substr(1), configuring);
    if (kind == '?' || kind == '!') ask_typed("complete", line.substr(1), configuring);
  }
  void leave() { world_.leave(peer_); }

 private:
  void ask_rpc(std::string_view body) {
    std::string message = "<rpc>" + std::string(body) + "</rpc>";
    pugi::xml_document document;
    if (doors::read_message(message, document)) (void)answer(body, {});
  }

  void ask_typed(std::string_view element, std::string_view line, bool configuring) {
    std::string body = "<" + std::string(element) + " format=\"text\" ends-word=\"yes\" confirmed=\"yes\"";
    if (configuring) append_xml_attribute(body, "mode", "configuration");
    if (configuring) append_xml_attribute(body, "edit", edit_);
    body += '>';
    append_xml_text(body, line);
    body += "</" + std::string(element) + ">";
    for (const std::string_view name : {"terminal", "fw.conf"}) {
      body += "<file";
      append_xml_attribute(body, "name", name);
      body += '>';
      append_xml_text(body, kFile);
      body += "</file>";
    }
    pugi::xml_document reply;
    const std::string text = answer(body, "client=\"cli\"");
    check(reply.load_string(text.c_str()), "an answer is XML");
    const pugi::xml_node action = reply.document_element().child("cli-action");
    // Where the command led.
    if (action && element == "command") edit_ = action.child("edit").text().get();
  }

  std::string answer(std::string_view body, std::string_view attributes) {
    const std::string text = world_.rpc_as(peer_, body, attributes);
    pugi::xml_document reply;
    check(reply.load_string(text.c_str()), "an answer is XML");
    for (const pugi::xml_node& error : reply.document_element().children("rpc-error")) {
      check(!std::string_view(error.child_value("error-message")).empty(), "a refusal has words");
      check(!std::string_view(error.child_value("error-tag")).empty(), "a refusal has a tag");
    }
    return text;
  }

  test::World& world_;
  doors::Peer peer_;
  std::string edit_;
};

// As it was before the session.
void restore(test::World& world, const config::SharedTree& before) {
  (void)world.ask("clear system commit");
  (void)world.rpc("<discard-changes/>");
  const commit::Committed now = world.parts().running.committed();
  if (now.tree == before && now.confirmation.by_s == 0) return;
  check(!world.commit(test::kConfiguration).refused(), "what was committed before can be committed again");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const config::SharedTree before = world().parts().running.committed().tree;
  Session session(world());
  for (int asked = 0; asked < kMostRequests && !text.empty(); ++asked) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    session.ask(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  session.leave();
  restore(world(), before);
  return 0;
}
