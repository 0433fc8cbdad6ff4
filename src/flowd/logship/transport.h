// Transport: brings the bytes of an outbox to their destination.
//
// The seam between streams and the world, and one of the house's few virtual ones. send() never
// waits for a peer (a file's write() may wait for the disk): what cannot leave now stays in the
// outbox, and the stream drops and counts new records when that is full. A transport that fails
// tries again later by itself, on the clock that it is handed.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "flowd/logship/logship.h"
#include "flowd/logship/outbox.h"

namespace sluice::logship {

// Written by the log thread, read by any.
struct StreamCounters {
  std::string name;  // fixed
  std::atomic<std::uint64_t> records{0};
  std::atomic<std::uint64_t> bytes{0};
  std::atomic<std::uint64_t> lost{0};
  std::atomic<std::uint64_t> errors{0};
  std::atomic<std::uint64_t> connects{0};
  std::atomic<bool> up{false};
};

// How records are told apart on the way.
enum class Framing : std::uint8_t { newline, octet_counting, datagram };

class Transport {
 public:
  virtual ~Transport() = default;
  virtual void send(Outbox& outbox, std::uint64_t now_ns) = 0;
  // For files: open by name again.
  virtual void reopen() {}
  [[nodiscard]] virtual Framing framing() const = 0;
};

// A transport's health: counts, and tells the operator once when it fails and once when it works again.
class Health {
 public:
  Health(StreamCounters& counters, LogShip::Report report)
      : counters_(counters), report_(std::move(report)) {}

  void up();
  // `what`: "cannot open /var/log/x: Permission denied".
  void failed(const std::string& what);
  void lost(std::uint64_t records);

 private:
  StreamCounters& counters_;
  LogShip::Report report_;
  bool told_ = false;
};

struct TransportParts {
  StreamCounters& counters;
  LogShip::Report report;
};

[[nodiscard]] std::unique_ptr<Transport> make_file_transport(const FileTarget& target,
                                                             const TransportParts& parts);
[[nodiscard]] std::unique_ptr<Transport> make_udp_transport(const UdpTarget& target,
                                                            const TransportParts& parts);
[[nodiscard]] std::unique_ptr<Transport> make_tcp_transport(const TcpTarget& target,
                                                            const TransportParts& parts);

}  // namespace sluice::logship
