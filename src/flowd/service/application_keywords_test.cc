// What the keywords of `show security flow session application` stand for (Junos reference 2.2).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "flowd/compile/test_compile.h"
#include "flowd/service/translate.h"

namespace sluice::service {
namespace {

using compile::must_compile;
using compile::with;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Names = std::vector<std::string>;

Names meant_by(const std::string& keyword, const compile::Compiled& compiled) {
  Names names;
  for (const AppId id : applications_of(keyword, *compiled.snapshot.policies)) {
    names.push_back(compiled.snapshot.names->application.at(id.value));
  }
  std::ranges::sort(names);
  return names;
}

Names both_protocols_of(const std::string& begin, const Names& services) {
  Names names;
  for (const std::string& service : services) {
    names.push_back(begin + service + "tcp");
    names.push_back(begin + service + "udp");
  }
  std::ranges::sort(names);
  return names;
}

const std::map<std::string, Names>& keywords() {
  static const std::map<std::string, Names> kKeywords{
      {"dns", {"junos-dns-tcp", "junos-dns-udp"}},
      {"ftp", {"junos-ftp"}},
      {"ignore", {}},
      {"mgcp-ca", {"junos-mgcp-ca"}},
      {"mgcp-ua", {"junos-mgcp-ua"}},
      {"ms-rpc",
       {"junos-ms-rpc-epm", "junos-ms-rpc-iis-com-1", "junos-ms-rpc-iis-com-adminbase",
        "junos-ms-rpc-msexchange-directory-nsp", "junos-ms-rpc-msexchange-directory-rfr",
        "junos-ms-rpc-msexchange-info-store", "junos-ms-rpc-tcp", "junos-ms-rpc-udp",
        "junos-ms-rpc-uuid-any-tcp", "junos-ms-rpc-uuid-any-udp", "junos-ms-rpc-wmic-admin",
        "junos-ms-rpc-wmic-admin2", "junos-ms-rpc-wmic-mgmt", "junos-ms-rpc-wmic-webm-level1login"}},
      {"pptp", {"junos-pptp"}},
      {"sun-rpc", both_protocols_of("junos-sun-rpc-", {"", "any-", "mountd-", "nfs-", "nlockmgr-", "portmap-",
                                                       "rquotad-", "ruserd-", "sadmind-", "sprayd-",
                                                       "status-", "walld-", "ypbind-", "ypserv-"})},
      {"q931", {"junos-h323"}},
      {"ras", {"junos-h323"}},
      {"realaudio", {"junos-realaudio"}},
      {"rsh", {"junos-rsh"}},
      {"rtsp", {"junos-rtsp"}},
      {"sccp", {"junos-sccp"}},
      {"sip", {"junos-sip"}},
      {"sqlnet-v2", {"junos-sqlnet-v2"}},
      {"talk", {"junos-ntalk", "junos-talk"}},
      {"tftp", {"junos-tftp"}},
      {"http", {"junos-http"}},
      {"https", {"junos-https"}},
      {"smtp", {"junos-smtp"}},
      {"imap", {"junos-imap"}},
      {"ssh", {"junos-ssh"}},
      {"telnet", {"junos-telnet"}},
  };
  return kKeywords;
}

TEST(ApplicationKeywords, stand_for_predefined_applications) {
  const auto compiled = must_compile(with(""));
  ASSERT_EQ(keywords().size(), 24U);
  for (const auto& [keyword, names] : keywords()) {
    EXPECT_EQ(meant_by(keyword, compiled), names) << keyword;
  }
}

TEST(ApplicationKeywords, are_no_others) {
  const auto compiled = must_compile(with(""));
  for (const char* other : {"", "0", "none", "any", "junos-ssh", "SSH", "pop3", "gopher"}) {
    EXPECT_THAT(meant_by(other, compiled), IsEmpty()) << other;
  }
}

TEST(ApplicationKeywords, stand_for_configured_applications_that_are_wholly_within_their_ports) {
  const auto compiled = must_compile(
      with("set applications application on-22 protocol tcp destination-port 22\n"
           "set applications application around-22 protocol tcp destination-port 21-23\n"
           "set applications application udp-22 protocol udp destination-port 22\n"
           "set applications application any-port protocol tcp\n"
           "set applications application twice term a protocol tcp destination-port 22\n"
           "set applications application twice term b protocol tcp destination-port 2222\n"
           "set applications application narrow protocol tcp source-port 1024-65535 destination-port 22\n"
           "set applications application both term a protocol tcp destination-port 53\n"
           "set applications application both term b protocol udp destination-port 53\n"));
  EXPECT_THAT(meant_by("ssh", compiled), ElementsAre("junos-ssh", "narrow", "on-22"));
  EXPECT_THAT(meant_by("telnet", compiled), ElementsAre("junos-telnet"));
  // Within no single one of the two.
  EXPECT_THAT(meant_by("dns", compiled), ElementsAre("junos-dns-tcp", "junos-dns-udp"));
}

TEST(ApplicationKeywords, stand_for_configured_applications_by_the_gateway_that_they_ask_for) {
  const auto compiled =
      must_compile(with("set applications application far-ftp protocol tcp destination-port 2121\n"
                        "set applications application far-ftp application-protocol ftp\n"
                        "set applications application plain protocol tcp destination-port 21\n"
                        "set applications application plain application-protocol ignore\n"
                        "set applications application odd protocol tcp destination-port 21\n"
                        "set applications application odd application-protocol sip\n"
                        "set applications application silent protocol tcp destination-port 21\n"));
  EXPECT_THAT(meant_by("ftp", compiled), ElementsAre("far-ftp", "junos-ftp", "silent"));
  EXPECT_THAT(meant_by("ignore", compiled), ElementsAre("plain"));
  EXPECT_THAT(meant_by("sip", compiled), ElementsAre("junos-sip", "odd"));
}

TEST(ApplicationKeywords, of_an_application_with_several_gateways_take_only_the_ports_of_their_own) {
  const auto compiled =
      must_compile(with("set applications application calls protocol tcp destination-port 1720\n"
                        "set applications application registration protocol udp destination-port 1719\n"
                        "set applications application directory protocol tcp destination-port 389\n"));
  EXPECT_THAT(meant_by("q931", compiled), ElementsAre("calls", "junos-h323"));
  EXPECT_THAT(meant_by("ras", compiled), ElementsAre("junos-h323", "registration"));
}

}  // namespace
}  // namespace sluice::service
