// The hosts of bench/vs-kernel.
//
//   vs_kernel_traffic serve PORT                        answers a byte with a byte, and closes
//   vs_kernel_traffic connect PORT SECONDS HOST...      connections to the hosts in turn, 32 at a time;
//                                                       prints how many were answered, and in how many
//                                                       seconds
//   vs_kernel_traffic flows SOURCES PORTS RATE HOST     a datagram from each of SOURCES ports to each of
//                                                       PORTS ports from 20000 on, RATE a second
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kAtATime = 32;
constexpr std::uint16_t kFirstSource = 20'000;
constexpr std::uint16_t kFirstPort = 20'000;
constexpr int kBurst = 32;

[[noreturn]] void fail(std::string_view what) {
  fmt::print(stderr, "vs_kernel_traffic: {}: {}\n", what, std::strerror(errno));
  std::exit(1);
}

sockaddr_in at(const char* host, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (inet_pton(AF_INET, host, &address.sin_addr) != 1) {
    errno = EINVAL;
    fail(host);
  }
  return address;
}

const sockaddr* plain(const sockaddr_in& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

int must(int result, std::string_view what) {
  if (result < 0) {
    fail(what);
  }
  return result;
}

void answer(int listener) {
  for (;;) {
    const int connection = accept(listener, nullptr, nullptr);
    if (connection < 0) {
      continue;
    }
    char byte = 0;
    if (recv(connection, &byte, 1, 0) == 1) {
      send(connection, &byte, 1, MSG_NOSIGNAL);
    }
    close(connection);
  }
}

int serve(std::uint16_t port) {
  const int listener = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in any = at("0.0.0.0", port);
  must(bind(listener, plain(any), sizeof any), "bind");
  must(listen(listener, 4096), "listen");
  std::vector<std::thread> threads;
  threads.reserve(kAtATime);
  for (int i = 0; i < kAtATime; ++i) {
    threads.emplace_back(answer, listener);
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  return 0;
}

// A connection from its handshake to the server's closing; whether a byte was answered.
bool one_connection(const sockaddr_in& server) {
  const int connection = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
  // One that hangs must not hang the measurement.
  const timeval patience{.tv_sec = 2, .tv_usec = 0};
  setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  char byte = 'x';
  const bool answered = connect(connection, plain(server), sizeof server) == 0 &&
                        send(connection, &byte, 1, MSG_NOSIGNAL) == 1 && recv(connection, &byte, 1, 0) == 1 &&
                        recv(connection, &byte, 1, 0) == 0;
  close(connection);
  return answered;
}

int connect_for(std::uint16_t port, double seconds, std::span<char*> hosts) {
  std::vector<sockaddr_in> servers;
  for (const char* host : hosts) {
    servers.push_back(at(host, port));
  }
  std::atomic<std::uint64_t> answered = 0;
  std::atomic<std::uint64_t> failed = 0;
  const auto start = Clock::now();
  const auto end =
      start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kAtATime; ++i) {
    threads.emplace_back([&, i] {
      for (std::size_t turn = i; Clock::now() < end; ++turn) {
        ++(one_connection(servers[turn % servers.size()]) ? answered : failed);
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  const std::chrono::duration<double> took = Clock::now() - start;
  fmt::print("{} {} {}\n", answered.load(), failed.load(), took.count());
  return 0;
}

int make_flows(std::uint16_t sources, std::uint16_t ports, double rate, const char* host) {
  const auto start = Clock::now();
  std::uint64_t sent = 0;
  for (std::uint16_t source = 0; source < sources; ++source) {
    const int sender = must(socket(AF_INET, SOCK_DGRAM, 0), "socket");
    const sockaddr_in mine = at("0.0.0.0", static_cast<std::uint16_t>(kFirstSource + source));
    must(bind(sender, plain(mine), sizeof mine), "bind");
    for (std::uint16_t port = 0; port < ports; ++port) {
      const sockaddr_in server = at(host, static_cast<std::uint16_t>(kFirstPort + port));
      if (sendto(sender, "flow", 4, 0, plain(server), sizeof server) != 4 && errno != ENOBUFS) {
        fail("sendto");
      }
      if (++sent % kBurst == 0) {
        std::this_thread::sleep_until(start +
                                      std::chrono::duration_cast<Clock::duration>(
                                          std::chrono::duration<double>(static_cast<double>(sent) / rate)));
      }
    }
    close(sender);
  }
  return 0;
}

std::uint16_t number(const char* text) {
  return static_cast<std::uint16_t>(std::strtoul(text, nullptr, 10));
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view job = argc > 1 ? argv[1] : "";
  const std::span<char*> words(argv, static_cast<std::size_t>(argc));
  if (job == "serve" && argc == 3) {
    return serve(number(argv[2]));
  }
  if (job == "connect" && argc > 4) {
    return connect_for(number(argv[2]), std::strtod(argv[3], nullptr), words.subspan(4));
  }
  if (job == "flows" && argc == 6) {
    return make_flows(number(argv[2]), number(argv[3]), std::strtod(argv[4], nullptr), argv[5]);
  }
  fmt::print(
      stderr,
      "vs_kernel_traffic: serve PORT | connect PORT SECONDS HOST... | flows SOURCES PORTS RATE HOST\n");
  return 2;
}
