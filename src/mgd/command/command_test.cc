#include "mgd/command/command.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "mgd/command/test_rpcs.h"

namespace sluice::command {
namespace {

constexpr Entry kTable[] = {
    {"show security flow", "get-flow-configuration"},
    {"show security flow session", "get-flow-session-information"},
    {"show security flow session", "get-flow-session-information-by-session-identifier"},
    {"show security flow statistics", "get-flow-statistics-all"},
    {"show security flow status", "get-flow-status-all"},
    {"show security policies", "get-firewall-policies"},
    {"show security policies hit-count", "get-security-policies-hit-count"},
    {"show security zones", "get-zones-information"},
    {"show interfaces", "get-interface-information"},
    {"show route", "get-route-information"},
    {"show configuration", "get-configuration"},
    {"clear security flow session", "clear-flow-session"},
    {"clear security flow session all", "clear-flow-session-all"},
    {"clear security flow session", "clear-flow-session-by-session-identifier"},
    {"commit", "commit-file"},
};

class CommandTest : public testing::Test {
 protected:
  Grammar grammar = Grammar::build(test_rpcs(), kTable).value();

  // "rpc name=value name" and the pipes, or the error with its position.
  std::string read(std::string_view line) {
    const Parsed parsed = grammar.parse(line);
    if (!parsed.command) {
      return fmt::format("{}: {}", parsed.error_position, parsed.command.error().message);
    }
    std::string text(kTable[parsed.command->entry].rpc);
    for (const Input& input : parsed.command->inputs) {
      text += fmt::format(" {}{}{}", input.name, input.value.empty() ? "" : "=", input.value);
    }
    return text;
  }
};

TEST_F(CommandTest, words_name_the_operation) {
  EXPECT_EQ(read("show security flow session"), "get-flow-session-information");
  EXPECT_EQ(read("  show   security\tflow "), "get-flow-configuration");
  EXPECT_EQ(read("show security flow session summary"), "get-flow-session-information level=summary");
  EXPECT_EQ(read("show security flow session session-identifier 7"),
            "get-flow-session-information-by-session-identifier session-identifier=7");
  EXPECT_EQ(read("clear security flow session all"), "clear-flow-session-all");
  EXPECT_EQ(read("clear security flow session session-identifier 7"),
            "clear-flow-session-by-session-identifier session-identifier=7");
  EXPECT_EQ(read("show security policies hit-count from-zone a to-zone b"),
            "get-security-policies-hit-count from-zone=a to-zone=b");
  EXPECT_EQ(read("show configuration security zones"), "get-configuration path=security zones");
  EXPECT_EQ(read("commit check fw.conf"), "commit-file check file=fw.conf");
  EXPECT_EQ(read("show interfaces terse ge-0/0/0"),
            "get-interface-information level=terse interface-name=ge-0/0/0");
  EXPECT_EQ(read("show interfaces ge-0/0/0 det"),
            "get-interface-information interface-name=ge-0/0/0 level=detail");
}

TEST_F(CommandTest, every_filter_is_taken_with_its_value_in_any_order) {
  EXPECT_EQ(
      read("show security flow session extensive source-prefix 10/8 destination-prefix 2001:db8::/32 "
           "source-port 1 destination-port 65535 protocol tcp interface ge-0/0/0.0 application ssh "
           "family inet zone trust policy-id 4 nat duration-more-than 1 duration-less-than 2 "
           "timeout-more-than 3 timeout-less-than 4 packets-more-than 5 packets-less-than 6 "
           "bytes-more-than 7 bytes-less-than 8 start-identifier 9 count 10"),
      "get-flow-session-information level=extensive source-prefix=10/8 destination-prefix=2001:db8::/32 "
      "source-port=1 destination-port=65535 protocol=tcp interface=ge-0/0/0.0 application=ssh "
      "family=inet zone=trust policy-id=4 add-on=nat duration-more-than=1 duration-less-than=2 "
      "timeout-more-than=3 timeout-less-than=4 packets-more-than=5 packets-less-than=6 "
      "bytes-more-than=7 bytes-less-than=8 start-identifier=9 count=10");
  EXPECT_EQ(read("clear security flow session protocol 17 resource-manager"),
            "clear-flow-session protocol=17 add-on=resource-manager");
}

TEST_F(CommandTest, words_may_be_shortened_while_they_are_unambiguous) {
  EXPECT_EQ(read("sh sec fl ses sum"), "get-flow-session-information level=summary");
  EXPECT_EQ(read("show security flow stat"),
            "19: 'stat' is ambiguous.\nPossible completions:\n"
            "  statistics           Show flow statistics, and why packets were dropped\n"
            "  status               Show how flows are forwarded");
}

TEST_F(CommandTest, unknown_word_is_named_with_its_place_and_what_is_allowed) {
  EXPECT_EQ(read("show security flow sesion"),
            "19: syntax error, expecting session, statistics or status, not 'sesion'");
  EXPECT_TRUE(read("show security flow session protocoll tcp")
                  .starts_with("27: syntax error, expecting source-prefix,"));
  EXPECT_EQ(read("show security flow status now"),
            "26: syntax error, expecting the end of the command, not 'now'");
}

TEST_F(CommandTest, clear_never_means_everything_by_mistake) {
  EXPECT_TRUE(
      read("clear security flow session").starts_with("27: syntax error, expecting all, source-prefix,"))
      << read("clear security flow session");
  EXPECT_TRUE(read("clear security flow session every")
                  .ends_with("bytes-less-than or session-identifier, not 'every'"));
  EXPECT_TRUE(read("clear security flow session all protocol tcp").starts_with("32: syntax error,"));
  EXPECT_EQ(read("clear security flow session protocol"),
            "36: syntax error, expecting a value of 'protocol': one of ah, egp, esp, gre, icmp, icmp6, igmp, "
            "ipip, ospf, "
            "pim, rsvp, sctp, tcp, udp, or a number 0 to 255");
  EXPECT_EQ(
      read("clear security flow session protocol tpc"),
      "37: syntax error, 'tpc' is not valid for 'protocol': one of ah, egp, esp, gre, icmp, icmp6, igmp, "
      "ipip, ospf, pim, rsvp, sctp, tcp, udp, or a number 0 to 255");
}

TEST_F(CommandTest, bad_value_says_what_is_allowed) {
  EXPECT_EQ(read("show security flow session source-port 70000"),
            "39: syntax error, '70000' is not valid for 'source-port': a number 1 to 65535");
  EXPECT_EQ(read("show security flow session family ipv4"),
            "34: syntax error, 'ipv4' is not valid for 'family': one of inet, inet6");
  EXPECT_EQ(read("show security flow session source-prefix ten"),
            "41: syntax error, 'ten' is not valid for 'source-prefix': an IPv4 or IPv6 address, or a prefix "
            "such as "
            "10/8 or 2001:db8::/32");
  EXPECT_EQ(read("show security flow session nat tunnel"),
            "31: syntax error, 'nat' and 'tunnel' exclude each other");
  EXPECT_EQ(read("frobnicate now"), "0: unknown command 'frobnicate', expecting clear, commit or show");
  EXPECT_EQ(read("show security flow session zone a zone b"), "34: syntax error, 'zone' is given twice");
}

TEST_F(CommandTest, number_is_read_as_its_value_however_it_is_written) {
  EXPECT_EQ(read("show security flow session source-port +80 protocol \" 017\" count \"5 \""),
            "get-flow-session-information source-port=80 protocol=17 count=5");
  std::vector<Input> given = {{"protocol", "\n  17"}, {"bytes-more-than", "+10"}, {"zone", "trust"}};
  ASSERT_TRUE(grammar.check_inputs(*test_rpcs().find("clear-flow-session"), given));
  EXPECT_EQ(given[0].value, "17");
  EXPECT_EQ(given[1].value, "10");
  EXPECT_EQ(given[2].value, "trust");
}

// libyang takes a value with a zero byte in it, and gives back one user of the text before that byte for
// each: after enough of them the names of the enumeration are freed while the schema still uses them.
TEST_F(CommandTest, value_that_is_not_text_is_refused_and_takes_nothing_from_the_schema) {
  const RpcSchema own = RpcSchema::load(SLUICE_YANG_DIR).value();
  const Rpc& rpc = *own.find("get-flow-session-information");
  constexpr std::pair<const char*, const char*> kGood[] = {
      {"protocol", "ah"}, {"protocol", "icmp"}, {"protocol", "255"}, {"family", "inet"}, {"family", "inet6"}};
  int broken_taken = 0;
  int good_refused = 0;
  for (int i = 0; i < 200; ++i) {
    for (const auto& [name, value] : kGood) {
      for (std::size_t zeros = 1; zeros < 12; ++zeros) {
        broken_taken += own.check_value(*rpc.find(name), value + std::string(zeros, '\0')) ? 1 : 0;
      }
      good_refused += own.check_value(*rpc.find(name), value) ? 0 : 1;
    }
  }
  EXPECT_EQ(broken_taken, 0);
  EXPECT_EQ(good_refused, 0);
  using namespace std::string_literals;
  EXPECT_EQ(read("show security flow session protocol 255\0"s),
            "36: syntax error, the value of 'protocol' has a control character or is not valid UTF-8");
}

TEST_F(CommandTest, pipes_are_read_and_checked) {
  const Parsed parsed = grammar.parse("show route | match \"a|b\" | last 5 | count | display xml");
  ASSERT_TRUE(parsed.command);
  ASSERT_EQ(parsed.command->pipes.size(), 3U);
  EXPECT_EQ(parsed.command->pipes[0].pattern, "a|b");
  EXPECT_EQ(parsed.command->pipes[1].number, 5U);
  EXPECT_EQ(parsed.command->display, Display::xml);
  EXPECT_EQ(
      read("show route |"),
      "12: syntax error, expecting append, compare, count, display, except, find, last, match, no-more, "
      "save or trim");
  EXPECT_EQ(
      read("show route | less"),
      "13: syntax error, expecting append, compare, count, display, except, find, last, match, no-more, "
      "save or trim, not 'less'");
  EXPECT_EQ(read("show route | display yaml"),
            "21: syntax error, expecting json, omit, set or xml, not 'yaml'");
  EXPECT_EQ(read("show route | last 0"),
            "18: syntax error, '0' is not valid for 'last': a number of lines, from 1");
  EXPECT_EQ(read("show route | trim x"),
            "18: syntax error, 'x' is not valid for 'trim': a number of columns, from 0");
  EXPECT_EQ(read("show route | trim"), "13: syntax error, 'trim' needs a value behind it");
  EXPECT_EQ(read("show route | match \"a"), "19: syntax error, the quote is not closed");
}

TEST_F(CommandTest, pipes_say_where_the_output_goes_and_what_is_shown) {
  const Parsed saved = grammar.parse("show route | match a | save \"my file\"");
  ASSERT_TRUE(saved.command);
  EXPECT_EQ(saved.command->destination.kind, Destination::Kind::save);
  EXPECT_EQ(saved.command->destination.file, "my file");
  EXPECT_EQ(grammar.parse("show route | append x").command->destination.kind, Destination::Kind::append);
  EXPECT_EQ(grammar.parse("show route | display xml rpc").command->display, Display::rpc);
  EXPECT_EQ(read("show route | save x | count"), "22: syntax error, nothing can follow '| save'");
  EXPECT_EQ(read("show route | save"), "13: syntax error, 'save' needs a value behind it");
  EXPECT_EQ(read("show configuration | c"),
            "21: 'c' is ambiguous.\nPossible completions:\n"
            "  compare              Show what differs from another configuration\n"
            "  count                Count the lines");
  EXPECT_TRUE(grammar.parse("show route | c").command) << "a route is not compared";
  EXPECT_EQ(read("show route | display json rpc"), "26: syntax error, 'rpc' is not expected after 'display'");
  EXPECT_EQ(read("show route | compare"),
            "13: syntax error, 'compare' is for commands that show configuration");
  EXPECT_EQ(read("show configuration | compare | compare rollback 1"),
            "31: syntax error, 'compare' is given twice");
  EXPECT_EQ(read("show route | compare rollback 50"), "30: syntax error, 'rollback' needs a number 0 to 49");
}

TEST_F(CommandTest, pipeline_filters_lines_that_arrive_in_pieces) {
  const auto through = [](const std::vector<Pipe>& pipes) {
    render::StringOutput out;
    auto pipeline = Pipeline::make(pipes, out, 2).value();
    pipeline->write("alpha\nbe");
    pipeline->write("ta\ngamma\n");
    pipeline->finish();
    return out.text();
  };
  EXPECT_EQ(through({}), "alpha\nbeta\ngamma\n");
  EXPECT_EQ(through({{PipeKind::match, "A$"}}), "alpha\nbeta\ngamma\n") << "case does not matter";
  EXPECT_EQ(through({{PipeKind::match, "^(a|b)"}}), "alpha\nbeta\n");
  EXPECT_EQ(through({{PipeKind::except, "beta"}}), "alpha\ngamma\n");
  EXPECT_EQ(through({{PipeKind::find, "beta"}}), "beta\ngamma\n");
  EXPECT_EQ(through({{PipeKind::match, "l"}, {PipeKind::count, ""}}), "Count: 1 lines\n");
  EXPECT_EQ(through({{PipeKind::last, "", 1}}), "gamma\n");
  EXPECT_EQ(through({{PipeKind::last, "", 0}}), "beta\ngamma\n") << "as many as the screen has";
  EXPECT_EQ(through({{PipeKind::trim, "", 3}}), "ha\na\nma\n");
  EXPECT_EQ(through({{PipeKind::trim, "", 9}}), "\n\n\n");
  render::StringOutput out;
  EXPECT_FALSE(Pipeline::make({{PipeKind::match, "("}}, out));
}

// Most of these would take a backtracking or copying engine more memory or time than there is.
TEST_F(CommandTest, pattern_costs_no_more_than_its_length_and_the_lines) {
  const auto accepted = [](const std::string& pattern) {
    render::StringOutput out;
    auto pipeline = Pipeline::make({{PipeKind::match, pattern}}, out);
    if (!pipeline) return pipeline.error().message;
    (*pipeline)->write(std::string(10000, 'a') + "\n");
    (*pipeline)->finish();
    return std::string(out.text().empty() ? "no line" : "a line");
  };
  EXPECT_EQ(accepted("a" + std::string(200, '+')), "not a regular expression (bad repetition operator: ++)");
  EXPECT_EQ(accepted("(a{1,255}){1,255}"), "not a regular expression (invalid repetition size: {1,255})");
  EXPECT_EQ(accepted("((a+)+)+b"), "no line");
  EXPECT_EQ(accepted("(a|aa)+$"), "a line");
  EXPECT_EQ(accepted("^[[:alpha:]]+$"), "a line");
  EXPECT_EQ(accepted("\\xE9\xE9"), "not a regular expression (invalid UTF-8)");
}

}  // namespace
}  // namespace sluice::command
