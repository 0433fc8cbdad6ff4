#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>

#include "flowd/service/service.h"
#include "flowd/test_machine.h"

namespace sluice::service {
namespace {

class ServerTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(port::start_eal().has_value()); }
  ServerTest() {
    char name[] = "/tmp/sluice-server-XXXXXX";
    folder_ = mkdtemp(name);
  }
  ~ServerTest() override { std::filesystem::remove_all(folder_); }

  // Somebody who listens at the socket's path.
  [[nodiscard]] int listener() const {
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path().copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(listen(fd, 1), 0);
    return fd;
  }
  [[nodiscard]] std::string path() const { return folder_ / "flowd.sock"; }

  std::filesystem::path folder_;
  flowd::TestMachine machine_;
  flowd::Control control_{machine_, flowd::ControlParts{}};
};

TEST_F(ServerTest, leaves_the_socket_of_a_living_process_alone_and_says_so) {
  const int living = listener();
  const auto refused = Server::start(control_, {.socket_path = path(), .version = "1"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().text(),
            path() + ": another process serves this socket: is sluice-flowd running already?");
  EXPECT_TRUE(std::filesystem::exists(path()));
  close(living);
}

TEST_F(ServerTest, replaces_the_socket_of_a_dead_process_and_removes_its_own) {
  close(listener());
  ASSERT_TRUE(std::filesystem::exists(path()));
  auto server = Server::start(control_, {.socket_path = path(), .version = "1"});
  ASSERT_TRUE(server) << server.error().text();
  server->reset();
  EXPECT_FALSE(std::filesystem::exists(path()));
}

}  // namespace
}  // namespace sluice::service
