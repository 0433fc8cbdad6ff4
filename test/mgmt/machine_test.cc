// What is told of the machine, which differs from one to the next.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "configuration.h"
#include "world.h"

namespace sluice::test {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

class Machine : public testing::Test {
 protected:
  void SetUp() override { ASSERT_FALSE(world.commit(kConfiguration).refused()); }
  World world;
};

TEST_F(Machine, security_monitoring_tells_sessions_and_load_of_its_one_card) {
  EXPECT_THAT(
      world.ask("show security monitoring").text,
      MatchesRegex(
          "\n"
          "                  Flow session   Flow session     CP session     CP session\n"
          "FPC PIC CPU Mem        current        maximum        current        maximum\n"
          "  0   0 [ 0-9]{3} [ 0-9]{3}              6        4194304              0              0\n"));
  const std::string reply = world.rpc("<get-performance-summary-information/>");
  EXPECT_THAT(reply, HasSubstr("<spu-current-flow-session>6</spu-current-flow-session>"));
}

TEST_F(Machine, routing_engine_tells_how_busy_the_processors_are) {
  const std::string text = world.ask("show chassis routing-engine").text;
  EXPECT_THAT(text, HasSubstr("    CPU utilization:\n      User                      "));
  EXPECT_THAT(text, HasSubstr(" percent\n    Model                          SLUICE\n"));
  EXPECT_THAT(world.rpc("<get-route-engine-information/>"), HasSubstr("</memory-system-total-util>"));
}

}  // namespace
}  // namespace sluice::test
