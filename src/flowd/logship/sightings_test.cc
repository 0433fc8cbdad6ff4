// Records read back from files that the formatter wrote.
#include "flowd/logship/sightings.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <netinet/in.h>

#include <chrono>
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
  const LineTimes times{.latest_unix_s = kNow_s, .utc = true};
  const auto read = [&](const std::string& line) {
    const auto record = read_record(line, times);
    return record ? told(*record) : "nothing in " + line;
  };
  for (const Format format : {Format::syslog, Format::sd_syslog, Format::json}) {
    for (const Profile profile : {Profile::r12_3, Profile::r22_2, Profile::r24_4}) {
      const FormatOptions options = options_of(format, profile);
      const std::string made = line_of(options, Message::created, translated(EventType::created));
      EXPECT_EQ(read(made),
                "made 1780850971 192.0.2.10/41000>198.51.100.7/22 203.0.113.5/2000>198.51.100.7/22 6 mgmt 5 "
                "after 0")
          << made;
      const std::string ended =
          line_of(options, Message::closed, translated(EventType::closed, packet::Family::inet6));
      EXPECT_EQ(read(ended),
                "ended 1780850971 2001:db8:1::10/41000>2001:db8:2::7/22 "
                "2001:db8:ff::5/2000>2001:db8:2::7/22 6 mgmt 5 after 45")
          << ended;
      EXPECT_FALSE(read_record(line_of(options, Message::denied, test::ssh(EventType::denied)), times));
    }
  }
}

