// Every operation that shows something, by its rpc and as a command, in every format.
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "configuration.h"
#include "world.h"

namespace sluice::test {
namespace {

struct Shown {
  std::string rpc, command;
  std::string input;  // as an element
};

// There is no cluster, which is an error as in Junos, and there are no sensors and keys, of which text says
// nothing.
constexpr std::string_view kNothingToShow[] = {"get-chassis-cluster-status", "get-environment-information",
                                               "get-license-key-information"};

// Those that can be asked for without an input, or for all that they show.
std::vector<Shown> operations() {
  const auto rpcs = command::RpcSchema::load(config::Schema::default_directory()).value();
  std::vector<Shown> shown;
  for (const rpc::Operation& operation : rpc::operations()) {
    const command::Entry& entry = operation.command;
    const bool shows = entry.mode == command::Mode::operational && entry.words.starts_with("show ");
    const command::Rpc& rpc = *rpcs.find(entry.rpc);
    const bool asks =
        std::ranges::any_of(rpc.parameters, [](const command::Parameter& input) { return input.mandatory; });
    if (!shows || asks || std::ranges::find(kNothingToShow, entry.rpc) != std::end(kNothingToShow)) continue;
    shown.push_back({std::string(entry.rpc), std::string(entry.words), {}});
    if (!rpc.needs_input) continue;
    shown.back().command += " all";
    shown.back().input = "<all/>";
  }
  return shown;
}

// The element that a reply is, and the text in it.
struct Content {
  std::string name, text;
};

Content content_of(const std::string& reply) {
  pugi::xml_document document;
  if (!document.load_string(reply.c_str(), pugi::parse_default | pugi::parse_ws_pcdata))
    return {"not XML", reply};
  for (const pugi::xml_node& child : document.document_element()) {
    if (child.type() == pugi::node_element) return {child.name(), child.text().get()};
  }
  return {"", document.document_element().text().get()};
}

// By a parser that is not ours.
testing::AssertionResult is_object(const std::string& reply) {
  google::protobuf::Struct object;
  const auto parsed = google::protobuf::util::JsonStringToMessage(reply, &object);
  if (!parsed.ok()) return testing::AssertionFailure() << parsed.ToString() << " in " << reply;
  if (object.fields().empty()) return testing::AssertionFailure() << "nothing is in " << reply;
  return testing::AssertionSuccess();
}

// Configuration's own element names, in any format.
std::string expected_text_element(const std::string& rpc) {
  const bool configuration = rpc == "get-configuration" || rpc == "get-flow-configuration";
  return configuration ? "configuration-text" : "output";
}

class Formats : public testing::Test {
 protected:
  void SetUp() override { ASSERT_FALSE(world.commit(kConfiguration).refused()); }
  Content by_rpc(const Shown& one, const std::string& format) {
    return content_of(
        world.rpc("<" + one.rpc + " format=\"" + format + "\">" + one.input + "</" + one.rpc + ">"));
  }
  // As a program gives it; the world's client speaks for the command line.
  Content by_command(const Shown& one, const std::string& format) {
    doors::Peer peer;
    peer.session = 7;
    return content_of(world.rpc_as(peer, "<command format=\"" + format + "\">" + one.command + "</command>"));
  }
  World world;
};

TEST_F(Formats, every_show_is_answered_as_text_xml_and_json_by_rpc_and_by_command) {
  const auto all = operations();
  EXPECT_GT(all.size(), 15U);
  for (const Shown& one : all) {
    const Content xml = by_rpc(one, "xml");
    EXPECT_NE(xml.name, "rpc-error") << one.rpc << ": " << world.rpc("<" + one.rpc + "/>");
    EXPECT_NE(xml.name, "") << one.rpc;
    EXPECT_NE(xml.name, "output") << one.rpc;
    EXPECT_EQ(by_command(one, "xml").name, xml.name) << one.command;
    const Content text = by_rpc(one, "text");
    EXPECT_EQ(text.name, expected_text_element(one.rpc)) << one.rpc;
    EXPECT_GT(text.text.size(), 8U) << one.rpc;
    EXPECT_GT(by_command(one, "text").text.size(), 8U) << one.command;
    const Content json = by_rpc(one, "json");
    EXPECT_EQ(json.name, "") << one.rpc;
    EXPECT_TRUE(is_object(json.text)) << one.rpc;
    EXPECT_TRUE(is_object(by_command(one, "json").text)) << one.command;
  }
}

}  // namespace
}  // namespace sluice::test
