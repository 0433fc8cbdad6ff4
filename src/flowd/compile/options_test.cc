// `security flow` and `security log` in effective values.
#include <gmock/gmock.h>

#include "flowd/compile/test_compile.h"

namespace sluice::compile {
namespace {

using logship::FileTarget;
using logship::TcpTarget;
using logship::UdpTarget;
using testing::ElementsAre;
using testing::IsEmpty;

snapshot::FlowOptions flow(std::string_view commands) {
  return must_compile(commands).snapshot.flow;
}

TEST(FlowOptions, without_statements_they_are_junos_defaults) {
  const snapshot::FlowOptions options = flow("");
  EXPECT_FALSE(options.allow_dns_reply || options.allow_embedded_icmp);
  EXPECT_TRUE(options.tcp_syn_check && options.tcp_sequence_check);
  EXPECT_FALSE(options.tcp_strict_syn_check || options.tcp_rst_sequence_check ||
               options.rst_invalidate_session || options.fin_invalidate_session || options.policy_rematch);
  EXPECT_EQ(options.tcp_initial_timeout_s, 20U);
  EXPECT_EQ(options.tcp_close_timeout_s, 2U);
  EXPECT_EQ(options.route_change_timeout_s, 0U);
  EXPECT_EQ(options.aging_high_watermark, 100);
  EXPECT_EQ(options.early_ageout_s, 20U);
  EXPECT_EQ(options.tcp_mss_all, 0);
}

TEST(FlowOptions, every_statement_has_its_effect) {
  const snapshot::FlowOptions options = flow(
      "set security flow allow-dns-reply\n"
      "set security flow allow-embedded-icmp\n"
      "set security flow route-change-timeout 60\n"
      "set security flow aging low-watermark 50 high-watermark 90\n"
      "set security flow aging early-ageout 4\n"
      "set security flow tcp-mss all-tcp mss 1350\n"
      "set security flow tcp-session no-syn-check\n"
      "set security flow tcp-session no-sequence-check\n"
      "set security flow tcp-session rst-sequence-check\n"
      "set security flow tcp-session rst-invalidate-session\n"
      "set security flow tcp-session fin-invalidate-session\n"
      "set security flow tcp-session tcp-initial-timeout 40\n"
      "set security policies policy-rematch\n");
  EXPECT_TRUE(options.allow_dns_reply && options.allow_embedded_icmp);
  EXPECT_EQ(options.route_change_timeout_s, 60U);
  EXPECT_EQ(options.aging_low_watermark, 50);
  EXPECT_EQ(options.aging_high_watermark, 90);
  EXPECT_EQ(options.early_ageout_s, 4U);
  EXPECT_EQ(options.tcp_mss_all, 1350);
  EXPECT_FALSE(options.tcp_syn_check || options.tcp_sequence_check);
  EXPECT_TRUE(options.tcp_rst_sequence_check && options.rst_invalidate_session &&
              options.fin_invalidate_session);
  EXPECT_EQ(options.tcp_initial_timeout_s, 40U);
  EXPECT_TRUE(options.policy_rematch);
  EXPECT_FALSE(options.policy_rematch_extensive);
  EXPECT_TRUE(flow("set security flow tcp-session strict-syn-check\n").tcp_strict_syn_check);
}

TEST(FlowOptions, time_wait_state_is_150_seconds_or_as_its_option_says) {
  const std::string statement = "set security flow tcp-session time-wait-state";
  const snapshot::FlowOptions bare = flow(statement + "\n");
  EXPECT_EQ(bare.tcp_close_timeout_s, 150U);
  EXPECT_FALSE(bare.time_wait_service_timeout || bare.time_wait_half_close);
  EXPECT_EQ(flow(statement + " session-timeout 9\n").tcp_close_timeout_s, 9U);
  EXPECT_TRUE(flow(statement + " session-ageout\n").time_wait_service_timeout);
  EXPECT_TRUE(flow(statement + " apply-to-half-close-state\n").time_wait_half_close);
}

TEST(LogOptions, without_statements_records_go_to_the_local_file) {
  const logship::LogOptions log = must_compile("").log;
  EXPECT_TRUE(log.enabled);
  EXPECT_THAT(log.streams, IsEmpty());
  EXPECT_EQ(log.default_file.path, "/var/log/sluice/traffic");
  EXPECT_EQ(log.default_format, logship::Format::syslog);
  EXPECT_EQ(log.profile, logship::Profile::r22_2);
  EXPECT_EQ(log.facility, logship::Facility::user);
}

TEST(LogOptions, global_statements_have_their_effect) {
  const logship::LogOptions log = must_compile(
                                      "set system host-name fw1\n"
                                      "set system junos-release 12.3\n"
                                      "set security log disable\n"
                                      "set security log format sd-syslog\n"
                                      "set security log utc-timestamp\n"
                                      "set security log escape\n"
                                      "set security log time-format year\n"
                                      "set security log time-format millisecond\n"
                                      "set security log facility-override local3\n"
                                      "set security log file filename t.log size 7 path /srv files 3\n")
                                      .log;
  EXPECT_FALSE(log.enabled);
  EXPECT_EQ(log.host_name, "fw1");
  EXPECT_EQ(log.profile, logship::Profile::r12_3);
  EXPECT_EQ(log.default_format, logship::Format::sd_syslog);
  EXPECT_TRUE(log.utc_timestamp && log.escape && log.time_format.year && log.time_format.millisecond);
  EXPECT_EQ(log.facility, logship::Facility::local3);
  EXPECT_EQ(log.default_file, (FileTarget{.path = "/srv/t.log", .size_limit = 7U << 20U, .keep = 3}));
}

TEST(LogOptions, streams_go_to_collectors_and_files) {
  const logship::LogOptions log = must_compile(
                                      "set security log source-address 192.0.2.1\n"
                                      "set security log transport protocol tcp\n"
                                      "set security log stream a host 192.0.2.9\n"
                                      "set security log stream b host 192.0.2.9 port 1514\n"
                                      "set security log stream b transport protocol udp\n"
                                      "set security log stream b source-address 192.0.2.2\n"
                                      "set security log stream b severity error\n"
                                      "set security log stream b format sd-syslog\n"
                                      "set security log stream b category session-close\n"
                                      "set security log stream b time-format year\n"
                                      "set security log stream c host 2001:db8::9\n"
                                      "set security log stream d file all.log size 3 rotation 4\n"
                                      "set security log stream e file /srv/all.log\n"
                                      "set security log stream e category session\n"
                                      "set security log stream d category nat\n")
                                      .log;
  ASSERT_EQ(log.streams.size(), 5U);
  const packet::IpAddress collector = *packet::parse_address("192.0.2.9");
  EXPECT_EQ(std::get<TcpTarget>(log.streams[0].target),
            (TcpTarget{.address = collector, .port = 514, .source = packet::parse_address("192.0.2.1")}));
  EXPECT_FALSE(log.streams[0].format || log.streams[0].time_format);
  EXPECT_EQ(log.streams[0].severity, logship::Severity::debug);
  EXPECT_EQ(log.streams[0].categories, logship::kAllCategories);
  const logship::Stream& b = log.streams[1];
  EXPECT_EQ(b.name, "b");
  EXPECT_EQ(std::get<UdpTarget>(b.target),
            (UdpTarget{.address = collector, .port = 1514, .source = packet::parse_address("192.0.2.2")}));
  EXPECT_EQ(b.severity, logship::Severity::error);
  EXPECT_EQ(b.format, logship::Format::sd_syslog);
  EXPECT_EQ(b.categories, logship::kSessionClose);
  EXPECT_TRUE(b.time_format && b.time_format->year && !b.time_format->millisecond);
  EXPECT_EQ(std::get<TcpTarget>(log.streams[2].target).source, std::nullopt) << "the log's own is IPv4";
  EXPECT_EQ(std::get<FileTarget>(log.streams[3].target),
            (FileTarget{.path = "/var/log/sluice/all.log", .size_limit = 3U << 20U, .keep = 4}));
  EXPECT_EQ(log.streams[3].categories, logship::kNat);
  EXPECT_EQ(std::get<FileTarget>(log.streams[4].target).path, "/srv/all.log");
  EXPECT_EQ(log.streams[4].categories,
            logship::kSessionOpen | logship::kSessionClose | logship::kSessionDeny);
}

TEST(LogOptions, the_mode_chooses_between_streams_and_the_local_file) {
  const std::string stream = "set security log stream siem host 192.0.2.9\n";
  const Compiled event = must_compile(stream + "set security log mode event\n");
  EXPECT_THAT(event.log.streams, IsEmpty());
  EXPECT_EQ(event.log.default_file.path, "/var/log/sluice/traffic");
  EXPECT_THAT(event.warnings,
              ElementsAre("security log mode event: in this mode streams are not used, only the "
                          "local file"));
  const Compiled both = must_compile(stream + "set security log mode stream-event\n");
  ASSERT_EQ(both.log.streams.size(), 2U);
  EXPECT_EQ(std::get<FileTarget>(both.log.streams[1].target).path, "/var/log/sluice/traffic");
  const Compiled nowhere = must_compile("set security log mode stream\n");
  EXPECT_EQ(nowhere.log.default_file.path, "");
  EXPECT_THAT(nowhere.warnings,
              ElementsAre("security log mode stream: no stream is configured, so records go nowhere"));
}

TEST(LogOptions, files_are_each_known_once_with_all_that_one_of_them_keeps) {
  const logship::LogOptions log = must_compile(
                                      "set security log stream a file traffic rotation 50\n"
                                      "set security log mode event\n"
                                      "set security log stream b file other rotation 3\n"
                                      "set security log stream c file other rotation 7\n")
                                      .log;
  std::vector<std::pair<std::string, unsigned>> known;
  for (const FileTarget& file : log.files) known.emplace_back(file.path, file.keep);
  EXPECT_THAT(known, ElementsAre(testing::Pair("/var/log/sluice/traffic", 50U),
                                 testing::Pair("/var/log/sluice/other", 7U)));
}

TEST(LogOptions, statements_without_effect_are_warned_of) {
  EXPECT_THAT(
      must_compile("set security log stream s host 192.0.2.9\nset security log file filename x\n").warnings,
      ElementsAre("security log file: the file is written in mode 'event' and 'stream-event' only"));
  EXPECT_THAT(
      must_compile("set security log stream s host 192.0.2.9\nset security log stream s category screen\n")
          .warnings,
      ElementsAre("security log stream s category: no records of these categories exist yet, so the "
                  "stream stays empty"));
}

}  // namespace
}  // namespace sluice::compile
