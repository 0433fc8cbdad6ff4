// sluice-mgd, the program itself, is killed at every step of a commit and started again, or its disk is full
// from some step on. Whatever the step: the configuration is the one before or the one after, never a mix,
// and both daemons have the same; and a commit that waits for its time is known or is none.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "../live/process.h"
#include "configuration.h"
#include "fake_flowd.h"
#include "mgd/doors/client.h"
#include "mgd/store/store.h"

namespace sluice::test {
namespace {

using Step = FakeFlowd::Step;

constexpr const char* kChange =
    "<load-configuration action=\"set\"><configuration-set>set system host-name after\n"
    "delete security policies global</configuration-set></load-configuration>";
constexpr int kMostSteps = 60;

std::string reply_to(doors::Client& client, const std::string& request) {
  const auto reply = client.rpc(request);
  EXPECT_TRUE(reply);
  return reply ? *reply : std::string();
}

// A fault of the shim; without one the daemon runs as always.
struct Fault {
  int at = 0;
  std::string how;
  std::string files = "sluice.conf";  // it meets those whose names begin so
};

class Daemon {
 public:
  Daemon(const std::filesystem::path& folder, const Fault& fault)
      : folder_(folder), process_(arguments(folder, fault)) {}

  // Once it serves; nothing when it died before.
  std::optional<doors::Client> connect() {
    while (!process_.ended()) {
      if (auto client = doors::Client::connect(folder_ / "mgd.sock")) return std::move(*client);
      std::this_thread::yield();
    }
    return std::nullopt;
  }
  void await_end() {
    while (!process_.ended()) std::this_thread::yield();
  }
  [[nodiscard]] bool ended() { return process_.ended(); }
  [[nodiscard]] pid_t id() const { return process_.id(); }

 private:
  static std::vector<std::string> arguments(const std::filesystem::path& folder, const Fault& fault) {
    std::vector<std::string> all = {"env", "SLUICE_RUN_DIR=" + folder.string(),
                                    "SLUICE_STATE_DIR=" + (folder / "state").string(),
                                    "SLUICE_LOG_DIR=" + (folder / "log").string()};
    if (fault.at > 0) {
      all.push_back(std::string("LD_PRELOAD=") + FAULT_SHIM);
      all.push_back("SLUICE_FAULT_FOLDER=" + (folder / "state" / fault.files).string());
      all.push_back("SLUICE_FAULT_AT=" + std::to_string(fault.at));
      all.push_back("SLUICE_FAULT_HOW=" + fault.how);
    }
    all.emplace_back(SLUICE_MGD);
    return all;
  }

  std::filesystem::path folder_;
  live::Process process_;
};

class Crash : public testing::Test {
 protected:
  void SetUp() override { begin(); }
  void TearDown() override { end(); }

  // A firewall that runs kConfiguration, and has one rollback.
  void begin() {
    char name[] = "/tmp/sluice-crash-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    folder = name;
    const auto store = storage::Store::open(folder / "state").value();
    ASSERT_TRUE(store.save({.text = "system {\n    host-name first;\n}\n", .unix_s = 1, .user = "x"}));
    ASSERT_TRUE(store.save({.text = kConfiguration, .unix_s = 2, .user = "x"}));
    flowd = std::make_unique<FakeFlowd>(folder / "flowd.sock");
    settle();
  }
  void end() {
    flowd.reset();
    std::filesystem::remove_all(folder);
  }

  // The daemon starts and stops as always; afterwards flowd runs what is committed.
  void settle() {
    Daemon daemon(folder, {});
    auto client = daemon.connect();
    ASSERT_TRUE(client);
    await_agreement(*client);
  }

  // The Keeper looks once a second.
  void await_agreement(doors::Client& client) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!agree(client)) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << flowd->running_json();
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

  // Both daemons have one configuration, wholly the old or wholly the new one.
  bool agree(doors::Client& client) {
    const std::string shown = reply_to(client, "<get-configuration database=\"committed\" format=\"set\"/>");
    const std::string theirs = flowd->running_json();
    const bool old_one = shown.find("host-name fw1") != std::string::npos;
    const bool new_one = shown.find("host-name after") != std::string::npos;
    EXPECT_NE(old_one, new_one) << shown;
    EXPECT_EQ(shown.find("policy deny-rest") != std::string::npos, old_one) << "a mix: " << shown;
    is_new = new_one;
    return (theirs.find("\"fw1\"") != std::string::npos) == old_one &&
           (theirs.find("\"after\"") != std::string::npos) == new_one &&
           (theirs.find("deny-rest") != std::string::npos) == old_one;
  }

