#include "mgd/doors/socket.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <thread>

namespace sluice::doors {
namespace {

class Place : public testing::Test {
 protected:
  Place() {
    char name[] = "/tmp/sluice-socket-XXXXXX";
    folder = ::mkdtemp(name);
    path = folder / "door";
  }
  ~Place() override { std::filesystem::remove_all(folder); }

  std::filesystem::path folder;
  std::string path;
};

TEST_F(Place, socket_that_is_seen_answers) {
  for (int i = 0; i < 200; ++i) {
    std::filesystem::remove(path);
    Socket listener;
    std::jthread opening([&] { listener = listen_at(path, 0600).value(); });
    while (!std::filesystem::exists(path)) {
    }
    EXPECT_TRUE(connect_to(path));
  }
}

TEST_F(Place, what_was_left_behind_is_replaced_and_the_mode_is_the_one_asked_for) {
  std::ofstream(path) << "not a socket";
  std::ofstream(path + "~") << "nor this";
  const auto listener = listen_at(path, 0660);
  ASSERT_TRUE(listener) << listener.error().text();
  struct stat found {};
  ASSERT_EQ(::stat(path.c_str(), &found), 0);
  EXPECT_TRUE(S_ISSOCK(found.st_mode));
  EXPECT_EQ(found.st_mode & 0777U, 0660U);
  EXPECT_FALSE(std::filesystem::exists(path + "~"));
  EXPECT_TRUE(connect_to(path));
}

TEST_F(Place, other_end_is_who_runs_this) {
  const Socket listener = listen_at(path, 0600).value();
  const Socket socket = connect_to(path).value();
  EXPECT_EQ(uid_of(socket), ::geteuid());
  EXPECT_EQ(peer_of(socket)->uid, ::geteuid());
}

TEST(Stream, pipe_is_read_and_written_as_a_socket_is) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const Socket from(ends[0]);
  {
    const Socket to(ends[1]);
    EXPECT_TRUE(to.write_all("half and "));
    EXPECT_TRUE(to.write_all("half"));
  }
  std::string bytes;
  while (from.read_some(bytes)) {
  }
  EXPECT_EQ(bytes, "half and half");
}

}  // namespace
}  // namespace sluice::doors
