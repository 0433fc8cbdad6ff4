// What a replay shows: sessions, policies, drops, the log; time that follows the capture.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <regex>

#include "scene.h"

namespace sluice::path {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

std::size_t count_of(const std::string& text, const std::string& what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

TEST(ReplaySessions, a_connection_that_was_closed_is_listed_with_its_counters) {
  Scene scene;
  add_closed_connection(scene.capture, 0, client(), server());
  // The close takes the two seconds of the closed state.
  scene.capture.add(9, udp(client(5000), server(53)));
  const Ran ran = scene.run();
  ASSERT_EQ(ran.status, 0) << ran.err;
  EXPECT_EQ(ran.err, "");
  EXPECT_EQ(ran.section("Ended sessions"),
            "Session ID: 1, Policy name: web/4, Timeout: 0, Session State: Ended, TCP FIN\n"
            "  In: 10.0.1.10/40000 --> 198.51.100.20/80;tcp, Conn Tag: 0x0, If: ge-0/0/0.0, Pkts: 5, "
            "Bytes: 300, \n"
            "  Out: 198.51.100.20/80 --> 10.0.1.10/40000;tcp, Conn Tag: 0x0, If: ge-0/0/1.0, Pkts: 3, "
            "Bytes: 1120, \n"
            "Total sessions: 1\n");
}

TEST(ReplaySessions, the_log_has_what_policies_log_at_the_capture_s_times) {
  Scene scene;
  add_closed_connection(scene.capture, 0.5, client(), server());
  scene.capture.add(9, udp(client(5000), server(53)));
  const Ran ran = scene.run("--log-format sd-syslog");
  ASSERT_EQ(ran.status, 0) << ran.err;
  const std::string log = ran.section("Session log");
  EXPECT_EQ(count_of(log, "\n"), 2U) << log;
  EXPECT_THAT(log, StartsWith("<14>1 2026-06-07T16:49:31.500"));
  EXPECT_THAT(log, HasSubstr("RT_FLOW_SESSION_CREATE"));
  EXPECT_THAT(log, HasSubstr("RT_FLOW_SESSION_CLOSE"));
  EXPECT_THAT(log, HasSubstr("reason=\"TCP FIN\" source-address=\"10.0.1.10\" source-port=\"40000\""));
  EXPECT_THAT(log, HasSubstr("packets-from-client=\"5\" bytes-from-client=\"300\" packets-from-server=\"3\" "
                             "bytes-from-server=\"1120\" elapsed-time=\"3\""));
  // Sessions that no policy logs take no number of the log's sequence.
  EXPECT_THAT(log, HasSubstr("log-sequence=\"2\"]"));
}

TEST(ReplaySessions, sessions_that_live_at_the_end_are_shown_as_the_operator_sees_them) {
  Scene scene;
  Connection connection(client(), server());
  for (const Datagram& segment : {connection.client("S"), connection.server("SA"), connection.client("A")}) {
    scene.capture.add(0, segment);
  }
  scene.capture.add(100, udp(client(5000), server(53), 20));
  const Ran ran = scene.run();
  ASSERT_EQ(ran.status, 0) << ran.err;
  EXPECT_EQ(ran.section("Live sessions at the end"),
            "Session ID: 1, Policy name: web/4, Timeout: 200, Session State: Valid\n"
            "  In: 10.0.1.10/40000 --> 198.51.100.20/80;tcp, Conn Tag: 0x0, If: ge-0/0/0.0, Pkts: 2, "
            "Bytes: 80, \n"
            "  Out: 198.51.100.20/80 --> 10.0.1.10/40000;tcp, Conn Tag: 0x0, If: ge-0/0/1.0, Pkts: 1, "
            "Bytes: 40, \n"
            "\n"
            "Session ID: 2, Policy name: names/5, Timeout: 60, Session State: Valid\n"
            "  In: 10.0.1.10/5000 --> 198.51.100.20/53;udp, Conn Tag: 0x0, If: ge-0/0/0.0, Pkts: 1, "
            "Bytes: 48, \n"
            "  Out: 198.51.100.20/53 --> 10.0.1.10/5000;udp, Conn Tag: 0x0, If: ge-0/0/1.0, Pkts: 0, "
            "Bytes: 0, \n"
            "Total sessions: 2\n");
  EXPECT_THAT(ran.section("Session summary"), HasSubstr("Sessions-in-use: 2\n"));
}

TEST(ReplaySessions, details_of_live_and_ended_sessions_are_shown_on_request) {
  Scene scene;
  add_closed_connection(scene.capture, 0, client(), server());
  scene.capture.add(9, udp(client(5000), server(53)));
  const Ran ran = scene.run("--extensive");
  ASSERT_EQ(ran.status, 0) << ran.err;
  const std::string ended = ran.section("Ended sessions");
  EXPECT_THAT(ended, HasSubstr("Session State: Ended, TCP FIN\nStart time: 1780850971, Duration: 2\n"));
  EXPECT_EQ(count_of(ended, "FIN state: 3, \n"), 2U) << ended;
  EXPECT_THAT(ended, HasSubstr("Gateway: 203.0.113.254,"));
  EXPECT_THAT(ran.section("Live sessions at the end"),
              HasSubstr("Maximum timeout: 60, Current timeout: 60\n"));
}

TEST(ReplayTime, a_silent_session_ends_when_the_capture_s_time_says_so) {
  Scene scene;
  scene.configuration +=
      "set security policies from-zone trust to-zone untrust policy names then log session-close\n";
  scene.capture.add(0.25, udp(client(5000), server(53)));
  scene.capture.add(0.5, udp(server(53), client(5000)));
  scene.capture.add(3600, udp(client(5001), server(53)));
  const Ran ran = scene.run("--log-format sd-syslog");
  ASSERT_EQ(ran.status, 0) << ran.err;
  EXPECT_THAT(ran.section("Ended sessions"), HasSubstr("Session State: Ended, idle Timeout\n"));
  EXPECT_THAT(ran.section("Live sessions at the end"), HasSubstr("10.0.1.10/5001 -->"));
  const std::string log = ran.section("Session log");
  // A minute after the answer, not when the next packet came.
  EXPECT_THAT(log, StartsWith("<14>1 2026-06-07T16:50:31"));
  EXPECT_THAT(log, HasSubstr("elapsed-time=\"60\""));
}

TEST(ReplayTime, time_after_the_last_packet_passes_when_asked) {
  Scene scene;
  scene.capture.add(0, udp(client(5000), server(53)));
  EXPECT_THAT(scene.run("--after 59").section("Live sessions at the end"), HasSubstr("Total sessions: 1\n"));
  const Ran ran = scene.run("--after 61");
  EXPECT_THAT(ran.section("Live sessions at the end"), HasSubstr("Total sessions: 0\n"));
  EXPECT_THAT(ran.section("Ended sessions"), HasSubstr("Total sessions: 1\n"));
}

TEST(ReplayTime, time_never_goes_back) {
  Scene scene;
  scene.capture.add(100, udp(client(5000), server(53)));
  scene.capture.add(20, udp(client(5001), server(53)));
  scene.capture.add(130, udp(client(5002), server(53)));
  const Ran ran = scene.run("--extensive");
  ASSERT_EQ(ran.status, 0) << ran.err;
  EXPECT_THAT(ran.section("Capture"), HasSubstr("3 frames (Ethernet) in 30.000 s"));
  EXPECT_THAT(ran.section("Capture"),
              HasSubstr("  1 has a time before that of an earlier one; time stood still for it\n"));
  const std::string live = ran.section("Live sessions at the end");
  EXPECT_EQ(count_of(live, fmt::format("Start time: {}, ", CaptureWriter::kStart + 100)), 2U) << live;
}

TEST(ReplayTime, a_capture_of_years_is_replayed_at_once) {
  Scene scene;
  scene.configuration +=
      "set applications application names protocol udp destination-port 53\n"
      "set applications application names inactivity-timeout never\n"
      "set security policies from-zone trust to-zone untrust policy names match application "
      "names\n";
  constexpr double kYears = 10 * 365 * 86400.0;
  scene.capture.add(0, udp(client(5000), server(53)));
  scene.capture.add(kYears, udp(client(5001), server(53)));
  const Ran ran = scene.run();
  ASSERT_EQ(ran.status, 0) << ran.err;
  EXPECT_THAT(ran.section("Capture"), HasSubstr("2 frames (Ethernet) in 315360000.000 s"));
}

TEST(ReplayPolicies, hits_are_those_of_the_policies_that_decided) {
  Scene scene;
  add_closed_connection(scene.capture, 0, client(), server());
  scene.capture.add(1, tcp(client(), server(23), {.flags = "S"}));
  scene.capture.add(2, tcp(client(), server(23), {.flags = "S"}));
  scene.capture.add(3, tcp(client(), server(25), {.flags = "S"}));
  const Ran ran = scene.run();
  ASSERT_EQ(ran.status, 0) << ran.err;
  const std::string hits = ran.section("Policy hits");
  EXPECT_TRUE(std::regex_search(hits, std::regex("all-zone +all-zone +default-policy +1\\n"))) << hits;
  EXPECT_TRUE(std::regex_search(hits, std::regex("trust +untrust +web +1\\n"))) << hits;
  EXPECT_TRUE(std::regex_search(hits, std::regex("trust +untrust +names +0\\n"))) << hits;
  EXPECT_TRUE(std::regex_search(hits, std::regex("trust +untrust +no-telnet +2\\n"))) << hits;
  const std::string log = ran.section("Session log");
  EXPECT_EQ(count_of(log, "RT_FLOW_SESSION_DENY: session denied 10.0.1.10/40000->198.51.100.20/23"), 2U)
      << log;
}

TEST(ReplayDrops, are_counted_by_reason) {
  Scene scene;
  scene.capture.add(0, tcp(client(), server(23), {.flags = "S"}));   // policy-deny
  scene.capture.add(1, tcp(client(), server(25), {.flags = "S"}));   // default-deny
  scene.capture.add(2, tcp(client(), server(80), {.flags = "PA"}));  // no session, no SYN
  scene.capture.add(3, tcp(client(), server(80), {.flags = "A"}));
  Datagram last_hop = udp(client(5000), server(53));
  last_hop.hops = 1;
  scene.capture.add(4, last_hop);
  const Ran ran = scene.run();
  ASSERT_EQ(ran.status, 0) << ran.err;
  const std::string drops = ran.section("Packets and drops");
  // What was forwarded is the firewall's own word that the last packet's time was exceeded.
  EXPECT_THAT(drops, StartsWith("Packets received: 5, forwarded: 1, dropped: 5\n"));
  for (const char* line : {"policy-deny: +1 ", "default-deny: +1 ", "tcp-no-syn: +2 ", "ttl-expired: +1 "}) {
    EXPECT_TRUE(std::regex_search(drops, std::regex(line))) << line << " is not in " << drops;
  }
  EXPECT_EQ(count_of(drops, "\n"), 5U) << "reasons without drops are shown: " << drops;
}

TEST(ReplayDrops, nothing_is_refused_for_its_size) {
  Scene scene;
  // As a host captures what its network card will cut, or has put together.
  Datagram large = udp(client(5000), server(53), 30000);
  large.dont_fragment = true;
  scene.capture.add(0, large);
  const Ran ran = scene.run();
  ASSERT_EQ(ran.status, 0) << ran.err;
  EXPECT_EQ(ran.section("Packets and drops"), "Packets received: 1, forwarded: 1, dropped: 0\n");
  EXPECT_THAT(ran.section("Live sessions at the end"), HasSubstr("Pkts: 1, Bytes: 30028, \n"));
}

TEST(ReplayFamilies, ipv6_takes_the_same_way) {
  Scene scene;
  add_closed_connection(scene.capture, 0, client6(), server6());
  scene.capture.add(9, udp(client6(5000), server6(53)));
  const Ran ran = scene.run();
  ASSERT_EQ(ran.status, 0) << ran.err;
  EXPECT_THAT(
      ran.section("Ended sessions"),
      HasSubstr("  In: 2001:db8:1::10/40000 --> 2001:db8:77::20/80;tcp, Conn Tag: 0x0, If: ge-0/0/0.0, "
                "Pkts: 5, Bytes: 400, \n"));
  EXPECT_THAT(ran.section("Live sessions at the end"),
              HasSubstr("2001:db8:1::10/5000 --> 2001:db8:77::20/53"));
}

TEST(ReplayFamilies, fragments_belong_to_their_first_one_s_session) {
  Scene scene;
  const std::vector<Datagram> pieces = fragments(udp(client(5000), server(53), 2000), 800, 77);
  ASSERT_EQ(pieces.size(), 3U);
  for (const std::size_t i : {2U, 0U, 1U}) scene.capture.add(0.1, pieces[i]);
  scene.capture.add(1, fragments(udp(client(5000), server(53), 2000), 800, 78)[1]);  // the others never come
  scene.capture.add(30, udp(client(5000), server(53)));
  const Ran ran = scene.run();
  ASSERT_EQ(ran.status, 0) << ran.err;
  EXPECT_THAT(ran.section("Live sessions at the end"), HasSubstr("10.0.1.10/5000 --> 198.51.100.20/53;udp"));
  EXPECT_THAT(ran.section("Live sessions at the end"), HasSubstr("Total sessions: 1\n"));
  EXPECT_TRUE(std::regex_search(ran.section("Packets and drops"), std::regex("fragment-timeout: +1 ")))
      << ran.section("Packets and drops");
}

TEST(ReplaySelf, pings_to_the_firewall_and_its_answers_are_one_session) {
  Scene scene;
  const Endpoint firewall{address("10.0.1.1"), 0};
  scene.capture.add(0, echo_request(client(), firewall, 7, 1));
  scene.capture.add(0.001, echo_reply(firewall, client(), 7, 1));
  const Ran ran = scene.run();
  ASSERT_EQ(ran.status, 0) << ran.err;
  EXPECT_THAT(ran.section("Capture"), HasSubstr("  1 was sent by the firewall's own addresses\n"));
  const std::string live = ran.section("Live sessions at the end");
  EXPECT_THAT(live, HasSubstr("Policy name: self-traffic-policy/1"));
  EXPECT_THAT(live,
              HasSubstr("  Out: 10.0.1.1/1 --> 10.0.1.10/7;icmp, Conn Tag: 0x0, If: .local..0, Pkts: 1,"));
  EXPECT_EQ(ran.section("Packets and drops"), "Packets received: 2, forwarded: 2, dropped: 0\n");
}

TEST(ReplaySelf, what_the_firewall_sends_itself_is_a_session_whose_near_side_is_local) {
  Scene scene;
  scene.capture.add(0, udp({address("10.0.1.1"), 40000}, client(514)));
  const Ran ran = scene.run();
  ASSERT_EQ(ran.status, 0) << ran.err;
  const std::string live = ran.section("Live sessions at the end");
  EXPECT_THAT(live, HasSubstr("Policy name: self-traffic-policy/1"));
  EXPECT_THAT(
      live, HasSubstr("  In: 10.0.1.1/40000 --> 10.0.1.10/514;udp, Conn Tag: 0x0, If: .local..0, Pkts: 1,"));
  EXPECT_EQ(ran.section("Packets and drops"), "Packets received: 1, forwarded: 1, dropped: 0\n");
}

TEST(ReplayJson, says_what_the_text_says) {
  Scene scene;
  add_closed_connection(scene.capture, 0, client(), server());
  scene.capture.add(5, tcp(client(), server(23), {.flags = "S"}));
  scene.capture.add(9, udp(client(5000), server(53)));
  scene.capture.add(9, udp(client6(5000), server6(53)));
  const Ran text = scene.run();
  const Ran json = scene.run("--json");
  ASSERT_EQ(json.status, 0) << json.err;
  const std::string root = ".\"replay-information\"[0]";
  const auto sessions = [&](const std::string& which) {
    return scene.jq(json.out, root + ".\"" + which + R"jq("[0]."flow-session-information"[0] |
      ([."flow-session"[] |
        "Session ID: \(."session-identifier"[0].data), Policy name: \(.policy[0].data), " +
        "Timeout: \(.timeout[0].data), Session State: \(."sess-state"[0].data)\n" +
        ([."flow-information"[] |
          "  \(.direction[0].data): \(."source-address"[0].data)/\(."source-port"[0].data) --> " +
          "\(."destination-address"[0].data)/\(."destination-port"[0].data);\(.protocol[0].data), " +
          "Conn Tag: \(."conn-tag"[0].data), If: \(."interface-name"[0].data), " +
          "Pkts: \(."pkt-cnt"[0].data), Bytes: \(."byte-cnt"[0].data), \n"] | join(""))
       ] | join("\n")) + "Total sessions: \(."displayed-session-count"[0].data)")jq");
  };
  EXPECT_EQ(sessions("ended-sessions"), text.section("Ended sessions"));
  EXPECT_EQ(sessions("live-sessions"), text.section("Live sessions at the end"));
  EXPECT_EQ(scene.jq(json.out, root + R"jq(."flow-session-summary-information"[0] |
      "Unicast-sessions: \(."active-unicast-sessions"[0].data)\n" +
      "Multicast-sessions: \(."active-multicast-sessions"[0].data)\n" +
      "Services-offload-sessions: \(."active-services-offload-sessions"[0].data)\n" +
      "Failed-sessions: \(."failed-sessions"[0].data)\n" +
      "Sessions-in-drop-flow: \(."active-drop-sessions"[0].data)\n" +
      "Sessions-in-use: \(."active-sessions"[0].data)\n" +
      "  Valid sessions: \(."active-session-valid"[0].data)\n" +
      "  Pending sessions: \(."active-session-pending"[0].data)\n" +
      "  Invalidated sessions: \(."active-session-invalidated"[0].data)\n" +
      "  Sessions in other states: \(."active-session-other"[0].data)\n" +
      "Maximum-sessions: \(."max-sessions"[0].data)")jq"),
            text.section("Session summary"));
  EXPECT_THAT(text.section("Session summary"), HasSubstr("Sessions-in-use: 2\n  Valid sessions: 2\n"));
  EXPECT_EQ(scene.jq(json.out, root + R"jq(."session-log"[0]."log-record"[].message[0].data)jq"),
            text.section("Session log"));
  EXPECT_EQ(scene.jq(json.out, root + R"jq(."flow-statistics-all"[0]."flow-drop-reason"[] |
      select(."flow-drop-reason-count"[0].data != "0") | ."flow-drop-reason-name"[0].data)jq"),
            "policy-deny\n");
  EXPECT_EQ(scene.jq(json.out, root + R"jq(."policy-hit-count"[0]."policy-hit-count-entry"[] |
      "\(."policy-hit-count-policy-name"[0].data) \(."policy-hit-count-count"[0].data)")jq"),
            "default-policy 0\nweb 1\nnames 2\nno-telnet 1\n");
  EXPECT_EQ(scene.jq(json.out, root + R"jq(."capture-information"[0] |
      "\(.frames[0].data) \(."frames-inside"[0].data) \(."frames-outside"[0].data)")jq"),
            "11 8 3\n");
}

TEST(ReplayLog, goes_to_the_file_that_is_named_and_replaces_it) {
  Scene scene;
  add_closed_connection(scene.capture, 0, client(), server());
  const std::string log = scene.file("session.log");
  for (int round = 0; round < 2; ++round) {
    const Ran ran = scene.run(fmt::format("--after 10 --log '{}'", log));
    ASSERT_EQ(ran.status, 0) << ran.err;
    EXPECT_EQ(ran.section("Session log"), fmt::format("2 records in {}\n", log));
    EXPECT_EQ(count_of(read_file(log), "\n"), 2U) << read_file(log);
  }
}

TEST(ReplayLog, never_replaces_the_capture_or_the_configuration) {
  Scene scene;
  add_closed_connection(scene.capture, 0, client(), server());
  for (const auto& [name, what] : {std::pair{"capture", "capture"}, {"office.conf", "configuration"}}) {
    const std::string log = scene.file(name);
    const Ran ran = scene.run(fmt::format("--log '{}'", log));
    EXPECT_EQ(ran.status, 1);
    EXPECT_EQ(ran.err,
              fmt::format("sluice-replay: --log {}: this is the {} itself, which the log would replace; "
                          "name another file\n",
                          log, what));
  }
  EXPECT_EQ(scene.run().status, 0) << "both are as they were";
}

TEST(ReplaySides, prefixes_that_nothing_comes_from_are_told) {
  Scene scene;
  scene.capture.add(0, udp(server(53), client(5000)));
  const Ran ran = scene.run();
  EXPECT_EQ(ran.status, 0);
  EXPECT_THAT(ran.err, HasSubstr("no packet has its source in 10.0.1.0/24 or 2001:db8:1::/64"));
}

TEST(ReplayLog, has_the_form_of_the_first_stream_and_reaches_no_collector) {
  Scene scene;
  scene.configuration +=
      "set security log stream siem format sd-syslog\n"
      "set security log stream siem host 127.0.0.1\n"
      "set security log stream siem category session-close\n";
  add_closed_connection(scene.capture, 0, client(), server());
  const Ran ran = scene.run("--after 10");
  ASSERT_EQ(ran.status, 0) << ran.err;
  EXPECT_THAT(ran.section("Session log"), MatchesRegex("<14>1 [^\n]*RT_FLOW_SESSION_CLOSE [^\n]*\n"));
}

TEST(ReplayTwice, gives_the_same_report) {
  Scene scene;
  for (std::uint16_t port = 1000; port < 1200; ++port) scene.capture.add(port, udp(client(port), server(53)));
  const Ran first = scene.run("--json");
  const Ran second = scene.run("--json");
  ASSERT_EQ(first.status, 0) << first.err;
  EXPECT_EQ(first.out, second.out);
}

TEST(ReplayMany, sessions_end_in_time_however_many_are_due) {
  Scene scene;
  for (std::uint32_t n = 0; n < 20000; ++n) {
    scene.capture.add(n * 1e-5, udp(client(static_cast<std::uint16_t>(1024 + n)), server(53)));
  }
  const Ran live = scene.run("--after 58");
  EXPECT_THAT(live.section("Session summary"), HasSubstr("Sessions-in-use: 20000\n"));
  const Ran ended = scene.run("--after 62");
  EXPECT_THAT(ended.section("Session summary"), HasSubstr("Sessions-in-use: 0\n"));
  EXPECT_THAT(ended.section("Ended sessions"), HasSubstr("Total sessions: 20000\n"));
}

}  // namespace
}  // namespace sluice::path
