#include "flowd/logship/formatter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "flowd/logship/test_events.h"

namespace sluice::logship {
namespace {

using sessionlog::Event;
using sessionlog::EventType;
using test::kWhen;
using test::ssh;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

FormatOptions options(Format format, Profile profile = Profile::r22_2) {
  FormatOptions made;
  made.format = format;
  made.profile = profile;
  made.utc_timestamp = true;
  made.host_name = "fw1";
  made.sd_id = LogOptions().sd_id;
  return made;
}

Message message_of(const Event& event) {
  return event.type == EventType::created  ? Message::created
         : event.type == EventType::closed ? Message::closed
                                           : Message::denied;
}

std::string line(const FormatOptions& how, Message message, const Event& event,
                 const snapshot::Names& names = *test::names()) {
  Formatter formatter(how, names);
  std::vector<char> buffer(formatter.max_size());
  const char* const end = formatter.format(message, event, buffer.data());
  EXPECT_LE(end + kSlack, buffer.data() + buffer.size());
  return std::string(static_cast<const char*>(buffer.data()), end);
}

std::string line(const FormatOptions& how, const Event& event) {
  return line(how, message_of(event), event);
}

// The names of a structured record's attributes, in order.
std::vector<std::string> attributes_of(const std::string& record) {
  std::vector<std::string> found;
  const std::regex attribute("([a-z0-9-]+)=\"");
  for (std::sregex_iterator it(record.begin(), record.end(), attribute), end; it != end; ++it) {
    found.push_back((*it)[1]);
  }
  return found;
}

// --- unstructured, profile 22.2: the template of 22.2R1 ---

TEST(SyslogFormat, a_create_record_follows_the_22_2_template) {
  EXPECT_EQ(line(options(Format::syslog), ssh(EventType::created)),
            "<14>Jun  7 16:49:31 fw1 RT_FLOW: RT_FLOW_SESSION_CREATE: session created "
            "192.0.2.10/41000->198.51.100.7/22 0x0 junos-ssh 192.0.2.10/41000->198.51.100.7/22 0x0 "
            "N/A N/A N/A N/A 6 mgmt untrust junos-host 5 N/A(N/A) ge-0/0/1.0 UNKNOWN UNKNOWN UNKNOWN "
            "N/A N/A -1 N/A N/A N/A Off root N/A N/A");
}

TEST(SyslogFormat, a_close_record_equals_the_references_example) {
  EXPECT_EQ(line(options(Format::syslog), ssh(EventType::closed)),
            "<14>Jun  7 16:49:31 fw1 RT_FLOW: RT_FLOW_SESSION_CLOSE: session closed TCP FIN: "
            "192.0.2.10/41000->198.51.100.7/22 0x0 junos-ssh 192.0.2.10/41000->198.51.100.7/22 0x0 "
            "N/A N/A N/A N/A 6 mgmt untrust junos-host 5 78(6657) 122(13305) 45 UNKNOWN UNKNOWN "
            "N/A(N/A) ge-0/0/1.0 No N/A N/A -1 N/A NA 0 0.0.0.0/0->0.0.0.0/0 NA NA N/A N/A Off root 0 "
            "N/A N/A");
}

TEST(SyslogFormat, a_deny_record_follows_the_22_2_template) {
  EXPECT_EQ(line(options(Format::syslog), ssh(EventType::denied)),
            "<14>Jun  7 16:49:31 fw1 RT_FLOW: RT_FLOW_SESSION_DENY: session denied "
            "192.0.2.10/41000->198.51.100.7/22 0x0 junos-ssh 6(0) block-all untrust trust UNKNOWN UNKNOWN "
            "N/A(N/A) ge-0/0/1.0 UNKNOWN Denied by policy 0 N/A N/A -1 N/A N/A N/A N/A N/A");
}

// --- blocks of ports: the attributes of the reference, and the texts that devices print ---

TEST(NatFormat, a_block_is_told_of_in_the_devices_words) {
  const FormatOptions how = options(Format::syslog);
  EXPECT_EQ(
      line(how, Message::block_allocated, test::nat_event(EventType::block_allocated)),
      "<14>Jun  7 16:49:31 fw1 RT_NAT: RT_SRC_NAT_PBA_ALLOC: Subscriber 10.0.10.10 used/maximum [1/4] "
      "blocks, allocates port block [48640-48895] from 203.0.113.16 in source pool pool-1 lsys_id: 0 epoch "
      "0x624b0492");
  EXPECT_THAT(
      line(how, Message::block_released, test::nat_event(EventType::block_released)),
      HasSubstr(" RT_SRC_NAT_PBA_RELEASE: Subscriber 10.0.10.10 used/maximum [1/4] blocks, releases port "
                "block [48640-48895] from "));
  EXPECT_THAT(line(how, Message::block_interim, test::nat_event(EventType::block_interim)),
              HasSubstr(" RT_SRC_NAT_PBA_INTERIM: Subscriber 10.0.10.10 used/maximum [1/4] blocks, "));
}

TEST(NatFormat, a_blocks_attributes_are_the_references_in_its_order) {
  for (const auto& [message, type, name] :
       {std::tuple(Message::block_allocated, EventType::block_allocated, "RT_SRC_NAT_PBA_ALLOC"),
        std::tuple(Message::block_released, EventType::block_released, "RT_SRC_NAT_PBA_RELEASE"),
        std::tuple(Message::block_interim, EventType::block_interim, "RT_SRC_NAT_PBA_INTERIM")}) {
    EXPECT_EQ(line(options(Format::sd_syslog), message, test::nat_event(type)),
              std::string("<14>1 2026-06-07T16:49:31.401Z fw1 RT_NAT - ") + name +
                  " [junos@2636.1.1.1.2.129 internal-ip=\"10.0.10.10\" block-used=\"1\" "
                  "block-max-per-host=\"4\" block-port-low=\"48640\" block-port-high=\"48895\" "
                  "reflexive-ip=\"203.0.113.16\" nat-pool-name=\"pool-1\" logical-system-id=\"0\" "
                  "epoch-time-64=\"624b0492\" log-worker=\"3\" log-sequence=\"17\"]");
  }
  EXPECT_THAT(
      line(options(Format::json), Message::block_allocated, test::nat_event(EventType::block_allocated)),
      HasSubstr("\"process\":\"RT_NAT\",\"message\":\"RT_SRC_NAT_PBA_ALLOC\",\"internal-ip\":\"10.0.10.10\","
                "\"block-used\":1,"));
}

TEST(NatFormat, an_alarm_says_pool_threshold_and_use) {
  EXPECT_THAT(line(options(Format::syslog), Message::pool_alarm_raised,
                   test::nat_event(EventType::pool_alarm_raised)),
              EndsWith("Source NAT pool: pool-1, Pool type: PBA, threshold: 90%, current: 91%"));
}

// --- unstructured, profile 12.3 ---

TEST(SyslogFormat, profile_12_3_has_no_connection_tags_and_no_rule_types) {
  const FormatOptions how = options(Format::syslog, Profile::r12_3);
  EXPECT_EQ(line(how, ssh(EventType::created)),
            "<14>Jun  7 16:49:31 fw1 RT_FLOW: RT_FLOW_SESSION_CREATE: session created "
            "192.0.2.10/41000->198.51.100.7/22 junos-ssh 192.0.2.10/41000->198.51.100.7/22 None None 6 "
            "mgmt untrust junos-host 5 N/A(N/A) ge-0/0/1.0 UNKNOWN UNKNOWN UNKNOWN");
  EXPECT_EQ(line(how, ssh(EventType::closed)),
            "<14>Jun  7 16:49:31 fw1 RT_FLOW: RT_FLOW_SESSION_CLOSE: session closed TCP FIN: "
            "192.0.2.10/41000->198.51.100.7/22 junos-ssh 192.0.2.10/41000->198.51.100.7/22 None None 6 "
            "mgmt untrust junos-host 5 78(6657) 122(13305) 45 UNKNOWN UNKNOWN N/A(N/A) ge-0/0/1.0 No ");
  EXPECT_EQ(line(how, ssh(EventType::denied)),
            "<14>Jun  7 16:49:31 fw1 RT_FLOW: RT_FLOW_SESSION_DENY: session denied "
            "192.0.2.10/41000->198.51.100.7/22 junos-ssh 6(0) block-all untrust trust UNKNOWN UNKNOWN "
            "N/A(N/A) ge-0/0/1.0 UNKNOWN");
}

// Logstash's stock patterns for Junos 11.4 to 12.x, restated.
TEST(SyslogFormat, profile_12_3_is_read_by_the_positional_patterns_of_collectors) {
  const FormatOptions how = options(Format::syslog, Profile::r12_3);
  const std::string flow = R"(([0-9.]+)/(\d+)->([0-9.]+)/(\d+) (\S+) )";
  const std::string nat = R"(([0-9.]+)/(\d+)->([0-9.]+)/(\d+) (\S+) (\S+) (\d+) (\S+) (\S+) (\S+) (\d+) )";
  std::smatch match;
  const std::string closed = line(how, ssh(EventType::closed));
  ASSERT_TRUE(std::regex_search(
      closed, match,
      std::regex("session closed (.+): " + flow + nat + R"(\d+\((\d+)\) \d+\((\d+)\) (\d+) .*)")));
  EXPECT_EQ(match[1], "TCP FIN");
  EXPECT_EQ(match[6], "junos-ssh");
  EXPECT_EQ(match[14], "mgmt");
  EXPECT_EQ(match[18], "6657");
  EXPECT_EQ(match[20], "45");
  const std::string denied = line(how, ssh(EventType::denied));
  ASSERT_TRUE(std::regex_search(
      denied, match, std::regex("session denied " + flow + R"((\d+)\((\d)\) (\S+) (\S+) (\S+) .*)")));
  EXPECT_EQ(match[8], "block-all");
}

// --- structured ---

TEST(StructuredFormat, a_close_record_has_generation_h_in_order_and_our_attributes_last) {
  EXPECT_EQ(line(options(Format::sd_syslog), ssh(EventType::closed)),
            "<14>1 2026-06-07T16:49:31.401Z fw1 RT_FLOW - RT_FLOW_SESSION_CLOSE [junos@2636.1.1.1.2.129 "
            "reason=\"TCP FIN\" source-address=\"192.0.2.10\" source-port=\"41000\" "
            "destination-address=\"198.51.100.7\" destination-port=\"22\" connection-tag=\"0\" "
            "service-name=\"junos-ssh\" nat-source-address=\"192.0.2.10\" nat-source-port=\"41000\" "
            "nat-destination-address=\"198.51.100.7\" nat-destination-port=\"22\" nat-connection-tag=\"0\" "
            "src-nat-rule-type=\"N/A\" src-nat-rule-name=\"N/A\" dst-nat-rule-type=\"N/A\" "
            "dst-nat-rule-name=\"N/A\" protocol-id=\"6\" policy-name=\"mgmt\" source-zone-name=\"untrust\" "
            "destination-zone-name=\"junos-host\" session-id=\"5\" packets-from-client=\"78\" "
            "bytes-from-client=\"6657\" packets-from-server=\"122\" bytes-from-server=\"13305\" "
            "elapsed-time=\"45\" application=\"UNKNOWN\" nested-application=\"UNKNOWN\" username=\"N/A\" "
            "roles=\"N/A\" packet-incoming-interface=\"ge-0/0/1.0\" encrypted=\"No\" "
            "application-category=\"N/A\" application-sub-category=\"N/A\" application-risk=\"-1\" "
            "application-characteristics=\"N/A\" secure-web-proxy-session-type=\"NA\" peer-session-id=\"0\" "
            "peer-source-address=\"0.0.0.0\" peer-source-port=\"0\" peer-destination-address=\"0.0.0.0\" "
            "peer-destination-port=\"0\" hostname=\"NA NA\" src-vrf-grp=\"N/A\" dst-vrf-grp=\"N/A\" "
            "tunnel-inspection=\"Off\" tunnel-inspection-policy-set=\"root\" session-flag=\"0\" "
            "source-tenant=\"N/A\" destination-service=\"N/A\" session-id-32=\"5\" "
            "session-id-64=\"4294967301\" log-worker=\"3\" log-sequence=\"17\"]");
}

TEST(StructuredFormat, a_create_record_has_generation_h_in_order_and_our_attributes_last) {
  EXPECT_EQ(line(options(Format::sd_syslog), ssh(EventType::created)),
            "<14>1 2026-06-07T16:49:31.401Z fw1 RT_FLOW - RT_FLOW_SESSION_CREATE [junos@2636.1.1.1.2.129 "
            "source-address=\"192.0.2.10\" source-port=\"41000\" destination-address=\"198.51.100.7\" "
            "destination-port=\"22\" connection-tag=\"0\" service-name=\"junos-ssh\" "
            "nat-source-address=\"192.0.2.10\" nat-source-port=\"41000\" "
            "nat-destination-address=\"198.51.100.7\" nat-destination-port=\"22\" nat-connection-tag=\"0\" "
            "src-nat-rule-type=\"N/A\" src-nat-rule-name=\"N/A\" dst-nat-rule-type=\"N/A\" "
            "dst-nat-rule-name=\"N/A\" protocol-id=\"6\" policy-name=\"mgmt\" source-zone-name=\"untrust\" "
            "destination-zone-name=\"junos-host\" session-id=\"5\" username=\"N/A\" roles=\"N/A\" "
            "packet-incoming-interface=\"ge-0/0/1.0\" application=\"UNKNOWN\" nested-application=\"UNKNOWN\" "
            "encrypted=\"UNKNOWN\" application-category=\"N/A\" application-sub-category=\"N/A\" "
            "application-risk=\"-1\" application-characteristics=\"N/A\" src-vrf-grp=\"N/A\" "
            "dst-vrf-grp=\"N/A\" tunnel-inspection=\"Off\" tunnel-inspection-policy-set=\"root\" "
            "source-tenant=\"N/A\" destination-service=\"N/A\" session-id-32=\"5\" "
            "session-id-64=\"4294967301\" log-worker=\"3\" log-sequence=\"17\"]");
}

TEST(StructuredFormat, a_deny_record_has_generation_h_in_order_and_our_attributes_last) {
  EXPECT_EQ(line(options(Format::sd_syslog), ssh(EventType::denied)),
            "<14>1 2026-06-07T16:49:31.401Z fw1 RT_FLOW - RT_FLOW_SESSION_DENY [junos@2636.1.1.1.2.129 "
            "source-address=\"192.0.2.10\" source-port=\"41000\" destination-address=\"198.51.100.7\" "
            "destination-port=\"22\" connection-tag=\"0\" service-name=\"junos-ssh\" protocol-id=\"6\" "
            "icmp-type=\"0\" policy-name=\"block-all\" source-zone-name=\"untrust\" "
            "destination-zone-name=\"trust\" application=\"UNKNOWN\" nested-application=\"UNKNOWN\" "
            "username=\"N/A\" roles=\"N/A\" packet-incoming-interface=\"ge-0/0/1.0\" "
            "encrypted=\"UNKNOWN\" reason=\"Denied by policy\" session-id=\"0\" "
            "application-category=\"N/A\" application-sub-category=\"N/A\" application-risk=\"-1\" "
            "application-characteristics=\"N/A\" src-vrf-grp=\"N/A\" dst-vrf-grp=\"N/A\" "
            "source-tenant=\"N/A\" destination-service=\"N/A\" session-id-32=\"0\" session-id-64=\"0\" "
            "log-worker=\"3\" log-sequence=\"17\"]");
}

TEST(StructuredFormat, each_profile_has_as_many_attributes_as_its_release_and_ours) {
  const auto count = [](Profile profile, EventType type) {
    return attributes_of(line(options(Format::sd_syslog, profile), ssh(type))).size();
  };
  // Sessions of 12.3 have session-id-32 themselves.
  EXPECT_EQ(count(Profile::r12_3, EventType::created), 22U + 3);
  EXPECT_EQ(count(Profile::r12_3, EventType::closed), 28U + 3);
  EXPECT_EQ(count(Profile::r12_3, EventType::denied), 16U + 4);
  EXPECT_EQ(count(Profile::r22_2, EventType::created), 36U + 4);
  EXPECT_EQ(count(Profile::r22_2, EventType::closed), 50U + 4);
  EXPECT_EQ(count(Profile::r22_2, EventType::denied), 27U + 4);
  EXPECT_EQ(count(Profile::r24_4, EventType::created), 43U + 4);
  EXPECT_EQ(count(Profile::r24_4, EventType::closed), 61U + 4);
  EXPECT_EQ(count(Profile::r24_4, EventType::denied), 40U + 4);
}

TEST(StructuredFormat, profile_24_4_adds_after_the_attributes_of_22_2) {
  const std::string record = line(options(Format::sd_syslog, Profile::r24_4), ssh(EventType::closed));
  EXPECT_THAT(record, HasSubstr("destination-service=\"N/A\" user-type=\"N/A\" "
                                "dst-identity-context-name=\"N/A\" dst-identity-context-roles=\"N/A\" "
                                "gbp-src-tag=\"0\" gbp-dst-tag=\"0\" forwarded-for=\"N/A\" url-host=\"N/A\" "
                                "url-cat=\"N/A\" url-risk=\"0\" src-vrf=\"N/A\" dst-vrf=\"N/A\" "
                                "session-id-32="));
}

// Tables 61, 62 and 63 of the SRX manual.
TEST(StructuredFormat, every_field_of_the_manuals_tables_is_in_every_profile) {
  const std::vector<std::string> tuple{"source-address", "source-port", "destination-address",
                                       "destination-port", "service-name"};
  const std::vector<std::string> created{
      "nat-source-address",   "nat-source-port",   "nat-destination-address",
      "nat-destination-port", "src-nat-rule-name", "dst-nat-rule-name",
      "protocol-id",          "policy-name",       "session-id-32"};
  const std::vector<std::string> closed{
      "reason",      "packets-from-client", "bytes-from-client", "packets-from-server", "bytes-from-server",
      "elapsed-time"};
  const std::vector<std::string> denied{"protocol-id", "icmp-type", "policy-name"};
  for (const Profile profile : {Profile::r12_3, Profile::r22_2, Profile::r24_4}) {
    const auto has = [&](EventType type, const std::vector<std::string>& wanted) {
      const auto present = attributes_of(line(options(Format::sd_syslog, profile), ssh(type)));
      for (const std::string& name : wanted) {
        EXPECT_EQ(std::ranges::count(present, name), 1) << name;
      }
    };
    for (const EventType type : {EventType::created, EventType::closed, EventType::denied}) {
      has(type, tuple);
    }
    has(EventType::created, created);
    has(EventType::closed, created);
    has(EventType::closed, closed);
    has(EventType::denied, denied);
  }
}

TEST(StructuredFormat, profile_12_3_writes_encrypted_with_the_blank_of_its_devices) {
  EXPECT_THAT(line(options(Format::sd_syslog, Profile::r12_3), ssh(EventType::closed)),
              HasSubstr("packet-incoming-interface=\"ge-0/0/1.0\" encrypted=\"No \" session-id-64="));
}

TEST(StructuredFormat, every_reason_to_close_is_written_in_the_words_of_the_field) {
  using session::CloseReason;
  const std::map<CloseReason, std::string> kWords{
      {CloseReason::unset, "unset"},
      {CloseReason::tcp_fin, "TCP FIN"},
      {CloseReason::tcp_client_rst, "TCP CLIENT RST"},
      {CloseReason::tcp_server_rst, "TCP SERVER RST"},
      {CloseReason::idle_timeout, "idle Timeout"},
      {CloseReason::response_received, "response received"},
      {CloseReason::icmp_error, "ICMP error"},
      {CloseReason::policy_delete, "policy delete"},
      {CloseReason::aged_out, "aged out"},
      {CloseReason::cli, "CLI"},
      {CloseReason::route_change, "first path reroute, session recreated"},
      {CloseReason::interface_gone, "other"},
  };
  ASSERT_EQ(kWords.size(), static_cast<std::size_t>(CloseReason::count_));
  for (const auto& [reason, words] : kWords) {
    Event event = ssh(EventType::closed);
    event.reason = reason;
    EXPECT_THAT(line(options(Format::sd_syslog), event), HasSubstr("reason=\"" + words + "\" "));
    EXPECT_THAT(line(options(Format::syslog), event), HasSubstr("closed " + words + ": "));
  }
}

TEST(StructuredFormat, a_missing_host_name_is_the_nil_value) {
  FormatOptions how = options(Format::sd_syslog);
  how.host_name.clear();
  EXPECT_THAT(line(how, ssh(EventType::created)), StartsWith("<14>1 2026-06-07T16:49:31.401Z - RT_FLOW - "));
}

// --- values ---

TEST(LogValues, ipv6_addresses_are_compressed_and_bare) {
  Event event = ssh(EventType::created);
  event.family = packet::Family::inet6;
  test::set(event.source, "2001:db8::10");
  test::set(event.destination, "2001:db8:0:1::7");
  event.nat_source = event.source;
  event.nat_destination = event.destination;
  EXPECT_THAT(line(options(Format::syslog), event),
              HasSubstr("created 2001:db8::10/41000->2001:db8:0:1::7/22 0x0 junos-ssh "
                        "2001:db8::10/41000->2001:db8:0:1::7/22 0x0 "));
}

TEST(LogValues, an_echo_session_shows_identifier_and_sequence_and_the_service_icmp) {
  Event event = ssh(EventType::closed);
  event.protocol = 1;
  event.reason = session::CloseReason::response_received;
  event.source_port = event.nat_source_port = 4711;  // identifier
  event.destination_port = event.nat_destination_port = 1;
  EXPECT_THAT(line(options(Format::syslog), event),
              HasSubstr("closed response received: 192.0.2.10/4711->198.51.100.7/1 0x0 icmp "
                        "192.0.2.10/4711->198.51.100.7/1 0x0 N/A N/A N/A N/A 1 "));
  EXPECT_THAT(line(options(Format::syslog, Profile::r12_3), event),
              HasSubstr("closed response received: 192.0.2.10/1->198.51.100.7/4711 icmp "
                        "192.0.2.10/1->198.51.100.7/4711 None None 1 "));
  event.protocol = 58;
  EXPECT_THAT(line(options(Format::sd_syslog), event), HasSubstr("service-name=\"icmpv6\""));
}

TEST(LogValues, a_denied_icmp_packet_shows_its_type) {
  Event event = ssh(EventType::denied);
  event.protocol = 1;
  event.icmp_type = 8;
  EXPECT_THAT(line(options(Format::syslog), event), HasSubstr(" 0x0 icmp 1(8) block-all untrust trust "));
}

TEST(LogValues, a_session_without_a_predefined_application_has_service_none) {
  Event event = ssh(EventType::created);
  event.application = kNoApp;
  EXPECT_THAT(line(options(Format::syslog), event), HasSubstr(" 0x0 None 192.0.2.10/41000"));
}

TEST(LogValues, nat_shows_the_translated_tuple_and_both_rules) {
  Event event = ssh(EventType::created);
  test::set(event.nat_source, "203.0.113.9");
  test::set(event.nat_destination, "10.0.0.80");
  event.nat_source_port = 10240;
  event.nat_destination_port = 2222;
  event.source_nat_rule = 1;
  event.destination_nat_rule = 2;
  EXPECT_THAT(
      line(options(Format::syslog), event),
      HasSubstr("203.0.113.9/10240->10.0.0.80/2222 0x0 source rule nat1 destination rule web 6 mgmt"));
  EXPECT_THAT(line(options(Format::sd_syslog), event),
              HasSubstr("src-nat-rule-type=\"source rule\" src-nat-rule-name=\"nat1\" "
                        "dst-nat-rule-type=\"destination rule\" dst-nat-rule-name=\"web\""));
}

TEST(LogValues, nat_between_the_families_shows_each_address_in_its_own) {
  Event event = ssh(EventType::created);
  event.family = packet::Family::inet6;
  test::set(event.source, "2001:db8:140::10");
  test::set(event.destination, "64:ff9b::c633:6407");
  test::set(event.nat_source, "::ffff:203.0.113.172");
  test::set(event.nat_destination, "::ffff:198.51.100.7");
  event.nat_source_port = 13998;
  EXPECT_THAT(line(options(Format::syslog), event),
              HasSubstr("created 2001:db8:140::10/41000->64:ff9b::c633:6407/22 0x0 junos-ssh "
                        "203.0.113.172/13998->198.51.100.7/22 0x0 "));
}

TEST(LogValues, a_number_without_a_name_is_unknown_and_never_read_out_of_bounds) {
  Event event = ssh(EventType::closed);
  event.policy = PolicyId{60'000};
  event.from_zone = ZoneId{60'000};
  event.ingress = IflId{60'000};
  event.application = AppId{60'000};
  event.source_nat_rule = 60'000;
  const std::string record = line(options(Format::syslog), event);
  EXPECT_THAT(record, HasSubstr(" 6 UNKNOWN UNKNOWN junos-host 5 "));
  EXPECT_THAT(record, HasSubstr(" N/A(N/A) UNKNOWN No "));
}

TEST(LogValues, the_largest_numbers_and_longest_names_fit) {
  Event event = ssh(EventType::closed);
  event.family = packet::Family::inet6;
  event.source.fill(0xff);
  event.destination = event.nat_source = event.nat_destination = event.source;
  event.source_port = event.destination_port = event.nat_source_port = event.nat_destination_port = 65535;
  event.protocol = 255;
  event.session_id_32 = UINT32_MAX;
  event.session_id_64 = event.sequence = UINT64_MAX;
  event.packets[0] = event.packets[1] = event.bytes[0] = event.bytes[1] = UINT64_MAX;
  event.elapsed_s = UINT32_MAX;
  snapshot::Names names = *test::names();
  names.policy[4] = std::string(3000, '"');
  for (const Format format : {Format::syslog, Format::sd_syslog, Format::json}) {
    FormatOptions how = options(format);
    how.escape = true;
    const std::string record = line(how, Message::closed, event, names);
    EXPECT_THAT(record, HasSubstr("18446744073709551615"));
    EXPECT_THAT(record, HasSubstr("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
  }
}

// --- time, priority, escapes ---

TEST(LogTime, the_bsd_stamp_can_have_milliseconds_and_the_year) {
  FormatOptions how = options(Format::syslog);
  how.time_format.millisecond = true;
  EXPECT_THAT(line(how, ssh(EventType::created)), StartsWith("<14>Jun  7 16:49:31.401 fw1 RT_FLOW: "));
  how.time_format.year = true;
  EXPECT_THAT(line(how, ssh(EventType::created)), StartsWith("<14>Jun  7 16:49:31.401 2026 fw1 RT_FLOW: "));
  how.time_format.millisecond = false;
  EXPECT_THAT(line(how, ssh(EventType::created)), StartsWith("<14>Jun  7 16:49:31 2026 fw1 RT_FLOW: "));
}

TEST(LogTime, seconds_change_between_records_of_one_formatter) {
  Formatter formatter(options(Format::sd_syslog), *test::names());
  std::vector<char> buffer(formatter.max_size());
  Event event = ssh(EventType::created);
  const auto stamp = [&](std::uint64_t unix_ns) {
    event.unix_ns = unix_ns;
    return std::string(buffer.data(), formatter.format(Message::created, event, buffer.data())).substr(6, 24);
  };
  EXPECT_EQ(stamp(kWhen), "2026-06-07T16:49:31.401Z");
  EXPECT_EQ(stamp(kWhen + 598'000'000), "2026-06-07T16:49:31.999Z");
  EXPECT_EQ(stamp(kWhen + 599'000'000), "2026-06-07T16:49:32.000Z");
  EXPECT_EQ(stamp(kWhen), "2026-06-07T16:49:31.401Z");
}

class LogTimeZone : public ::testing::Test {
 protected:
  void SetUp() override {
    setenv("TZ", "XST-5:30", 1);
    tzset();
  }
  void TearDown() override {
    unsetenv("TZ");
    tzset();
  }
};

TEST_F(LogTimeZone, local_time_shows_its_offset_unless_utc_is_asked_for) {
  FormatOptions how = options(Format::sd_syslog);
  EXPECT_THAT(line(how, ssh(EventType::created)), HasSubstr("1 2026-06-07T16:49:31.401Z fw1"));
  how.utc_timestamp = false;
  EXPECT_THAT(line(how, ssh(EventType::created)), HasSubstr("1 2026-06-07T22:19:31.401+05:30 fw1"));
  how.format = Format::syslog;
  EXPECT_THAT(line(how, ssh(EventType::created)), StartsWith("<14>Jun  7 22:19:31 fw1"));
}

TEST(LogPriority, facility_override_changes_the_priority_of_both_formats) {
  for (const Format format : {Format::syslog, Format::sd_syslog}) {
    FormatOptions how = options(format);
    how.facility = Facility::local0;
    EXPECT_THAT(line(how, ssh(EventType::created)), StartsWith("<134>"));
    how.facility = Facility::kernel;
    EXPECT_THAT(line(how, ssh(EventType::created)), StartsWith("<6>"));
  }
}

TEST(LogEscape, the_rfc_5424_escapes_are_applied_only_when_configured) {
  snapshot::Names names = *test::names();
  names.policy[4] = R"(a"b]c\d)";
  FormatOptions how = options(Format::sd_syslog);
  EXPECT_THAT(line(how, Message::created, ssh(EventType::created), names),
              HasSubstr(R"(policy-name="a"b]c\d")"));
  how.escape = true;
  EXPECT_THAT(line(how, Message::created, ssh(EventType::created), names),
              HasSubstr(R"(policy-name="a\"b\]c\\d")"));
  how.format = Format::syslog;
  EXPECT_THAT(line(how, Message::created, ssh(EventType::created), names),
              HasSubstr(R"( 6 a"b]c\d untrust )"));
}

TEST(LogEscape, a_name_with_a_line_feed_cannot_forge_a_record) {
  snapshot::Names names = *test::names();
  names.policy[4] = "x\n<14>forged\x7f";
  for (const Format format : {Format::syslog, Format::sd_syslog, Format::json}) {
    EXPECT_THAT(line(options(format), Message::created, ssh(EventType::created), names),
                HasSubstr("x?<14>forged?"));
  }
}

// --- JSON ---

TEST(JsonFormat, a_record_is_one_object_with_numbers_as_numbers) {
  const std::string record = line(options(Format::json), ssh(EventType::denied));
  EXPECT_EQ(record,
            R"({"timestamp":"2026-06-07T16:49:31.401Z","host":"fw1","process":"RT_FLOW",)"
            R"("message":"RT_FLOW_SESSION_DENY","source-address":"192.0.2.10","source-port":41000,)"
            R"("destination-address":"198.51.100.7","destination-port":22,"connection-tag":0,)"
            R"("service-name":"junos-ssh","protocol-id":6,"icmp-type":0,"policy-name":"block-all",)"
            R"("source-zone-name":"untrust","destination-zone-name":"trust","application":"UNKNOWN",)"
            R"("nested-application":"UNKNOWN","username":"N/A","roles":"N/A",)"
            R"("packet-incoming-interface":"ge-0/0/1.0","encrypted":"UNKNOWN","reason":"Denied by policy",)"
            R"("session-id":0,"application-category":"N/A","application-sub-category":"N/A",)"
            R"("application-risk":-1,"application-characteristics":"N/A","src-vrf-grp":"N/A",)"
            R"("dst-vrf-grp":"N/A","source-tenant":"N/A","destination-service":"N/A","session-id-32":0,)"
            R"("session-id-64":0,"log-worker":3,"log-sequence":17})");
}

// --- losses ---

TEST(LossAnnouncement, it_names_the_worker_and_the_number_in_every_format) {
  Event event = ssh(EventType::closed);
  event.lost_before = 12;
  EXPECT_EQ(line(options(Format::syslog), Message::lost_in_ring, event),
            "<12>Jun  7 16:49:31 fw1 RT_SYSTEM: RTLOG_RECORDS_LOST: 12 records of worker 3 lost before its "
            "record 17, reason: event ring full");
  EXPECT_EQ(line(options(Format::sd_syslog), Message::lost_in_ring, event),
            "<12>1 2026-06-07T16:49:31.401Z fw1 RT_SYSTEM - RTLOG_RECORDS_LOST [junos@2636.1.1.1.2.129 "
            "reason=\"event ring full\" lost-records=\"12\" log-worker=\"3\" log-sequence=\"17\"]");
  EXPECT_EQ(line(options(Format::syslog), Message::lost_in_stream, event),
            "<12>Jun  7 16:49:31 fw1 RT_SYSTEM: RTLOG_RECORDS_LOST: 12 records lost before this one, "
            "reason: log destination too slow or unreachable");
  EXPECT_THAT(line(options(Format::json), Message::lost_in_stream, event),
              EndsWith(R"("message":"RTLOG_RECORDS_LOST","reason":"log destination too slow or unreachable",)"
                       R"("lost-records":12})"));
}

// --- the catalog ---

TEST(LogCatalog, the_unstructured_text_says_everything_that_the_structured_record_says) {
  for (const Profile profile : {Profile::r12_3, Profile::r22_2, Profile::r24_4}) {
    for (const Shape& shape : profile_shape(profile).messages) {
      const std::string text = std::string(shape.text[0]) + std::string(shape.text[1]);
      const std::string list = std::string(shape.attributes[0]) + " " + std::string(shape.attributes[1]);
      std::istringstream words(list);
      for (std::string word; words >> word;) {
        EXPECT_THAT(text, HasSubstr("{" + word + "}")) << shape.name;
      }
    }
  }
}

}  // namespace
}  // namespace sluice::logship
