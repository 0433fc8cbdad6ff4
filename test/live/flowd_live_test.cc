// sluice-flowd itself between two hosts: client - firewall - server, each in a network namespace of
// its own. The test speaks to it as the management daemon does.
#include <arpa/inet.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>

#include "config/config.h"
#include "own_namespace.h"
#include "peer.h"
#include "process.h"
#include "proto/flowd.grpc.pb.h"

namespace sluice::live {
namespace {

namespace fs = std::filesystem;

const std::string kConfiguration = R"(
set system ports ge-0/0/0 device wan
set system ports ge-0/0/0 driver DRIVER
set system ports ge-0/0/1 device lan
set system ports ge-0/0/1 driver DRIVER
set interfaces ge-0/0/0 unit 0 family inet address 203.0.113.1/24
set interfaces ge-0/0/0 unit 0 family inet6 address 2001:db8:2::1/64
set interfaces ge-0/0/1 unit 0 family inet address 192.0.2.1/24
set interfaces ge-0/0/1 unit 0 family inet6 address 2001:db8:1::1/64
set security zones security-zone untrust interfaces ge-0/0/0.0
set security zones security-zone trust interfaces ge-0/0/1.0
set security zones security-zone trust tcp-rst
set security zones security-zone trust host-inbound-traffic system-services ping
set security policies from-zone trust to-zone untrust policy out match source-address any
set security policies from-zone trust to-zone untrust policy out match destination-address any
set security policies from-zone trust to-zone untrust policy out match application any
set security policies from-zone trust to-zone untrust policy out then permit
set security policies from-zone trust to-zone untrust policy out then log session-init
set security policies from-zone trust to-zone untrust policy out then log session-close
)";

// The configuration without the lines that have `word`.
std::string without(std::string_view word) {
  std::string left;
  std::istringstream lines(kConfiguration);
  for (std::string line; std::getline(lines, line);) {
    if (line.find(word) == std::string::npos) left += line + "\n";
  }
  return left;
}

// Sends a line over TCP and shows the answer; then sends another every time one comes, until the connection
// breaks.
constexpr const char* kClient = R"(
import socket, sys, time
s = socket.create_connection((sys.argv[1], 7000), 5)
s.settimeout(5)
try:
    while True:
        s.sendall(b"hello\n")
        if not s.recv(64): break
        open(sys.argv[2], "a").write("answered\n")
        time.sleep(0.02)
except OSError as e:
    open(sys.argv[2], "a").write("broken: " + type(e).__name__ + "\n")
)";
constexpr const char* kServer = R"(
import socket, threading
def serve(c):
    try:
        while True:
            d = c.recv(64)
            if not d: return
            c.sendall(d)
    except OSError:
        pass
l = socket.socket(socket.AF_INET6)
l.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
l.bind(("::", 7000)); l.listen()
while True:
    threading.Thread(target=serve, args=(l.accept()[0],), daemon=True).start()
)";

