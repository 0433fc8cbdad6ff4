// Hosts on both sides of the firewall, each side a thread of its own: they begin conversations, answer what
// arrives, and count every frame.
//
// Nobody waits for anybody: what a clear or a commit has cut is simply never answered. A frame that a full
// queue does not take was not sent.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "dataplane/port/test_port.h"
#include "wire.h"

namespace sluice::stress {

struct Tally {
  std::uint64_t sent = 0;      // frames given to the firewall
  std::uint64_t received = 0;  // frames that it transmitted
  Tally& operator+=(const Tally& more) {
    sent += more.sent;
    received += more.received;
    return *this;
  }
};

// The far end of some ports.
class Side {
 public:
  Side(std::vector<port::TestPort*> ports, std::uint16_t queues)
      : ports_(std::move(ports)), queues_(queues) {}

  // All frames that left by now, each checked as a receiving host would; `answer` gets the packet and the
  // header of a frame that would go back.
  template <class Answer>
  void receive(Answer answer) {
    for (port::TestPort* port : ports_) {
      for (std::uint16_t queue = 0; queue < queues_; ++queue) {
        for (const port::Frame& bytes : port->collect(queue)) {
          ++tally_.received;
          answer(*port, read(bytes));
        }
      }
    }
  }
  // All packets of one conversation enter at one queue: their order is kept.
  void send(port::TestPort& port, const path::Mac& to, const path::Datagram& packet,
            std::uint16_t client_port);
  [[nodiscard]] port::TestPort& port(std::size_t index) const { return *ports_[index]; }
  [[nodiscard]] const Tally& tally() const { return tally_; }

 private:
  [[nodiscard]] static path::ReadFrame read(const port::Frame& bytes);

  std::vector<port::TestPort*> ports_;
  std::uint16_t queues_;
  Tally tally_;
};

// Clients in 192.0.2.0/24 and 2001:db8:192::/64.
class Clients {
 public:
  Clients(port::TestPort& port, std::uint16_t queues) : side_({&port}, queues) {}

  // The next conversation's first packet: TCP, UDP, ICMP, fragments, something denied, or a ping to
  // the firewall itself; IPv4 and IPv6.
  void begin();
  // One packet of each of the sessions that last, which nothing clears: GRE to a server of its own.
  static constexpr std::uint32_t kLasting = 32;  // of each family
  void keep_alive();
  void answer();
  void take();  // what arrived, without an answer
  [[nodiscard]] const Tally& tally() const { return side_.tally(); }

 private:
  void send(const path::Datagram& packet);
  void follow_up(const path::Datagram& from_server);

  Side side_;
  std::uint32_t next_ = 0;
};

// Servers behind several ports, and the firewall's own kernel behind its twins.
class Servers {
 public:
  Servers(std::vector<port::TestPort*> wires, std::vector<port::TestPort*> twins, std::uint16_t queues)
      : wires_(std::move(wires), queues), twins_(std::move(twins), queues) {}

  void answer();
  void take();
  [[nodiscard]] Tally tally() const {
    Tally both = wires_.tally();
    return both += twins_.tally();
  }

 private:
  Side wires_;
  Side twins_;
};

}  // namespace sluice::stress
