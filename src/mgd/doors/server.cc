#include "mgd/doors/server.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <functional>
#include <utility>

#include "base/xml_text.h"
#include "mgd/doors/idleness.h"
#include "mgd/doors/message.h"

namespace sluice::doors {
namespace {

constexpr std::string_view kBase10 = "urn:ietf:params:netconf:base:1.0";
constexpr std::string_view kBase11 = "urn:ietf:params:netconf:base:1.1";
constexpr std::string_view kNamespace = "urn:ietf:params:xml:ns:netconf:base:1.0";

std::string hello(unsigned session, const std::vector<std::string>& capabilities) {
  std::string text = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<hello xmlns=\"{}\">\n  <capabilities>\n", kNamespace);
  for (const std::string_view capability : {kBase10, kBase11}) {
    text += fmt::format("    <capability>{}</capability>\n", capability);
  }
  for (const std::string& capability : capabilities) {
    text += fmt::format("    <capability>{}</capability>\n", capability);
  }
  return text + fmt::format("  </capabilities>\n  <session-id>{}</session-id>\n</hello>\n{}", session,
                            kEndOfMessage);
}

bool offers_chunks(const pugi::xml_node& message) {
  for (const pugi::xml_node& part : message) {
    if (local_name(part) != "capabilities") continue;
    for (const pugi::xml_node& capability : part) {
      if (trimmed(capability.text().get()) == kBase11) return true;
    }
  }
  return false;
}

// What a Session has of its Server.
struct House {
  Service& service;
  const ServerOptions& options;
  std::atomic<std::size_t>& held;      // bytes of all sessions' messages that have not come whole
  std::function<bool(unsigned)> kill;  // ends another session; false: there is none with this number
};

// Frames what is written: gathered up to a chunk's size, so that small writes do not become small packets.
class FramedReply : public Reply {
 public:
  FramedReply(const House& house, const Peer& peer, const Socket& socket, const FrameReader& reader)
      : house_(house), peer_(peer), socket_(socket), reader_(reader) {}

  void write(std::string_view xml) override {
    pending_ += xml;
    if (pending_.size() >= kChunk) flush();
  }
  [[nodiscard]] bool open() const override { return open_ && !hung_up() && !interrupted(); }

  void finish() {
    flush();
    send(reader_.framing() == Framing::chunked ? kEndOfChunks : kEndOfMessage);
  }
  [[nodiscard]] bool delivered() const { return open_; }

 private:
  static constexpr std::size_t kChunk = 16 * 1024;

  void flush() {
    if (pending_.empty()) return;
    if (reader_.framing() == Framing::chunked) send(chunk_header(pending_.size()));
    send(pending_);
    pending_.clear();
  }

  // Who leaves his answer unread is as idle as who asks nothing.
  void send(std::string_view bytes) {
    if (!open_) return;
    const std::uint64_t since_s = house_.options.clock_s();
    open_ = socket_.write_all(bytes, house_.options.look_every_ms, [&] {
      const std::uint64_t limit_s = house_.service.idle_limit_s(peer_);
      const bool patient = limit_s == 0 || house_.options.clock_s() - since_s < limit_s;
      if (!patient) house_.service.idle(peer_);
      return patient;
    });
  }

  [[nodiscard]] bool hung_up() const {
    pollfd state{socket_.fd(), 0, 0};
    return ::poll(&state, 1, 0) > 0 && (state.revents & (POLLHUP | POLLERR)) != 0;
  }

  [[nodiscard]] bool interrupted() const {
    std::string next(reader_.ahead().substr(0, kInterruption.size()));
    const std::size_t read = next.size();
    next.resize(kInterruption.size());
    const ssize_t seen = ::recv(socket_.fd(), &next[read], next.size() - read, MSG_PEEK | MSG_DONTWAIT);
    next.resize(read + static_cast<std::size_t>(std::max<ssize_t>(seen, 0)));
    return next == kInterruption;
  }

  const House& house_;
  const Peer& peer_;
  const Socket& socket_;
  const FrameReader& reader_;
  bool open_ = true;
  std::string pending_;
};

std::string rpc_attributes(const pugi::xml_node& rpc) {
  std::string text;
  for (const pugi::xml_attribute& attribute : rpc.attributes()) {
    const std::string_view name = attribute.name();
    if (name == "xmlns" || name == "xmlns:junos" || name == "ssh-connection" || name == "client") continue;
    append_xml_attribute(text, name, attribute.value());
  }
  return text;
}

// To no request in particular.
std::string reply_of(const Error& error) {
  std::string text = fmt::format("<rpc-reply xmlns=\"{}\">\n", kNamespace);
  append_rpc_error(text, {.error = error});
  return text.append("</rpc-reply>\n");
}

constexpr std::size_t kAlwaysHeld = 256 * 1024;
constexpr std::uint64_t kLongestLarge_s = 600;    // for a larger message to come whole
constexpr std::uint64_t kLongestFarewell_s = 10;  // for a client to read why it is refused

// One client, from its hello to its end.
class Session {
 public:
  Session(const Socket& socket, Peer& peer, const House& house)
      : socket_(socket), peer_(peer), house_(house), idleness_(house.options.clock_s()) {}
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() { house_.held -= mine_; }

