#include "flowd/control.h"

#include <gtest/gtest.h>

#include "config/config.h"
#include "flowd/test_datagram.h"
#include "flowd/test_machine.h"

namespace sluice::flowd {
namespace {

using session::CloseReason;
using Reasons = std::vector<CloseReason>;

const config::Schema& schema() {
  static const config::Schema loaded = config::Schema::load(config::Schema::default_directory()).value();
  return loaded;
}

constexpr std::string_view kWeb =
    "set security policies from-zone trust to-zone untrust policy web match source-address any\n"
    "set security policies from-zone trust to-zone untrust policy web match destination-address any\n"
    "set security policies from-zone trust to-zone untrust policy web match application any\n"
    "set security policies from-zone trust to-zone untrust policy web then log session-close\n"
    "set security policies from-zone trust to-zone untrust policy web then permit\n";

std::string with(std::string_view more) {
  return std::string(kTwoPorts) + std::string(more);
}

class ControlTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(port::start_eal().has_value()); }

  ControlTest() : control_(machine_, parts()) {}

  ControlParts parts() {
    ControlParts parts;
    parts.compile = [](const std::string& text, const compile::IdRegistry& ids) -> Result<compile::Compiled> {
      const auto tree = config::parse_text(schema(), text, "test.conf");
      if (!tree) {
        return tree.error();
      }
      return compile::compile(tree->active(), ids);
    };
    parts.made = [this](const Fleet&) { ++fleets_made_; };
    parts.before_publish = [this](const compile::Compiled&) { ++log_publications_; };
    parts.wait = [this] { step(); };
    parts.threads = ControlParts::Threads::none;
    return parts;
  }

  void step() {
    for (const auto& worker : control_.fleet()->workers()) {
      worker->run_once(now_);
    }
  }
  Status commit(const std::string& text) {
    const auto prepared = control_.prepare(text);
    if (!prepared) {
      return prepared.error();
    }
    const auto ended = control_.publish(prepared->generation);
    if (!ended) {
      return ended.error();
    }
    ended_ = *ended;
    return {};
  }
  void must_commit(const std::string& text) {
    const Status committed = commit(text);
    ASSERT_TRUE(committed.has_value()) << committed.error().text();
  }
  // Sessions that so many datagrams make.
  void send(int count) {
    for (int i = 0; i < count; ++i) {
      ASSERT_TRUE(machine_.wire("ge-0/0/1")->inject(datagram(9, 80, static_cast<std::uint16_t>(1000 + i))));
    }
    step();
    EXPECT_EQ(machine_.wire("ge-0/0/0")->collect().size(), static_cast<std::size_t>(count));
  }
  std::uint64_t live() { return query::live_sessions(control_.fleet()->shards()); }
  // Why sessions ended since the last call, as the log hears it.
  std::vector<session::CloseReason> reasons() {
    std::vector<session::CloseReason> all;
    sessionlog::EventRing& events = control_.fleet()->workers()[0]->events();
    for (auto run = events.peek(); !run.empty(); run = events.peek()) {
      for (const sessionlog::Event& event : run) {
        EXPECT_EQ(event.type, sessionlog::EventType::closed);
        all.push_back(event.reason);
      }
      events.release(run.size());
    }
    return all;
  }