class FlowdLive : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    std::string folder = (fs::temp_directory_path() / "flowd-live-XXXXXX").string();
    ASSERT_NE(mkdtemp(folder.data()), nullptr);
    folder_ = folder;
    run("ip link add wan type veth peer name server0; ip link add lan type veth peer name client0;"
        "ethtool -K server0 tx off txvlan off >/dev/null; ethtool -K client0 tx off txvlan off >/dev/null");
    server_ = std::make_unique<Peer>();
    client_ = std::make_unique<Peer>();
    connect(*server_, "server0", "203.0.113.9/24", "2001:db8:2::9/64", "203.0.113.1", "2001:db8:2::1");
    connect(*client_, "client0", "192.0.2.9/24", "2001:db8:1::9/64", "192.0.2.1", "2001:db8:1::1");
    std::ofstream(folder_ / "client.py") << kClient;
    std::ofstream(folder_ / "server.py") << kServer;
    start();
  }
  void TearDown() override {
    flowd_.reset();
    run("ip link del wan; ip link del lan");
    server_.reset();
    client_.reset();
    fs::remove_all(folder_);
  }

  static void connect(const Peer& peer, const std::string& link, const std::string& inet,
                      const std::string& inet6, const std::string& gateway, const std::string& gateway6) {
    peer.take(link);
    peer.run("ip link set lo up; ip link set " + link + " up; ip addr add " + inet + " dev " + link +
             "; ip addr add " + inet6 + " dev " + link + " nodad; ip route add default via " + gateway +
             "; ip -6 route add default via " + gateway6);
  }

  void start() {
    const std::string socket = folder_ / "flowd.sock";
    flowd_ = std::make_unique<Process>(std::vector<std::string>{SLUICE_FLOWD, "--socket", socket, "--log-dir",
                                                                folder_.string(), "--heap-mib", "512"});
    ASSERT_TRUE(eventually([&] { return fs::exists(socket); }));
    stub_ = v1::Flowd::NewStub(grpc::CreateChannel("unix:" + socket, grpc::InsecureChannelCredentials()));
  }

  template <class Request, class Reply>
  Reply ask(grpc::Status (v1::Flowd::Stub::*method)(grpc::ClientContext*, const Request&, Reply*),
            const Request& request) {
    grpc::ClientContext context;
    // The socket's file is there a moment before the server answers on it.
    context.set_wait_for_ready(true);
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    Reply reply;
    const grpc::Status status = (stub_.get()->*method)(&context, request, &reply);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return reply;
  }

  void commit(std::string text) {
    for (std::size_t at; (at = text.find("DRIVER")) != std::string::npos;) text.replace(at, 6, GetParam());
    static const config::Schema schema = config::Schema::load(config::Schema::default_directory()).value();
    const auto tree = config::parse_text(schema, text, "live.conf");
    ASSERT_TRUE(tree.has_value()) << tree.error().text();
    v1::PrepareRequest request;
    request.set_configuration_json(config::to_json(tree->active()));
    const auto prepared = ask(&v1::Flowd::Stub::Prepare, request);
    ASSERT_FALSE(prepared.has_failure()) << prepared.failure().path() << ": " << prepared.failure().message();
    v1::PublishRequest publish;
    publish.set_generation(prepared.generation());
    const auto published = ask(&v1::Flowd::Stub::Publish, publish);
    ASSERT_FALSE(published.has_failure())
        << published.failure().path() << ": " << published.failure().message();
  }

  std::vector<v1::Session> sessions(const v1::SessionFilter& filter = {}) {
    grpc::ClientContext context;
    v1::SessionsRequest request;
    *request.mutable_filter() = filter;
    const auto reader = stub_->Sessions(&context, request);
    std::vector<v1::Session> all;
    for (v1::SessionsReply reply; reader->Read(&reply);) {
      EXPECT_FALSE(reply.has_failure()) << reply.failure().message();
      all.insert(all.end(), reply.sessions().begin(), reply.sessions().end());
    }
    return all;
  }
  // How many sessions a clear ended.
  std::uint64_t cleared(const v1::ClearRequest& request) {
    grpc::ClientContext context;
    const auto reader = stub_->Clear(&context, request);
    v1::ClearReply reply;
    while (reader->Read(&reply)) {
    }
    EXPECT_TRUE(reader->Finish().ok());
    return reply.cleared();
  }
  // Packets that were dropped for a reason.
  std::uint64_t drops(std::string_view reason) {
    const v1::StatisticsReply reply = ask(&v1::Flowd::Stub::Statistics, v1::StatisticsRequest());
    for (const v1::DropCount& drop : reply.total().drops()) {
      if (drop.reason() == reason) return drop.packets();
    }
    ADD_FAILURE() << "no reason " << reason;
    return 0;
  }
  static v1::SessionFilter tcp() {
    v1::SessionFilter filter;
    filter.set_protocol(6);
    return filter;
  }

  // Seconds of a core's time that the worker's thread has used.
  double worker_seconds() {
    for (const auto& task : fs::directory_iterator("/proc/" + std::to_string(flowd_->id()) + "/task")) {
      std::ifstream stream(task.path() / "stat");
      const std::string stat{std::istreambuf_iterator<char>(stream), {}};
      if (stat.find("(worker-0)") == std::string::npos) continue;
      // The name ends the second field; utime and stime are the 14th and 15th.
      std::istringstream fields(stat.substr(stat.rfind(')') + 1));
      std::string skipped;
      for (int field = 3; field < 14; ++field) fields >> skipped;
      double user = 0;
      double system = 0;
      fields >> user >> system;
      return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
    }
    ADD_FAILURE() << "there is no thread of a worker";
    return 0;
  }
  // The part of a core that the worker uses meanwhile.
  double worker_share(const std::function<void()>& meanwhile) {
    using Clock = std::chrono::steady_clock;
    const double before = worker_seconds();
    const auto start = Clock::now();
    meanwhile();
    const std::chrono::duration<double> passed = Clock::now() - start;
    return (worker_seconds() - before) / passed.count();
  }

  // A connection that talks until it breaks; what it met is in the file.
  std::unique_ptr<Process> talk(const std::string& server, const std::string& file) {
    return std::make_unique<Process>(
        std::vector<std::string>{"nsenter", "-t", std::to_string(client_->process()), "-n", "python3",
                                 folder_ / "client.py", server, folder_ / file});
  }
  std::unique_ptr<Process> listen() {
    return std::make_unique<Process>(std::vector<std::string>{
        "nsenter", "-t", std::to_string(server_->process()), "-n", "python3", folder_ / "server.py"});
  }
  std::string content(const std::string& file) {
    std::ifstream stream(folder_ / file);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  fs::path folder_;
  std::unique_ptr<Peer> server_;
  std::unique_ptr<Peer> client_;
  std::unique_ptr<Process> flowd_;
  std::unique_ptr<v1::Flowd::Stub> stub_;
};

