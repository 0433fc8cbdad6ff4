#include <gmock/gmock.h>

#include <set>

#include "dataplane/policy/policy.h"
#include "dataplane/policy/zone.h"

namespace sluice::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Application* named(const std::string& name) {
  for (const Application& application : predefined_applications()) {
    if (application.name == name) return &application;
  }
  return nullptr;
}

TEST(PredefinedApplications, ids_count_from_one_and_names_are_unique) {
  std::set<std::string> names;
  std::uint16_t expected = 1;
  for (const Application& application : predefined_applications()) {
    EXPECT_EQ(application.id, AppId{expected++}) << application.name;
    EXPECT_TRUE(application.predefined);
    EXPECT_TRUE(names.insert(application.name).second) << application.name;
    EXPECT_EQ(application.name.rfind("junos-", 0), 0U) << application.name;
  }
  EXPECT_GT(names.size(), 170U);
}

TEST(PredefinedApplications, http_is_port_80_and_times_out_after_300_seconds) {
  const Application* http = named("junos-http");
  ASSERT_NE(http, nullptr);
  EXPECT_EQ(http->inactivity_timeout_s, 300U);
  ASSERT_EQ(http->terms.size(), 1U);
  EXPECT_EQ(http->terms[0].protocol, 6);
  EXPECT_EQ(http->terms[0].destination.low, 80);
  EXPECT_EQ(http->terms[0].destination.high, 80);
}

TEST(PredefinedApplications, application_values_are_only_those_the_field_has_seen) {
  std::set<std::string> with_value;
  for (const Application& application : predefined_applications()) {
    if (application.junos_value != 0) {
      with_value.insert(application.name + " " + std::to_string(application.junos_value));
    }
  }
  EXPECT_THAT(with_value, ElementsAre("junos-ftp 1", "junos-sip 63", "junos-smtp 7", "junos-ssh 22",
                                      "junos-syslog 23", "junos-telnet 10", "junos-whois 46"));
}

TEST(PredefinedApplications, ping_is_an_echo_request_of_any_code) {
  const Application* ping = named("junos-ping");
  ASSERT_NE(ping, nullptr);
  EXPECT_EQ(ping->terms.at(0).protocol, 1);
  EXPECT_EQ(ping->terms.at(0).destination.low, 8 * 256);
  EXPECT_EQ(ping->terms.at(0).destination.high, 8 * 256 + 255);
}

TEST(PredefinedApplications, an_rpc_program_without_a_fixed_port_matches_no_first_packet) {
  const Application* nfs = named("junos-sun-rpc-nfs-tcp");
  ASSERT_NE(nfs, nullptr);
  EXPECT_THAT(nfs->terms, IsEmpty());
  EXPECT_EQ(nfs->alg, static_cast<std::uint8_t>(AlgId::sun_rpc));
}

TEST(PredefinedApplications, h323_asks_for_a_gateway_of_its_own_on_each_port) {
  const Application* h323 = named("junos-h323");
  ASSERT_NE(h323, nullptr);
  ASSERT_EQ(h323->terms.size(), 6U);
  EXPECT_EQ(h323->terms[0].alg, static_cast<std::uint8_t>(AlgId::q931));
  EXPECT_EQ(h323->terms[1].alg, static_cast<std::uint8_t>(AlgId::ras));
  EXPECT_EQ(h323->terms[2].alg, 0);
}

TEST(PredefinedApplicationSets, every_member_is_a_predefined_application) {
  for (const ApplicationSet& set : predefined_application_sets()) {
    EXPECT_FALSE(set.members.empty()) << set.name;
    for (const std::string& member : set.members) EXPECT_NE(named(member), nullptr) << set.name << member;
  }
}

TEST(PredefinedApplicationSets, a_sun_rpc_service_comes_with_the_port_mapper) {
  for (const ApplicationSet& set : predefined_application_sets()) {
    if (set.name != "junos-sun-rpc-mountd") continue;
    EXPECT_THAT(set.members, ElementsAre("junos-sun-rpc-tcp", "junos-sun-rpc-udp",
                                         "junos-sun-rpc-portmap-tcp", "junos-sun-rpc-portmap-udp",
                                         "junos-sun-rpc-mountd-tcp", "junos-sun-rpc-mountd-udp"));
    return;
  }
  FAIL() << "no set junos-sun-rpc-mountd";
}

TEST(Alg, names_are_those_of_application_protocol) {
  EXPECT_EQ(alg_name(AlgId::ftp), "ftp");
  EXPECT_EQ(alg_name(AlgId::tftp), "tftp");
  EXPECT_EQ(alg_name(AlgId::none), "0");
  EXPECT_EQ(parse_alg("sqlnet-v2"), AlgId::sqlnet_v2);
  EXPECT_EQ(parse_alg("gopher"), std::nullopt);
}

TEST(HostInbound, admits_what_is_listed_and_not_what_is_excepted) {
  HostInbound host;
  EXPECT_FALSE(host.admits(6, 22)) << "nothing is admitted by default";
  host.allowed = {{.protocol = 6, .source = {}, .destination = {22, 22}}};
  EXPECT_TRUE(host.admits(6, 22));
  EXPECT_FALSE(host.admits(6, 23));
  EXPECT_FALSE(host.admits(17, 22));
  host.all = true;
  host.excepted = {{.protocol = 6, .source = {}, .destination = {23, 23}}};
  EXPECT_TRUE(host.admits(17, 500));
  EXPECT_FALSE(host.admits(6, 23));
}

}  // namespace
}  // namespace sluice::policy