TEST(BlockLine, is_read_in_every_format_of_every_release) {
  const LineTimes times{.latest_unix_s = kNow_s, .utc = true};
  for (const Format format : {Format::syslog, Format::sd_syslog, Format::json}) {
    for (const Profile profile : {Profile::r12_3, Profile::r22_2, Profile::r24_4}) {
      for (const auto& [message, type, released] :
           {std::tuple(Message::block_allocated, EventType::block_allocated, false),
            std::tuple(Message::block_interim, EventType::block_interim, false),
            std::tuple(Message::block_released, EventType::block_released, true)}) {
        const std::string line = line_of(options_of(format, profile), message, test::nat_event(type));
        const auto block = read_block(line, times);
        ASSERT_TRUE(block) << line;
        EXPECT_EQ(block->released, released) << line;
        EXPECT_EQ(block->unix_s, 1'780'850'971);
        EXPECT_EQ(block->made_s, 0x624b0492U);
        EXPECT_EQ(
            fmt::format("{} {} {} {}-{}", block->host, block->address, block->pool, block->low, block->high),
            "10.0.10.10 203.0.113.16 pool-1 48640-48895");
        EXPECT_FALSE(read_record(line, times)) << line;
        for (std::size_t cut = 0; cut < line.size() - 40; ++cut) (void)read_block(line.substr(0, cut), times);
      }
      const std::string other =
          line_of(options_of(format, profile), Message::created, translated(EventType::created));
      EXPECT_FALSE(read_block(other, times)) << other;
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
        const auto record = read_record(line, {.latest_unix_s = kNow_s + days * 86400, .utc = true});
        ASSERT_TRUE(record) << line;
        EXPECT_EQ(record->unix_s, 1'780'850'971) << line;
      }
    }
  }
}

// An echo: identifier 7 with sequence 3, and after translation identifier 2000.
sessionlog::Event echo(EventType type, int protocol) {
  auto event = translated(type, protocol == IPPROTO_ICMP ? packet::Family::inet : packet::Family::inet6);
  event.protocol = static_cast<std::uint8_t>(protocol);
  event.source_port = 7;
  event.destination_port = event.nat_destination_port = 3;
  return event;
}

TEST(RecordLine, of_an_echo_has_the_identifier_first_in_every_release) {
  const LineTimes times{.latest_unix_s = kNow_s, .utc = true};
  for (const Format format : {Format::syslog, Format::sd_syslog, Format::json}) {
    for (const Profile profile : {Profile::r12_3, Profile::r22_2, Profile::r24_4}) {
      for (const int protocol : {int{IPPROTO_ICMP}, int{IPPROTO_ICMPV6}}) {
        const std::string line =
            line_of(options_of(format, profile), Message::closed, echo(EventType::closed, protocol));
        const auto record = read_record(line, times);
        ASSERT_TRUE(record) << line;
        EXPECT_EQ(record->source_port, 7) << line;
        EXPECT_EQ(record->destination_port, 3) << line;
        EXPECT_EQ(record->nat_source_port, 2000) << line;
        EXPECT_EQ(record->nat_destination_port, 3) << line;
      }
    }
  }
}

TEST(RecordLine, that_is_cut_is_none_or_says_what_the_whole_one_says) {
  const LineTimes times{.latest_unix_s = kNow_s, .utc = true};
  for (const Format format : {Format::syslog, Format::sd_syslog, Format::json}) {
    for (const Profile profile : {Profile::r12_3, Profile::r24_4}) {
      for (const bool ended : {false, true}) {
        const auto event = translated(ended ? EventType::closed : EventType::created);
        const std::string line =
            line_of(options_of(format, profile), ended ? Message::closed : Message::created, event);
        const std::string whole = told(*read_record(line, times));
        std::size_t none = 0;
        for (std::size_t size = 0; size < line.size(); ++size) {
          const auto record = read_record(std::string_view(line).substr(0, size), times);
          none += record ? 0 : 1;
          if (record) {
            EXPECT_EQ(told(*record), whole) << line.substr(0, size);
          }
        }
        EXPECT_GT(none, line.size() / 3) << line;
      }
    }
  }
}

TEST(RecordLine, that_is_something_else_is_none) {
  const LineTimes times{.latest_unix_s = kNow_s, .utc = true};
  for (const char* other : {"", "{", "<", "<14>", "<14>1 ", "<14>Jun  7", "{\"timestamp\":3}", "hello"}) {
    EXPECT_FALSE(read_record(other, times)) << other;
  }
}

TEST(RecordLine, of_a_session_that_began_before_all_time_is_none) {
  auto event = translated(EventType::closed);
  event.unix_ns = 40 * kNsPerSecond;
  for (const Format format : {Format::sd_syslog, Format::json}) {
    EXPECT_FALSE(
        read_record(line_of(options_of(format), Message::closed, event), {.latest_unix_s = 50, .utc = true}));
  }
}

TEST(RecordLine, of_a_leap_day_is_of_a_year_that_has_one) {
  auto event = translated(EventType::created);
  constexpr std::int64_t kLeapDay_s = 1'709'208'000;  // 2024-02-29 12:00:00 UTC
  event.unix_ns = kLeapDay_s * kNsPerSecond;
  const std::string line = line_of(options_of(Format::syslog), Message::created, event);
  for (const std::int64_t years : {0, 1, 3}) {
    const auto record = read_record(line, {.latest_unix_s = kLeapDay_s + years * 365 * 86400, .utc = true});
    ASSERT_TRUE(record) << years;
    EXPECT_EQ(record->unix_s, kLeapDay_s) << years;
  }
}

// Puts the time zone of this process where it was.
class Zone {
 public:
  explicit Zone(const char* name) {
    if (const char* now = getenv("TZ")) before_ = now;
    setenv("TZ", name, 1);
    tzset();
  }
  ~Zone() {
    before_ ? setenv("TZ", before_->c_str(), 1) : unsetenv("TZ");
    tzset();
  }
  Zone(const Zone&) = delete;
  Zone& operator=(const Zone&) = delete;

 private:
  std::optional<std::string> before_;
};

TEST(RecordLine, in_local_time_is_read_in_local_time_in_summer_and_winter) {
  const Zone zone("CET-1CEST,M3.5.0,M10.5.0/3");
  for (const Format format : {Format::syslog, Format::sd_syslog, Format::json}) {
    for (const std::int64_t when : {std::int64_t{1'780'850'971}, std::int64_t{1'768'000'000}}) {
      FormatOptions options = options_of(format);
      options.utc_timestamp = false;
      auto event = translated(EventType::created);
      event.unix_ns = static_cast<std::uint64_t>(when) * kNsPerSecond;
      const auto record = read_record(line_of(options, Message::created, event), {.latest_unix_s = kNow_s});
      ASSERT_TRUE(record);
      EXPECT_EQ(record->unix_s, when) << static_cast<int>(format);
    }
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
    const auto take = [&](const RecordLine& record) {
      lines.push_back(fmt::format("{} {}", record.ended ? "ended" : "made", record.source_port));
    };
    const auto take_block = [&](const BlockLine& block) {
      lines.push_back(fmt::format("{} has {}-{}", block.host, block.low, block.high));
    };
    find_sightings(folder_ / file, {*packet::parse_address(address), port},
                   {.latest_unix_s = kNow_s, .utc = true},
                   {.take = take, .take_block = take_block, .stop = [] { return false; }});
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
  EXPECT_THAT(files_of(options), IsEmpty());
  options.files = {{.path = folder_ / "traffic", .size_limit = 0, .keep = 3},
                   {.path = folder_ / "other", .size_limit = 0, .keep = 3},
                   {.path = folder_ / "none", .size_limit = 0, .keep = 3}};
  EXPECT_THAT(files_of(options), ElementsAre(folder_ / "traffic", folder_ / "traffic.0",
                                             folder_ / "traffic.1", folder_ / "other"));
}

TEST_F(SightingsTest, of_a_block_of_ports_are_found_by_every_port_of_it_in_every_format) {
  std::string text;
  for (const Format format : {Format::syslog, Format::sd_syslog, Format::json}) {
    text +=
        line_of(options_of(format), Message::block_allocated, test::nat_event(EventType::block_allocated)) +
        "\n";
  }
  write("traffic", text);
  const std::string block = "10.0.10.10 has 48640-48895";
  EXPECT_THAT(seen("traffic", "203.0.113.16", 48640), ElementsAre(block, block, block));
  EXPECT_THAT(seen("traffic", "203.0.113.16", 48895), ElementsAre(block, block, block));
  EXPECT_THAT(seen("traffic", "203.0.113.16", 48896), IsEmpty());
  EXPECT_THAT(seen("traffic", "203.0.113.1", 48640), IsEmpty());
  EXPECT_THAT(seen("traffic", "10.0.10.10", 48640), IsEmpty()) << "its host's own address";
}

TEST_F(SightingsTest, of_an_echo_are_found_by_its_identifier_in_every_release) {
  std::string text;
  for (const Profile profile : {Profile::r12_3, Profile::r22_2}) {
    for (const Format format : {Format::syslog, Format::sd_syslog, Format::json}) {
      text += line_of(options_of(format, profile), Message::created, echo(EventType::created, IPPROTO_ICMP)) +
              "\n";
    }
  }
  write("traffic", text);
  EXPECT_THAT(seen("traffic", "203.0.113.5", 2000),
              ElementsAre("made 7", "made 7", "made 7", "made 7", "made 7", "made 7"));
  EXPECT_THAT(seen("traffic", "203.0.113.5", 3), IsEmpty()) << "its sequence";
}

TEST_F(SightingsTest, are_of_destinations_too_where_these_are_translated) {
  auto event = translated(EventType::created);
  const FormatOptions options = options_of(Format::syslog);
  write("traffic", line_of(options, Message::created, event) + "\n");
  EXPECT_THAT(seen("traffic", "198.51.100.7", 22), IsEmpty()) << "it is what it seems";
  test::set(event.nat_destination, "192.0.2.25");
  auto ping = event;
  ping.protocol = IPPROTO_ICMP;
  ping.source_port = 22;
  ping.destination_port = ping.nat_destination_port = 9;
  write("traffic",
        line_of(options, Message::created, event) + "\n" + line_of(options, Message::created, ping) + "\n");
  EXPECT_THAT(seen("traffic", "198.51.100.7", 22), ElementsAre("made 41000", "made 22"));
  EXPECT_THAT(seen("traffic", "198.51.100.7", 9), IsEmpty());
  EXPECT_THAT(seen("traffic", "192.0.2.25", 22), IsEmpty());
}

TEST_F(SightingsTest, without_a_year_are_of_the_year_before_the_file_was_written_last) {
  const FormatOptions options = options_of(Format::syslog);
  write("traffic.0", line_of(options, Message::created, translated(EventType::created)) + "\n");
  const auto written =
      std::chrono::file_clock::from_sys(std::chrono::sys_seconds(std::chrono::seconds(kNow_s)));
  std::filesystem::last_write_time(folder_ / "traffic.0", written);
  std::vector<std::int64_t> times;
  find_sightings(folder_ / "traffic.0", {*packet::parse_address("203.0.113.5"), 2000},
                 {.latest_unix_s = kNow_s + std::int64_t{3} * 366 * 86400, .utc = true},
                 {.take = [&](const RecordLine& record) { times.push_back(record.unix_s); },
                  .stop = [] { return false; }});
  EXPECT_THAT(times, ElementsAre(1'780'850'971));
}

TEST_F(SightingsTest, are_not_looked_for_when_nobody_waits_any_more) {
  const std::string line =
      line_of(options_of(Format::syslog), Message::created, translated(EventType::created)) + "\n";
  std::string text;
  while (text.size() < std::size_t{9} << 20U) text += line;
  write("traffic", text);
  std::size_t found = 0;
  int asked = 0;
  find_sightings(folder_ / "traffic", {*packet::parse_address("203.0.113.5"), 2000},
                 {.latest_unix_s = kNow_s, .utc = true},
                 {.take = [&](const RecordLine&) { ++found; }, .stop = [&] { return ++asked == 2; }});
  EXPECT_GT(found, 0U);
  EXPECT_LT(found, text.size() / line.size() / 2);
}

}  // namespace
}  // namespace sluice::logship
