// The door: hello, framings, rpcs by name, broken and abandoned conversations.
#include <gtest/gtest.h>
#include <malloc.h>
#include <poll.h>

#include <fstream>
#include <pugixml.hpp>

#include "configuration.h"
#include "world.h"

namespace sluice::test {
namespace {

using doors::Socket;

// A sanitizer's memory is more than the program's.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kPadsMemory = true;
#else
constexpr bool kPadsMemory = false;
#endif

constexpr const char* kOldHello =
    "<hello><capabilities><capability>urn:ietf:params:netconf:base:1.0</capability></capabilities></"
    "hello>]]>]]>";

// Reads until `end` has come, or the connection ends.
std::string read_until(const Socket& socket, std::string_view end) {
  std::string bytes;
  while (bytes.find(end) == std::string::npos && socket.read_some(bytes)) {
  }
  return bytes;
}

// Whether there is something to read now.
bool is_answered(const Socket& socket) {
  pollfd state{socket.fd(), POLLIN, 0};
  return ::poll(&state, 1, 0) > 0;
}

Socket connected(World& world) {
  Socket socket = doors::connect_to(world.socket()).value();
  (void)read_until(socket, "]]>]]>");
  return socket;
}

TEST(Door, client_of_netconf_1_0_is_answered_in_its_framing) {
  World world;
  const Socket socket = connected(world);
  ASSERT_TRUE(socket.write_all(kOldHello));
  ASSERT_TRUE(
      socket.write_all("<rpc message-id=\"a&amp;1\"><get-flow-session-information><summary/>"
                       "</get-flow-session-information></rpc>]]>]]>"));
  const std::string reply = read_until(socket, "]]>]]>");
  EXPECT_NE(reply.find("message-id=\"a&amp;1\""), std::string::npos);
  EXPECT_NE(reply.find("<failed-sessions>17</failed-sessions>"), std::string::npos) << reply;
}

TEST(Door, connection_that_a_message_before_the_first_names_is_the_callers) {
  World world;
  const Socket socket = connected(world);
  ASSERT_TRUE(socket.write_all("<from ssh-connection=\"192.0.2.7 50412 192.0.2.1 830\"/>]]>]]>"));
  ASSERT_TRUE(socket.write_all(kOldHello));
  ASSERT_TRUE(socket.write_all("<rpc><clear-flow-session-all/></rpc>]]>]]>"));
  EXPECT_NE(read_until(socket, "]]>]]>").find("cleared-flow-session-count"), std::string::npos);
  EXPECT_NE(world.flowd().last_clear().ShortDebugString().find("source_port: 50412"), std::string::npos)
      << world.flowd().last_clear().ShortDebugString();
}

// What the audit log says of a clear by a client for whom `word` was said before his first byte, and who
// claims to be the command line on another connection.
std::string audit_of_a_liar(World& world, const std::string& word) {
  const std::size_t before = world.audit().size();
  const Socket socket = connected(world);
  EXPECT_TRUE(socket.write_all(word + kOldHello));
  EXPECT_TRUE(
      socket.write_all("<rpc client=\"cli\" ssh-connection=\"198.51.100.9 1 192.0.2.1 22\">"
                       "<clear-flow-session-all/></rpc>]]>]]>"
                       "<rpc><kill-session><session-id>99</session-id></kill-session></rpc>]]>]]>"));
  (void)read_until(socket, "is not the session-id of another session");
  return world.audit().substr(before);
}

TEST(Door, client_for_whom_somebody_spoke_says_nothing_of_himself) {
  World world;
  const std::string known =
      audit_of_a_liar(world, "<from ssh-connection=\"192.0.2.7 50412 192.0.2.1 830\"/>]]>]]>");
  EXPECT_NE(known.find("UI_LOGIN_EVENT"), std::string::npos) << known;
  EXPECT_NE(known.find("client-mode 'netconf'"), std::string::npos) << known;
  EXPECT_NE(known.find("UI_NETCONF_CMD"), std::string::npos) << known;
  for (const char* command : {"clear security flow session all", "kill-session 99"}) {
    EXPECT_NE(known.find(std::string("source=\"192.0.2.7\" command=\"") + command), std::string::npos)
        << known;
  }
  EXPECT_EQ(known.find("198.51.100.9"), std::string::npos) << known;
  EXPECT_EQ(world.flowd().last_clear().spare_source_port(), 50412U);
  const std::string unknown = audit_of_a_liar(world, "<from/>]]>]]>");
  EXPECT_NE(unknown.find("source=\"local\""), std::string::npos) << unknown;
  EXPECT_EQ(unknown.find("198.51.100.9"), std::string::npos) << unknown;
}

TEST(Door, second_word_on_where_a_client_comes_from_ends_the_connection) {
  World world;
  const std::string known = "<from ssh-connection=\"192.0.2.7 50412 192.0.2.1 830\"/>]]>]]>";
  const std::string lie = "<from ssh-connection=\"198.51.100.9 1 192.0.2.1 22\"/>]]>]]>";
  for (const std::string& said : {known + lie, known + kOldHello + lie, kOldHello + lie}) {
    const Socket socket = connected(world);
    ASSERT_TRUE(socket.write_all(said));
    EXPECT_NE(read_until(socket, "]]>]]>").find("&lt;from&gt; is not expected"), std::string::npos) << said;
    std::string rest;
    EXPECT_FALSE(socket.read_some(rest)) << "the connection is over";
  }
}

TEST(Door, all_sessions_of_the_root_logical_system_are_all_there_are) {
  World world;
  const std::string all =
      world.rpc("<clear-flow-session-all><root-logical-system/></clear-flow-session-all>");
  EXPECT_NE(all.find("<cleared-flow-session-count>5<"), std::string::npos) << all;
  const std::string one = world.rpc(
      "<clear-flow-session-by-session-identifier><session-identifier>7</"
      "session-identifier><root-logical-system/>"
      "</clear-flow-session-by-session-identifier>");
  EXPECT_NE(one.find("<cleared-flow-session-count>1<"), std::string::npos) << one;
}

TEST(Door, rpc_by_name_is_answered_as_xml_in_the_release_namespace) {
  World world;
  const std::string reply = world.rpc(
      "<get-flow-session-information><protocol>tcp</protocol><extensive/></get-flow-session-information>");
  pugi::xml_document document;
  ASSERT_TRUE(document.load_string(reply.c_str())) << reply;
  const pugi::xml_node information = document.child("rpc-reply").child("flow-session-information");
  EXPECT_STREQ(information.attribute("xmlns").value(), "http://xml.juniper.net/junos/22.2R1/junos-flow");
  EXPECT_STREQ(information.child("flow-session").attribute("junos:style").value(), "extensive");
  EXPECT_EQ(world.flowd().last_filter(), "filter { protocol: 6 }");
}

TEST(Door, rpc_in_text_and_json_formats) {
  World world;
  EXPECT_NE(
      world.rpc("<get-flow-session-information format=\"text\"><summary/></get-flow-session-information>")
          .find("<output>Unicast-sessions: 3231\n"),
      std::string::npos);
  EXPECT_NE(world.rpc("<command format=\"json\">show security flow session summary</command>")
                .find("{\n    &quot;flow-session-summary-information&quot; : ["),
            std::string::npos);
  EXPECT_NE(world.rpc("<command>show security flow session summary</command>")
                .find("\n    <flow-session-summary-information"),
            std::string::npos);
}

TEST(Door, rpc_with_an_unknown_or_bad_input_is_refused) {
  World world;
  const auto refused = [&](const char* rpc, const char* words) {
    const std::string reply = world.rpc(rpc);
    EXPECT_NE(reply.find("<rpc-error>"), std::string::npos) << reply;
    EXPECT_NE(reply.find(words), std::string::npos) << reply;
  };
  refused("<get-flow-session-information><protocoll>tcp</protocoll></get-flow-session-information>",
          "no input 'protocoll'");
  refused("<get-flow-session-information><source-port>0</source-port></get-flow-session-information>",
          "a number 1 to 65535");
  refused("<get-flow-session-information><zone>dmz</zone></get-flow-session-information>",
          "zone dmz not found");
  refused("<clear-flow-session-by-session-identifier/>", "needs 'session-identifier'");
  refused("<reboot/>", "there is no operation &lt;reboot&gt;");
}

TEST(Door, broken_framing_and_xml_end_the_connection_with_a_reason) {
  World world;
  for (const char* bytes : {"<rpc><open></rpc>]]>]]>", "<get-config/>]]>]]>", "no xml]]>]]>"}) {
    const Socket socket = connected(world);
    ASSERT_TRUE(socket.write_all(bytes));
    EXPECT_NE(read_until(socket, "]]>]]>").find("malformed-message"), std::string::npos) << bytes;
    std::string rest;
    EXPECT_FALSE(socket.read_some(rest)) << "the connection is over";
  }
  EXPECT_FALSE(world.ask("show security flow status").refused()) << "others are served on";
}

TEST(Door, list_of_many_sessions_streams_and_stops_when_the_operator_leaves) {
  World world;
  world.flowd().many_sessions = 20000;
  EXPECT_GT(world.ask("show security flow session").text.size(), 20000U * 200);
  EXPECT_NE(world.ask("show security flow session | last 1").text.find("Total sessions: 20006"),
            std::string::npos);

  const Socket leaver = connected(world);
  ASSERT_TRUE(leaver.write_all(kOldHello));
  ASSERT_TRUE(
      leaver.write_all("<rpc><command format=\"text\">show security flow session</command></rpc>]]>]]>"));
  std::string first;
  ASSERT_TRUE(leaver.read_some(first));
  leaver.shut_down();  // the server's thread ends with it, or World's destructor would hang
}

// Of /proc/self/status: "VmRSS", what is resident, or "VmHWM", the most that was since begin_peak().
std::size_t memory_bytes(std::string_view name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name)) return std::stoull(line.substr(name.size() + 1)) * 1024;
  }
  return 0;
}

