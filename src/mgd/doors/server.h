// doors: how requests reach the management daemon: NETCONF over a Unix socket.
//
// What. Every client, the operator's `sluice`, later an sshd subsystem and the web, speaks the same
// protocol on the same socket: <hello>, then <rpc> and <rpc-reply> (RFC 6241) in RFC 6242's framing,
// 1.1's chunks when the client can. A Server accepts connections, one thread each, and hands every
// <rpc> to a Service. It answers only what belongs to the protocol itself: hello, close-session,
// kill-session, and messages that are no rpc.
//
// Why. A reply is streamed: the Service writes XML to a Reply while it makes it, and each piece
// leaves as a chunk, so that a list of millions of sessions needs no memory here. When the client
// goes away, Reply::open() turns false and the Service stops. So it does when the next thing that a client
// says is <interrupt/>, which has no answer of its own: what was asked ends as soon as it can, and says how.
//
// Who is asking is what the kernel says of the socket's other end; nothing a client sends changes it. Through
// which SSH connection it came is what programs of this machine say. sluice-netconf speaks for its client: in
// one message <from ssh-connection="..."/> before anything else, also when it knows of no connection. That is
// final, so that a client on the network, whose bytes come after it, can say nothing of himself. For whom
// nobody spoke is a process of this machine: the command line says it in each request.
//
// Nobody takes all places: Places says how many sessions a user may have, and how many are kept for those who
// administer. A session that has been idle for as long as its Service permits is ended; one of the command
// line (client="cli") is warned before, and told why, in messages <session-notice> that answer nothing.
//
// Threads. run() accepts in the caller's thread; each connection has a thread of its own, in which
// Service::answer() is called. stop() may be called from any thread.
#pragma once

#include <pugixml.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/machine.h"
#include "base/result.h"
#include "mgd/doors/framing.h"
#include "mgd/doors/rpc_error.h"
#include "mgd/doors/socket.h"

namespace sluice::doors {

// The content of one <rpc-reply>, which the Server opens and closes.
class Reply {
 public:
  virtual ~Reply() = default;
  // Well-formed XML, in pieces of any size.
  virtual void write(std::string_view xml) = 0;
  // Whether the answer is waited for.
  [[nodiscard]] virtual bool open() const = 0;
};

// What the command line calls itself in its requests.
inline constexpr std::string_view kCommandLine = "cli";

// How a request came.
struct Origin {
  std::string ssh_connection;  // as sshd sets SSH_CONNECTION; empty: none that is known
  std::string client;          // kCommandLine, or "netconf"
};
Origin origin_of(const Peer& peer, const pugi::xml_node& rpc);

class Service {
 public:
  virtual ~Service() = default;
  // `rpc` is the <rpc> element. Called by many threads at once.
  virtual void answer(const Peer& peer, const pugi::xml_node& rpc, Reply& reply) = 0;
  // Attributes of every <rpc-reply> besides the message's own ("xmlns:junos=\"...\"").
  [[nodiscard]] virtual std::string reply_attributes() const = 0;
  // What the hello offers besides the protocol itself.
  [[nodiscard]] virtual std::vector<std::string> capabilities() const { return {}; }
  // The peer wants the session of another ended, which `kill` does; the answer is how that went.
  virtual Status end(const Peer&, unsigned /*session*/, const std::function<Status()>& kill) {
    return kill();
  }
  // How long the peer's session may be idle; 0: for ever.
  [[nodiscard]] virtual std::uint64_t idle_limit_s(const Peer&) { return 0; }
  // There was no place for the peer, who is told why; nothing was read from him. Called by one thread at a
  // time.
  virtual void turned_away(const Peer&, const Error& /*why*/) {}
  // It was idle for longer, and ends.
  virtual void idle(const Peer&) {}
  // The last word about a session, after its last answer.
  virtual void ended(const Peer&) {}
};

// How many sessions there may be. Each has a thread and may be sending a message of the largest size. Who
// comes when his places are taken is told so instead of a hello.
struct Places {
  std::size_t all = 512;
  std::size_t of_one_user = 64;
  std::size_t for_administrators = 32;  // of all; they have no other limit
  bool (*administers)(unsigned uid) = sluice::administers;
};

// Bytes of messages that have not come whole, of all sessions together.
struct Room {
  std::size_t all = 4 * FrameReader::kLargestMessage;
  std::size_t for_administrators = FrameReader::kLargestMessage;  // of all
};

// Seconds that only go forward.
std::uint64_t steady_clock_s();

struct ServerOptions {
  Places places = {};
  Room room = {};
  std::function<std::uint64_t()> clock_s = steady_clock_s;
  int look_every_ms = 1000;  // how often an idle session is looked at
};

class Server {
 public:
  Server(Socket listener, Service& service, ServerOptions options = {})
      : listener_(std::move(listener)), service_(service), options_(std::move(options)) {}
  ~Server() { stop(); }

  // Serves until stop(), then ends all connections.
  void run();
  void stop();

 private:
  struct Connection {
    Socket socket;
    std::thread thread;
    unsigned number = 0;
    unsigned uid = 0;
    std::atomic<bool> done = false;
  };
  void serve(Connection& connection);
  // Why there is no place for one more of this user; success: there is.
  [[nodiscard]] Status find_place(unsigned uid) const;
  // Cuts the connection of a session; false: there is none with this number.
  bool kill(unsigned session);
  // Says why there is no place.
  void turn_away(const Socket& socket, const Error& why);
  void reap(bool everything);

  Socket listener_;
  Service& service_;
  const ServerOptions options_;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::size_t> held_ = 0;  // of Room
  std::mutex lock_;                    // of what follows
  unsigned next_session_ = 1;
  std::list<Connection> connections_;
};

}  // namespace sluice::doors
