// What is shown and cleared of persistent bindings.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nat_configuration.h"
#include "world.h"

namespace sluice::test {
namespace {

using ::testing::HasSubstr;

constexpr const char* kTable = "security nat source persistent-nat-table ";

class PersistentNat : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_FALSE(world_.commit(kNatConfiguration).refused()); }
  std::string show(const std::string& what) {
    return world_.ask(std::string("show ") + kTable + what).transcript();
  }
  World world_;
};

TEST_F(PersistentNat, bindings_are_lines_whoever_many_replies_they_come_in) {
  EXPECT_EQ(
      show("all"),
      "Internal                        Reflexive                        Source           Type             "
      "Left_time/ Curr_Sess_Num/ Source\n"
      "In_IP           In_Port I_Proto Ref_IP          Ref_Port R_Proto NAT Pool                          "
      "Conf_time  Max_Sess_Num   NAT Rule\n"
      "192.0.2.11      5060    udp     203.0.113.16    2017     udp     pool-1           target-host-port "
      "-/300      2/30           web\n"
      "192.0.2.11      5061    udp     203.0.113.16    2017     udp     pool-1           target-host-port "
      "254/300    0/30           web\n");
}

TEST_F(PersistentNat, programs_read_them_by_the_names_that_they_know) {
  const std::string reply = world_.rpc("<get-persist-nat-all/>");
  EXPECT_THAT(reply, HasSubstr("<persist-nat-left-time>-</persist-nat-left-time>"));
  EXPECT_THAT(reply, HasSubstr("<persist-nat-left-time>254</persist-nat-left-time>"));
  EXPECT_THAT(reply, HasSubstr("<persist-nat-reflexive-port>2017</persist-nat-reflexive-port>"));
  EXPECT_THAT(world_.rpc("<get-persist-nat-sum/>"),
              HasSubstr("<persist-nat-binding-in-use>2</persist-nat-binding-in-use>"));
}

TEST_F(PersistentNat, the_summary_says_how_many_there_are) {
  EXPECT_EQ(show("summary"),
            "Persistent NAT Table Statistics on FPC0 PIC0:\n binding total : 262144\n binding in use : 2\n");
}

TEST_F(PersistentNat, each_form_asks_flowd_for_what_it_says) {
  const struct {
    const char *what, *asked;
  } rows[] = {{"all", ""},
              {"interface", "pool_name: \"interface\""},
              {"pool pool-1", "pool_name: \"pool-1\""},
              {"internal-ip 192.0.2.11", "internal_address: \"\\300\\000\\002\\013\""},
              {"internal-ip 192.0.2.11 internal-port 5060 internal-protocol udp",
               "internal_address: \"\\300\\000\\002\\013\" internal_port: 5060 internal_protocol: 17"}};
  for (const auto& [what, asked] : rows) {
    static_cast<void>(show(what));
    const std::string rest = std::string(asked).empty() ? "from: 1" : std::string(asked) + " from: 1";
    EXPECT_EQ(world_.flowd().last_filter(), rest) << what;
    EXPECT_EQ(world_.ask(std::string("clear ") + kTable + what).transcript(), "");
    EXPECT_EQ(world_.flowd().last_filter(), asked) << what;
  }
}

TEST_F(PersistentNat, a_rule_says_what_it_has) {
  const auto rule = [&] { return world_.ask("show security nat source rule rest").transcript(); };
  EXPECT_THAT(rule(), HasSubstr("Persistent NAT type         : N/A\n"));
  EXPECT_THAT(rule(), HasSubstr("Inactivity timeout          : 0\n"));
  ASSERT_FALSE(world_
                   .commit(std::string(kNatConfiguration) +
                           "set security nat source rule-set out rule rest then source-nat interface "
                           "persistent-nat permit target-host\n")
                   .refused());
  EXPECT_THAT(rule(), HasSubstr("Persistent NAT type         : target-host\n"));
  EXPECT_THAT(rule(), HasSubstr("Persistent NAT mapping type : address-port-mapping\n"));
  EXPECT_THAT(rule(), HasSubstr("Inactivity timeout          : 300\n"));
  EXPECT_THAT(rule(), HasSubstr("Max session number          : 30\n"));
}

TEST_F(PersistentNat, what_is_no_address_or_protocol_is_refused) {
  EXPECT_THAT(show("internal-ip 192.0.2"), HasSubstr("'192.0.2' is not an address"));
  EXPECT_THAT(show("internal-ip 192.0.2.1 internal-protocol nothing"),
              HasSubstr("'nothing' is not a protocol"));
}

}  // namespace
}  // namespace sluice::test
