// The whole of flowd but its service, on ports in memory: two workers on threads of their own that hand
// packets to each other, the control that commits, and the log thread that writes a file.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "flowd/control.h"
#include "flowd/logship/logship.h"
#include "flowd/test_machine.h"
#include "traffic.h"

namespace sluice::stress {

inline constexpr std::uint16_t kWorkers = 2;

// Configurations that commits go through. Each but the first does something to sessions or ports.
enum class Variant : std::uint8_t {
  plain,    // everything but what `denied` names is permitted
  denying,  // the general policy denies, and policy-rematch ends its sessions
  renamed,  // another policy permits the same: policy-rematch extensive keeps the sessions
  wider,    // a port more, which closes with the next commit
  moved,    // the interface of 198.51.100.0/24 is in another zone, where nothing is permitted to go
  count_,
};
inline constexpr auto kVariants = static_cast<std::uint32_t>(Variant::count_);

// One record of the log file.
struct LogRecord {
  enum class Kind : std::uint8_t { created, closed, denied, lost } kind = Kind::created;
  std::uint64_t session_id_64 = 0;
  std::uint64_t worker = 0;
  std::uint64_t sequence = 0;
  std::uint64_t lost = 0;  // kind lost: how many records this one stands for
  std::string reason;
};

class Firewall {
 public:
  Firewall();
  ~Firewall();
  Firewall(const Firewall&) = delete;
  Firewall& operator=(const Firewall&) = delete;

  void commit(Variant variant);
  // What the machine's thread says of routes: 198.51.100.0/24 by another interface of its zone, or as it was.
  void tell_routes(bool elsewhere);

  [[nodiscard]] flowd::Control& control() { return control_; }
  [[nodiscard]] query::Shards shards() const { return control_.fleet()->shards(); }
  [[nodiscard]] port::TestPort& inside() { return *inside_; }
  [[nodiscard]] std::vector<port::TestPort*> outside() const;
  [[nodiscard]] std::vector<port::TestPort*> twins() const;
  [[nodiscard]] const rte_mempool* buffers() { return machine_.buffers().value(); }

  // Ends the threads. What is on the way still is carried through by the caller, and every session times out.
  void stop_workers() { control_.stop(); }
  // Returns whether anything moved.
  bool step(const Now& now);
  // Ends the log thread, and reads what it wrote.
  [[nodiscard]] std::vector<LogRecord> finish_log();

  [[nodiscard]] std::uint64_t counted(std::uint64_t flow::Counters::*counter) const;
  [[nodiscard]] std::uint64_t dropped(packet::DropReason reason) const;
  // Sessions of the firewall itself, which no policy logs.
  [[nodiscard]] std::uint64_t own_sessions() const;
  [[nodiscard]] logship::Statistics log_statistics() const { return logship_->statistics(); }

 private:
  flowd::ControlParts parts();

  std::filesystem::path folder_;
  flowd::TestMachine machine_;
  std::unique_ptr<logship::LogShip> logship_;
  flowd::Control control_;
  std::shared_ptr<port::TestPort> inside_;
  std::vector<std::shared_ptr<port::TestPort>> outside_;
  std::vector<std::shared_ptr<port::Port>> twins_;
  route::Definition usual_routes_;
  route::Definition other_routes_;
};

}  // namespace sluice::stress
