#include <fmt/format.h>
#include <gtest/gtest.h>

#include "mgd/command/command.h"
#include "mgd/command/test_rpcs.h"

namespace sluice::command {
namespace {

constexpr Entry kCompletionTable[] = {
    {"show security flow", "get-flow-configuration"},
    {"show security flow session", "get-flow-session-information"},
    {"show security flow session", "get-flow-session-information-by-session-identifier"},
    {"show security flow statistics", "get-flow-statistics-all"},
    {"show security flow status", "get-flow-status-all"},
    {"show security zones", "get-zones-information"},
    {"show interfaces", "get-interface-information"},
    {"show route", "get-route-information"},
    {"show configuration", "get-configuration", Mode::operational, true},
    {"clear security flow session", "clear-flow-session"},
    {"clear security flow session all", "clear-flow-session-all"},
    {"help", "get-help"},
    {"help", "get-help", Mode::configuration},
};

class FixedNames : public Names {
 public:
  [[nodiscard]] std::vector<Suggestion> of(std::string_view kind) const override {
    if (kind != "zones") return {};
    return {{"trust", "the inside", Suggestion::Kind::name}, {"untrust", "", Suggestion::Kind::name}};
  }
  [[nodiscard]] Suggestions words(std::string_view kind, std::string_view text, From) const override {
    const std::size_t blank = text.rfind(' ');
    const std::size_t position = blank == std::string_view::npos ? 0 : blank + 1;
    if (text.find("wrong") != std::string_view::npos)
      return {0, {}, false, Error{"", "", "no such statement"}, 0};
    return {position, {{fmt::format("{}-after-{}", kind, text.substr(0, position)), ""}}, true, {}, 0};
  }
};

class CompletionTest : public testing::Test {
 protected:
  Grammar grammar = Grammar::build(test_rpcs(), kCompletionTable).value();
  FixedNames names;

  // "POSITION: word word <value>", or "POSITION! sentence".
  std::string at(std::string_view line, Mode mode = Mode::operational) {
    const Suggestions found = grammar.complete(line, names, mode);
    if (found.error) return fmt::format("{}! {}", found.error_position, found.error->message);
    std::string text = fmt::format("{}:", found.position);
    for (const Suggestion& item : found.items) text += " " + item.text;
    return text;
  }