  TestMachine machine_;
  Now now_{.ns = 1, .unix_s = 1'700'000'000, .unix_fraction_ns = 0};
  int fleets_made_ = 0;
  int log_publications_ = 0;
  std::uint64_t ended_ = 0;
  Control control_;
};

TEST_F(ControlTest, nothing_runs_before_the_first_publication) {
  EXPECT_EQ(control_.running(), nullptr);
  const auto prepared = control_.prepare(with(kWeb));
  ASSERT_TRUE(prepared.has_value()) << prepared.error().text();
  EXPECT_EQ(control_.running(), nullptr);
  control_.discard(prepared->generation);
  EXPECT_TRUE(machine_.ports["ge-0/0/0"].expired()) << "a discarded preparation leaves a device open";
}

TEST_F(ControlTest, packets_flow_after_the_first_commit) {
  must_commit(with(kWeb));
  EXPECT_EQ(control_.running()->generation, 1U);
  send(3);
  EXPECT_EQ(live(), 3U);
  EXPECT_EQ(log_publications_, 1);
}

TEST_F(ControlTest, a_configuration_that_does_not_compile_changes_nothing) {
  must_commit(with(kWeb));
  const auto before = control_.running();
  EXPECT_FALSE(
      commit(with("set security policies from-zone trust to-zone dmz policy x then permit\n")).has_value());
  EXPECT_EQ(control_.running(), before);
  send(1);
}

TEST_F(ControlTest, a_device_that_does_not_open_is_named_and_changes_nothing) {
  must_commit(with(kWeb));
  machine_.refuse_device = "veth2";
  const Status committed = commit(with(std::string(kWeb) + "set system ports ge-0/0/2 device veth2\n"));
  ASSERT_FALSE(committed.has_value());
  EXPECT_EQ(committed.error().text(), "system ports ge-0/0/2: there is no device veth2");
  send(1);
}

TEST_F(ControlTest, when_the_kernel_refuses_its_side_is_put_back) {
  must_commit(with(kWeb));
  const auto before = control_.running();
  machine_.refuse_plan = true;
  const Status committed = commit(
      with(std::string(kWeb) + "set interfaces ge-0/0/0 unit 0 family inet address 198.51.100.1/24\n"));
  ASSERT_FALSE(committed.has_value());
  EXPECT_EQ(control_.running(), before);
  ASSERT_EQ(machine_.plans.size(), 3U);
  EXPECT_EQ(machine_.plans[2].ports[0].units[0].addresses.size(), 1U);
  send(1);
}

TEST_F(ControlTest, an_older_preparation_cannot_be_published) {
  const auto first = control_.prepare(with(kWeb));
  ASSERT_TRUE(first.has_value());
  ASSERT_TRUE(control_.prepare(with(kWeb)).has_value());
  const auto published = control_.publish(first->generation);
  ASSERT_FALSE(published.has_value());
  EXPECT_EQ(control_.running(), nullptr);
}

TEST_F(ControlTest, ports_come_and_go_while_sessions_live) {
  must_commit(with(kWeb));
  send(2);
  must_commit(with(std::string(kWeb) + "set system ports ge-0/0/2 device veth2\n"));
  EXPECT_FALSE(machine_.ports["ge-0/0/2"].expired());
  EXPECT_EQ(live(), 2U);
  must_commit(with(kWeb));
  EXPECT_TRUE(machine_.ports["ge-0/0/2"].expired()) << "a port that is no longer named stays open";
  EXPECT_EQ(live(), 2U);
  send(2);
}

TEST_F(ControlTest, a_device_in_use_is_opened_again_with_its_new_options) {
  must_commit(with(kWeb));
  send(2);
  const std::weak_ptr<port::TestPort> before = machine_.wire("ge-0/0/0");
  must_commit(with(std::string(kWeb) + "set interfaces ge-0/0/0 mtu 1414\n"));
  EXPECT_TRUE(before.expired());
  EXPECT_NE(machine_.wire("ge-0/0/0"), nullptr);
  EXPECT_EQ(live(), 2U);
  send(2);
}

TEST_F(ControlTest, an_mtu_beyond_the_buffers_of_twins_is_told_and_all_else_is_done) {
  must_commit(with(kWeb));
  machine_.largest_mtu = 2030;
  const auto prepared = control_.prepare(with("set interfaces ge-0/0/0 mtu 9000\n"));
  ASSERT_TRUE(prepared.has_value());
  EXPECT_EQ(prepared->warnings,
            std::vector<std::string>{
                "interfaces ge-0/0/0: packets of 8986 bytes pass; those that the firewall itself sends and "
                "receives there have 2030 at most until sluice-flowd restarts"});
  ASSERT_TRUE(control_.publish(prepared->generation).has_value());
  EXPECT_EQ(machine_.plans.back().ports.front().units.front().mtu, 2030);
  // Its policy went with the commit.
  ASSERT_TRUE(machine_.wire("ge-0/0/1")->inject(datagram(9, 80, 1000)));
  step();
  EXPECT_TRUE(machine_.wire("ge-0/0/0")->collect().empty());
}

TEST_F(ControlTest, a_device_that_does_not_open_again_is_put_back) {
  must_commit(with(kWeb));
  const auto prepared = control_.prepare(with(std::string(kWeb) + "set interfaces ge-0/0/0 mtu 1414\n"));
  ASSERT_TRUE(prepared.has_value());
  machine_.refuse_once = "veth0";
  EXPECT_FALSE(control_.publish(prepared->generation).has_value());
  EXPECT_EQ(control_.running()->generation, 1U);
  send(1);
}

TEST_F(ControlTest, sessions_of_a_deleted_policy_end) {
  must_commit(with(kWeb));
  send(5);
  must_commit(std::string(kTwoPorts));
  EXPECT_EQ(ended_, 5U);
  EXPECT_EQ(live(), 0U);
  EXPECT_EQ(reasons(), Reasons(5, CloseReason::policy_delete));
}

TEST_F(ControlTest, sessions_outlive_a_policy_that_now_denies_unless_rematch_is_asked_for) {
  const std::string denied = with(kWeb.substr(0, kWeb.rfind("set "))) +
                             "set security policies from-zone trust to-zone untrust policy web then deny\n";
  must_commit(with(kWeb));
  send(4);
  must_commit(denied);
  EXPECT_EQ(ended_, 0U);
  EXPECT_EQ(live(), 4U);
  must_commit(with(kWeb));
  EXPECT_EQ(reasons(), Reasons());
  must_commit(denied + "set security policies policy-rematch\n");
  EXPECT_EQ(ended_, 4U);
  EXPECT_EQ(reasons(), Reasons(4, CloseReason::policy_delete));
}

TEST_F(ControlTest, rematch_turned_on_later_ends_what_the_policy_no_longer_permits) {
  must_commit(with(kWeb));
  send(3);
  const std::string denied = with(
      std::string(kWeb) + "set security policies from-zone trust to-zone untrust policy web then deny\n");
  must_commit(denied);
  EXPECT_EQ(live(), 3U);
  must_commit(denied + "set security policies policy-rematch\n");
  EXPECT_EQ(ended_, 3U);
  must_commit(with(kWeb));
  send(3);
  must_commit(with(std::string(kWeb) + "set security policies policy-rematch\n"));
  EXPECT_EQ(ended_, 0U) << "what is permitted goes on";
}

TEST_F(ControlTest, extensive_rematch_keeps_sessions_that_another_policy_permits) {
  const std::string extensive = "set security policies policy-rematch extensive\n";
  must_commit(with(kWeb) + extensive);
  send(3);
  std::string renamed(kWeb);
  for (std::size_t at; (at = renamed.find("policy web")) != std::string::npos;) {
    renamed.replace(at, 10, "policy all");
  }
  must_commit(with(renamed) + extensive);
  EXPECT_EQ(ended_, 0U);
  const auto page = query::page(control_.fleet()->shards(), {}, control_.moment(now_), 0, 10);
  ASSERT_EQ(page.rows.size(), 3U);
  EXPECT_EQ(control_.running()->snapshot.names->policy[page.rows[0].policy.value], "all");
  EXPECT_EQ(reasons(), Reasons());
  must_commit(std::string(kTwoPorts) + extensive);
  EXPECT_EQ(ended_, 3U) << "and those that none permits end";
  EXPECT_EQ(reasons(), Reasons(3, CloseReason::policy_delete));
}

TEST_F(ControlTest, sessions_of_an_interface_that_moved_to_another_zone_end) {
  must_commit(with(kWeb));
  send(2);
  std::string moved = with(kWeb);
  moved.replace(moved.find("security-zone untrust"), 21, "security-zone dmz");
  must_commit(moved + "set security zones security-zone untrust\n");
  EXPECT_EQ(ended_, 2U);
  EXPECT_EQ(reasons(), Reasons(2, CloseReason::interface_gone));
}

TEST_F(ControlTest, sessions_of_an_interface_that_is_gone_end) {
  must_commit(with(kWeb));
  send(2);
  std::string gone = with(kWeb);
  for (const std::string_view statement :
       {"set interfaces ge-0/0/0 unit 0 family inet address 203.0.113.1/24\n",
        "set security zones security-zone untrust interfaces ge-0/0/0.0\n"}) {
    gone.erase(gone.find(statement), statement.size());
  }
  must_commit(gone + "set security zones security-zone untrust\n");
  EXPECT_EQ(ended_, 2U);
  EXPECT_EQ(reasons(), Reasons(2, CloseReason::interface_gone));
}

TEST_F(ControlTest, workers_and_maximum_sessions_wait_for_a_restart_and_say_so) {
  must_commit(with(kWeb));
  const auto prepared = control_.prepare(with(std::string(kWeb) + "set system flow workers 2\n"));
  ASSERT_TRUE(prepared.has_value()) << prepared.error().text();
  ASSERT_EQ(prepared->warnings.size(), 1U);
  EXPECT_EQ(prepared->warnings[0], "system flow workers: the change takes effect when sluice-flowd restarts");
  ASSERT_TRUE(control_.publish(prepared->generation).has_value());
  EXPECT_EQ(control_.fleet()->workers().size(), 1U);
  EXPECT_EQ(fleets_made_, 1);
}

TEST_F(ControlTest, new_routes_of_the_kernel_reroute_sessions_through_another_zone_no_more) {
  must_commit(with(kWeb));
  send(2);
  // The servers' network is behind the trust interface now.
  route::Definition routes = machine_.routes();
  for (route::Route& route : routes.routes) {
    if (packet::to_string(route.prefix) == "203.0.113.0/24") {
      route.next_hop = routes.routes[2].next_hop;
    }
  }
  machine_.set_routes(routes);
  machine_.on_routes();
  control_.chores(now_);
  EXPECT_EQ(live(), 0U);
  EXPECT_EQ(reasons(), Reasons(2, CloseReason::route_change));
}

TEST_F(ControlTest, a_change_of_routes_heard_before_a_commit_does_not_undo_it) {
  must_commit(with(kWeb));
  machine_.on_routes();  // of the first configuration; nobody looked at it yet
  must_commit(
      with(std::string(kWeb) + "set interfaces ge-0/0/0 unit 0 family inet address 198.51.100.1/24\n"));
  const auto before = control_.running();
  control_.chores(now_);
  EXPECT_EQ(control_.running()->snapshot.routes->routes().size(), before->snapshot.routes->routes().size());
}

TEST_F(ControlTest, routes_that_cannot_be_used_leave_those_in_use_and_are_reported_until_others_come) {
  must_commit(with(kWeb));
  route::Definition wrong = machine_.routes();
  wrong.routes[0].next_hop = NextHopId{999};
  machine_.set_routes(wrong);
  machine_.on_routes();
  control_.chores(now_);
  ASSERT_EQ(control_.pending().size(), 1U);
  EXPECT_TRUE(control_.pending()[0].starts_with("the kernel's routes are not used: "))
      << control_.pending()[0];
  send(1);
  machine_.set_routes(std::nullopt);
  machine_.on_routes();
  control_.chores(now_);
  EXPECT_TRUE(control_.pending().empty());
}

TEST_F(ControlTest, routes_that_could_not_be_used_are_reported_no_more_when_a_commit_took_others) {
  must_commit(with(kWeb));
  route::Definition wrong = machine_.routes();
  wrong.routes[0].next_hop = NextHopId{999};
  machine_.set_routes(wrong);
  machine_.on_routes();
  control_.chores(now_);
  EXPECT_FALSE(commit(with(kWeb)).has_value());
  EXPECT_EQ(control_.pending().size(), 1U) << "a commit that failed cures nothing";
  machine_.set_routes(std::nullopt);
  must_commit(with(kWeb));
  EXPECT_TRUE(control_.pending().empty());
}

TEST_F(ControlTest, when_routes_do_not_compile_the_kernels_side_is_put_back) {
  must_commit(with(kWeb));
  route::Definition wrong = machine_.routes();
  wrong.routes[0].next_hop = NextHopId{999};
  machine_.set_routes(wrong);
  EXPECT_FALSE(commit(with(std::string(kWeb) + "set interfaces ge-0/0/0 unit 0 disable\n")).has_value());
  ASSERT_EQ(machine_.plans.size(), 3U);
  EXPECT_FALSE(machine_.plans[1].ports[0].units[0].enabled);
  EXPECT_TRUE(machine_.plans[2].ports[0].units[0].enabled);
  machine_.set_routes(std::nullopt);
  send(1);
}

TEST_F(ControlTest, a_device_that_went_is_opened_again_when_it_is_back_with_the_address_that_it_had) {
  must_commit(with(kWeb));
  send(1);
  const auto gone = machine_.wire("ge-0/0/1");
  gone->lose();
  machine_.refuse_device = "veth1";
  ++now_.unix_s;
  control_.chores(now_);
  EXPECT_EQ(machine_.wire("ge-0/0/1"), gone) << "it is not there yet";
  machine_.refuse_device.clear();
  ++now_.unix_s;
  control_.chores(now_);
  ASSERT_NE(machine_.wire("ge-0/0/1"), gone);
  EXPECT_EQ(machine_.openings.back().mac, gone->mac());
  EXPECT_EQ(machine_.openings.back().device, "veth1");
  send(1);
  EXPECT_EQ(live(), 1U) << "its session lived on";
}

TEST_F(ControlTest, the_machine_is_asked_once_a_second_to_repair_what_others_removed) {
  must_commit(with(kWeb));
  for (int second = 0; second < 3; ++second) {
    ++now_.unix_s;
    control_.chores(now_);
    control_.chores(now_);
  }
  EXPECT_EQ(machine_.repairs, 3);
}

TEST_F(ControlTest, traffic_of_ports_is_looked_at_every_second) {
  must_commit(with(kWeb));
  const auto second = [&] {
    ++now_.unix_s;
    now_.ns += kNsPerSecond;
    control_.chores(now_);
  };
  second();
  send(3);
  second();
  const auto& wires = control_.running()->wires;
  EXPECT_EQ(control_.port_watch().history(wires[1].id).received_pps, 3U);
  EXPECT_EQ(control_.port_watch().history(wires[0].id).transmitted_pps, 3U);
  second();
  EXPECT_EQ(control_.port_watch().history(wires[1].id).received_pps, 0U);
}

TEST_F(ControlTest, clear_ends_the_operators_own_session_a_moment_later) {
  must_commit(with(kWeb));
  send(3);
  query::ClearPlan plan;
  plan.spare = query::Filter{.sent = {.source_port = 1001}};
  EXPECT_EQ(control_.clear(plan, now_), 3U);
  EXPECT_EQ(live(), 1U);
  control_.chores(now_);
  EXPECT_EQ(live(), 1U);
  now_.ns += 2'000'000'000;
  control_.chores(now_);
  EXPECT_EQ(live(), 0U);
  EXPECT_EQ(reasons(), Reasons(3, CloseReason::cli));
}

}  // namespace
}  // namespace sluice::flowd
