#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iterator>
#include <random>

#include "config/config.h"
#include "config/test_schema.h"
#include "config/text.h"
#include "config/xpath_guard.h"

namespace sluice::config {
namespace {

constexpr const char* kText = R"(
set system host-name fw
set interfaces ge-0/0/0 unit 0 family inet address 192.0.2.1/24
set interfaces ge-0/0/1 unit 0 family inet address 198.51.100.1/24
set interfaces ge-0/0/1 unit 5 description lab
set security zones security-zone trust interfaces ge-0/0/0.0
set security zones security-zone untrust interfaces ge-0/0/1.0
set security zones security-zone untrust tcp-rst
)";

// What is taken, as set commands; or why nothing is.
std::string taken(std::string_view expression) {
  const Tree tree = parsed(kText);
  const auto part = select_xpath(tree, expression);
  return part ? to_set(part->root()) : part.error().message;
}

TEST(XPath, names_statements_with_what_is_below_them) {
  EXPECT_EQ(taken("/configuration/system"), "set system host-name fw\n");
  EXPECT_EQ(taken("/configuration/interfaces/interface[name = 'ge-0/0/1']/unit[description='lab']"),
            "set interfaces ge-0/0/1 unit 5 description lab\n");
  EXPECT_EQ(taken("/configuration/security/zones/security-zone[tcp-rst]"),
            "set security zones security-zone untrust tcp-rst\n"
            "set security zones security-zone untrust interfaces ge-0/0/1.0\n");
  EXPECT_EQ(taken("/configuration/nothing-there | /configuration/system/domain-name"),
            taken("//unit[name='9']"));
}

TEST(XPath, relative_prefixed_and_abbreviated_forms_mean_the_same) {
  const std::string host = "set system host-name fw\n";
  EXPECT_EQ(taken("system/host-name"), host);
  EXPECT_EQ(taken("/c:configuration/c:system/c:*"), host);
  EXPECT_EQ(taken("//host-name"), host);
  EXPECT_EQ(taken("/child::configuration/child::system/descendant::host-name"), host);
  EXPECT_EQ(taken("//host-name/.."), host);
  EXPECT_EQ(taken("//*[local-name() = 'host-name' and starts-with(., 'f')]"), host);
}

TEST(XPath, statements_that_overlap_are_there_once) {
  const std::string unit = "set interfaces ge-0/0/1 unit 5 description lab\n";
  EXPECT_EQ(taken("//unit[name='5']/description | //unit[name='5']"), unit);
  EXPECT_EQ(taken("//unit[name='5'] | //unit[name='5']/description"), unit);
  EXPECT_EQ(taken("//unit[name='5']/description | /configuration/interfaces"),
            taken("/configuration/interfaces"));
  EXPECT_EQ(taken("/configuration"), taken("/configuration/* | //host-name"));
  EXPECT_EQ(taken("//security-zone/name"),
            "set security zones security-zone trust\nset security zones security-zone untrust\n");
}

TEST(XPath, what_is_no_set_of_statements_is_refused) {
  const std::string refusal =
      "the XPath expression is not well-formed, or does not name statements of the configuration";
  for (const char* expression :
       {"count(//*)", "'text'", "1", "/configuration/system[", "system//", "][", "a b"}) {
    const std::string said = taken(expression);
    EXPECT_TRUE(said == refusal || said.find("XPath expression") != std::string::npos)
        << expression << ": " << said;
  }
  EXPECT_EQ(taken(" "), "the filter has no XPath expression; write select=\"/configuration/...\"");
}

TEST(XPath, what_would_cost_a_walk_per_statement_is_refused) {
  for (const char* expression : {"//*[//*]",
                                 "//*[/configuration/system]",
                                 "//*[../name]",
                                 "//*[.//name]",
                                 "//*[descendant::name]",
                                 "//*[ancestor::system]",
                                 "/configuration/following::*",
                                 "//*[preceding-sibling::*]",
                                 "//*//*//*//*//*",
                                 "//address[name = name]",
                                 "//* = //*",
                                 "//*[count(name) = count(.)]",
                                 "//*[parent::system]",
                                 "//*[re-match(., '(a+)+')]",
                                 "//*[deref(.)]",
                                 "//*[current()]",
                                 "//*[id('x')]",
                                 "//*[a or /configuration]",
                                 "//*[(/configuration)]",
                                 "//*[not(/*)]",
                                 "//*[2 * /configuration/system]",
                                 "//*[2*/configuration/system]",
                                 "//*[name * /configuration]",
                                 "//*[. * /configuration]",
                                 "//*[* * /*]",
                                 "//*[c:* * /*]",
                                 "//*[last()*/configuration]",
                                 "//*[a[b]*/configuration]",
                                 "//*['2' * /configuration]",
                                 "//*[2 div /configuration]",
                                 "//*[2 mod /configuration]"}) {
    EXPECT_FALSE(guarded_xpath(expression)) << expression;
  }
  EXPECT_FALSE(guarded_xpath(std::string(3000, 'a')));
  EXPECT_FALSE(guarded_xpath(std::string(40, '(') + "a" + std::string(40, ')')));
  std::string alternatives = "a";
  for (int i = 0; i < 40; ++i) alternatives += "|a";
  EXPECT_FALSE(guarded_xpath(alternatives));
}

TEST(XPath, star_that_names_and_star_that_multiplies_are_told_apart) {
  for (const char* expression :
       {"//*[*/name]", "//*[c:*/name]", "//*[* * *]", "//*[2 * */name]", "//*[(*) * 2 = 4]", "a[not(*/b)]",
        "//*[1 * name and */name]", "//*[child::*/name]", "a[div * div div div]", "a[b = 2 * 3]"}) {
    EXPECT_TRUE(guarded_xpath(expression)) << expression;
  }
  const std::string unit = "set interfaces ge-0/0/1 unit 5 description lab\n";
  EXPECT_EQ(taken("//unit[name * 2 = 10]"), unit);
  EXPECT_EQ(taken("/*/interfaces/*/*[2 * name=10]/*"), unit);
  EXPECT_EQ(taken("//interface[*/name * 1 = 0]/*/description"), unit);
}

TEST(XPath, refusal_says_what_is_permitted) {
  EXPECT_EQ(guarded_xpath("//*[../a]").error().message,
            "a predicate of the XPath expression may not go upwards ('..')");
  EXPECT_EQ(
      guarded_xpath("a/following::b").error().message,
      "the axis 'following::' is not permitted; child::, self:: and, outside of predicates, descendant::, "
      "descendant-or-self:: and parent:: are");
  EXPECT_EQ(guarded_xpath("a[b=c]").error().message,
            "the XPath expression may compare with a string or a number only");
  EXPECT_EQ(guarded_xpath("a orb").error().message,
            "'orb' stands where the XPath expression needs an operator");
  EXPECT_EQ(guarded_xpath("a[$b]").error().message, "'$' is not permitted in the XPath expression");
}

TEST(XPath, whatever_is_put_together_is_answered_or_refused_with_words) {
  const std::string_view parts[] = {"/",
                                    "//",
                                    "..",
                                    ".",
                                    "*",
                                    "[",
                                    "]",
                                    "(",
                                    ")",
                                    "|",
                                    "=",
                                    "!=",
                                    "<",
                                    "+",
                                    "-",
                                    ",",
                                    "and ",
                                    "or ",
                                    "div ",
                                    "'ge-0/0/0'",
                                    "''",
                                    "1",
                                    "0",
                                    "-1",
                                    "9e9",
                                    "configuration",
                                    "interfaces",
                                    "interface",
                                    "unit",
                                    "name",
                                    "security-zone",
                                    "child::",
                                    "self::",
                                    "descendant::",
                                    "parent::",
                                    "not(",
                                    "count(",
                                    "text()",
                                    "node()",
                                    "last()",
                                    "position()",
                                    "contains(",
                                    "starts-with(",
                                    "substring(",
                                    "c:",
                                    "c:name",
                                    "@name"};
  const Tree tree = parsed(kText);
  std::mt19937 random(7);
  int answered = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string expression = random() % 2 == 0 ? "/configuration" : "";
    for (auto left = random() % 12 + 1; left > 0; --left) expression += parts[random() % std::size(parts)];
    const auto part = select_xpath(tree, expression);
    EXPECT_TRUE(part || !part.error().message.empty()) << expression;
    answered += part ? 1 : 0;
  }
  EXPECT_GT(answered, 100);
}

TEST(XPath, words_of_names_are_no_operators) {
  EXPECT_TRUE(guarded_xpath("or/and[div = 3]/mod"));
  EXPECT_TRUE(guarded_xpath("a[position() = 2 or last() > 1]"));
  EXPECT_TRUE(guarded_xpath("a [ contains ( b/c , 'x' ) ] / d"));
}

}  // namespace
}  // namespace sluice::config
