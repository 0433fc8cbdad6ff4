// What a user gives: sides of the firewall, and everything that can be wrong, a sentence each.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>

#include "scene.h"

namespace sluice::path {
namespace {

using testing::HasSubstr;

// One line, and the exit status of bad input.
testing::AssertionResult refuses(const Ran& ran, const std::string& sentence) {
  const std::string expected = "sluice-replay: " + sentence + "\n";
  if (ran.status == 1 && ran.err == expected && ran.out.empty()) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "status " << ran.status << ", said: " << ran.err
                                     << "instead of: " << expected << "printed: " << ran.out;
}

class ReplayInput : public testing::Test {
 protected:
  ReplayInput() {
    scene_.capture.add(0, udp(client(5000), server(53)));
    scene_.save();
  }
  Ran run(const std::string& arguments) {
    return scene_.run_with(fmt::format("--config '{}' {}", scene_.file("office.conf"), arguments));
  }
  std::string capture() const { return scene_.file("capture"); }

  Scene scene_;
};

TEST_F(ReplayInput, a_capture_that_is_not_there) {
  EXPECT_TRUE(refuses(run("--inside 10.0.1.0/24 /no/such.pcap"),
                      "/no/such.pcap: the capture cannot be read: No such file or directory"));
}

TEST_F(ReplayInput, a_file_that_is_no_capture) {
  const std::string file = scene_.file("office.conf");
  EXPECT_TRUE(refuses(run(fmt::format("--inside 10.0.1.0/24 '{}'", file)),
                      file + ": this is no capture of pcap or pcapng form: unknown file format"));
}

TEST_F(ReplayInput, a_folder_is_no_capture) {
  EXPECT_TRUE(refuses(run("--inside 10.0.1.0/24 /tmp"),
                      "/tmp: this is a folder; a capture is a file of pcap or pcapng form"));
}

TEST_F(ReplayInput, a_link_type_that_is_not_read) {
  const std::string file = scene_.file("wireless.pcap");
  // pcap's header in little-endian, with LINKTYPE_IEEE802_11.
  const std::string header("\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\x04\0\x69\0\0\0", 24);
  std::ofstream(file, std::ios::binary) << header;
  EXPECT_TRUE(refuses(run(fmt::format("--inside 10.0.1.0/24 '{}'", file)),
                      file + ": frames of link type IEEE802_11 are not read; Ethernet, Linux cooked, raw IP "
                             "and loopback are"));
}

TEST_F(ReplayInput, a_prefix_that_is_none) {
  EXPECT_TRUE(refuses(run(fmt::format("--inside 10.0.1.0/33 '{}'", capture())),
                      "--inside 10.0.1.0/33: this is no prefix; ADDRESS/LENGTH is one, such as 10.0.0.0/8 or "
                      "2001:db8::/32"));
}

TEST_F(ReplayInput, a_configuration_that_is_not_there) {
  EXPECT_TRUE(
      refuses(scene_.run_with(fmt::format("--config /no/fw.conf --inside 10.0.1.0/24 '{}'", capture())),
              "/no/fw.conf: the configuration cannot be read: No such file or directory"));
}

TEST_F(ReplayInput, a_configuration_error_has_its_line) {
  scene_.configuration += "set security zones security-zone trust speed fast\n";
  scene_.save();
  const Ran ran = run(fmt::format("--inside 10.0.1.0/24 '{}'", capture()));
  EXPECT_EQ(ran.status, 1);
  const auto lines = std::count(scene_.configuration.begin(), scene_.configuration.end(), '\n');
  EXPECT_THAT(ran.err, HasSubstr(fmt::format("office.conf:{}:", lines)));
  EXPECT_THAT(ran.err, HasSubstr("speed"));
  EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
}

TEST_F(ReplayInput, a_configuration_that_does_not_compile_names_the_statement) {
  scene_.configuration += "set security policies from-zone trust to-zone dmz policy x then permit\n";
  scene_.save();
  const Ran ran = run(fmt::format("--inside 10.0.1.0/24 '{}'", capture()));
  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.err, HasSubstr("office.conf: security policies from-zone trust to-zone dmz"));
  EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
}

TEST_F(ReplayInput, a_log_that_cannot_be_written) {
  EXPECT_TRUE(refuses(run(fmt::format("--inside 10.0.1.0/24 --log /no/folder/log '{}'", capture())),
                      "/no/folder/log: the session log cannot be written there: No such file or directory"));
}

TEST_F(ReplayInput, usage_errors_are_one_sentence_too) {
  const Ran unknown = run(fmt::format("--inside 10.0.1.0/24 --fast '{}'", capture()));
  EXPECT_EQ(unknown.status, 2);
  EXPECT_EQ(std::count(unknown.err.begin(), unknown.err.end(), '\n'), 1) << unknown.err;
  EXPECT_THAT(unknown.err, HasSubstr("--fast"));
  const Ran no_capture = run("--inside 10.0.1.0/24");
  EXPECT_EQ(no_capture.status, 2);
  EXPECT_EQ(no_capture.err,
            "sluice-replay: no capture is named: give its file after the options; --help lists them\n");
  EXPECT_EQ(scene_.run_with("--inside 10.0.1.0/24 x").status, 2);
  EXPECT_EQ(scene_.run_with("--help").status, 0);
}

TEST_F(ReplayInput, an_option_that_does_not_exist_is_blamed_and_not_the_words_that_it_leaves_over) {
  constexpr const char* kSaid = "sluice-replay: there is no option --lgo; --help lists the options\n";
  EXPECT_EQ(run(fmt::format("--inside 10.0.1.0/24 --lgo x '{}'", capture())).err, kSaid);
  EXPECT_EQ(run(fmt::format("--lgo x --inside 10.0.1.0/24 -- '{}'", capture())).err, kSaid);
  EXPECT_EQ(scene_.run_with("--lgo x").err, kSaid) << "what else is missing comes later";
}

TEST_F(ReplayInput, the_capture_may_stand_right_behind_the_prefixes_and_before_other_options) {
  const Ran ran =
      run(fmt::format("--inside 10.0.1.0/24 10.9/16 '{}' --inside-interface ge-0/0/0.0", capture()));
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_THAT(ran.section("Capture"), HasSubstr("1 entered inside (ge-0/0/0.0), 0 outside (ge-0/0/1.0)"));
}

TEST_F(ReplayInput, standard_input_is_a_capture_too) {
  const Ran ran =
      scene_.run_with(fmt::format("--config '{}' --inside 10.0.1.0/24 -", scene_.file("office.conf")),
                      fmt::format("cat '{}' |", capture()));
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_THAT(ran.section("Live sessions at the end"), HasSubstr("Total sessions: 1\n"));
}

TEST_F(ReplayInput, an_inside_prefix_that_leads_nowhere_is_said_and_an_interface_can_be_named) {
  scene_.configuration += "delete routing-options static route 0.0.0.0/0\n";
  scene_.save();
  EXPECT_TRUE(
      refuses(run(fmt::format("--inside 172.16/12 '{}'", capture())),
              "--inside 172.16.0.0/12: no interface or static route of the configuration leads there; "
              "name the interface with --inside-interface: ge-0/0/0.0, ge-0/0/1.0"));
  EXPECT_EQ(run(fmt::format("--inside 172.16/12 '{}' --inside-interface ge-0/0/0", capture())).status, 0);
}

TEST_F(ReplayInput, interfaces_that_are_not_there_or_the_same) {
  EXPECT_TRUE(refuses(run(fmt::format("--inside 10.0.1.0/24 '{}' --outside-interface ge-0/0/7", capture())),
                      "--outside-interface ge-0/0/7: the configuration has no such interface; it has "
                      "ge-0/0/0.0, ge-0/0/1.0"));
  EXPECT_TRUE(refuses(run(fmt::format("--inside 10.0.1.0/24 '{}' --outside-interface ge-0/0/0.0", capture())),
                      "--outside-interface ge-0/0/0.0: this is the inside interface; the two are different "
                      "ones"));
}

// A third port, and no default route.
void add_dmz(Scene& scene) {
  scene.configuration +=
      "delete routing-options\n"
      "set system ports ge-0/0/2 device dmz\n"
      "set interfaces ge-0/0/2 unit 0 family inet address 10.0.9.1/24\n"
      "set security zones security-zone dmz interfaces ge-0/0/2.0\n";
}

TEST_F(ReplayInput, an_ambiguous_outside_is_said) {
  add_dmz(scene_);
  scene_.save();
  EXPECT_TRUE(
      refuses(run(fmt::format("--inside 10.0.1.0/24 '{}'", capture())),
              "more than one interface could be the outside one: ge-0/0/1.0, ge-0/0/2.0; name it with "
              "--outside-interface"));
  EXPECT_TRUE(refuses(run(fmt::format("--inside 10.0.1.0/24 10.0.9/24 203.0.113/24 '{}'", capture())),
                      "no interface is left to be the outside one: ge-0/0/0.0, ge-0/0/2.0, ge-0/0/1.0 is "
                      "inside; name it with --outside-interface"));
}

TEST(ReplaySides, the_route_back_to_a_source_decides_where_a_side_has_several_interfaces) {
  Scene scene;
  add_dmz(scene);
  scene.configuration +=
      "set routing-options static route 0.0.0.0/0 next-hop 203.0.113.254\n"
      "set security policies default-policy permit-all\n";
  const Endpoint dmz{address("10.0.9.9"), 5000};
  scene.capture.add(0, udp(dmz, server(53)));
  scene.capture.add(1, udp(client(5000), dmz));
  scene.capture.add(2, udp(server(5000), dmz));
  const Ran outside = scene.run();
  ASSERT_EQ(outside.status, 0) << outside.err;
  EXPECT_THAT(outside.section("Capture"), HasSubstr("1 entered inside (ge-0/0/0.0), 2 outside (ge-0/0/1.0)"));
  EXPECT_THAT(outside.section("Live sessions at the end"), HasSubstr("Total sessions: 3\n"));
  EXPECT_THAT(outside.section("Live sessions at the end"),
              HasSubstr("10.0.9.9/5000 --> 198.51.100.20/53;udp, Conn Tag: 0x0, If: ge-0/0/2.0"));
  const Ran both = scene.run_with(
      fmt::format("--config '{}' --inside 10/8 '{}'", scene.file("office.conf"), scene.file("capture")));
  ASSERT_EQ(both.status, 0) << both.err;
  EXPECT_THAT(both.section("Capture"), HasSubstr("2 entered inside (ge-0/0/0.0, ge-0/0/2.0), 1 outside"));
  EXPECT_THAT(both.section("Live sessions at the end"), HasSubstr("Total sessions: 3\n"));
}

// The program and the schema are copied to where anybody may read them.
TEST(ReplayUser, anybody_may_run_it) {
  Scene scene;
  add_closed_connection(scene.capture, 0, client(), server());
  const Ran own = scene.run("--after 10");
  ASSERT_EQ(own.status, 0) << own.err;
  if (geteuid() != 0) return;  // it has just run as somebody who is not root
  std::filesystem::permissions(scene.file(""), std::filesystem::perms::all);
  std::filesystem::copy(SLUICE_REPLAY, scene.file("program"));
  std::filesystem::copy(SLUICE_YANG, scene.file("yang"));
  scene.program = scene.file("program");
  const Ran nobody = scene.run_with(
      fmt::format("--config '{}' --inside 10.0.1.0/24 2001:db8:1::/64 '{}' --after 10 --yang '{}'",
                  scene.file("office.conf"), scene.file("capture"), scene.file("yang")),
      "setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set -all --no-new-privs env -i");
  ASSERT_EQ(nobody.status, 0) << nobody.err;
  EXPECT_EQ(nobody.err, "");
  EXPECT_EQ(nobody.out, own.out);
}

}  // namespace
}  // namespace sluice::path
