// Lab: a firewall on the bench. A Network is compiled to a Snapshot and given to one or several
// workers, which are stepped by hand under a clock of the test's own; frames go in and come out of
// test ports. No device, thread, privilege or sleep.
//
// Every frame that leaves is read as a receiving host would: a wrong checksum, length or header fails the
// test by itself. With several workers frames enter at the queues in turn, so that about half of them
// meet a worker that does not own them. When the Lab goes, every buffer must be back in its pool.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "dataplane/port/test_port.h"
#include "dataplane/session/tcp.h"
#include "dataplane/worker/worker.h"
#include "network.h"
#include "wire.h"

namespace sluice::path {

using packet::DropReason;

// What every path test is repeated for.
struct Given {
  Family family = Family::inet;
  std::uint16_t workers = 1;
};
void PrintTo(const Given& given, std::ostream* out);

// A frame that left.
struct Left {
  std::string port;  // "ge-0/0/1", or "ge-0/0/1 host" for the twin
  FrameHeader header;
  Bytes content;
  bool is_ip = false;
  Datagram datagram;
};

// A session as a scan of the table finds it.
struct Seen {
  std::string flow;     // "tcp client/40000 > server/80"
  std::string answers;  // the other wing: "tcp server/80 > 203.0.113.5/2000"
  std::string zones;    // "trust > untrust"
  std::string interfaces;
  std::string policy;
  std::string application;
  std::uint32_t timeout_s = 0;    // how long it may be silent
  std::uint32_t remaining_s = 0;  // until it ends
  std::uint64_t packets[2] = {0, 0};
  std::uint64_t bytes[2] = {0, 0};
  std::uint8_t state = 0;
  std::uint16_t flags = 0;
  std::uint32_t identifier = 0;
  // For requests to its owner.
  std::uint16_t worker = 0;
  Family family = Family::inet;
  session::Handle handle;
};

struct LabOptions {
  std::uint32_t capacity = 4096;  // sessions of each worker
  std::uint32_t host_reserve = 64;
  std::uint32_t log_events = 1024;
  std::uint32_t port_depth = 1024;     // frames that a port's rings hold
  std::uint32_t fragment_buffers = 0;  // for fragments made here; 0: as many as anybody needs
};

class Lab {
 public:
  Lab(Network network, Given given, LabOptions options = {});
  ~Lab();
  Lab(const Lab&) = delete;
  Lab& operator=(const Lab&) = delete;

  // --- the world
  Network& network() { return network_; }  // change it, then publish()
  void publish();
  // A host's address of the test's family; "firewall ge-0/0/0.0" is the firewall's own on that unit.
  [[nodiscard]] Endpoint at(const std::string& host, std::uint16_t port = 0) const;
  // Seconds pass one by one, and the workers run in each.
  void advance(std::uint32_t seconds);
  [[nodiscard]] const Now& now() const { return now_; }
  [[nodiscard]] worker::Worker& worker(std::uint16_t index) { return *workers_[index]; }
  [[nodiscard]] std::uint16_t workers() const { return given_.workers; }
  [[nodiscard]] const snapshot::Snapshot& snapshot() const { return *snapshots_.back(); }

  // --- traffic
  // Sends a packet from the host that has its source address, and returns everything that left.
  std::vector<Left> send(const Datagram& packet);
  std::vector<Left> send_from(const std::string& host, const Datagram& packet);
  // Sends what the kernel would: from the twin of that port.
  std::vector<Left> send_from_kernel(const std::string& port, const Datagram& packet,
                                     const Mac& destination = {});
  std::vector<Left> send_frame(const std::string& port, const Bytes& frame);
  // Puts a frame on a port's queue; the workers do not run yet.
  void inject(const std::string& port, const Bytes& frame, std::uint16_t queue);
  [[nodiscard]] Bytes frame_of(const std::string& host, const Datagram& packet) const;
  // What left by now; the workers do not run.
  std::vector<Left> collect_now();
  // Runs the workers until nothing moves, and returns everything that left.
  std::vector<Left> run();
  // Frames that left need not be sound: the test sends such on purpose.
  void allow_unsound_frames() { unsound_allowed_ = true; }

