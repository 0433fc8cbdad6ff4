#include "flowd/logship/outbox.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <string>

namespace sluice::logship {
namespace {

bool append(Outbox& outbox, const std::string& record) {
  char* at = outbox.reserve(record.size());
  if (at == nullptr) {
    return false;
  }
  outbox.commit(std::copy(record.begin(), record.end(), at));
  return true;
}

std::string unsent(const Outbox& outbox) {
  return {outbox.unsent().data(), outbox.unsent().size()};
}

TEST(Outbox, a_record_leaves_when_its_last_byte_arrived) {
  Outbox outbox(4096);
  ASSERT_TRUE(append(outbox, std::string(100, 'a')));
  ASSERT_TRUE(append(outbox, std::string(100, 'b')));
  outbox.mark_sent(150);
  outbox.mark_arrived(99);
  EXPECT_EQ(outbox.records(), 2U);
  EXPECT_EQ(outbox.in_flight(), 51U);
  outbox.mark_arrived(1);
  EXPECT_EQ(outbox.records(), 1U);
  EXPECT_EQ(outbox.records_out(), 1U);
  outbox.mark_sent_and_arrived(50);
  outbox.mark_arrived(50);
  EXPECT_TRUE(outbox.empty());
  EXPECT_EQ(outbox.bytes_out(), 200U);
}

TEST(Outbox, rewinding_sends_the_first_record_that_did_not_wholly_arrive_again) {
  Outbox outbox(4096);
  ASSERT_TRUE(append(outbox, std::string(100, 'a')));
  ASSERT_TRUE(append(outbox, std::string(100, 'b')));
  outbox.mark_sent(180);
  outbox.mark_arrived(150);
  EXPECT_FALSE(outbox.at_record_start());
  outbox.rewind();
  EXPECT_EQ(unsent(outbox), std::string(100, 'b'));
}

TEST(Outbox, whole_records_up_to_a_limit_but_at_least_one) {
  Outbox outbox(4096);
  for (const char c : {'a', 'b', 'c'}) {
    ASSERT_TRUE(append(outbox, std::string(100, c)));
  }
  EXPECT_EQ(outbox.unsent_records(299).size(), 200U);
  EXPECT_EQ(outbox.unsent_records(300).size(), 300U);
  EXPECT_EQ(outbox.unsent_records(10).size(), 100U);
}

TEST(Outbox, it_is_a_queue_of_bytes_whatever_is_sent_lost_and_sent_again) {
  Outbox outbox(4096);
  std::mt19937 random(11);
  std::deque<std::string> model;  // records that have not wholly arrived
  std::size_t sent = 0;           // of the model's bytes
  std::size_t arrived = 0;
  for (int step = 0; step < 200'000; ++step) {
    std::string waiting;
    switch (random() % 4) {
      case 0: {
        std::string record(64 + random() % 400, static_cast<char>('a' + step % 26));
        if (append(outbox, record)) {
          model.push_back(std::move(record));
        }
        break;
      }
      case 1: {
        const std::size_t bytes = random() % (outbox.unsent().size() + 1);
        outbox.mark_sent(bytes);
        sent += bytes;
        break;
      }
      case 2: {
        const std::size_t bytes = random() % (outbox.in_flight() + 1);
        outbox.mark_arrived(bytes);
        arrived += bytes;
        while (!model.empty() && model.front().size() <= arrived) {
          arrived -= model.front().size();
          sent -= model.front().size();
          model.pop_front();
        }
        break;
      }
      default:
        if (random() % 50 == 0) {
          outbox.rewind();
          sent = arrived = 0;
        }
    }
    for (const std::string& record : model) {
      waiting += record;
    }
    ASSERT_EQ(outbox.records(), model.size());
    ASSERT_EQ(unsent(outbox), waiting.substr(sent));
    ASSERT_EQ(outbox.empty(), model.empty());
  }
}

}  // namespace
}  // namespace sluice::logship
