// Who gets a place, and how long he keeps it.
#include "mgd/doors/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "mgd/doors/client.h"
#include "mgd/doors/test_await.h"

namespace sluice::doors {
namespace {

using ::testing::HasSubstr;

class Quiet : public Service {
 public:
  void answer(const Peer&, const pugi::xml_node&, Reply& reply) override {
    ++answers;
    while (waits && reply.open()) std::this_thread::yield();
    reply.write("<ok/>" + std::string(answer_size, ' '));
  }
  [[nodiscard]] std::string reply_attributes() const override { return ""; }
  [[nodiscard]] std::uint64_t idle_limit_s(const Peer&) override { return limit_s; }
  void turned_away(const Peer& peer, const Error& why) override {
    EXPECT_EQ(peer.uid, ::geteuid());
    turned_away_because = why.message;
    ++turned_away_count;
  }
  void idle(const Peer&) override { ++idle_ends; }

  std::atomic<std::uint64_t> limit_s = 0;
  std::atomic<int> idle_ends = 0;
  std::atomic<int> answers = 0;
  std::atomic<std::size_t> answer_size = 0;
  std::atomic<int> turned_away_count = 0;
  std::string turned_away_because;  // of the last one
  std::atomic<bool> waits = false;  // for nothing, while anybody wants the answer
};

bool nobody(unsigned) {
  return false;
}

class House : public testing::Test {
 protected:
  House() {
    char name[] = "/tmp/sluice-doors-XXXXXX";
    folder_ = ::mkdtemp(name);
  }
  ~House() override {
    server_->stop();
    serving_.join();
    std::filesystem::remove_all(folder_);
  }
  void open(const Places& places, const Room& room = {}) {
    ServerOptions options;
    options.places = places;
    options.room = room;
    options.clock_s = [this] { return now_s.load(); };
    options.look_every_ms = 1;
    server_ = std::make_unique<Server>(listen_at(socket_path(), 0600).value(), service, options);
    serving_ = std::thread([this] { server_->run(); });
  }
  [[nodiscard]] std::string socket_path() const { return folder_ / "door"; }
  [[nodiscard]] Result<Client> enter() const { return Client::connect(socket_path()); }
  [[nodiscard]] std::string refused() const {
    const auto entered = enter();
    return entered ? "entered" : entered.error().message;
  }

  Quiet service;
  std::atomic<std::uint64_t> now_s = 1000;