  // --- expectations
  // The packet leaves towards the host that has its destination address: one hop less, that host's
  // MAC address and VLAN, and not a bit more changed. Nothing else leaves, nothing is dropped.
  [[nodiscard]] testing::AssertionResult passes(const Datagram& packet);
  [[nodiscard]] testing::AssertionResult passes_from(const std::string& host, const Datagram& packet);
  // The packet leaves as `translated`, which is forwarded as `passes` would have it.
  [[nodiscard]] testing::AssertionResult becomes(const Datagram& packet, const Datagram& translated);
  [[nodiscard]] testing::AssertionResult becomes_from(const std::string& host, const Datagram& packet,
                                                      const Datagram& translated);
  // What the packet leaves as, but with the hops that it came with.
  [[nodiscard]] Datagram translated(const Datagram& packet);
  // It reaches the firewall's own kernel by this port's twin, unchanged.
  [[nodiscard]] testing::AssertionResult reaches_kernel(const std::string& port, const Datagram& packet);
  // What the kernel sends by this port's twin leaves, unchanged, towards its destination.
  [[nodiscard]] testing::AssertionResult kernel_sends(const std::string& port, const Datagram& packet);
  // The packet is dropped for this reason, which is counted once, and nothing leaves.
  [[nodiscard]] testing::AssertionResult drops(const Datagram& packet, DropReason reason);
  [[nodiscard]] testing::AssertionResult drops_from(const std::string& host, const Datagram& packet,
                                                    DropReason reason);
  [[nodiscard]] testing::AssertionResult drops_frame(const std::string& port, const Bytes& frame,
                                                     DropReason reason);
  // It is dropped for this reason and its sender is told so: the answer.
  [[nodiscard]] Datagram answer_to_dropped(const Datagram& packet, DropReason reason);
  // What leaves is this packet, as `passes` would have it.
  [[nodiscard]] testing::AssertionResult left_towards_destination(const std::vector<Left>& left,
                                                                  const Datagram& packet,
                                                                  std::uint8_t hops_taken = 1) const;

  // --- what can be seen
  [[nodiscard]] std::vector<Seen> sessions() const;
  [[nodiscard]] std::vector<std::string> flows() const;  // the sessions' flow lines, sorted
  [[nodiscard]] Seen session() const;                    // the only one
  [[nodiscard]] std::uint64_t dropped(DropReason reason) const;
  // Sum over the workers.
  [[nodiscard]] std::uint64_t counted(std::uint64_t flow::Counters::*counter) const;
  [[nodiscard]] flow::PolicyCounters policy_counters(const std::string& policy) const;
  [[nodiscard]] flow::NatCounters nat_rule_counters(const std::string& rule);
  [[nodiscard]] flow::NatCounters nat_pool_counters(const std::string& pool);
  [[nodiscard]] std::uint32_t bindings() const;  // persistent ones
  [[nodiscard]] std::uint32_t blocks() const;    // that hosts have
  [[nodiscard]] std::uint32_t ports_taken(const std::string& pool);
  // Log records since the last call: "created tcp client/40000 > server/80 trust > untrust out junos-http",
  // "closed ... TCP FIN 3/2", "denied ...".
  [[nodiscard]] std::vector<std::string> log();
  [[nodiscard]] std::vector<sessionlog::Event> events();
  // Neighbours that the workers asked for since the last call: "ge-0/0/1.0 server".
  [[nodiscard]] std::vector<std::string> wanted_neighbors();

  // --- requests of the control thread
  void end(const Seen& session, session::CloseReason reason = session::CloseReason::cli);
  void post(const Seen& session, worker::Request request);

  [[nodiscard]] std::string name_of(const IpAddress& address) const;
  [[nodiscard]] Numbers& numbers() { return numbers_; }

 private:
  struct PortPair;
  [[nodiscard]] const Host* host_with(const IpAddress& address) const;
  [[nodiscard]] std::uint16_t wire_of(const std::string& port) const;
  void open_ports(const LabOptions& options);
  void open_workers(const LabOptions& options);
  bool step_all();
  void collect(std::vector<Left>& left);
  [[nodiscard]] std::vector<std::uint64_t> all_drops() const;
  [[nodiscard]] std::string drops_since(const std::vector<std::uint64_t>& before) const;
  [[nodiscard]] std::string flow_text(std::uint8_t protocol, const Endpoint& from, const Endpoint& to) const;
  template <class F>
  void see(std::uint16_t worker, std::vector<Seen>& into) const;
  [[nodiscard]] std::string nat_text(const sessionlog::Event& event) const;
  [[nodiscard]] std::string text(const sessionlog::Event& event) const;