// What earlier tests needed is given back, and the mark is set anew. False: this kernel cannot.
bool begin_peak() {
  ::malloc_trim(0);
  std::ofstream references("/proc/self/clear_refs");
  return static_cast<bool>(references << "5" << std::flush);
}

// A list in one form, which this client takes piece by piece.
struct Form {
  const char* name;
  const char* hello;
  const char* request;
  const char* end;
};
class Streaming : public testing::TestWithParam<Form> {};

constexpr const char* kNewHello =
    "<hello><capabilities><capability>urn:ietf:params:netconf:base:1.1</capability></capabilities></"
    "hello>]]>]]>";
constexpr const char* kXmlOld = "<rpc><get-flow-session-information/></rpc>]]>]]>";
constexpr const char* kXmlChunks = "\n#42\n<rpc><get-flow-session-information/></rpc>\n##\n";
constexpr const char* kJson = "<rpc><get-flow-session-information format=\"json\"/></rpc>]]>]]>";
constexpr const char* kText =
    "<rpc><get-flow-session-information format=\"text\"><extensive/></get-flow-session-information></"
    "rpc>]]>]]>";

TEST_P(Streaming, list_is_never_held_as_a_whole) {
  constexpr std::size_t kMost = 32U << 20U;  // of the daemon, its client and flowd together
  const Form& form = GetParam();
  World world;
  world.flowd().many_sessions = 120'000;
  const Socket socket = connected(world);
  ASSERT_TRUE(socket.write_all(form.hello));
  if (kPadsMemory || !begin_peak()) GTEST_SKIP() << "the memory of this build or machine tells nothing";
  const std::size_t before = memory_bytes("VmRSS:");
  ASSERT_TRUE(socket.write_all(form.request));
  std::size_t size = 0;
  std::string piece, tail;  // of which its end is kept
  const std::size_t end = std::string_view(form.end).size();
  while (!tail.ends_with(form.end) && socket.read_some(piece)) {
    size += piece.size();
    tail += piece;
    tail.erase(0, tail.size() - std::min(end, tail.size()));
    piece.clear();
  }
  EXPECT_GT(size, 2 * kMost) << "which proves something";
  EXPECT_LT(memory_bytes("VmHWM:") - before, kMost);
}

