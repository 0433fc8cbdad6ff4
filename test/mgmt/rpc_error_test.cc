// What a program reads in an <rpc-error>: RFC 6241, 4.3 and appendix A, and what Junos's clients look for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "configuration.h"
#include "world.h"

namespace sluice::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class RpcErrors : public testing::Test {
 protected:
  void SetUp() override { ASSERT_FALSE(world.commit(kConfiguration).refused()); }

  static doors::Peer program(const std::string& user = "root") {
    doors::Peer peer;
    peer.uid = user == "root" ? 0 : 5000;
    peer.user = user;
    peer.session = 900;
    return peer;
  }
  // The first <rpc-error>, an element a line: NAME VALUE; what is in error-info behind a '.'.
  std::string told(const std::string& rpc, const std::string& user = "root") {
    pugi::xml_document reply;
    const std::string text = world.rpc_as(program(user), rpc);
    EXPECT_TRUE(reply.load_string(text.c_str())) << text;
    std::string lines;
    for (const pugi::xml_node& part : reply.document_element().child("rpc-error")) {
      if (std::string_view(part.name()) != "error-info") {
        lines += fmt::format("{} {}\n", part.name(), part.text().get());
        continue;
      }
      for (const pugi::xml_node& info : part)
        lines += fmt::format(".{} {}\n", info.name(), info.text().get());
    }
    return lines.empty() ? text : lines;
  }
  static std::string load(const std::string& content, const std::string& attributes = {}) {
    return "<load-configuration" + attributes + ">" + content + "</load-configuration>";
  }
  static std::string edit(const std::string& statements) {
    return "<edit-config><target><candidate/></target><config><configuration>" + statements +
           "</configuration></config></edit-config>";
  }

  World world;
};

TEST_F(RpcErrors, operation_that_there_is_not) {
  EXPECT_EQ(told("<get-nothing/>"),
            "error-type protocol\nerror-tag operation-not-supported\nerror-severity error\n"
            "error-path /rpc/get-nothing\nerror-message there is no operation <get-nothing>\n"
            ".bad-element get-nothing\n");
}

TEST_F(RpcErrors, input_that_is_unknown_missing_or_bad) {
  EXPECT_EQ(
      told("<get-flow-session-information><protocoll>tcp</protocoll></get-flow-session-information>"),
      "error-type protocol\nerror-tag unknown-element\nerror-severity error\n"
      "error-path /rpc/get-flow-session-information/protocoll\n"
      "error-message 'get-flow-session-information' has no input 'protocoll'\n.bad-element protocoll\n");
  EXPECT_EQ(told("<get-config/>"),
            "error-type protocol\nerror-tag missing-element\nerror-severity error\n"
            "error-path /rpc/get-config\nerror-message the element <source> is missing\n"
            ".bad-element source\n");
  EXPECT_THAT(
      told("<get-flow-session-information><source-port>0</source-port></get-flow-session-information>"),
      StartsWith("error-type protocol\nerror-tag invalid-value\nerror-severity error\n"
                 "error-path /rpc/get-flow-session-information/source-port\nerror-message "));
  EXPECT_EQ(told("<commit><persist>a</persist></commit>"),
            "error-type protocol\nerror-tag bad-element\nerror-severity error\nerror-path "
            "/rpc/commit/persist\nerror-message only a commit with <confirmed/> takes this\n"
            ".bad-element persist\n");
  EXPECT_THAT(told("<clear-flow-session/>"), HasSubstr("error-path /rpc/clear-flow-session\n"));
}

TEST_F(RpcErrors, attribute_that_is_missing_or_bad) {
  const auto filter = [&](const std::string& attributes) {
    return told("<get-config><source><running/></source><filter " + attributes + "/></get-config>");
  };
  EXPECT_EQ(filter("type=\"xpath\""),
            "error-type protocol\nerror-tag missing-attribute\nerror-severity error\n"
            "error-path /rpc/get-config/filter\n"
            "error-message a filter of type xpath needs the attribute 'select'\n"
            ".bad-attribute select\n.bad-element filter\n");
  EXPECT_THAT(filter("type=\"regex\""), HasSubstr(".bad-attribute type\n.bad-element filter\n"));
  EXPECT_THAT(told(edit("<system operation=\"destroy\"/>")),
              HasSubstr("error-tag bad-attribute\nerror-severity error\nerror-message 'destroy' is no "
                        "operation; allowed are merge, replace, create, delete, remove\n"
                        ".bad-attribute operation\n.bad-element system\n"));
}

