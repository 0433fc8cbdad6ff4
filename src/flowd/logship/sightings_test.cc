// Records read back from files that the formatter wrote.
#include "flowd/logship/sightings.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "flowd/logship/formatter.h"
#include "flowd/logship/test_events.h"

namespace sluice::logship {
namespace {

using sessionlog::EventType;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::int64_t kNow_s = 1'780'850'971 + 3600;

sessionlog::Event translated(EventType type, packet::Family family = packet::Family::inet) {
  sessionlog::Event event = test::ssh(type);
  event.family = family;
  if (family == packet::Family::inet6) {
    test::set(event.source, "2001:db8:1::10");
    test::set(event.destination, "2001:db8:2::7");
    test::set(event.nat_destination, "2001:db8:2::7");
    test::set(event.nat_source, "2001:db8:ff::5");
  } else {
    test::set(event.nat_source, "203.0.113.5");
  }
  event.nat_source_port = 2000;
  event.source_nat_rule = 1;
  event.destination_nat_rule = 2;
  return event;
}

std::string line_of(const FormatOptions& options, Message message, const sessionlog::Event& event) {
  Formatter formatter(options, *test::names());
  std::string text(formatter.max_size(), ' ');
  text.resize(static_cast<std::size_t>(formatter.format(message, event, text.data()) - text.data()));
  return text;
}

std::string told(const RecordLine& r) {
  return fmt::format("{} {} {}/{}>{}/{} {}/{}>{}/{} {} {} {} after {}", r.ended ? "ended" : "made", r.unix_s,
                     r.source, r.source_port, r.destination, r.destination_port, r.nat_source,
                     r.nat_source_port, r.nat_destination, r.nat_destination_port, r.protocol, r.policy,
                     r.session_id, r.elapsed_s);
}

FormatOptions options_of(Format format, Profile profile = kDefaultRelease) {
  FormatOptions options;
  options.format = format;
  options.profile = profile;
  options.utc_timestamp = true;
  options.host_name = "fw1";
  options.sd_id = "junos@2636.1.1.1.2.129";
  return options;
}

TEST(RecordLine, is_read_in_every_format_of_every_release) {
  const LineTimes times{.now_unix_s = kNow_s, .utc = true};
  for (const Format format : {Format::syslog, Format::sd_syslog, Format::json}) {
    for (const Profile profile : {Profile::r12_3, Profile::r22_2, Profile::r24_4}) {
      const FormatOptions options = options_of(format, profile);
      const std::string made = line_of(options, Message::created, translated(EventType::created));
      const auto record = read_record(made, times);
      ASSERT_TRUE(record) << made;
      EXPECT_EQ(told(*record),
                "made 1780850971 192.0.2.10/41000>198.51.100.7/22 203.0.113.5/2000>198.51.100.7/22 6 mgmt 5 "
                "after 0")
          << made;
      const std::string ended =
          line_of(options, Message::closed, translated(EventType::closed, packet::Family::inet6));
      const auto last = read_record(ended, times);
      ASSERT_TRUE(last) << ended;
      EXPECT_EQ(told(*last),
                "ended 1780850971 2001:db8:1::10/41000>2001:db8:2::7/22 "
                "2001:db8:ff::5/2000>2001:db8:2::7/22 6 mgmt 5 after 45")
          << ended;
      EXPECT_FALSE(read_record(line_of(options, Message::denied, test::ssh(EventType::denied)), times));
    }
  }
}

TEST(RecordLine, has_the_time_that_was_meant_with_or_without_year_and_fractions) {
  const auto event = translated(EventType::created);
  for (const bool year : {false, true}) {
    for (const bool millisecond : {false, true}) {
      FormatOptions options = options_of(Format::syslog);
      options.time_format = {.year = year, .millisecond = millisecond};
      const std::string line = line_of(options, Message::created, event);
      // Half a year later it was this year, eight months later last year.
      for (const std::int64_t days : {0, 150, 240}) {
        const auto record = read_record(line, {.now_unix_s = kNow_s + days * 86400, .utc = true});
        ASSERT_TRUE(record) << line;
        EXPECT_EQ(record->unix_s, 1'780'850'971) << line;
      }
    }
  }
}

TEST(RecordLine, that_is_cut_or_something_else_is_none) {
  const LineTimes times{.now_unix_s = kNow_s, .utc = true};
  for (const Format format : {Format::syslog, Format::sd_syslog, Format::json}) {
    const FormatOptions options = options_of(format);
    const std::string line = line_of(options, Message::closed, translated(EventType::closed));
    for (std::size_t size = 0; size < line.size(); ++size) {
      const auto record = read_record(std::string_view(line).substr(0, size), times);
      if (record) {
        EXPECT_EQ(record->nat_source_port, 2000) << size;
      }
    }
  }
  for (const char* other : {"", "{", "<", "<14>", "<14>1 ", "<14>Jun  7", "{\"timestamp\":3}", "hello"}) {
    EXPECT_FALSE(read_record(other, times)) << other;
  }
}

class SightingsTest : public ::testing::Test {
 protected:
  SightingsTest() {
    char name[] = "/tmp/sluice-sightings-XXXXXX";
    folder_ = mkdtemp(name);
  }
  ~SightingsTest() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::vector<std::string> seen(const std::string& file, const char* address,
                                              std::uint16_t port) const {
    std::vector<std::string> lines;
    find_sightings(
        folder_ / file, {*packet::parse_address(address), port}, {.now_unix_s = kNow_s, .utc = true},
        [&](const RecordLine& record) {
          lines.push_back(fmt::format("{} {}", record.ended ? "ended" : "made", record.source_port));
        });
    return lines;
  }
  void write(const std::string& file, const std::string& text) const {
    std::ofstream(folder_ / file, std::ios::binary) << text;
  }

  std::filesystem::path folder_;
};

TEST_F(SightingsTest, are_found_among_many_and_on_both_sides_of_a_block) {
  std::string text;
  for (const Format format : {Format::syslog, Format::sd_syslog, Format::json}) {
    const FormatOptions options = options_of(format);
    for (std::uint16_t i = 0; i < 8000; ++i) {
      auto event = translated(i % 2 == 0 ? EventType::created : EventType::closed);
      event.source_port = i;
      event.nat_source_port = i % 4000 == 3999 ? 2000 : 20'000;  // 2000 is the beginning of 20000
      if (i == 100) event.destination_port = 2000;
      text += line_of(options, i % 2 == 0 ? Message::created : Message::closed, event) + "\n";
    }
  }
  ASSERT_GT(text.size(), std::size_t{8} << 20U) << "more than two blocks";
  write("traffic", text);
  EXPECT_THAT(seen("traffic", "203.0.113.5", 2000), ElementsAre("ended 3999", "ended 7999", "ended 3999",
                                                                "ended 7999", "ended 3999", "ended 7999"));
  EXPECT_THAT(seen("traffic", "203.0.113.6", 2000), IsEmpty());
  EXPECT_THAT(seen("nothing", "203.0.113.5", 2000), IsEmpty());
}

TEST_F(SightingsTest, a_file_is_read_to_its_end_though_the_last_line_has_none) {
  const FormatOptions options = options_of(Format::syslog);
  write("traffic", line_of(options, Message::created, translated(EventType::created)));
  EXPECT_THAT(seen("traffic", "203.0.113.5", 2000), ElementsAre("made 41000"));
  write("empty", "");
  EXPECT_THAT(seen("empty", "203.0.113.5", 2000), IsEmpty());
}

TEST_F(SightingsTest, are_looked_for_in_all_files_that_there_are_the_newest_first) {
  for (const char* file : {"traffic", "traffic.0", "traffic.1", "traffic.7", "other"}) write(file, "");
  LogOptions options;
  options.default_file = {.path = folder_ / "traffic", .size_limit = 0, .keep = 3};
  EXPECT_THAT(files_of(options),
              ElementsAre(folder_ / "traffic", folder_ / "traffic.0", folder_ / "traffic.1"));
  Stream file;
  file.target = FileTarget{.path = folder_ / "other", .size_limit = 0, .keep = 3};
  options.streams = {file};
  EXPECT_THAT(files_of(options), ElementsAre(folder_ / "other"));
  options.streams.clear();
  options.default_file.path.clear();
  EXPECT_THAT(files_of(options), IsEmpty());
}

}  // namespace
}  // namespace sluice::logship
