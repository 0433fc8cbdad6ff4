// Captures of every form, and what they do to packets: VLAN tags, link layers, snap lengths.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <regex>

#include "scene.h"

namespace sluice::path {
namespace {

using testing::HasSubstr;
using testing::Not;
using Form = CaptureWriter::Form;
using Link = CaptureWriter::Link;

// Everything below "Capture", which differs by nature.
std::string findings(const Ran& ran) {
  const std::size_t at = ran.out.find("--- Ended sessions ---");
  return at == std::string::npos ? "no findings: " + ran.err : ran.out.substr(at);
}

void fill(CaptureWriter& capture) {
  add_closed_connection(capture, 0.123456789, client(), server());
  add_closed_connection(capture, 2, client6(), server6());
  capture.add(9, udp(client(5000), server(53)));
}

TEST(ReplayForms, pcap_and_pcapng_give_the_same_findings) {
  Scene scene;
  fill(scene.capture);
  const Ran pcap = scene.run("--log-format sd-syslog");
  ASSERT_EQ(pcap.status, 0) << pcap.err;
  scene.form = Form::pcapng;
  const Ran pcapng = scene.run("--log-format sd-syslog");
  ASSERT_EQ(pcapng.status, 0) << pcapng.err;
  EXPECT_EQ(findings(pcap), findings(pcapng));
  EXPECT_THAT(findings(pcap), HasSubstr("Total sessions: 2\n"));
}

TEST(ReplayForms, link_layers_are_taken_off) {
  Scene ethernet;
  fill(ethernet.capture);
  const std::string expected = findings(ethernet.run());
  for (const Link link : {Link::cooked, Link::cooked2, Link::raw, Link::loopback}) {
    Scene scene;
    scene.capture = CaptureWriter(link);
    fill(scene.capture);
    const Ran ran = scene.run();
    ASSERT_EQ(ran.status, 0) << ran.err;
    EXPECT_EQ(findings(ran), expected) << "of link " << static_cast<int>(link);
  }
}

TEST(ReplayForms, frames_that_are_no_ip_are_left_out_and_counted) {
  Scene scene;
  scene.capture.add(0, udp(client(5000), server(53)));
  Bytes arp(46);
  scene.capture.add_frame(1,
                          frame({{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, {2, 0, 0, 0, 0, 9}, 0, 0x0806}, arp));
  const Ran ran = scene.run();
  ASSERT_EQ(ran.status, 0) << ran.err;
  EXPECT_THAT(ran.section("Capture"), HasSubstr("  1 is not IP, and was left out\n"));
  EXPECT_THAT(ran.section("Packets and drops"), HasSubstr("Packets received: 1, "));
}

TEST(ReplayVlans, tags_go_where_the_port_knows_none) {
  Scene scene;
  scene.capture.set_vlan(300);
  fill(scene.capture);
  const std::string tagged = findings(scene.run());
  Scene untagged;
  fill(untagged.capture);
  EXPECT_EQ(tagged, findings(untagged.run()));
}

// The inside as VLAN 100 of a trunk, beside a VLAN 200 of guests.
void trunk(Scene& scene) {
  std::string& text = scene.configuration;
  const std::string from = "interfaces ge-0/0/0 unit 0 family";
  for (std::size_t at = 0; (at = text.find(from)) != std::string::npos;) {
    text.replace(at, from.size(), "interfaces ge-0/0/0 unit 100 family");
  }
  const std::string zone = "interfaces ge-0/0/0.0";
  text.replace(text.find(zone), zone.size(), "interfaces ge-0/0/0.100");
  text +=
      "set interfaces ge-0/0/0 vlan-tagging\n"
      "set interfaces ge-0/0/0 unit 100 vlan-id 100\n"
      "set interfaces ge-0/0/0 unit 200 vlan-id 200\n"
      "set interfaces ge-0/0/0 unit 200 family inet address 10.0.2.1/24\n"
      "set security zones security-zone guests interfaces ge-0/0/0.200\n";
}

TEST(ReplayVlans, a_tag_that_the_port_knows_names_the_unit) {
  Scene scene;
  trunk(scene);
  scene.capture.set_vlan(100);
  scene.capture.add(0, udp(client(5000), server(53)));
  scene.capture.set_vlan(200);
  scene.capture.add(1, udp(client(5001), server(53)));  // an inside source from the guests' VLAN
  scene.capture.set_vlan(300);
  scene.capture.add(2, udp(client(5002), server(53)));
  scene.capture.set_vlan(0);
  scene.capture.add(3, udp(client(5003), server(53)));  // captured behind the switch that takes tags off
  const Ran ran = scene.run();
  ASSERT_EQ(ran.status, 0) << ran.err;
  const std::string live = ran.section("Live sessions at the end");
  EXPECT_THAT(live, HasSubstr("10.0.1.10/5000 --> 198.51.100.20/53;udp, Conn Tag: 0x0, If: ge-0/0/0.100, "));
  EXPECT_THAT(live, HasSubstr("10.0.1.10/5003 --> 198.51.100.20/53;udp, Conn Tag: 0x0, If: ge-0/0/0.100, "));
  EXPECT_THAT(live, HasSubstr("Total sessions: 2\n"));
  const std::string drops = ran.section("Packets and drops");
  EXPECT_TRUE(std::regex_search(drops, std::regex("reverse-route: +1 "))) << drops;
  EXPECT_TRUE(std::regex_search(drops, std::regex("interface-unknown: +1 "))) << drops;
}

TEST(ReplaySnapLength, cut_packets_count_with_the_length_that_they_had) {
  Scene whole;
  fill(whole.capture);
  const Ran expected = whole.run();
  Scene cut;
  cut.capture.set_snap(96);
  fill(cut.capture);
  const Ran ran = cut.run();
  ASSERT_EQ(ran.status, 0) << ran.err;
  EXPECT_EQ(findings(ran), findings(expected));
  // In each connection one segment of 100 bytes and one of 1000.
  EXPECT_THAT(ran.section("Capture"),
              HasSubstr("  4 were cut by the capture; zeros stand for what is missing\n"));
}

TEST(ReplaySnapLength, packets_without_their_transport_header_are_left_out_and_counted) {
  Scene scene;
  scene.capture.set_snap(14 + 20 + 12);
  scene.capture.add(0, tcp(client(), server(), {.flags = "S"}));
  scene.capture.add(1, udp(client(5000), server(53), 100));
  const Ran ran = scene.run();
  ASSERT_EQ(ran.status, 0) << ran.err;
  EXPECT_THAT(ran.section("Capture"),
              HasSubstr("  1 ends before the transport header does, and was left out\n"));
  EXPECT_THAT(ran.section("Live sessions at the end"), HasSubstr("Total sessions: 1\n"));
}

TEST(ReplaySnapLength, an_error_needs_what_it_quotes) {
  Scene scene;
  const Datagram question = udp(client(5000), server(53), 200);
  const Datagram error = complain(address("203.0.113.99"), question, Complaint::port_unreachable);
  scene.capture.add(0, question);
  scene.capture.set_snap(14 + 20 + 8 + 20 + 8);
  scene.capture.add(1, error);
  scene.capture.set_snap(14 + 20 + 8 + 20);
  scene.capture.add(2, error);
  const Ran ran = scene.run();
  ASSERT_EQ(ran.status, 0) << ran.err;
  EXPECT_THAT(ran.section("Capture"),
              HasSubstr("  1 ends before the transport header does, and was left out\n"));
  EXPECT_EQ(ran.section("Packets and drops"), "Packets received: 2, forwarded: 2, dropped: 0\n");
}

TEST(ReplayForms, a_capture_that_breaks_off_is_reported_as_far_as_it_goes) {
  Scene scene;
  scene.capture.add(0, udp(client(5000), server(53)));
  scene.capture.add(1, udp(client(5001), server(53)));
  scene.save();
  std::filesystem::resize_file(scene.file("capture"), std::filesystem::file_size(scene.file("capture")) - 5);
  const Ran ran = scene.run_with(fmt::format("--config '{}' --inside 10.0.1.0/24 '{}'",
                                             scene.file("office.conf"), scene.file("capture")));
  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.err, testing::MatchesRegex("sluice-replay: [^\n]*/capture: the capture cannot be read "
                                             "past frame 1: [^\n]*\n"));
  EXPECT_THAT(ran.section("Live sessions at the end"), HasSubstr("Total sessions: 1\n"));
}

TEST(ReplayForms, an_empty_capture_gives_an_empty_report) {
  Scene scene;
  const Ran ran = scene.run();
  ASSERT_EQ(ran.status, 0) << ran.err;
  EXPECT_THAT(ran.section("Capture"), HasSubstr(": 0 frames (Ethernet) in 0.000 s\n"));
  EXPECT_EQ(ran.section("Ended sessions"), "Total sessions: 0\n");
  EXPECT_EQ(ran.section("Session log"), "no records\n");
}

}  // namespace
}  // namespace sluice::path
