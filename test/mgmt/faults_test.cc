// Who else is at the door: many at once, slow ones, dead ones. Nobody holds up anybody else.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include "configuration.h"
#include "mgd/doors/test_await.h"
#include "world.h"

namespace sluice::test {
namespace {

using doors::await;
using doors::Client;
using doors::Socket;

constexpr std::uint64_t kMany = 1000000;
constexpr const char* kHello =
    "<hello><capabilities><capability>urn:ietf:params:netconf:base:1.0</capability></capabilities></"
    "hello>]]>]]>";
constexpr const char* kListAll = "<rpc><get-flow-session-information/></rpc>]]>]]>";

class Collected : public doors::Listener {
 public:
  bool begin(const doors::OutputHead&) override { return true; }
  bool text(std::string_view piece) override {
    all += piece;
    return true;
  }
  std::string all;
};

// Ctrl-C as soon as the answer is waited for.
class Impatient : public Collected {
 public:
  explicit Impatient(int connection) : connection_(connection) {}
  void asked() override {
    EXPECT_EQ(::write(connection_, doors::kInterruption.data(), doors::kInterruption.size()),
              static_cast<ssize_t>(doors::kInterruption.size()));
  }

 private:
  int connection_;
};

std::string answer_of(Client& client, std::string_view line) {
  Collected text;
  const auto answer = client.command({line}, text);
  return answer && answer->refusals.empty() ? text.all : "refused";
}

class Faults : public testing::Test {
 protected:
  void SetUp() override { ASSERT_FALSE(world.commit(kConfiguration).refused()); }

  // A program that said hello, and is no further.
  [[nodiscard]] Socket greeted() const {
    Socket socket = doors::connect_to(world.socket()).value();
    std::string bytes;
    while (bytes.find(doors::kEndOfMessage) == std::string::npos && socket.read_some(bytes)) {
    }
    EXPECT_TRUE(socket.write_all(kHello));
    return socket;
  }