TEST_F(RpcErrors, statement_that_is_unknown_incomplete_or_bad) {
  EXPECT_THAT(told(edit("<system><host-nam>x</host-nam></system>")),
              StartsWith("error-type application\nerror-tag unknown-element\nerror-severity error\n"
                         "error-path [edit system]\nerror-message 'host-nam': unknown statement"));
  EXPECT_THAT(told(edit("<system><host-nam>x</host-nam></system>")), HasSubstr("\n.bad-element host-nam\n"));
  EXPECT_EQ(told(edit("<security><zones><security-zone/></zones></security>")),
            "error-type application\nerror-tag missing-element\nerror-severity error\n"
            "error-path [edit security zones]\n"
            "error-message an element 'security-zone' needs its 'name'\n.bad-element name\n");
  EXPECT_THAT(told(edit("<system><host-name operation=\"create\">y</host-name></system>")),
              StartsWith("error-type application\nerror-tag data-exists\nerror-severity error\n"
                         "error-path [edit system host-name]\n"));
  EXPECT_THAT(
      told(edit("<security><zones><security-zone><name>trust</name><interfaces><name>ge-0/0/9.0</name>"
                "</interfaces></security-zone></zones></security>")),
      HasSubstr("error-path [edit security zones security-zone trust interfaces ge-0/0/9.0]\n"));
}

TEST_F(RpcErrors, place_in_a_text_stands_before_the_words) {
  EXPECT_THAT(told(load("<configuration-text>system {\n  host-nam x;\n}</configuration-text>")),
              StartsWith("error-type application\nerror-tag unknown-element\nerror-severity error\n"
                         "error-message configuration:2:3: 'host-nam': unknown statement"));
  EXPECT_THAT(told(load("<configuration-text>system {\n  host-nam x;\n}</configuration-text>")),
              HasSubstr(".bad-element host-nam\n"));
  EXPECT_EQ(
      told(load("<configuration-set>delete system junos-release</configuration-set>", " action=\"set\"")),
      "error-type application\nerror-tag data-missing\nerror-severity warning\n"
      "error-message statement not found\n.place configuration:1:15\n")
      << "Junos's clients compare these words";
}

TEST_F(RpcErrors, command_that_is_wrong) {
  EXPECT_THAT(told("<command>show security flow sesion</command>"),
              StartsWith("error-type application\nerror-tag unknown-element\nerror-severity error\n"
                         "error-message syntax error, expecting "));
  EXPECT_THAT(told("<command>show security flow sesion</command>"),
              HasSubstr("\n.bad-element sesion\n.position 19\n"));
  EXPECT_THAT(
      told("<command>show security flow session zone dmz</command>"),
      StartsWith("error-type protocol\nerror-tag invalid-value\nerror-severity error\nerror-message zone "
                 "dmz not found; there are trust, untrust, junos-host\n.bad-element zone\n"));
}

TEST_F(RpcErrors, who_may_not_is_told_so_in_the_words_that_junos_clients_expect) {
  EXPECT_EQ(told("<clear-flow-session-all/>", "rita"),
            "error-type protocol\nerror-tag access-denied\nerror-severity error\n"
            "error-message permission denied\n.bad-element clear-flow-session-all\n"
            ".reason permission denied: clear security flow session all: class 'unauthorized' of user 'rita' "
            "has no permission 'clear'\n");
}

TEST_F(RpcErrors, lock_of_another_says_whose_it_is) {
  doors::Client other = world.connect();
  ASSERT_TRUE(other.rpc("<lock><target><candidate/></target></lock>"));
  EXPECT_THAT(told("<lock><target><candidate/></target></lock>"),
              StartsWith("error-type protocol\nerror-tag lock-denied\nerror-severity error\n"));
  EXPECT_THAT(told("<lock><target><candidate/></target></lock>"), HasSubstr(".session-id 2\n"));
}

TEST_F(RpcErrors, what_is_no_message_is_an_error_of_the_rpc_layer) {
  std::string text;
  doors::append_rpc_error(text, {.error = {"malformed-message", "", "not XML"}});
  EXPECT_EQ(text,
            "<rpc-error>\n<error-type>rpc</error-type>\n<error-tag>malformed-message</error-tag>\n"
            "<error-severity>error</error-severity>\n<error-message>not XML</error-message>\n</rpc-error>\n");
}

TEST_F(RpcErrors, command_line_gets_its_words_as_it_shows_them) {
  const std::string reply =
      world.rpc_as(program("rita"), "<command format=\"text\">clear security flow session all</command>",
                   "client=\"cli\"");
  EXPECT_THAT(reply, HasSubstr("<error-message>permission denied: clear security flow session all: class"));
}

}  // namespace
}  // namespace sluice::test