 private:
  std::filesystem::path folder_;
  std::unique_ptr<Server> server_;
  std::thread serving_;
};

TEST_F(House, one_user_takes_no_more_places_than_his_own) {
  open({.all = 10, .of_one_user = 2, .for_administrators = 3, .administers = nobody});
  auto first = enter();
  auto second = enter();
  ASSERT_TRUE(first && second);
  EXPECT_EQ(refused(),
            "you have 2 management sessions open, as many as one user may have; end one of them, then "
            "connect again");
  await([&] { return service.turned_away_count == 1; });
  EXPECT_THAT(service.turned_away_because, HasSubstr("you have 2 management sessions open"));
  { const Client left = std::move(*second); }
  await([&] { return enter().has_value(); });
}

TEST_F(House, last_places_are_kept_for_those_who_administer) {
  open({.all = 5, .of_one_user = 9, .for_administrators = 3, .administers = nobody});
  std::vector<Client> inside;
  inside.reserve(2);
  for (int i = 0; i < 2; ++i) inside.push_back(enter().value());
  EXPECT_EQ(
      refused(),
      "2 management sessions are open, and the places that are left are for root; end one of them, then "
      "connect again");
}

TEST_F(House, who_administers_takes_all_there_are) {
  open({.all = 5, .of_one_user = 1, .for_administrators = 3, .administers = administers});
  std::vector<Client> inside;
  inside.reserve(5);
  for (int i = 0; i < 5; ++i) inside.push_back(enter().value());
  EXPECT_EQ(refused(), "5 management sessions are open; end one of them, then connect again");
}

TEST_F(House, operator_is_warned_and_told_when_his_idle_session_ends) {
  open({});
  service.limit_s = 120;
  Client operator_ = enter().value();
  ASSERT_TRUE(operator_.rpc("<anything/>"));  // as the command line
  now_s += 61;
  std::vector<Notice> heard;
  const auto hear = [&] {
    for (Notice& notice : operator_.take_notices()) heard.push_back(std::move(notice));
    return heard.size();
  };
  await([&] { return hear() == 1; });
  EXPECT_EQ(heard[0].text, "Warning: session will be closed in 1 minute if there is no activity");
  EXPECT_FALSE(heard[0].ends);
  EXPECT_TRUE(operator_.alive());
  EXPECT_THAT(operator_.rpc("<anything/>").value(), HasSubstr("<ok/>")) << "which is activity";
  now_s += 119;
  await([&] { return hear() == 2; });
  EXPECT_EQ(heard[1].text, "Warning: session will be closed in 10 seconds if there is no activity");
  EXPECT_EQ(service.idle_ends, 0);
  now_s += 1;
  await([&] { return hear() == 3; });
  EXPECT_EQ(heard[2].text, "Idle timeout exceeded: closing session");
  EXPECT_TRUE(heard[2].ends);
  EXPECT_FALSE(operator_.alive());
  EXPECT_EQ(service.idle_ends, 1);
}

TEST_F(House, notice_that_crosses_a_request_is_no_answer_to_it) {
  open({});
  service.limit_s = 120;
  Client operator_ = enter().value();
  ASSERT_TRUE(operator_.rpc("<anything/>"));
  now_s += 61;
  await([&] { return operator_.has_notices(); });
  EXPECT_THAT(operator_.rpc("<anything/>").value(), HasSubstr("<ok/>"));
  EXPECT_EQ(operator_.take_notices().size(), 1U);
}

TEST_F(House, program_that_is_idle_for_too_long_is_cut_off_without_a_word) {
  open({});
  service.limit_s = 60;
  const Socket program = connect_to(socket_path()).value();
  std::string bytes;
  while (bytes.find(kEndOfMessage) == std::string::npos && program.read_some(bytes)) {
  }
  bytes.clear();
  now_s += 60;
  EXPECT_FALSE(program.read_some(bytes)) << bytes;
  EXPECT_EQ(service.idle_ends, 1);
}

TEST_F(House, program_that_leaves_its_answer_unread_is_cut_off_as_an_idle_one) {
  open({});
  service.limit_s = 60;
  service.answer_size = 8 << 20U;
  const Socket program = connect_to(socket_path()).value();
  ASSERT_TRUE(program.write_all("<rpc><anything/></rpc>" + std::string(kEndOfMessage)));
  await([&] { return service.answers == 1; });
  await([&] {
    now_s += 60;
    return service.idle_ends == 1;
  });
  std::string bytes;
  while (program.read_some(bytes)) {
  }
  EXPECT_LT(bytes.size(), service.answer_size.load());
}

// A session that has sent the first part of a large message.
Socket half_a_message(const std::string& path) {
  Socket program = connect_to(path).value();
  std::string bytes;
  while (bytes.find(kEndOfMessage) == std::string::npos && program.read_some(bytes)) {
  }
  EXPECT_TRUE(program.write_all("<rpc>" + std::string(450 * 1024, ' ')));
  return program;
}

// Whether it got an answer once the rest had come.
std::string answer_to_the_rest(const Socket& program) {
  (void)program.write_all("<anything/></rpc>" + std::string(kEndOfMessage));
  std::string bytes;
  while (bytes.find(kEndOfMessage) == std::string::npos && program.read_some(bytes)) {
  }
  return bytes;
}

TEST_F(House, large_messages_of_others_leave_room_for_those_who_administer) {
  open({.administers = nobody}, {.all = 500 * 1024, .for_administrators = 300 * 1024});
  EXPECT_THAT(answer_to_the_rest(half_a_message(socket_path())), HasSubstr("too many large messages"));
}

TEST_F(House, who_administers_has_all_the_room_there_is) {
  open({}, {.all = 500 * 1024, .for_administrators = 300 * 1024});
  EXPECT_THAT(answer_to_the_rest(half_a_message(socket_path())), HasSubstr("<ok/>"));
}

TEST_F(House, large_message_that_does_not_end_is_given_up) {
  open({});
  const Socket program = half_a_message(socket_path());
  // What came may wait to be read still; the clock goes on until the session has seen it.
  std::string bytes;
  std::atomic<bool> ended = false;
  std::thread reading([&] {
    while (program.read_some(bytes)) {
    }
    ended = true;
  });
  await([&] {
    now_s += 601;
    return ended.load();
  });
  reading.join();
}

// Ctrl-C when the service is at work.
class Impatient : public Listener {
 public:
  Impatient(const Quiet& service, int connection) : service_(service), connection_(connection) {}
  bool begin(const OutputHead&) override { return true; }
  bool text(std::string_view) override { return true; }
  void asked() override {
    await([this] { return service_.answers > answers_; });
    answers_ = service_.answers;
    EXPECT_EQ(::write(connection_, kInterruption.data(), kInterruption.size()),
              static_cast<ssize_t>(kInterruption.size()));
  }

 private:
  const Quiet& service_;
  int connection_;
  int answers_ = 0;
};

TEST_F(House, interrupted_answer_ends_and_the_session_goes_on) {
  open({});
  Client operator_ = enter().value();
  Impatient impatient(service, operator_.socket());
  for (const bool waits : {true, false, true}) {  // in the middle, an interruption that may come too late
    service.waits = waits;
    const auto answer = operator_.command({"anything"}, impatient);
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_TRUE(answer->refusals.empty());
  }
  service.waits = false;
  EXPECT_THAT(operator_.rpc("<anything/>").value(), HasSubstr("<ok/>"));
}

TEST_F(House, without_a_limit_a_session_may_wait_for_ever) {
  open({});
  Client patient = enter().value();
  now_s += 1'000'000;
  EXPECT_THAT(patient.rpc("<anything/>").value(), HasSubstr("<ok/>"));
}

}  // namespace
}  // namespace sluice::doors
