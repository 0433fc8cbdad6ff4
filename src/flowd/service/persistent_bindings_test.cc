// What is told of persistent bindings, with two workers that run.
#include "flowd/service/persistent_bindings.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "flowd/service/test_nat.h"

namespace sluice::service {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class PersistentBindingsTest : public NatTest {
 protected:
  PersistentBindingsTest() {
    commit(kNatBase +
           "set security nat source rule-set out rule hide then source-nat pool out persistent-nat permit "
           "target-host\n");
  }
  std::vector<v1::PersistentBinding> told(v1::PersistentBindingsRequest request = {}) {
    std::vector<v1::PersistentBinding> all;
    do {
      v1::PersistentBindingsReply reply;
      const Status put = put_persistent_bindings(control_.running()->snapshot, now_.unix_s, request, reply);
      EXPECT_TRUE(put) << put.error().text();
      all.insert(all.end(), reply.bindings().begin(), reply.bindings().end());
      request.set_from(reply.next());
      in_use_ = reply.in_use();
    } while (request.from() != 0);
    return all;
  }
  void clear(const v1::PersistentBindingsRequest& request = {}) {
    EXPECT_TRUE(clear_persistent_bindings(control_.running()->snapshot, request));
    advance(1);
  }
  std::uint64_t in_use_ = 0;
};

TEST_F(PersistentBindingsTest, are_told_with_what_their_rule_says_and_how_long_they_have) {
  send(80, 1);
  auto all = told();
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].internal_address(), std::string("\300\000\002\011", 4));
  EXPECT_EQ(all[0].internal_port(), 1000U);
  EXPECT_EQ(all[0].protocol(), 17U);
  EXPECT_EQ(all[0].reflexive_address(), std::string("\313\000\161\005", 4));
  EXPECT_EQ(all[0].pool_name() + " " + all[0].rule_name(), "out hide");
  EXPECT_EQ(all[0].permit(), v1::PersistentBinding::TARGET_HOST);
  EXPECT_EQ(all[0].sessions(), 1U);
  EXPECT_EQ(all[0].maximum_sessions(), 30U);
  EXPECT_FALSE(all[0].has_left_s());
  for (int second = 0; second < 60; ++second) advance(1);
  advance(40);
  all = told();
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].sessions(), 0U);
  EXPECT_EQ(all[0].left_s(), 260U);
  commit(kNatBase);
  advance(1);
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(PersistentBindingsTest, of_both_workers_are_found_by_what_is_asked_for) {
  send(80, 20);
  EXPECT_THAT(told(), SizeIs(20));
  EXPECT_EQ(in_use_, 20U);
  std::set<std::uint32_t> workers;
  for (const auto& one : told()) workers.insert(one.reflexive_port() / 64 % 2);
  EXPECT_THAT(workers, ElementsAre(0U, 1U));
  v1::PersistentBindingsRequest request;
  request.set_internal_port(1003);
  EXPECT_THAT(told(request), SizeIs(1));
  request.set_internal_protocol(6);
  EXPECT_THAT(told(request), IsEmpty());
  request.set_internal_protocol(17);
  request.set_pool_name("interface");
  EXPECT_THAT(told(request), IsEmpty());
  request.set_pool_name("out");
  EXPECT_THAT(told(request), SizeIs(1));
  request.set_internal_address(std::string("\300\000\002\012", 4));
  EXPECT_THAT(told(request), IsEmpty());
}

TEST_F(PersistentBindingsTest, an_unknown_pool_is_refused) {
  v1::PersistentBindingsRequest request;
  request.set_pool_name("nobody");
  v1::PersistentBindingsReply reply;
  EXPECT_EQ(put_persistent_bindings(control_.running()->snapshot, now_.unix_s, request, reply).error().text(),
            "pool-name: source NAT pool nobody not found; there are out, interface");
}

TEST_F(PersistentBindingsTest, without_sessions_are_cleared) {
  send(80, 4);
  clear();
  EXPECT_THAT(told(), SizeIs(4)) << "they have sessions";
  for (int second = 0; second < 60; ++second) advance(1);
  v1::PersistentBindingsRequest one;
  one.set_internal_port(1002);
  clear(one);
  EXPECT_THAT(told(), SizeIs(3));
  clear();
  EXPECT_THAT(told(), IsEmpty());
}

}  // namespace
}  // namespace sluice::service