  void run() {
    if (!socket_.write_all(hello(peer_.session, house_.service.capabilities()))) return;
    std::string bytes;
    while (!closing_ && await() && socket_.read_some(bytes)) {
      idleness_.active(house_.options.clock_s());
      reader_.feed(bytes);
      bytes.clear();
      if (!take_messages() || !keep_within_bounds()) return;
    }
  }

 private:
  // Waits for bytes, or the end of the connection. False: the session was idle for too long.
  bool await() {
    pollfd state{socket_.fd(), POLLIN, 0};
    while (true) {
      const int found = ::poll(&state, 1, house_.options.look_every_ms);
      if (found > 0 || (found < 0 && errno != EINTR)) return true;
      if (takes_too_long()) return false;
      const auto due = idleness_.look(house_.service.idle_limit_s(peer_), house_.options.clock_s());
      if (!due) continue;
      if (at_terminal_) tell(*due);
      if (!due->ends) continue;
      house_.service.idle(peer_);
      return false;
    }
  }

  void tell(const IdleNotice& notice) {
    std::string text = fmt::format("<session-notice ends=\"{}\">", notice.ends);
    append_xml_text(text, notice.text);
    FramedReply message(house_, peer_, socket_, reader_);
    message.write(text + "</session-notice>");
    message.finish();
  }

  // Many sessions that each send the largest message are not to take all memory. A small one always has room,
  // and those who administer have some that others cannot take.
  bool keep_within_bounds() {
    const bool was_large = mine_ > kAlwaysHeld;
    house_.held += reader_.held();
    house_.held -= std::exchange(mine_, reader_.held());
    if (mine_ <= kAlwaysHeld) return true;
    if (!was_large) large_since_s_ = house_.options.clock_s();
    const Room& room = house_.options.room;
    const bool administers = house_.options.places.administers(peer_.uid);
    if (takes_too_long()) {
      refuse({"resource-denied", "", "this message takes too long to come"});
      return false;
    }
    if (house_.held <= room.all - (administers ? 0 : room.for_administrators)) return true;
    refuse(
        {"resource-denied", "", "too many large messages are coming in at once; send this one again later"});
    return false;
  }

  // A large message that never ends would hold its memory for ever.
  [[nodiscard]] bool takes_too_long() const {
    return mine_ > kAlwaysHeld && house_.options.clock_s() - large_since_s_ > kLongestLarge_s;
  }

  bool take_messages() {
    while (!closing_) {
      auto message = reader_.next();
      if (!message) {
        refuse(message.error());
        return false;
      }
      if (!*message) return true;
      pugi::xml_document document;
      if (auto read = read_message(**message, document); !read) {
        refuse(read.error());
        return false;
      }
      take(document.document_element());
    }
    return true;
  }

  void take(const pugi::xml_node& message) {
    const std::string_view name = local_name(message);
    const bool begun = std::exchange(begun_, true);
    if (name == "hello") {
      reader_.use(offers_chunks(message) ? Framing::chunked : Framing::end_of_message);
    } else if (name == "from" && !begun) {
      peer_.spoken_for = message.attribute("ssh-connection").value();
    } else if (name == "rpc") {
      answer(message);
    } else if (name != "interrupt") {  // which has been seen, or is too late
      refuse({"malformed-message", "", fmt::format("<{}> is not expected; send <hello> or <rpc>", name),
              std::string(name)});
    }
  }

  void answer(const pugi::xml_node& rpc) {
    at_terminal_ = origin_of(peer_, rpc).client == kCommandLine;
    FramedReply reply(house_, peer_, socket_, reader_);
    reply.write(fmt::format("<rpc-reply xmlns=\"{}\"{}{}>\n", kNamespace, house_.service.reply_attributes(),
                            rpc_attributes(rpc)));
    const pugi::xml_node body = first_element(rpc);
    if (local_name(body) == "close-session") {
      reply.write("<ok/>\n");
      closing_ = true;
    } else if (local_name(body) == "kill-session") {
      kill_session(body, reply);
    } else {
      house_.service.answer(peer_, rpc, reply);
    }
    reply.write("</rpc-reply>\n");
    idleness_.active(house_.options.clock_s());  // the answer may have taken its time
    reply.finish();
    closing_ = closing_ || !reply.delivered();
  }

