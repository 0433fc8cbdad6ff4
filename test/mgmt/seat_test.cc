// What the daemon does for an operator's seat besides answering: how far a long command is, and what is wrong
// with a word once it is ended.
#include <gtest/gtest.h>

#include "configuration.h"
#include "world.h"

namespace sluice::test {
namespace {

class Seat : public testing::Test {
 protected:
  Seat() { EXPECT_FALSE(world.commit(kConfiguration).refused()); }

  // What comes, in order: "25% " for progress, then the text.
  class Watcher : public doors::Listener {
   public:
    bool begin(const doors::OutputHead& head) override {
      difference = head.difference;
      return true;
    }
    bool text(std::string_view piece) override {
      all += piece;
      return true;
    }
    void progress(std::uint64_t scanned, std::uint64_t total) override {
      all += std::to_string(scanned) + " of " + std::to_string(total) + '\n';
    }
    std::string all;
    bool difference = false;
  };

  Watcher watch(std::string_view line, bool watched) {
    doors::Client client = world.connect();
    Watcher watcher;
    doors::Line asked{line};
    asked.watched = watched;
    EXPECT_TRUE(client.command(asked, watcher).value().refusals.empty());
    return watcher;
  }

  // The refusal's place and sentence, or the words that fit.
  std::string ended(std::string_view line) {
    doors::Client client = world.connect();
    doors::Line asked{line};
    asked.ends_word = true;
    const doors::Suggestions found = client.complete(asked).value();
    for (const doors::Refusal& refusal : found.refusals) {
      return std::to_string(refusal.position.value_or(999)) + ": " + refusal.error.message;
    }
    std::string words;
    for (const Suggestion& item : found.items) words += item.text + ' ';
    return words;
  }

  World world;
};

TEST_F(Seat, sees_how_far_flowd_is_before_there_is_something_to_read) {
  EXPECT_EQ(watch("clear security flow session protocol tcp", true).all,
            "2500000 of 10000000\n3 active sessions cleared\n");
  EXPECT_EQ(watch("show security flow session | count", true).all, "2500000 of 10000000\nCount: 23 lines\n");
  EXPECT_EQ(watch("show route | count", true).all, "Count: 26 lines\n") << "nothing is scanned";
}

TEST_F(Seat, that_nobody_watches_is_told_nothing_of_it_nor_is_a_program) {
  EXPECT_EQ(watch("clear security flow session protocol tcp", false).all, "3 active sessions cleared\n");
  EXPECT_EQ(world.flowd().last_clear().ShortDebugString().find("report_progress"), std::string::npos);
  EXPECT_EQ(world.rpc("<clear-flow-session-all/>").find("progress"), std::string::npos);
}

TEST_F(Seat, knows_a_difference_when_it_sees_one) {
  EXPECT_FALSE(world.commit("system {\n    host-name fw2;\n}\n").refused());
  EXPECT_TRUE(watch("show system rollback 1 compare 0", true).difference);
  EXPECT_FALSE(watch("show route", true).difference);
}

TEST_F(Seat, is_offered_the_names_that_exist_now) {
  std::string lists = "applications { application dns-alt { protocol tcp; destination-port 5353; } }";
  ASSERT_FALSE(world.ask("commit fw.conf", std::string(kConfiguration) + lists).refused());
  const auto offered = [this](std::string_view line) {
    std::string words;
    for (const Suggestion& item : world.complete(line).items) {
      if (item.kind == Suggestion::Kind::name) words += item.text + ' ';
    }
    return words;
  };
  EXPECT_EQ(offered("show security flow session interface "), "ge-0/0/0 ge-0/0/0.0 ge-0/0/1 ge-0/0/1.0 ");
  EXPECT_EQ(offered("show interfaces terse ge-0/0/1"), "ge-0/0/1 ge-0/0/1.0 ");
  EXPECT_EQ(offered("show security policies policy-name allow"), "allow-v6 allow-web ");
  EXPECT_EQ(offered("show security policies hit-count policy-name d"), "deny-rest ");
  EXPECT_EQ(offered("clear security flow session policy-id "), "2 4 5 6 7 ");
  EXPECT_EQ(offered("show security flow session zone "), "junos-host trust untrust ");
  EXPECT_EQ(offered("show security zones u"), "untrust ");
  world.flowd().next_policy_id = 17;
  EXPECT_EQ(offered("clear security flow session policy-id 1"), "17 ") << "flowd was asked again";
}

TEST_F(Seat, asks_once_for_a_word_and_what_is_wrong_with_it) {
  EXPECT_EQ(ended("sh"), "show ");
  EXPECT_EQ(ended("show security flow session source-port 70000").substr(0, 38),
            "39: syntax error, '70000' is not valid");
  EXPECT_EQ(ended("show security flow session source-port 443"), "<source-port> ");
  EXPECT_EQ(ended("show configuration sec"), "security ") << "completed first, and then looked at";
  EXPECT_EQ(ended("show configuration security zons").substr(0, 4), "28: ");
  EXPECT_EQ(ended("s"), "set show ") << "ambiguous is the seat's to say";
}

}  // namespace
}  // namespace sluice::test
