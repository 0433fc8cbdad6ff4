// Client: one connection to the management daemon, for the command line and tests.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "mgd/doors/framing.h"
#include "mgd/doors/socket.h"

namespace sluice::doors {

// An <rpc-error> of a reply.
struct Refusal {
  Error error;
  std::optional<std::size_t> position;  // in the command, of the word that is wrong
};

// A file whose content goes with a command that names it.
struct Attachment {
  std::string name, content;
};

class Client {
 public:
  // Connects and exchanges hellos.
  static Result<Client> connect(const std::string& path);

  // Asks for `line`; `on_text` gets the answer's text while it arrives. `ssh_connection` is the
  // environment's SSH_CONNECTION, or empty. What mgd refused comes back; an Error is a broken line.
  Result<std::vector<Refusal>> command(std::string_view line, const std::vector<Attachment>& files,
                                       std::string_view ssh_connection,
                                       const std::function<void(std::string_view)>& on_text);

  // Sends one <rpc> and answers the whole reply's XML.
  Result<std::string> rpc(std::string_view body, std::string_view attributes = {});

  // Shutting it down ends what command() waits for.
  [[nodiscard]] int socket() const { return socket_.fd(); }

 private:
  explicit Client(Socket socket) : socket_(std::move(socket)) {}
  [[nodiscard]] bool send(std::string_view message) const;
  Result<Piece> read_piece();

  Socket socket_;
  FrameReader reader_;
  unsigned next_id_ = 1;
};

}  // namespace sluice::doors