  // A commit that meets the fault. True: it was answered well.
  bool commit(Daemon& daemon, const std::string& request) {
    auto client = daemon.connect();
    if (!client || !client->rpc(kChange)) return false;
    const auto answered = client->rpc(request);
    return answered && answered->find("success/>") != std::string::npos;
  }

  [[nodiscard]] std::string text_of(unsigned number) const {
    const auto saved = storage::Store::open(folder / "state").value().load(number);
    return saved && *saved ? (*saved)->text : "none";
  }

  // What must hold after any crash.
  void expect_whole(bool confirmed) {
    Daemon daemon(folder, {});
    auto client = daemon.connect();
    ASSERT_TRUE(client);
    await_agreement(*client);
    EXPECT_EQ(reply_to(*client, "<get-configuration database=\"committed\"/>").find("damaged"),
              std::string::npos);
    const std::string history = reply_to(*client, "<get-commit-information/>");
    EXPECT_EQ(history.find("rollback pending") != std::string::npos, confirmed && is_new) << history;
    EXPECT_EQ(text_of(is_new ? 1 : 0), kConfiguration) << "where a rollback leads";
  }

  std::filesystem::path folder;
  std::unique_ptr<FakeFlowd> flowd;
  bool is_new = false;
};

// Kills at every call in turn until a commit meets no fault any more; answers how many there were.
class CrashAtEveryWrite : public Crash, public testing::WithParamInterface<std::tuple<const char*, bool>> {};

TEST_P(CrashAtEveryWrite, leaves_one_configuration_whole) {
  const auto [how, confirmed] = GetParam();
  const std::string request =
      confirmed ? "<commit-configuration><confirmed/></commit-configuration>" : "<commit-configuration/>";
  bool seen_old = false, seen_new = false;
  int step = 1;
  for (; step < kMostSteps; ++step) {
    SCOPED_TRACE(step);
    bool answered = false;
    {
      Daemon daemon(folder, {step, how});
      answered = commit(daemon, request);
      if (!answered) daemon.await_end();
    }
    ASSERT_NO_FATAL_FAILURE(expect_whole(confirmed));
    (is_new ? seen_new : seen_old) = true;
    end();
    ASSERT_NO_FATAL_FAILURE(begin());
    if (answered) break;
  }
  EXPECT_LT(step, kMostSteps);
  EXPECT_GT(step, 5) << "a commit has more steps than that";
  EXPECT_TRUE(seen_old);
  EXPECT_TRUE(seen_new);
}

INSTANTIATE_TEST_SUITE_P(every, CrashAtEveryWrite,
                         testing::Combine(testing::Values("kill", "torn"), testing::Bool()),
                         [](const auto& parameter) {
                           return std::string(std::get<0>(parameter.param)) +
                                  (std::get<1>(parameter.param) ? "_confirmed" : "");
                         });

TEST_F(Crash, disk_that_is_full_from_any_step_on_refuses_or_commits_wholly) {
  for (int step = 1; step < kMostSteps; ++step) {
    SCOPED_TRACE(step);
    bool answered = false;
    {
      Daemon daemon(folder, {step, "full"});
      answered = commit(daemon, "<commit-configuration/>");
      auto client = daemon.connect();
      ASSERT_TRUE(client) << "a full disk ends nothing";
      ASSERT_NO_FATAL_FAILURE(await_agreement(*client));
      EXPECT_EQ(is_new, answered);
    }
    const bool was_new = is_new;
    ASSERT_NO_FATAL_FAILURE(expect_whole(false));
    EXPECT_EQ(is_new, was_new) << "a restart finds the same";
    end();
    ASSERT_NO_FATAL_FAILURE(begin());
    if (answered) return;
  }
  FAIL() << "a commit has no end";
}

// A commit that waits for its time.
class CrashOfSchedule : public Crash, public testing::WithParamInterface<const char*> {
 protected:
  static constexpr const char* kLater =
      "<commit-configuration><at-time>2099-01-01 00:00</at-time></commit-configuration>";

  [[nodiscard]] storage::Store store() const { return storage::Store::open(folder / "state").value(); }
  [[nodiscard]] std::optional<storage::Saved> waiting() const { return store().load_scheduled().value(); }

