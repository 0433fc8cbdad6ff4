// Service: flowd's door, the gRPC service of proto/flowd.proto on a Unix socket, or in this process alone.
//
// What: every call is thin: its message becomes a question to Control, the query room or the workers'
// counters, and the answer becomes a message. Names are put to numbers, and numbers to names, here and
// nowhere behind. Nothing here decides.
//
// Who may ask: whoever may open the socket, which is for its owner alone (mode 0600).
//
// Threads: gRPC's own, any number at a time. Reading calls wait for nobody; changes wait for each other
// in Control. A stream of sessions writes a batch, and looks for the next only when gRPC took it,
// so a slow reader holds back nothing but itself.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "flowd/control.h"

namespace grpc {
class Channel;
}

namespace sluice::service {

struct ServerOptions {
  // The folder must exist; a socket that nobody serves any more is replaced. Empty: only this process reaches
  // the service.
  std::string socket_path;
  std::string version;
};

class Server {
 public:
  // Serves from now on. `control` must outlive it.
  [[nodiscard]] static Result<std::unique_ptr<Server>> start(flowd::Control& control,
                                                             const ServerOptions& options);
  // Ends calls in progress within a second, and removes the socket.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // A way to the service that needs no socket. It must be gone before the server is.
  [[nodiscard]] std::shared_ptr<grpc::Channel> channel();

 private:
  struct State;
  explicit Server(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace sluice::service
