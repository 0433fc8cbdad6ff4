// ping and traceroute: what the command line is told to run.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "configuration.h"
#include "world.h"

namespace sluice::test {
namespace {

using ::testing::HasSubstr;

class Ping : public testing::Test {
 protected:
  Ping() { EXPECT_FALSE(world.commit(kConfiguration).refused()); }

  // "ping -c 3 192.0.2.9", or why not.
  std::string told(const std::string& line) {
    const Answer answer = world.ask(line);
    if (answer.refused()) return answer.transcript();
    std::vector<std::string> words;
    for (const doors::Action& action : answer.actions) {
      EXPECT_EQ(action.name, "run-program");
      for (const auto& [name, word] : action.inputs) words.push_back(word);
    }
    return fmt::format("{}", fmt::join(words, " "));
  }

  World world;
};

TEST_F(Ping, is_the_machines_program_with_the_words_that_operators_know) {
  EXPECT_EQ(told("ping 192.0.2.9"), "ping 192.0.2.9");
  EXPECT_EQ(told("ping 192.0.2.9 count 3 size 1400 do-not-fragment source 192.0.2.1"),
            "ping -c 3 -s 1400 -M do -I 192.0.2.1 192.0.2.9");
  EXPECT_EQ(told("ping rapid host.example"), "ping -A -c 5 host.example");
  EXPECT_EQ(told("ping ::1 inet6 rapid count 100 no-resolve ttl 1 tos 8 wait 2 interval 3"),
            "ping -6 -n -c 100 -i 3 -t 1 -Q 8 -W 2 -A ::1");
  EXPECT_EQ(told("ping 203.0.113.1 interface ge-0/0/0.0"), "ping -I ge-0-0-0 203.0.113.1");
  EXPECT_EQ(told("ping 203.0.113.1 interface ge-0/0/0 | no-more"), "ping -I ge-0-0-0 203.0.113.1");
  EXPECT_EQ(told("traceroute 198.51.100.7 no-resolve source 192.0.2.1 interface ge-0/0/1.0 ttl 9 wait 1"),
            "traceroute -n -m 9 -w 1 -s 192.0.2.1 -i ge-0-0-1 198.51.100.7");
}

TEST_F(Ping, what_is_no_host_or_address_or_interface_gets_to_no_program) {
  for (const char* host : {"-f", "--help", "$(reboot)", "a;b", "a|b", "\"a b\"", "/etc", "\"\""}) {
    const Answer answer = world.ask(fmt::format("ping {}", host));
    EXPECT_TRUE(answer.refused()) << host;
    EXPECT_TRUE(answer.actions.empty()) << host;
  }
  EXPECT_THAT(told("ping -f"), HasSubstr("a host is a name or an IP address"));
  EXPECT_THAT(told("ping 192.0.2.9 source lo"), HasSubstr("'lo' is not an IP address"));
  EXPECT_THAT(told("ping 192.0.2.9 interface eth0"), HasSubstr("interface eth0 not found; there are "));
  EXPECT_THAT(told("ping 192.0.2.9 count 0"), HasSubstr("a number 1 to 2000000000"));
}

TEST_F(Ping, its_output_goes_through_no_pipe) {
  for (const char* pipe : {"match ttl", "count", "last 3", "save x", "display xml", "display json"}) {
    EXPECT_THAT(told(fmt::format("ping 192.0.2.9 | {}", pipe)),
                HasSubstr("'ping' writes to the screen by itself; only '| no-more' may follow it"));
  }
  EXPECT_THAT(world.ask("ping 192.0.2.9 count 3 | display xml rpc").text, HasSubstr("<count>3</count>"));
}

TEST_F(Ping, is_for_the_command_line_and_needs_network) {
  EXPECT_THAT(
      world.rpc_as({.uid = 0, .pid = 1, .user = "root", .session = 9}, "<ping><host>192.0.2.9</host></ping>"),
      HasSubstr("runs where the command line does"));
  ASSERT_FALSE(world
                   .commit("set system host-name fw1\nset system login user olga class operator\n"
                           "set system login user rita class read-only\n")
                   .refused());
  const auto as = [&](const char* user, unsigned uid) {
    return world.rpc_as({.uid = uid, .pid = 1, .user = user, .session = uid},
                        "<command format=\"text\">ping 192.0.2.9</command>", "client=\"cli\"");
  };
  EXPECT_THAT(as("olga", 1001), HasSubstr("<cli-action name=\"run-program\"><word>ping</word>"));
  EXPECT_THAT(as("rita", 1002), HasSubstr("has no permission 'network'"));
  EXPECT_THAT(world.audit(), HasSubstr("command=\"ping 192.0.2.9\" outcome=\"success\""));
  EXPECT_THAT(world.audit(), HasSubstr("command=\"ping 192.0.2.9\" outcome=\"denied\""));
}

}  // namespace
}  // namespace sluice::test