TEST_P(FlowdLive, pings_pass_and_are_sessions_in_both_families) {
  commit(kConfiguration);
  client_->run("ping -c 3 -i 0.2 -W 5 203.0.113.9");
  client_->run("ping -c 3 -i 0.2 -W 5 2001:db8:2::9");
  const auto seen = sessions();
  EXPECT_GE(seen.size(), 4U);
  for (const v1::Session& session : seen) {
    EXPECT_EQ(session.policy_name(), "out");
    EXPECT_EQ(session.in().interface(), "ge-0/0/1.0");
    EXPECT_EQ(session.out().interface(), "ge-0/0/0.0");
    EXPECT_EQ(session.in().packets(), 1U);
    EXPECT_EQ(session.out().bytes(), session.in().bytes());
  }
}

TEST_P(FlowdLive, the_firewall_answers_pings_to_itself_where_host_inbound_traffic_says_so) {
  commit(kConfiguration);
  client_->run("ping -c 2 -i 0.2 -W 5 192.0.2.1");
  v1::SessionFilter local;
  local.set_interface(".local..0");
  EXPECT_FALSE(sessions(local).empty());
  const std::uint64_t before = drops("host-inbound");
  server_->run("! ping -c 1 -W 1 203.0.113.1");
  // The kernel asks for routers and tells of its groups meanwhile, which is refused as well.
  EXPECT_GE(drops("host-inbound") - before, 1U) << "it was refused, and not lost on the way";
}

TEST_P(FlowdLive, a_cleared_connection_ends_for_the_client) {
  commit(kConfiguration);
  const auto server = listen();
  for (const char* address : {"203.0.113.9", "2001:db8:2::9"}) {
    const auto client = [&] {
      std::unique_ptr<Process> started;
      EXPECT_TRUE(eventually([&] {
        if (started == nullptr || started->ended()) started = talk(address, "talk");
        return content("talk").find("answered") != std::string::npos;
      }));
      return started;
    }();
    // Connections that were refused, before the server listened, linger for seconds.
    ASSERT_TRUE(eventually([&] { return sessions(tcp()).size() == 1; }));
    EXPECT_EQ(sessions(tcp())[0].tcp_state(), "established");
    v1::ClearRequest clear;
    *clear.mutable_filter() = tcp();
    EXPECT_EQ(cleared(clear), 1U);
    EXPECT_TRUE(eventually([&] { return client->ended(); }));
    EXPECT_NE(content("talk").find("broken: ConnectionResetError"), std::string::npos);
    fs::remove(folder_ / "talk");
  }
}