INSTANTIATE_TEST_SUITE_P(every, Streaming,
                         testing::Values(Form{"xml_of_1_0", kOldHello, kXmlOld, "]]>]]>"},
                                         Form{"xml_in_chunks", kNewHello, kXmlChunks, "\n##\n"},
                                         Form{"json", kOldHello, kJson, "]]>]]>"},
                                         Form{"text", kOldHello, kText, "]]>]]>"}),
                         [](const auto& form) { return std::string(form.param.name); });

TEST(Door, hostile_messages_get_an_error_and_others_are_served_on) {
  World world;
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<a>";
  std::string many = "<rpc><get-flow-session-information>";
  for (int i = 0; i < 100'000; ++i) many += "<zone/>";
  const std::string long_command = "<rpc><command>show " + std::string(1'000'000, 'a') + "</command></rpc>";
  const std::pair<std::string, const char*> messages[] = {
      {"<rpc><get-config>" + deep, "malformed-message"},
      {"<!DOCTYPE rpc [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;\">]><rpc>&b;</rpc>", "malformed-message"},
      {"<rpc><command>&unknown;</command></rpc>", "malformed-message"},
      {many + "</get-flow-session-information></rpc>", "invalid-value"},
      {long_command, "a command has at most 65536 characters"}};
  for (const auto& [message, words] : messages) {
    const Socket socket = connected(world);
    ASSERT_TRUE(socket.write_all(kOldHello));
    ASSERT_TRUE(socket.write_all(message + "]]>]]>"));
    EXPECT_NE(read_until(socket, "]]>]]>").find(words), std::string::npos) << words;
  }
  EXPECT_FALSE(world.ask("show security flow status").refused()) << "others are served on";
}

TEST(Door, many_large_messages_at_once_are_too_much) {
  World world;
  const std::string part(doors::FrameReader::kLargestMessage - 1'000'000, ' ');
  std::vector<Socket> senders;
  std::string refusal;
  for (int i = 0; i < 6; ++i) {
    senders.push_back(connected(world));
    // The last ones are told while they still send, and may send the rest.
    ASSERT_TRUE(senders.back().write_all(part));
    if (is_answered(senders.back())) refusal = read_until(senders.back(), "]]>]]>");
  }
  EXPECT_NE(refusal.find("resource-denied"), std::string::npos) << refusal;
  EXPECT_FALSE(world.ask("show security flow status").refused()) << "small ones are served on";
}

TEST(Door, list_that_breaks_off_is_an_error_and_has_no_total) {
  World world;
  world.flowd().break_session_stream = true;
  const Answer answer = world.ask("show security flow session");
  EXPECT_TRUE(answer.refused());
  EXPECT_NE(answer.text.find("Session ID: 7"), std::string::npos);
  EXPECT_EQ(answer.text.find("Total sessions"), std::string::npos);
  EXPECT_TRUE(answer.refusals[0].error.message.find("does not answer") != std::string::npos);
  pugi::xml_document document;
  const std::string xml = world.rpc("<get-flow-session-information/>");
  EXPECT_TRUE(document.load_string(xml.c_str())) << xml;
}

TEST(Door, second_daemon_does_not_take_the_socket_of_a_living_one) {
  World world;
  const auto second = doors::listen_at(world.socket(), 0600);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().tag, "in-use");
}

}  // namespace
}  // namespace sluice::test
