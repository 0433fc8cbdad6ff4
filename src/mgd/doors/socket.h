// Unix stream sockets: listening, connecting, whole writes, and who is at the other end.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::doors {

// Owns the file descriptor of a stream: a socket, or a pipe that stands for one.
class Socket {
 public:
  Socket() = default;
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(other.release()) {}
  Socket& operator=(Socket&& other) noexcept;
  ~Socket() { close(); }

  [[nodiscard]] int fd() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release();
  void close();
  // Ends reads and writes on it, also those of other threads.
  void shut_down() const;
  // Says that no more will be written; what the peer still says can be read.
  void end_writing() const;

  // False when the peer is gone.
  [[nodiscard]] bool write_all(std::string_view bytes) const;
  // The same to a peer who may be slow: while he takes nothing, `patient` is asked every so often whether to
  // go on.
  [[nodiscard]] bool write_all(std::string_view bytes, int ask_every_ms,
                               const std::function<bool()>& patient) const;
  // Appends what has arrived, waiting for something; false at the end.
  [[nodiscard]] bool read_some(std::string& bytes) const;

 private:
  int fd_ = -1;
};

// A path that is in use by a living process is an error; a left-over one is replaced.
Result<Socket> listen_at(const std::string& path, unsigned mode);
Result<Socket> connect_to(const std::string& path);

struct Peer {
  unsigned uid = 0;
  int pid = 0;
  std::string user;      // the name, or the number of a user without one
  unsigned session = 0;  // its connection's number, from 1 while the daemon runs; the Server gives it
  // As sshd sets SSH_CONNECTION, by the word of sluice-netconf before its client's first byte; perhaps empty.
  // Absent: nobody has spoken for this client.
  std::optional<std::string> spoken_for = {};
};
// Of the other end; nobody's (-1) when the kernel does not say.
unsigned uid_of(const Socket& socket);
Result<Peer> peer_of(const Socket& socket);

}  // namespace sluice::doors
