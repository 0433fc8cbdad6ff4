// Conversations with the management daemon, compared byte for byte with golden files. A line that
// begins with "> " is a command; what follows is the answer. SLUICE_UPDATE_GOLDEN=1 rewrites them.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "configuration.h"
#include "nat_configuration.h"
#include "world.h"

namespace sluice::test {
namespace {

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

// Everything that differs from run to run.
std::string steady(std::string text) {
  const std::string_view marks[] = {"## Last commit: ", "junos:commit-seconds=\"",
                                    "junos:commit-localtime=\"", "junos:commit-user=\""};
  for (const std::string_view mark : marks) {
    const std::size_t at = text.find(mark);
    if (at == std::string::npos) continue;
    const std::size_t from = at + mark.size();
    text.replace(from, text.find_first_of("\"\n", from) - from, "...");
  }
  return text;
}

// Holds the conversation of a golden file again and compares.
void converse(World& world, const std::string& name) {
  const std::filesystem::path golden = std::filesystem::path(MGMT_GOLDEN) / (name + ".txt");
  std::istringstream lines(read(golden));
  std::string actual;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("> ")) actual += line + "\n" + steady(world.ask(line.substr(2)).transcript());
  }
  if (std::getenv("SLUICE_UPDATE_GOLDEN") != nullptr) std::ofstream(golden, std::ios::binary) << actual;
  EXPECT_EQ(actual, read(golden));
  EXPECT_FALSE(actual.empty());
}

class Conversation : public testing::TestWithParam<const char*> {};

TEST_P(Conversation, is_answered_as_the_golden_file_says) {
  World world;
  ASSERT_FALSE(world.commit(kConfiguration).refused());
  converse(world, GetParam());
}

INSTANTIATE_TEST_SUITE_P(golden, Conversation,
                         testing::Values("flow_session", "flow_session_xml", "flow_session_json", "filters",
                                         "flow", "clear", "policies", "policies_xml", "zones", "interfaces",
                                         "route", "configuration", "collectors", "forms", "pipes", "errors",
                                         "system"),
                         [](const auto& parameter) { return std::string(parameter.param); });

class ReleaseConversation : public testing::TestWithParam<const char*> {};

TEST_P(ReleaseConversation, is_answered_in_the_layouts_of_its_release) {
  World world;
  const std::string release = GetParam();
  std::string configuration = kConfiguration;
  configuration.insert(configuration.find("    ports {"), "    junos-release " + release + ";\n");
  ASSERT_FALSE(world.commit(configuration).refused());
  converse(world, "release_" + release);
}

INSTANTIATE_TEST_SUITE_P(golden, ReleaseConversation, testing::Values("12.3", "24.4"),
                         [](const auto& parameter) {
                           return std::string(parameter.param).replace(2, 1, "_");
                         });

void replace(std::string& text, std::string_view what, std::string_view instead) {
  const std::size_t at = text.find(what);
  ASSERT_NE(at, std::string::npos) << what;
  text.replace(at, what.size(), instead);
}

// What kConfiguration cannot have beside its own.
TEST(FlowConversation, tells_the_other_choices_for_connections) {
  World world;
  std::string configuration = kConfiguration;
  replace(configuration, "no-syn-check;\n", "strict-syn-check;\n");
  replace(configuration, "session-timeout 30;\n", "session-ageout;\n");
  ASSERT_FALSE(world.commit(configuration).refused());
  converse(world, "other_flow");
}

TEST(FlowConversation, tells_nothing_where_nothing_is_configured) {
  World world;
  std::string configuration = kConfiguration;
  const std::size_t flow = configuration.find("    flow {\n");
  configuration.erase(flow, configuration.find("    policies {\n") - flow);
  ASSERT_FALSE(world.commit(configuration).refused());
  converse(world, "unset_flow");
}

class NatConversation : public testing::TestWithParam<const char*> {};

TEST_P(NatConversation, is_answered_in_the_layouts_of_its_release) {
  World world;
  const std::string release = GetParam();
  const Answer committed =
      world.commit(std::string(kNatConfiguration) + "set system junos-release " + release + "\n");
  ASSERT_FALSE(committed.refused()) << committed.transcript();
  converse(world, "nat_" + release);
}

INSTANTIATE_TEST_SUITE_P(golden, NatConversation, testing::Values("12.3", "22.2", "24.4"),
                         [](const auto& parameter) {
                           return std::string(parameter.param).replace(2, 1, "_");
                         });

}  // namespace
}  // namespace sluice::test