  void kill_session(const pugi::xml_node& body, Reply& reply) {
    const pugi::xml_node id = child_named(body, "session-id");
    const unsigned session = id.text().as_uint();
    const Status ended = house_.service.end(peer_, session, [&]() -> Status {
      if (session != 0 && session != peer_.session && house_.kill(session)) return {};
      return Error{"invalid-value", "session-id",
                   fmt::format("'{}' is not the session-id of another session", trimmed(id.text().get()))};
    });
    if (ended) return reply.write("<ok/>\n");
    std::string text;
    append_rpc_error(text, {.error = ended.error()});
    reply.write(text);
  }

  // A protocol error: said once, then the connection ends, as nothing after it can be trusted.
  void refuse(const Error& error) {
    FramedReply reply(house_, peer_, socket_, reader_);
    reply.write(reply_of(error));
    reply.finish();
    closing_ = true;
    let_finish();
  }

  // Who is refused in the middle of a message reads the answer only when he has written all of it.
  void let_finish() const {
    socket_.end_writing();
    const std::uint64_t until = house_.options.clock_s() + kLongestFarewell_s;
    pollfd state{socket_.fd(), POLLIN, 0};
    std::string unheard;
    while (house_.options.clock_s() < until) {
      const int found = ::poll(&state, 1, house_.options.look_every_ms);
      if (found < 0 && errno != EINTR) return;
      if (found > 0 && !socket_.read_some(unheard)) return;
      unheard.clear();
    }
  }

  const Socket& socket_;
  Peer& peer_;
  const House& house_;
  std::size_t mine_ = 0;             // of what is held
  std::uint64_t large_since_s_ = 0;  // when that became more than what always has room
  Idleness idleness_;
  bool at_terminal_ = false;  // the command line asks
  FrameReader reader_;
  bool begun_ = false;  // the first message has come
  bool closing_ = false;
};

Error taken(std::string_view what) {
  return {"resource-denied", "", fmt::format("{}; end one of them, then connect again", what)};
}

}  // namespace

Origin origin_of(const Peer& peer, const pugi::xml_node& rpc) {
  if (peer.spoken_for) return {*peer.spoken_for, "netconf"};
  const bool typed = rpc.attribute("client").value() == kCommandLine;
  return {rpc.attribute("ssh-connection").value(), std::string(typed ? kCommandLine : "netconf")};
}

std::uint64_t steady_clock_s() {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(since).count());
}

Status Server::find_place(unsigned uid) const {
  const Places& places = options_.places;
  const std::size_t all = connections_.size();
  if (all >= places.all) return taken(fmt::format("{} management sessions are open", all));
  if (places.administers(uid)) return {};
  const auto own = static_cast<std::size_t>(
      std::ranges::count_if(connections_, [uid](const Connection& one) { return one.uid == uid; }));
  if (own >= places.of_one_user) {
    return taken(fmt::format("you have {} management sessions open, as many as one user may have", own));
  }
  if (all >= places.all - places.for_administrators) {
    return taken(
        fmt::format("{} management sessions are open, and the places that are left are for root", all));
  }
  return {};
}

void Server::run() {
  while (!stopping_) {
    Socket socket(::accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC));
    if (stopping_) break;
    reap(false);
    if (!socket) continue;
    const std::lock_guard guard(lock_);
    const unsigned uid = uid_of(socket);
    if (const Status place = find_place(uid); !place) {
      turn_away(socket, place.error());
      continue;
    }
    Connection& connection = connections_.emplace_back();
    connection.socket = std::move(socket);
    connection.number = next_session_++;
    connection.uid = uid;
    connection.thread = std::thread([this, &connection] { serve(connection); });
  }
  reap(true);
}

void Server::serve(Connection& connection) {
  if (auto peer = peer_of(connection.socket)) {
    peer->session = connection.number;
    const House house{service_, options_, held_, [this](unsigned session) { return kill(session); }};
    Session(connection.socket, *peer, house).run();
    service_.ended(*peer);
  }
  connection.socket.shut_down();
  connection.done = true;
}

void Server::turn_away(const Socket& socket, const Error& why) {
  (void)socket.write_all(reply_of(why).append(kEndOfMessage));
  if (const auto peer = peer_of(socket)) service_.turned_away(*peer, why);
}

bool Server::kill(unsigned session) {
  const std::lock_guard guard(lock_);
  for (const Connection& connection : connections_) {
    if (connection.number != session || connection.done) continue;
    connection.socket.shut_down();
    return true;
  }
  return false;
}

// Joins the threads that are through; at the end all, after cutting their connections. Not under the lock,
// which a session may want for its last request.
void Server::reap(bool everything) {
  std::list<Connection> through;
  {
    const std::lock_guard guard(lock_);
    for (auto at = connections_.begin(); at != connections_.end();) {
      const auto next = std::next(at);
      if (everything || at->done) through.splice(through.end(), connections_, at);
      at = next;
    }
  }
  for (Connection& connection : through) {
    if (everything) connection.socket.shut_down();
    connection.thread.join();
  }
}

void Server::stop() {
  stopping_ = true;
  listener_.shut_down();
}

}  // namespace sluice::doors