TEST_P(FlowdLive, a_connection_outlives_a_commit_and_ends_with_its_policy) {
  commit(kConfiguration);
  const auto server = listen();
  std::unique_ptr<Process> client;
  ASSERT_TRUE(eventually([&] {
    if (client == nullptr || client->ended()) client = talk("203.0.113.9", "talk");
    return content("talk").find("answered") != std::string::npos;
  }));
  commit(kConfiguration + "set security flow tcp-session rst-invalidate-session\n");
  EXPECT_FALSE(client->ended());
  EXPECT_TRUE(eventually([&] { return sessions(tcp()).size() == 1; }));
  commit(without("policies"));
  EXPECT_TRUE(eventually([&] { return client->ended(); }));
  EXPECT_TRUE(sessions(tcp()).empty());
}

TEST_P(FlowdLive, a_device_and_a_twin_that_were_removed_are_used_again_when_they_are_back) {
  commit(kConfiguration);
  client_->run("ping -c 1 -W 5 203.0.113.9");
  run("ip link del lan; ip link del ge-0-0-0");
  const std::uint64_t before = drops("host-inbound");
  server_->run("! ping -c 1 -W 1 203.0.113.1");
  EXPECT_GT(drops("host-inbound"), before) << "it forwards and refuses as before";
  run("ip link add lan type veth peer name client0; ethtool -K client0 tx off txvlan off >/dev/null");
  connect(*client_, "client0", "192.0.2.9/24", "2001:db8:1::9/64", "192.0.2.1", "2001:db8:1::1");
  client_->run("for i in $(seq 30); do ping -c 1 -W 1 203.0.113.9 >/dev/null && exit 0; done; exit 1");
  client_->run("ping -c 2 -i 0.2 -W 5 192.0.2.1");
  // And again when its port was deleted and is back.
  commit(without("ge-0/0/1"));
  client_->run("! ping -c 1 -W 1 203.0.113.9; ip neigh flush dev client0");
  commit(kConfiguration);
  client_->run("for i in $(seq 30); do ping -c 1 -W 1 203.0.113.9 >/dev/null && exit 0; done; exit 1");
}

TEST_P(FlowdLive, a_killed_firewall_starts_again_on_the_same_devices) {
  commit(kConfiguration);
  client_->run("ping -c 1 -W 5 203.0.113.9");
  flowd_->signal(SIGKILL);
  ASSERT_TRUE(eventually([&] { return flowd_->ended(); }));
  fs::remove(folder_ / "flowd.sock");
  start();
  commit(kConfiguration);
  client_->run("for i in $(seq 30); do ping -c 1 -W 1 203.0.113.9 >/dev/null && exit 0; done; exit 1");
}

TEST_P(FlowdLive, a_terminated_firewall_leaves_nothing_behind) {
  commit(kConfiguration);
  run("ip link show ge-0-0-0 >/dev/null");
  flowd_->signal(SIGTERM);
  ASSERT_TRUE(eventually([&] { return flowd_->ended(); }));
  EXPECT_EQ(flowd_->status(), 0);
  run("! ip link show ge-0-0-0 2>/dev/null");
  EXPECT_FALSE(fs::exists(folder_ / "flowd.sock"));
}

TEST_P(FlowdLive, an_idle_worker_leaves_its_core_to_others_and_polling_busy_takes_it) {
  commit(kConfiguration);
  // Nobody answers, so each takes the second that it waits.
  const auto second = [&] { server_->run("! ping -c 1 -W 1 203.0.113.1"); };
  second();
  const double idle = worker_share(second);
  commit(kConfiguration + "set system flow polling busy\n");
  const double busy = worker_share(second);
  EXPECT_LT(idle, 0.25);
  EXPECT_GT(busy, 0.5);
  EXPECT_GT(busy, 3 * idle);
}

INSTANTIATE_TEST_SUITE_P(Drivers, FlowdLive, ::testing::Values("af_packet", "af_xdp"),
                         [](const auto& driver) { return std::string(driver.param); });

}  // namespace
}  // namespace sluice::live
