// A firewall whose session tables a test fills by hand, asked as the management daemon asks it: through its
// service. For the tests of filters.
#pragma once

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "flowd/compile/test_compile.h"
#include "flowd/control.h"
#include "flowd/query/made_sessions.h"
#include "flowd/service/service.h"
#include "flowd/test_machine.h"
#include "proto/flowd.grpc.pb.h"

namespace sluice::service {

// One port with two units, three zones, two policies, two applications of our own and a pool.
inline constexpr std::string_view kFilterScene = R"(
set system flow workers 2
set system flow maximum-sessions 1024
set system ports ge-0/0/0 device veth0
set system ports ge-0/0/1 device veth1
set interfaces ge-0/0/0 vlan-tagging
set interfaces ge-0/0/0 unit 10 vlan-id 10
set interfaces ge-0/0/0 unit 10 family inet address 203.0.113.1/24
set interfaces ge-0/0/0 unit 20 vlan-id 20
set interfaces ge-0/0/0 unit 20 family inet address 198.51.100.1/24
set interfaces ge-0/0/1 unit 0 family inet address 192.0.2.1/24
set security zones security-zone untrust interfaces ge-0/0/0.10
set security zones security-zone dmz interfaces ge-0/0/0.20
set security zones security-zone trust interfaces ge-0/0/1.0
set security policies from-zone trust to-zone untrust policy web match source-address any
set security policies from-zone trust to-zone untrust policy web match destination-address any
set security policies from-zone trust to-zone untrust policy web match application any
set security policies from-zone trust to-zone untrust policy web then permit
set security policies from-zone trust to-zone dmz policy mail match source-address any
set security policies from-zone trust to-zone dmz policy mail match destination-address any
set security policies from-zone trust to-zone dmz policy mail match application any
set security policies from-zone trust to-zone dmz policy mail then permit
set security nat source pool out address 203.0.113.5/32
set applications application secure-shell protocol tcp destination-port 22
set applications application elsewhere protocol tcp destination-port 8000
)";

// A session that was put in, with the names that an operator knows it by.
struct Put {
  query::Made made;
  std::array<std::string, 2> zone;
  std::array<std::string, 2> interface;
  std::string application;
  std::string pool;
};

class SessionsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(port::start_eal().has_value()); }

  void SetUp() override {
    const auto prepared = control_.prepare(std::string(kFilterScene));
    ASSERT_TRUE(prepared) << prepared.error().text();
    ASSERT_TRUE(control_.publish(prepared->generation));
    auto started = Server::start(control_, {.socket_path = "", .version = "1"});
    ASSERT_TRUE(started) << started.error().text();
    server_ = std::move(*started);
    stub_ = v1::Flowd::NewStub(server_->channel());
  }

  flowd::ControlParts parts() {
    flowd::ControlParts parts;
    parts.compile = [](const std::string& text, const compile::IdRegistry& ids) {
      return compile::compile_text(text, ids);
    };
    parts.made = [](const flowd::Fleet&) {};
    parts.before_publish = [](const compile::Compiled&) {};
    parts.wait = [this] { step(); };
    parts.clock = [this] { return now_; };
    parts.threads = flowd::ControlParts::Threads::none;
    return parts;
  }
  void step() {
    for (int turn = 0; turn < 4; ++turn) {
      for (const auto& worker : control_.fleet()->workers()) {
        worker->run_once(now_);
      }
    }
  }

  // --- putting sessions in
  // So many of every kind, half of each family.
  void fill(int count) {
    for (int i = 0; i < count; ++i) {
      put(chosen(i % 2 == 0 ? packet::Family::inet : packet::Family::inet6));
    }
  }
  // Random values, with names of this configuration.
  Put chosen(packet::Family family) {
    Put one;
    one.made = maker_.make(family);
    for (std::size_t wing = 0; wing < 2; ++wing) {
      const auto& [zone, interface] = kPlaces[maker_.below(kPlaces.size())];
      one.zone[wing] = zone;
      one.interface[wing] = interface;
      one.made.zone[wing] = ZoneId{id_of(names().zone, zone)};
      one.made.interface[wing] = IflId{id_of(names().interface, interface)};
    }
    one.application = kApplications[maker_.below(kApplications.size())];
    one.made.application = id_of(names().application, one.application);
    one.made.policy = id_of(names().policy, maker_.below(2) == 0 ? "web" : "mail");
    if (one.made.nat_pool != 0) {
      one.pool = maker_.below(2) == 0 ? "out" : "interface";
      one.made.nat_pool = id_of(names().nat_pool, one.pool);
    }
    if (maker_.below(4) == 0) {
      one.made.flags |= session::flag::kMulticast;
    }
    // Not so old that it ends by itself.
    one.made.timeout_s += 60;
    one.made.timeout_class = session::TimeoutClass::service;
    return one;
  }
  void put(Put one) {
    const unsigned worker = maker_.below(2);
    const bool inet = one.made.family == packet::Family::inet;
    ASSERT_TRUE(inet ? query::install(table<packet::V4>(worker), one.made)
                     : query::install(table<packet::V6>(worker), one.made));
    put_.push_back(std::move(one));
  }

  // --- asking
  struct Listing {
    std::vector<std::uint64_t> identifiers;
    std::uint64_t next = 0;
    std::string failure;
  };
  Listing list(const v1::SessionsRequest& request) {
    Listing listing;
    for (const v1::SessionsReply& reply : read(request)) {
      for (const v1::Session& session : reply.sessions()) {
        listing.identifiers.push_back(session.session_identifier());
      }
      listing.next = reply.next_identifier();
      listing.failure += reply.failure().message();
    }
    return listing;
  }
  std::vector<v1::SessionsReply> read(const v1::SessionsRequest& request) {
    grpc::ClientContext context;
    const auto reader = stub_->Sessions(&context, request);
    std::vector<v1::SessionsReply> replies;
    for (v1::SessionsReply reply; reader->Read(&reply);) {
      replies.push_back(reply);
    }
    EXPECT_TRUE(reader->Finish().ok());
    return replies;
  }
  std::vector<std::uint64_t> listed(const v1::SessionFilter& filter) {
    v1::SessionsRequest request;
    *request.mutable_filter() = filter;
    const Listing listing = list(request);
    EXPECT_EQ(listing.failure, "");
    return listing.identifiers;
  }
  v1::SessionSummaryReply summary(const v1::SessionFilter& filter) {
    v1::SessionSummaryRequest request;
    *request.mutable_filter() = filter;
    grpc::ClientContext context;
    v1::SessionSummaryReply reply;
    EXPECT_TRUE(stub_->SessionSummary(&context, request, &reply).ok());
    EXPECT_EQ(reply.failure().message(), "");
    return reply;
  }
  std::uint64_t clear(const v1::SessionFilter& filter) {
    v1::ClearRequest request;
    *request.mutable_filter() = filter;
    grpc::ClientContext context;
    const auto reader = stub_->Clear(&context, request);
    v1::ClearReply reply;
    while (reader->Read(&reply)) {
    }
    EXPECT_TRUE(reader->Finish().ok());
    EXPECT_EQ(reply.failure().message(), "");
    return reply.cleared();
  }

  flowd::TestMachine machine_;
  Now now_{.ns = 1, .unix_s = query::Maker::kNowS, .unix_fraction_ns = 0};
  flowd::Control control_{machine_, parts()};
  std::unique_ptr<Server> server_;
  std::unique_ptr<v1::Flowd::Stub> stub_;
  query::Maker maker_{1};
  std::vector<Put> put_;  // all that live

 private:
  static constexpr std::array<std::pair<const char*, const char*>, 3> kPlaces{
      {{"untrust", "ge-0/0/0.10"}, {"dmz", "ge-0/0/0.20"}, {"trust", "ge-0/0/1.0"}}};
  static constexpr std::array<const char*, 6> kApplications{"junos-ssh",    "junos-http", "junos-ftp",
                                                            "secure-shell", "elsewhere",  ""};

  [[nodiscard]] const snapshot::Names& names() const { return *control_.running()->snapshot.names; }
  static std::uint16_t id_of(const std::vector<std::string>& names, std::string_view name) {
    const auto found = std::ranges::find(names, name);
    EXPECT_NE(found, names.end()) << name;
    return static_cast<std::uint16_t>(found - names.begin());
  }
  // Nobody runs between two steps: the workers' tables are the test's.
  template <class F>
  session::Table<F>& table(unsigned worker) {
    return const_cast<session::Table<F>&>(control_.fleet()->workers()[worker]->table<F>());
  }
};

}  // namespace sluice::service
