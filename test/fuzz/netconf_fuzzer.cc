// Whatever a client sends, in whichever pieces: the framing yields messages or an error that is final, a
// message is XML within its limits or refused with words, and an rpc's inputs and configuration, in whichever
// form, are taken or refused with words.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "config/config.h"
#include "mgd/command/element_inputs.h"
#include "mgd/doors/framing.h"
#include "mgd/doors/message.h"
#include "mgd/rpc/rpc.h"

namespace {

using namespace sluice;

constexpr std::size_t kLargest = 1 << 16;

const command::RpcSchema& rpcs() {
  static const command::RpcSchema loaded = command::RpcSchema::load(SLUICE_YANG_DIR).value();
  return loaded;
}
const command::Grammar& grammar() {
  static const command::Grammar built = [] {
    const auto table = rpc::commands();
    return command::Grammar::build(rpcs(), table).value();
  }();
  return built;
}
const config::Schema& schema() {
  static const config::Schema loaded = config::Schema::load(SLUICE_YANG_DIR).value();
  return loaded;
}

void expect_words(const Status& status) {
  check(status.has_value() || !status.error().message.empty(), "a refusal has words");
}

void configure(const pugi::xml_node& configuration) {
  if (!configuration) return;
  config::Tree tree(schema());
  expect_words(config::apply_xml(tree, configuration, config::XmlOperation::merge));
  (void)config::select(tree, configuration);
  (void)config::to_set(tree.root());
}

// What load-configuration takes besides XML.
void load(const pugi::xml_node& body) {
  config::Tree tree(schema());
  if (const pugi::xml_node json = doors::child_named(body, "configuration-json")) {
    const auto loaded = config::from_display_json(schema(), json.text().get());
    check(loaded || !loaded.error().message.empty(), "a refusal has words");
    if (loaded)
      expect_words(config::apply_commands(tree, config::to_set(loaded->root()), {.filename = "json"}));
  }
  if (const pugi::xml_node commands = doors::child_named(body, "configuration-set")) {
    expect_words(config::apply_commands(tree, commands.text().get(), {.filename = "set"}));
  }
  if (const pugi::xml_node text = doors::child_named(body, "configuration-text")) {
    std::vector<Error> unsupported;
    expect_words(
        config::apply_text(tree, text.text().get(), {.filename = "text", .unsupported = &unsupported}));
  }
}

// By an XPath expression.
void select(const pugi::xml_node& filter) {
  static const config::Tree tree =
      config::parse_text(
          schema(),
          "set system host-name fw\nset interfaces ge-0/0/0 unit 0 family inet address 192.0.2.1/24\n",
          "fuzz")
          .value();
  const auto part = config::select_xpath(tree, filter.attribute("select").value());
  if (part) (void)config::to_set(part->root());
  check(part || !part.error().message.empty(), "a refusal has words");
}

void answer(const pugi::xml_node& rpc) {
  const pugi::xml_node body = doors::first_element(rpc);
  const command::Rpc* operation = rpcs().find(doors::local_name(body));
  if (operation == nullptr) return;
  std::vector<command::Input> inputs = command::inputs_of(body, *operation);
  expect_words(grammar().check_inputs(*operation, inputs));
  load(body);
  configure(doors::child_named(body, "configuration"));
  configure(doors::child_named(doors::child_named(body, "config"), "configuration"));
  const pugi::xml_node filter = doors::child_named(body, "filter");
  configure(doors::child_named(filter, "configuration"));
  if (filter.attribute("select")) select(filter);
}

// The messages that `bytes` hold when they come in pieces of this size; a broken framing ends them.
std::vector<std::string> messages_of(std::string_view bytes, doors::Framing framing, std::size_t piece) {
  doors::FrameReader reader(kLargest);
  reader.use(framing);
  std::vector<std::string> messages;
  while (!bytes.empty()) {
    reader.feed(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    while (true) {
      auto message = reader.next();
      if (!message) return messages;
      if (!*message) break;
      messages.push_back(std::move(**message));
    }
  }
  return messages;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  for (const doors::Framing framing : {doors::Framing::end_of_message, doors::Framing::chunked}) {
    std::vector<std::string> messages = messages_of(text, framing, size);
    check(messages == messages_of(text, framing, 1), "messages are the same however their bytes come");
    if (framing == doors::Framing::end_of_message) messages.emplace_back(text);
    for (std::string& message : messages) {
      pugi::xml_document document;
      const Status read = doors::read_message(message, document);
      expect_words(read);
      if (read) answer(document.document_element());
    }
  }
  return 0;
}
