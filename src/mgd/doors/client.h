// Client: one connection to the management daemon, for the command line and tests.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/suggestion.h"
#include "mgd/doors/framing.h"
#include "mgd/doors/reply_text.h"
#include "mgd/doors/socket.h"

namespace sluice::doors {

// An <rpc-error> of a reply.
struct Refusal {
  Error error;
  std::optional<std::size_t> position;  // in the command, of the word that is wrong
  bool warning = false;                 // it came with an answer, not instead of one
};

// A file whose content goes with a command that names it.
struct Attachment {
  std::string name, content;
};

// What the caller itself is to do: the command line's own operations, by the rpc's name.
struct Action {
  std::string name;
  std::vector<std::pair<std::string, std::string>> inputs;

  [[nodiscard]] bool has(std::string_view name) const;
  // Empty when it was not given.
  [[nodiscard]] std::string_view input(std::string_view name) const;
};

// A command line, where it is typed, and what goes with it.
struct Line {
  std::string_view text;
  bool configuration = false;  // in configuration mode
  std::string_view edit = {};  // there: the words of the statement that is edited; empty: all
  std::vector<Attachment> files = {};
  bool confirmed = false;                // the operator said yes to what it asks
  bool watched = false;                  // the listener wants to know how far it is
  std::size_t rows = 0;                  // of the screen, without the prompt; 0: not said
  bool ends_word = false;                // to complete: a blank is about to follow
  std::string_view ssh_connection = {};  // the environment's SSH_CONNECTION
};

struct Answer {
  std::vector<Refusal> refusals;
  std::vector<Action> actions;
  bool stopped = false;  // the listener wanted no more: the connection is of no use any more
};

struct Suggestions {
  std::size_t position = 0;  // where the word that is typed begins
  std::vector<Suggestion> items;
  std::vector<Refusal> refusals;
};

// What the daemon says unasked of the session itself.
struct Notice {
  std::string text;
  bool ends = false;  // the session is over
};

class Client {
 public:
  // Connects and exchanges hellos.
  static Result<Client> connect(const std::string& path);

  // Asks for the line's answer; the listener gets its text while it arrives. An Error is a broken line.
  Result<Answer> command(const Line& line, Listener& listener);
  // What may stand at the line's end.
  Result<Suggestions> complete(const Line& line);

  // Sends one <rpc> and answers the whole reply's XML.
  Result<std::string> rpc(std::string_view body, std::string_view attributes = {});
  // The same for one that has no answer but whether it was done.
  Status order(std::string_view body);

  // Whether the daemon has not hung up, and has not said that it will.
  [[nodiscard]] bool alive();
  [[nodiscard]] bool over() const { return over_; }
  [[nodiscard]] bool told_to_end() const { return told_to_end_; }
  // Those that have come since the last time. Does not wait for more.
  std::vector<Notice> take_notices();
  [[nodiscard]] bool has_notices() const;
  // Readable when the daemon says something unasked. Shutting it down ends what command() waits for.
  [[nodiscard]] int socket() const { return socket_.fd(); }

 private:
  explicit Client(Socket socket) : socket_(std::move(socket)) {}
  [[nodiscard]] bool send(std::string_view message) const;
  Result<Piece> read_piece();
  Status read_rest(Piece& piece);
  Result<Piece> read_first_piece();
  Result<std::string> read_reply();
  void listen();
  // False: the session is over.
  bool hear_notice();
  bool take_notice(std::string_view message);

  Socket socket_;
  FrameReader reader_;
  unsigned next_id_ = 1;
  std::vector<Notice> notices_;
  bool over_ = false;
  bool told_to_end_ = false;
};

}  // namespace sluice::doors