  Network network_;
  Given given_;
  Now now_;
  Numbers numbers_;
  std::vector<std::unique_ptr<snapshot::Snapshot>> snapshots_;  // all of them, while the Lab lives
  std::vector<std::unique_ptr<port::TestPort>> ports_;          // by PortId
  std::vector<std::unique_ptr<worker::Worker>> workers_;
  std::uint16_t next_queue_ = 0;
  unsigned buffers_before_ = 0;
  rte_mempool* fragment_pool_ = nullptr;  // when not everybody's
  bool unsound_allowed_ = false;
};

// For failure messages.
[[nodiscard]] std::string describe(const std::vector<Left>& left);

// A TCP connection between two hosts: builds the segments that its ends would send next.
class Connection {
 public:
  Connection(Endpoint client, Endpoint server) : client_{client, 1000, 0}, server_{server, 900000, 0} {}

  // The client's (server's) next segment; its sequence numbers move on.
  [[nodiscard]] Datagram client(const std::string& flags, std::size_t payload = 0) {
    return next(client_, server_, flags, payload);
  }
  [[nodiscard]] Datagram server(const std::string& flags, std::size_t payload = 0) {
    return next(server_, client_, flags, payload);
  }
  // The same without moving on, with whatever is changed in `fields` (sequence numbers are relative).
  [[nodiscard]] Datagram client_with(const TcpFields& fields) const { return with(client_, server_, fields); }
  [[nodiscard]] Datagram server_with(const TcpFields& fields) const { return with(server_, client_, fields); }

  // Handshake; every segment must pass.
  [[nodiscard]] testing::AssertionResult open(Lab& lab);
  // FINs of both sides and their acknowledgements.
  [[nodiscard]] testing::AssertionResult close(Lab& lab);

  std::uint16_t window = 64240;
  Bytes client_options;  // sent with SYN
  Bytes server_options;

 private:
  struct End {
    Endpoint endpoint;
    std::uint32_t sequence = 0;
    std::uint32_t acknowledgement = 0;
  };
  [[nodiscard]] Datagram next(End& from, End& to, const std::string& flags, std::size_t payload);
  [[nodiscard]] static Datagram with(const End& from, const End& to, const TcpFields& fields);

  End client_;
  End server_;
};

// From the client to the server's port 443.
[[nodiscard]] inline Connection to_server(const Lab& lab, std::uint16_t client_port = 40000) {
  return {lab.at("client", client_port), lab.at("server", 443)};
}

// As records keep it.
[[nodiscard]] inline std::uint8_t raw(session::tcp::State state) {
  return static_cast<std::uint8_t>(state);
}

// Runs a suite for both families and one and two workers.
class PathTest : public testing::TestWithParam<Given> {
 protected:
  [[nodiscard]] static bool v4() { return GetParam().family == Family::inet; }
};
[[nodiscard]] std::vector<Given> every_given();
[[nodiscard]] std::vector<Given> every_given(Family family);
[[nodiscard]] std::string given_name(const testing::TestParamInfo<Given>& info);

}  // namespace sluice::path

// clang-format off
// NOLINTBEGIN(bugprone-macro-parentheses): a class's name
#define SLUICE_PATH_SUITE(Suite)                                                                   \
  class Suite : public sluice::path::PathTest {};                                                  \
  INSTANTIATE_TEST_SUITE_P(path, Suite, testing::ValuesIn(sluice::path::every_given()), sluice::path::given_name)
// For what only one family has.
#define SLUICE_PATH_SUITE_OF(Suite, family)                                                        \
  class Suite : public sluice::path::PathTest {};                                                  \
  INSTANTIATE_TEST_SUITE_P(path, Suite, testing::ValuesIn(sluice::path::every_given(family)),      \
                           sluice::path::given_name)
// NOLINTEND(bugprone-macro-parentheses)
// clang-format on