  World world;
};

TEST_F(Faults, two_hundred_clients_at_once_get_the_same_answer) {
  constexpr std::size_t kClients = 200;
  const std::string wanted = world.ask("show security policies").text;
  ASSERT_NE(wanted.find("allow-web"), std::string::npos);
  std::vector<Client> clients;
  clients.reserve(kClients);
  for (std::size_t i = 0; i < kClients; ++i) clients.push_back(world.connect());
  std::vector<std::string> answers(kClients);
  {
    std::vector<std::jthread> threads;
    threads.reserve(kClients);
    for (std::size_t i = 0; i < kClients; ++i) {
      threads.emplace_back([&, i] { answers[i] = answer_of(clients[i], "show security policies"); });
    }
  }
  for (const std::string& answer : answers) EXPECT_EQ(answer, wanted);
}

TEST_F(Faults, two_hundred_that_list_commit_dawdle_and_die_do_not_meet) {
  constexpr int kListing = 120, kCommitting = 30, kSlow = 25, kDead = 25;
  world.flowd().many_sessions = kMany;
  std::vector<Socket> slow;
  for (int i = 0; i < kSlow; ++i) {
    slow.push_back(greeted());
    ASSERT_TRUE(slow.back().write_all(kListAll));  // and reads nothing of it
  }
  await([&] { return world.flowd().lists_open() == kSlow; });
  std::atomic<int> listed = 0, committed = 0;
  {
    std::vector<std::jthread> clients;
    for (int i = 0; i < kListing; ++i) {
      clients.emplace_back([&] {
        Client client = world.connect();
        const std::string list = answer_of(client, "show security flow session count 1000 | last 1");
        if (list.find("Total sessions: 1000") != std::string::npos) ++listed;
      });
    }
    for (int i = 0; i < kCommitting; ++i) {
      clients.emplace_back([&, i] {
        Client client = world.connect();
        const bool opened = client.order("<open-configuration><private/></open-configuration>").has_value();
        const std::string change =
            "<load-configuration action=\"set\"><configuration-set>set security "
            "address-book global address a" +
            std::to_string(i) + " 198.51.100." + std::to_string(i) +
            "/32</configuration-set></load-configuration>";
        const bool loaded = opened && client.order(change).has_value();
        if (loaded && client.order("<commit-configuration/>").has_value()) ++committed;
      });
    }
    for (int i = 0; i < kDead; ++i) {
      clients.emplace_back([&, i] {
        const Socket dead = greeted();
        (void)dead.write_all(std::string_view(kListAll).substr(0, i % 2 == 0 ? 20 : std::string_view::npos));
      });
    }
  }
  EXPECT_EQ(listed, kListing);
  EXPECT_EQ(committed, kCommitting);
  EXPECT_EQ(world.flowd().generation(), kCommitting + 1U) << "each commit is one";
  const std::string book = world.ask("show configuration security address-book global | display set").text;
  for (int i = 0; i < kCommitting; ++i) {
    EXPECT_NE(book.find(" address a" + std::to_string(i) + " 198"), std::string::npos) << "a commit was lost";
  }
  await([&] { return world.flowd().lists_open() == kSlow; });
  slow.clear();
  await([&] { return world.flowd().lists_open() == 0; });
}

TEST_F(Faults, client_that_does_not_read_holds_up_nobody_and_costs_nothing_when_it_is_gone) {
  world.flowd().many_sessions = kMany;
  Socket slow = greeted();
  ASSERT_TRUE(slow.write_all(kListAll));
  await([&] { return world.flowd().lists_open() == 1; });
  EXPECT_NE(world.ask("show security zones").text.find("untrust"), std::string::npos);
  EXPECT_FALSE(world.commit("set system host-name other\n").refused());
  slow.close();
  await([&] { return world.flowd().lists_open() == 0; });
  EXPECT_LT(world.flowd().sessions_told(), kMany) << "the whole list was made for nobody";
}

TEST_F(Faults, clients_that_stop_in_the_middle_of_a_message_hold_up_nobody) {
  std::vector<Socket> stuck;
  for (const std::string_view part : {"", "<rpc>", "<rpc><get-flow-session-information/></rpc>]]>]]"}) {
    stuck.push_back(greeted());
    ASSERT_TRUE(stuck.back().write_all(part));
  }
  stuck.push_back(doors::connect_to(world.socket()).value());  // and one without a hello
  EXPECT_NE(world.ask("show security zones").text.find("untrust"), std::string::npos);
  world.restart_management();  // which does not wait for them
  EXPECT_NE(world.ask("show security zones").text.find("untrust"), std::string::npos);
}

TEST_F(Faults, more_clients_than_there_are_places_are_told_so_and_a_place_that_is_left_is_given_again) {
  std::vector<Client> inside;
  constexpr std::size_t kPlaces = doors::Places().all;
  inside.reserve(kPlaces);
  for (std::size_t i = 1; i < kPlaces; ++i) inside.push_back(world.connect());
  const auto refused = Client::connect(world.socket());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "512 management sessions are open; end one of them, then connect again");
  EXPECT_NE(answer_of(inside.front(), "show security zones").find("untrust"), std::string::npos);
  inside.pop_back();
  await([&] { return Client::connect(world.socket()).has_value(); });
}

TEST_F(Faults, session_that_ends_during_a_commit_gives_its_place_back_at_once) {
  const std::unique_lock commit_in_progress(world.parts().running.commit_lock());
  {
    std::vector<Client> inside;
    for (auto entered = Client::connect(world.socket()); entered; entered = Client::connect(world.socket())) {
      inside.push_back(std::move(*entered));
    }
    ASSERT_EQ(inside.size() + 1, doors::Places().all);
  }
  await([&] { return Client::connect(world.socket()).has_value(); });
}

TEST_F(Faults, commit_that_waits_for_its_turn_is_not_made_for_a_client_that_left) {
  const std::string before = world.audit();
  const auto noted = [&](std::string_view what) {
    return world.audit().substr(before.size()).find(what) != std::string::npos;
  };
  std::unique_lock commit_in_progress(world.parts().running.commit_lock());
  Socket leaver = greeted();
  ASSERT_TRUE(
      leaver.write_all("<rpc><edit-config><target><candidate/></target><config><configuration><system>"
                       "<host-name>theirs</host-name></system></configuration></config></edit-config>"
                       "</rpc>]]>]]><rpc><commit/></rpc>]]>]]>"));
  std::string answer;  // to the edit: whoever left before would not have asked for more
  while (answer.find(doors::kEndOfMessage) == std::string::npos) ASSERT_TRUE(leaver.read_some(answer));
  leaver.close();
  await([&] { return noted("UI_LOGOUT_EVENT"); });
  EXPECT_TRUE(
      noted("command=\"commit\" outcome=\"failure\" reason=\"given up while another commit was under way\""))
      << world.audit();
  commit_in_progress.unlock();
  EXPECT_EQ(world.ask("show configuration system host-name | display set").text,
            "set system host-name fw1\n");
  EXPECT_NE(world.rpc("<commit/>").find("<ok/>"), std::string::npos) << "what was edited is still there";
}

TEST_F(Faults, commit_that_waits_for_its_turn_ends_when_it_is_interrupted_and_the_session_goes_on) {
  Client client = world.connect();
  ASSERT_TRUE(client.order("<open-configuration/>"));
  Impatient impatient(client.socket());
  const auto asks = [&](std::string_view line) { return client.command({line, true}, impatient); };
  ASSERT_TRUE(asks("set system host-name theirs")) << "an interruption that comes too late is none";
  {
    const std::unique_lock commit_in_progress(world.parts().running.commit_lock());
    const auto answer = asks("commit");
    ASSERT_TRUE(answer && answer->refusals.size() == 1);
    EXPECT_EQ(answer->refusals[0].error.message, "given up while another commit was under way");
  }
  ASSERT_TRUE(asks("show | compare"));
  EXPECT_NE(impatient.all.find("+  host-name theirs;"), std::string::npos) << impatient.all;
}

}  // namespace
}  // namespace sluice::test