  std::string help(std::string_view line, std::string_view word) {
    for (const Suggestion& item : grammar.complete(line, names).items) {
      if (item.text == word) return item.help;
    }
    return "(not offered)";
  }
};

TEST_F(CompletionTest, words_are_offered_in_order_and_only_those_that_fit) {
  EXPECT_EQ(at(""), "0: clear help show");
  EXPECT_EQ(at("", Mode::configuration), "0: help");
  EXPECT_EQ(at("sh"), "0: show");
  EXPECT_EQ(at("show "), "5: configuration interfaces route security");
  EXPECT_EQ(at("show security flow st"), "19: statistics status");
  EXPECT_EQ(at("sh sec fl stati"), "10: statistics");
}

TEST_F(CompletionTest, end_of_a_whole_command_is_offered_first_and_a_pipe_last) {
  EXPECT_EQ(at("show security flow status "), "26: <[Enter]> |");
  EXPECT_EQ(at("show security flow "), "19: <[Enter]> session statistics status |");
  EXPECT_EQ(at("clear security flow session ").find("<[Enter]>"), std::string::npos)
      << "a clear without a filter is no command";
}

TEST_F(CompletionTest, inputs_are_offered_until_they_are_given) {
  EXPECT_NE(at("show security flow session ").find(" zone "), std::string::npos);
  EXPECT_NE(at("show security flow session ").find(" session-identifier "), std::string::npos);
  EXPECT_EQ(at("show security flow session zone trust ").find(" zone "), std::string::npos);
  EXPECT_EQ(at("show security flow session zone trust ").find(" session-identifier "), std::string::npos)
      << "that is another operation's";
  EXPECT_EQ(at("show security flow session session-identifier 7 "), "48: <[Enter]> |");
  EXPECT_EQ(at("show security flow session su"), "27: summary");
}

TEST_F(CompletionTest, values_are_offered_by_their_type_and_with_the_names_there_are) {
  EXPECT_EQ(at("show security flow session family "), "34: inet inet6");
  EXPECT_EQ(at("show security flow session protocol u"), "36: <protocol> udp");
  EXPECT_EQ(at("show security flow session source-port "), "39: <source-port>");
  EXPECT_EQ(at("show security flow session zone "), "32: <zone> trust untrust");
  EXPECT_EQ(at("show security flow session zone un"), "32: <zone> untrust");
  EXPECT_EQ(at("show security zones "),
            "20: <[Enter]> <get-zones-named-information> detail terse trust type untrust |");
}

TEST_F(CompletionTest, help_is_the_description_of_the_schema_with_the_bounds_of_a_value) {
  EXPECT_EQ(help("", "show"), "Show system information");
  EXPECT_EQ(help("show security flow ", "statistics"), "Show flow statistics, and why packets were dropped");
  EXPECT_EQ(help("show security flow session ", "summary"), "Show output summary");
  EXPECT_EQ(help("show security flow session source-port ", "<source-port>"), "Source port (1..65535)");
  EXPECT_EQ(help("show security flow session protocol ", "<protocol>"),
            "IP protocol name or number (0..255)");
  EXPECT_EQ(
      help("show security flow session source-prefix ", "<source-prefix>"),
      "Source IP prefix or address (an IPv4 or IPv6 address, or a prefix such as 10/8 or 2001:db8::/32)");
  EXPECT_EQ(help("show security flow session zone ", "trust"), "the inside");
}

TEST_F(CompletionTest, rows_of_words_are_asked_of_what_they_name) {
  EXPECT_EQ(at("show configuration "), "19: <[Enter]> statements-after- |");
  EXPECT_EQ(at("show configuration sec"), "19: statements-after-");
  EXPECT_EQ(at("show configuration security zo"), "28: statements-after-security ");
  EXPECT_EQ(at("show configuration wrong "), "19! syntax error, no such statement");
}

TEST_F(CompletionTest, what_is_wrong_before_the_cursor_is_told_with_its_place) {
  EXPECT_EQ(at("shw "), "0! unknown command 'shw', expecting clear, help or show");
  EXPECT_EQ(at("show security flow x"), "19! syntax error, expecting session, statistics or status, not 'x'");
  EXPECT_TRUE(at("show security flow st ").starts_with("19! 'st' is ambiguous.\nPossible completions:\n"));
  EXPECT_EQ(at("show security flow session source-port 99999 "),
            "39! syntax error, '99999' is not valid for 'source-port': a number 1 to 65535");
}

TEST_F(CompletionTest, pipes_and_what_stands_behind_them_are_offered) {
  EXPECT_EQ(at("show route | "), "13: append count display except find last match no-more save trim");
  EXPECT_EQ(at("show route | ma"), "13: match");
  EXPECT_EQ(at("show route | match "), "19: <pattern>");
  EXPECT_EQ(at("show route | match x "), "21: <[Enter]> |");
  EXPECT_EQ(at("show route | match x | display "), "31: json xml");
  EXPECT_EQ(at("show route | display xml "), "25: <[Enter]> | rpc");
  EXPECT_EQ(at("show route | last "), "18: <[Enter]> <lines> |");
  EXPECT_EQ(at("show configuration | "),
            "21: append compare count display except find last match no-more save trim");
  EXPECT_EQ(at("show configuration | display "), "29: json omit set xml");
  EXPECT_EQ(at("show configuration | compare rollback "), "38: <number>");
  EXPECT_EQ(at("show route | x "),
            "13! syntax error, expecting append, compare, count, display, except, find, "
            "last, match, no-more, save or trim, not 'x'");
  EXPECT_EQ(at("clear security flow session | ").substr(0, 16), "30! syntax error") << "it is incomplete";
}

TEST_F(CompletionTest, words_can_be_looked_for_by_what_they_do) {
  const std::vector<std::string> found = grammar.apropos("ROUTING", Mode::operational);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0], "show route\n    Show the routing table");
  EXPECT_TRUE(grammar.apropos("routing", Mode::configuration).empty());
}

}  // namespace
}  // namespace sluice::command
