#include "flowd/logship/logship.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "flowd/logship/test_ship.h"

namespace sluice::logship {
namespace {

using sessionlog::EventType;
using test::kSecond;
using test::lines_of;
using test::lost_of;
using test::sequence_of;
using test::ssh;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(LogShip, without_a_stream_records_go_to_the_default_file) {
  const test::Folder folder;
  test::Ship ship;
  LogOptions how = test::options(Format::syslog);
  how.default_file.path = folder.file("session.log");
  ship.ship.publish(how, test::names());
  ship.log(ssh(EventType::created));
  ship.log(ssh(EventType::closed));
  ship.log(ssh(EventType::denied));
  ship.drain();
  EXPECT_THAT(lines_of(folder.file("session.log")),
              ElementsAre(HasSubstr("RT_FLOW_SESSION_CREATE: session created 192.0.2.10/41000->"),
                          HasSubstr("RT_FLOW_SESSION_CLOSE: session closed TCP FIN: "),
                          HasSubstr("RT_FLOW_SESSION_DENY: session denied ")));
  EXPECT_EQ(ship.statistics("default-file").records, 3U);
}

TEST(LogShip, a_configured_stream_takes_the_place_of_the_default_file) {
  const test::Folder folder;
  test::Ship ship;
  LogOptions how = test::options();
  how.default_file.path = folder.file("session.log");
  how.streams = {test::stream("s1", test::file(folder.file("s1.log")))};
  ship.ship.publish(how, test::names());
  ship.log_many(2);
  ship.drain();
  EXPECT_EQ(lines_of(folder.file("s1.log")).size(), 2U);
  EXPECT_FALSE(std::filesystem::exists(folder.file("session.log")));
}

TEST(LogShip, disabled_logging_drains_the_rings_and_writes_nothing) {
  const test::Folder folder;
  test::Ship ship(16);
  LogOptions how = test::options();
  how.enabled = false;
  how.default_file.path = folder.file("session.log");
  ship.ship.publish(how, test::names());
  for (int i = 0; i < 5; ++i) {
    ship.log_many(16);
    ship.drain();
  }
  EXPECT_FALSE(std::filesystem::exists(folder.file("session.log")));
  EXPECT_EQ(ship.ship.statistics().events, 80U);
  EXPECT_EQ(ship.ship.statistics().lost_in_rings, 0U);
}

TEST(LogShip, each_stream_has_its_own_format_category_and_severity) {
  const test::Folder folder;
  test::Ship ship;
  LogOptions how = test::options();
  Stream opened = test::stream("opened", test::file(folder.file("opened")));
  opened.categories = kSessionOpen;
  opened.format = Format::syslog;
  opened.time_format = TimeFormat{.year = true, .millisecond = false};
  Stream closed = test::stream("closed", test::file(folder.file("closed")));
  closed.categories = kSessionClose | kSessionDeny;
  Stream grave = test::stream("grave", test::file(folder.file("grave")));
  grave.severity = Severity::notice;
  Stream nat = test::stream("nat", test::file(folder.file("nat")));
  nat.categories = kNat;
  how.streams = {opened, closed, grave, nat};
  ship.ship.publish(how, test::names());
  for (const EventType type : {EventType::created, EventType::closed, EventType::denied}) {
    ship.log(ssh(type));
  }
  for (const EventType type :
       {EventType::block_allocated, EventType::block_interim, EventType::block_released,
        EventType::pool_alarm_raised, EventType::pool_alarm_cleared}) {
    ship.log(test::nat_event(type));
  }
  ship.drain();
  EXPECT_THAT(lines_of(folder.file("opened")),
              ElementsAre(HasSubstr("<14>Jun  7 16:49:31 2026 fw1 RT_FLOW: RT_FLOW_SESSION_CREATE: ")));
  EXPECT_THAT(lines_of(folder.file("closed")), ElementsAre(HasSubstr(" RT_FLOW_SESSION_CLOSE [junos@2636"),
                                                           HasSubstr(" RT_FLOW_SESSION_DENY [junos@2636")));
  EXPECT_THAT(lines_of(folder.file("grave")), IsEmpty());
  EXPECT_THAT(
      lines_of(folder.file("nat")),
      ElementsAre(HasSubstr(" RT_NAT - RT_SRC_NAT_PBA_ALLOC ["), HasSubstr(" RT_SRC_NAT_PBA_INTERIM ["),
                  HasSubstr(" RT_SRC_NAT_PBA_RELEASE ["), HasSubstr(" RT_SRC_NAT_POOL_ALARM_RAISE ["),
                  HasSubstr(" RT_SRC_NAT_POOL_ALARM_CLEAR [")));
}

// --- losses of a worker ---

TEST(LogShip, a_record_that_follows_a_loss_is_preceded_by_its_announcement) {
  const test::Folder folder;
  test::Ship ship(4);
  LogOptions how = test::options();
  Stream closed = test::stream("closed", test::file(folder.file("closed")));
  Stream grave = test::stream("grave", test::file(folder.file("grave")));
  grave.severity = Severity::warning;
  how.streams = {closed, grave};
  ship.ship.publish(how, test::names());
  for (int i = 0; i < 7; ++i) {
    ship.log(ssh(EventType::closed));
  }
  ship.drain();
  ship.log(ssh(EventType::closed));
  ship.drain();
  const auto lines = lines_of(folder.file("closed"));
  ASSERT_EQ(lines.size(), 6U);
  EXPECT_THAT(lines[4],
              AllOf(HasSubstr("<12>1 "), HasSubstr(" fw1 RT_SYSTEM - RTLOG_RECORDS_LOST [junos@2636"),
                    HasSubstr("lost-records=\"3\" log-worker=\"3\" log-sequence=\"8\"]")));
  EXPECT_EQ(sequence_of(lines[5]), 8U);
  EXPECT_EQ(lines_of(folder.file("grave")).size(), 1U) << "a loss is a warning";
  EXPECT_EQ(ship.ship.statistics().lost_in_rings, 3U);
}

TEST(LogShip, a_loss_that_no_later_record_can_announce_is_announced_at_the_end) {
  const test::Folder folder;
  test::Ship ship(4);
  LogOptions how = test::options();
  how.streams = {test::stream("s1", test::file(folder.file("s1")))};
  ship.ship.publish(how, test::names());
  for (int i = 0; i < 9; ++i) {
    ship.log(ssh(EventType::closed));
  }
  ship.ship.finish(ship.now_ns);
  const auto lines = lines_of(folder.file("s1"));
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_EQ(lost_of(lines[4]), 5U);
  EXPECT_THAT(lines[4], HasSubstr("log-sequence=\"10\""));
  ship.ship.finish(ship.now_ns);
  EXPECT_EQ(lines_of(folder.file("s1")).size(), 5U) << "once";
}

// --- names and options change ---

TEST(LogShip, records_use_the_names_published_last_and_retired_names_stay) {
  const test::Folder folder;
  test::Ship ship;
  LogOptions how = test::options();
  how.streams = {test::stream("s1", test::file(folder.file("s1")))};
  auto names = std::make_shared<snapshot::Names>(*test::names());
  ship.ship.publish(how, names);
  ship.log(ssh(EventType::created));
  ship.drain();
  auto next = std::make_shared<snapshot::Names>(*names);
  next->policy.push_back("new-policy");  // 7; number 4 belongs to a policy that was deleted
  how.host_name = "fw2";
  ship.ship.publish(how, next);
  ship.log(ssh(EventType::closed));
  sessionlog::Event event = ssh(EventType::created);
  event.policy = PolicyId{7};
  ship.log(event);
  ship.drain();
  EXPECT_THAT(lines_of(folder.file("s1")),
              ElementsAre(AllOf(HasSubstr(" fw1 "), HasSubstr("policy-name=\"mgmt\"")),
                          AllOf(HasSubstr(" fw2 "), HasSubstr("policy-name=\"mgmt\"")),
                          HasSubstr("policy-name=\"new-policy\"")));
  EXPECT_EQ(ship.statistics("s1").connects, 1U) << "the same file stayed open";
}

TEST(LogShip, a_stream_with_another_target_is_opened_anew_and_the_old_one_ends_whole) {
  const test::Folder folder;
  test::Ship ship;
  LogOptions how = test::options();
  how.streams = {test::stream("s1", test::file(folder.file("a")))};
  ship.ship.publish(how, test::names());
  ship.log_many(3);
  ship.ship.drain_once(ship.now_ns);  // in the block, not yet in the file
  how.streams = {test::stream("s1", test::file(folder.file("b"))),
                 test::stream("s2", test::file(folder.file("c")))};
  ship.ship.publish(how, test::names());
  ship.log_many(2);
  ship.drain();
  EXPECT_EQ(lines_of(folder.file("a")).size(), 3U);
  EXPECT_EQ(lines_of(folder.file("b")).size(), 2U);
  EXPECT_EQ(lines_of(folder.file("c")).size(), 2U);
}

// --- files ---

TEST(LogFile, at_its_size_limit_it_is_rotated_between_records) {
  const test::Folder folder;
  test::Ship ship;
  LogOptions how = test::options();
  how.streams = {test::stream("s1", FileTarget{.path = folder.file("s1"), .size_limit = 10'000, .keep = 3})};
  ship.ship.publish(how, test::names());
  ship.log_many(40);
  ship.drain();
  std::vector<std::uint64_t> sequences;
  for (const char* name : {"s1.2", "s1.1", "s1.0", "s1"}) {
    EXPECT_LE(std::filesystem::file_size(folder.file(name)), 10'000U) << name;
    for (const std::string& line : lines_of(folder.file(name))) {
      sequences.push_back(sequence_of(line));
    }
  }
  EXPECT_FALSE(std::filesystem::exists(folder.file("s1.3")));
  EXPECT_EQ(sequences.back(), 40U);
  for (std::size_t i = 1; i < sequences.size(); ++i) {
    EXPECT_EQ(sequences[i], sequences[i - 1] + 1) << "no record is lost or cut between two files";
  }
}

TEST(LogFile, the_oldest_file_goes_but_not_what_else_has_its_data) {
  const test::Folder folder;
  test::Ship ship;
  LogOptions how = test::options();
  const std::uint64_t limit = 8U << 20U;
  how.streams = {test::stream("s1", FileTarget{.path = folder.file("s1"), .size_limit = limit, .keep = 1})};
  ship.ship.publish(how, test::names());
  const auto rotate = [&] {
    for (int i = 0; i < 50; ++i) {
      const std::uint64_t size = std::filesystem::file_size(folder.file("s1"));
      ship.log_many(1000);
      ship.drain();
      if (std::filesystem::file_size(folder.file("s1")) < size) {
        return;
      }
    }
    FAIL() << "the file was never rotated";
  };
  ship.log_many(1);
  ship.drain();
  rotate();
  std::filesystem::create_hard_link(folder.file("s1.0"), folder.file("kept"));
  const std::vector<std::string> kept = lines_of(folder.file("kept"));
  rotate();
  EXPECT_GT(sequence_of(lines_of(folder.file("s1.0")).front()), sequence_of(kept.back()));
  std::ifstream reader(folder.file("s1.0"));
  rotate();
  rotate();
  EXPECT_EQ(lines_of(folder.file("kept")), kept);
  EXPECT_FALSE(std::filesystem::exists(folder.file("s1.1")));
  reader.seekg(0, std::ios::end);
  EXPECT_LT(reader.tellg(), limit / 2) << "its pages were given back step by step";
}

TEST(LogFile, records_are_appended_to_what_is_there) {
  const test::Folder folder;
  std::ofstream(folder.file("s1")) << "earlier\n";
  test::Ship ship;
  LogOptions how = test::options();
  how.streams = {test::stream("s1", test::file(folder.file("s1")))};
  ship.ship.publish(how, test::names());
  ship.log_many(1);
  ship.drain();
  EXPECT_THAT(lines_of(folder.file("s1")), ElementsAre("earlier", HasSubstr("RT_FLOW_SESSION_CLOSE")));
}

TEST(LogFile, a_record_begins_a_line_of_its_own_after_one_that_was_cut) {
  const test::Folder folder;
  std::ofstream(folder.file("s1")) << "<14>1 cut sho";
  test::Ship ship;
  LogOptions how = test::options();
  how.streams = {test::stream("s1", test::file(folder.file("s1")))};
  ship.ship.publish(how, test::names());
  ship.log_many(1);
  ship.drain();
  EXPECT_THAT(lines_of(folder.file("s1")), ElementsAre("<14>1 cut sho", HasSubstr("RT_FLOW_SESSION_CLOSE")));
}

TEST(LogFile, a_file_that_was_renamed_is_made_anew_after_reopen) {
  const test::Folder folder;
  test::Ship ship;
  LogOptions how = test::options();
  how.streams = {test::stream("s1", test::file(folder.file("s1")))};
  ship.ship.publish(how, test::names());
  ship.log_many(1);
  ship.drain();
  std::filesystem::rename(folder.file("s1"), folder.file("moved"));
  ship.ship.reopen();
  ship.log_many(3);
  ship.drain();
  EXPECT_EQ(lines_of(folder.file("moved")).size(), 1U);
  EXPECT_EQ(lines_of(folder.file("s1")).size(), 3U);
}

TEST(LogFile, a_file_that_is_renamed_or_removed_is_missed_before_the_next_record) {
  const test::Folder folder;
  test::Ship ship;
  LogOptions how = test::options();
  how.streams = {test::stream("s1", test::file(folder.file("s1")))};
  ship.ship.publish(how, test::names());
  const auto log_one = [&] {
    ship.log_many(1);
    ship.drain();
  };
  log_one();
  std::filesystem::rename(folder.file("s1"), folder.file("moved"));
  log_one();
  std::filesystem::rename(folder.file("s1"), folder.file("moved_too"));
  std::ofstream(folder.file("s1")) << "a file that somebody put there\n";
  log_one();
  EXPECT_EQ(lines_of(folder.file("s1")).size(), 2U);
  std::filesystem::remove(folder.file("s1"));
  log_one();
  std::vector<std::uint64_t> numbers;
  for (const char* name : {"moved", "moved_too", "s1"}) {
    for (const std::string& line : lines_of(folder.file(name))) {
      numbers.push_back(sequence_of(line));
    }
  }
  EXPECT_THAT(numbers, ElementsAre(1, 2, 4)) << "3 was in the file that was removed";
  EXPECT_EQ(ship.statistics("s1").lost, 0U);
  EXPECT_THAT(ship.reports, IsEmpty());
}

TEST(LogFile, a_file_that_was_emptied_in_place_is_not_rotated_for_what_it_was) {
  const test::Folder folder;
  test::Ship ship;
  LogOptions how = test::options();
  how.streams = {test::stream("s1", FileTarget{.path = folder.file("s1"), .size_limit = 10'000, .keep = 3})};
  ship.ship.publish(how, test::names());
  for (int i = 0; i < 4; ++i) {
    ship.log_many(6);
    ship.drain();
    std::filesystem::resize_file(folder.file("s1"), 0);
  }
  EXPECT_FALSE(std::filesystem::exists(folder.file("s1.0")));
}

TEST(LogFile, after_reopen_the_file_is_there_before_the_next_record) {
  const test::Folder folder;
  test::Ship ship;
  LogOptions how = test::options();
  how.streams = {test::stream("s1", test::file(folder.file("s1"))),
                 test::stream("s2", test::file(folder.file("s2")))};
  how.streams[1].categories = kSessionOpen;
  ship.ship.publish(how, test::names());
  ship.log_many(1);
  ship.drain();
  std::filesystem::rename(folder.file("s1"), folder.file("moved"));
  ship.ship.reopen();
  ship.now_ns += kSecond;
  ship.drain();
  EXPECT_TRUE(std::filesystem::exists(folder.file("s1")));
  EXPECT_FALSE(std::filesystem::exists(folder.file("s2"))) << "it never had a record";
}

TEST(LogFile, a_file_that_cannot_be_opened_is_reported_once_and_its_losses_are_announced) {
  const test::Folder folder;
  test::Ship ship;
  LogOptions how = test::options();
  const std::string path = folder.file("missing/s1");
  how.streams = {test::stream("s1", test::file(path)), test::stream("s2", test::file(folder.file("s2")))};
  ship.ship.publish(how, test::names());
  ship.log_many(2'000);
  ship.drain();
  ship.now_ns += 2 * kSecond;
  ship.drain();
  EXPECT_THAT(ship.reports, ElementsAre(AllOf(HasSubstr("log stream s1: cannot open " + path),
                                              HasSubstr("No such file or directory"))));
  const std::uint64_t lost = ship.statistics("s1").lost;
  EXPECT_GT(lost, 0U);
  EXPECT_FALSE(ship.statistics("s1").up);
  EXPECT_EQ(ship.statistics("s2").records, 2'000U) << "one stream's trouble is not the others'";

  std::filesystem::create_directory(folder.file("missing"));
  ship.now_ns += 2 * kSecond;
  ship.drain();
  ship.log_many(2);
  ship.drain();
  const auto lines = lines_of(path);
  ASSERT_EQ(lines.size(), 2'000 - lost + 3) << "one announcement";
  EXPECT_EQ(lost_of(lines[lines.size() - 3]), lost);
  EXPECT_EQ(sequence_of(lines[lines.size() - 2]), 2'001U);
  EXPECT_EQ(sequence_of(lines.back()), 2'002U);
  EXPECT_THAT(ship.reports, SizeIs(2));
  EXPECT_EQ(ship.reports.back(), "log stream s1 works again");
}

TEST(LogFile, a_full_disk_loses_counted_records_and_nothing_else) {
  test::Ship ship;
  LogOptions how = test::options();
  how.streams = {test::stream("s1", test::file("/dev/full"))};
  ship.ship.publish(how, test::names());
  ship.log_many(3'000);
  ship.drain();
  EXPECT_THAT(ship.reports, ElementsAre(HasSubstr("cannot write to /dev/full: No space left on device")));
  const StreamStatistics statistics = ship.statistics("s1");
  EXPECT_EQ(statistics.records, 0U);
  EXPECT_GT(statistics.lost, 2'000U);
  EXPECT_LT(statistics.errors, 20U) << "it does not try for every record";
}

// Lets files grow to `bytes` only, as a quota does, while it lives.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : signal_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, signal_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
  void (*signal_)(int);
};

TEST(LogFile, a_record_that_was_half_written_is_whole_in_the_file_that_follows) {
  const test::Folder folder;
  test::Ship ship;
  LogOptions how = test::options();
  how.streams = {test::stream("s1", test::file(folder.file("s1")))};
  ship.ship.publish(how, test::names());
  {
    const FileSizeLimit limit(10'000);
    ship.log_many(20);
    ship.drain();
  }
  ASSERT_EQ(std::filesystem::file_size(folder.file("s1")), 10'000U);
  EXPECT_THAT(ship.reports, ElementsAre(HasSubstr("File too large")));
  std::filesystem::rename(folder.file("s1"), folder.file("moved"));
  ship.ship.reopen();
  ship.drain();
  const auto whole = lines_of(folder.file("moved")).size() - 1;
  const auto lines = lines_of(folder.file("s1"));
  ASSERT_EQ(lines.size(), 20 - whole);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    EXPECT_EQ(sequence_of(lines[i]), whole + i + 1);
    EXPECT_THAT(lines[i], ::testing::StartsWith("<14>1 "));
  }
}

TEST(LogFile, when_a_write_fails_the_file_that_rotation_threw_away_gives_its_blocks_back_at_once) {
  const test::Folder folder;
  std::ofstream(folder.file("s1.0")) << std::string(6U << 20U, 'x');
  std::ofstream(folder.file("s1")) << std::string(9'999, 'y');
  std::ifstream reader(folder.file("s1.0"));
  test::Ship ship;
  LogOptions how = test::options();
  how.streams = {test::stream("s1", FileTarget{.path = folder.file("s1"), .size_limit = 10'000, .keep = 1})};
  ship.ship.publish(how, test::names());
  {
    const FileSizeLimit nothing(0);
    ship.log_many(1);
    ship.drain();
  }
  EXPECT_THAT(ship.reports,
              ElementsAre(HasSubstr("cannot write to " + folder.file("s1") + ": File too large")));
  EXPECT_EQ(std::filesystem::file_size(folder.file("s1.0")), 9'999U) << "it was rotated";
  reader.seekg(0, std::ios::end);
  EXPECT_EQ(reader.tellg(), 0) << "the oldest file keeps its blocks";
  ship.now_ns += 2 * kSecond;
  ship.drain();
  EXPECT_THAT(lines_of(folder.file("s1")), SizeIs(1)) << "the record was not lost";
}

// --- the log thread ---

TEST(LogThread, everything_a_worker_logged_is_in_the_file_after_stop) {
  const test::Folder folder;
  sessionlog::EventRing first(4096);
  sessionlog::EventRing second(4096);
  LogShip ship({&first, &second}, {});
  LogOptions how = test::options();
  how.streams = {test::stream("s1", test::file(folder.file("s1")))};
  ship.publish(how, test::names());
  ship.start();
  const auto work = [](sessionlog::EventRing& ring, std::uint8_t worker) {
    for (int i = 0; i < 20'000; ++i) {
      if (sessionlog::Event* slot = ring.reserve(); slot != nullptr) {
        const std::uint64_t sequence = slot->sequence;
        const std::uint64_t lost = slot->lost_before;
        *slot = ssh(EventType::closed);
        slot->sequence = sequence;
        slot->lost_before = lost;
        slot->worker = worker;
        ring.commit();
      }
    }
  };
  std::thread one(work, std::ref(first), std::uint8_t{0});
  std::thread two(work, std::ref(second), std::uint8_t{1});
  for (int i = 0; i < 20; ++i) {
    ship.publish(how, test::names());
    ship.reopen();
    static_cast<void>(ship.statistics());
  }
  one.join();
  two.join();
  ship.stop();
  std::uint64_t records = 0;
  std::uint64_t lost = 0;
  for (const std::string& line : lines_of(folder.file("s1"))) {
    lost += lost_of(line);
    records += lost_of(line) == 0 ? 1 : 0;
  }
  EXPECT_EQ(records, first.written() + second.written());
  EXPECT_EQ(records + lost, 40'000U) << "written or announced";
}

}  // namespace
}  // namespace sluice::logship