  // What a daemon keeps of it when nothing goes wrong.
  storage::Saved scheduled() {
    Daemon daemon(folder, {});
    EXPECT_TRUE(commit(daemon, kLater));
    auto kept = waiting();
    EXPECT_TRUE(kept);
    return kept.value_or(storage::Saved());
  }

  // It is known in whole or there is none, and nothing is committed by it.
  bool expect_known_or_none() {
    Daemon daemon(folder, {});
    auto client = daemon.connect();
    EXPECT_TRUE(client);
    if (!client) return false;
    await_agreement(*client);
    EXPECT_FALSE(is_new);
    const std::string history = reply_to(*client, "<get-commit-information/>");
    EXPECT_EQ(history.find("damaged"), std::string::npos) << history;
    const bool known = history.find("<commit-scheduled>") != std::string::npos;
    EXPECT_EQ(waiting().has_value(), known);
    if (known) {
      EXPECT_NE(waiting()->text.find("host-name after"), std::string::npos);
      EXPECT_EQ(waiting()->text.find("deny-rest"), std::string::npos);
    }
    return known;
  }

  // The daemon starts when it is due, and makes it unless it meets a fault. False: it met one.
  bool make(const Fault& fault) {
    Daemon daemon(folder, fault);
    while (!daemon.ended()) {
      if (!std::filesystem::exists(store().scheduled_file())) return true;
      std::this_thread::yield();
    }
    return false;
  }
};

TEST_P(CrashOfSchedule, while_it_is_asked_for_leaves_it_known_or_none) {
  bool seen_none = false;
  int step = 1;
  for (; step < kMostSteps; ++step) {
    SCOPED_TRACE(step);
    bool answered = false;
    {
      Daemon daemon(folder, {step, GetParam(), "scheduled.conf"});
      answered = commit(daemon, kLater);
      if (!answered) daemon.await_end();
    }
    const bool known = expect_known_or_none();
    if (answered) {
      EXPECT_TRUE(known);
      break;
    }
    seen_none = seen_none || !known;
    end();
    ASSERT_NO_FATAL_FAILURE(begin());
  }
  EXPECT_LT(step, kMostSteps);
  EXPECT_GT(step, 3) << "it has more steps than that";
  EXPECT_TRUE(seen_none);
}

TEST_P(CrashOfSchedule, at_its_time_makes_it_once_and_whole_after_the_next_start) {
  storage::Saved due = scheduled();
  due.scheduled_s = due.unix_s + 1;
  bool made = false;
  int step = 1;
  for (; step < kMostSteps && !made; ++step) {
    SCOPED_TRACE(step);
    end();
    ASSERT_NO_FATAL_FAILURE(begin());
    ASSERT_TRUE(store().save_scheduled(due));
    made = make({step, GetParam(), "s"});  // of what is committed and of what waits
    EXPECT_TRUE(make({}));
    ASSERT_NO_FATAL_FAILURE(expect_whole(false));
    EXPECT_TRUE(is_new);
    EXPECT_EQ(text_of(2).substr(0, 6), "system") << "the one before";
    EXPECT_EQ(text_of(3), "none") << "it was committed twice";
  }
  EXPECT_TRUE(made);
  EXPECT_GT(step, 6) << "it has more steps than that";
}

INSTANTIATE_TEST_SUITE_P(every, CrashOfSchedule, testing::Values("kill", "torn"),
                         [](const auto& parameter) { return std::string(parameter.param); });

class CrashAtFlowd : public Crash, public testing::WithParamInterface<Step> {};

TEST_P(CrashAtFlowd, leaves_one_configuration_whole) {
  {
    Daemon daemon(folder, {});
    flowd->on_step = [&](Step step) {
      if (step == GetParam()) ::kill(daemon.id(), SIGKILL);
    };
    EXPECT_FALSE(commit(daemon, "<commit-configuration/>"));
    daemon.await_end();
  }
  flowd->on_step = nullptr;
  ASSERT_NO_FATAL_FAILURE(expect_whole(false));
  EXPECT_EQ(is_new, GetParam() == Step::publish || GetParam() == Step::published);
}

INSTANTIATE_TEST_SUITE_P(every, CrashAtFlowd,
                         testing::Values(Step::prepare, Step::prepared, Step::publish, Step::published));

}  // namespace
}  // namespace sluice::test
