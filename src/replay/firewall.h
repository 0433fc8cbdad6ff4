// Firewall: sluice-flowd and sluice-mgd in one, without the machine around them.
//
// What: a configuration file is committed by mgd's commit to flowd's Control, whose machine is in memory
// (machine.h), through flowd's own service on a channel inside this process. One worker is stepped
// by hand under a virtual clock. So packets are judged, sessions are shown and logs are written by the very
// code that does it in the daemons; only time and wires are the replay's.
//
// What a replay has otherwise than the firewall: one worker, whatever `system flow workers` says; packets
// of any size pass (a capturing host merges segments that were several packets on the wire); logs go to
// one file, in the form of the first `security log stream` if there is one, else of `security log format`.
//
// Threads: one; gRPC has its own and reads only while this one waits for an answer.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "config/config.h"
#include "dataplane/port/test_port.h"
#include "dataplane/sessionlog/sessionlog.h"
#include "flowd/control.h"
#include "flowd/logship/logship.h"
#include "flowd/service/service.h"
#include "mgd/commit/commit.h"
#include "mgd/link/link.h"
#include "replay/machine.h"

namespace sluice::replay {

struct FirewallOptions {
  std::string configuration_path;
  std::string log_path;
  std::string yang_folder;
  std::optional<logship::Format> log_format;  // else as the configuration says
  // Hears one sentence when the log cannot be written.
  logship::LogShip::Report report;
};

class Firewall {
 public:
  // EAL must have been started. The clock starts at `start`.
  [[nodiscard]] static Result<std::unique_ptr<Firewall>> make(const FirewallOptions& options,
                                                              const Now& start);
  ~Firewall();
  Firewall(const Firewall&) = delete;
  Firewall& operator=(const Firewall&) = delete;

  // --- time and packets
  // Second by second, so that what is due ends when it is due. Time that is past already stands still.
  void advance(std::uint64_t unix_ns);
  // A frame arrives on a wire, or comes from its twin in the kernel. What the firewall sends is gone. False:
  // all packet buffers are in use, by fragments that wait for others.
  [[nodiscard]] bool receive(PortId port, std::span<const std::uint8_t> frame);
  // The last log records are written.
  void finish();

  // --- looking
  [[nodiscard]] const snapshot::Snapshot& snapshot() const { return control_.running()->snapshot; }
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }
  // Those that ended, in this order: all of them, 192 bytes each.
  [[nodiscard]] std::span<const sessionlog::Event> ended() const { return ended_; }
  [[nodiscard]] std::uint64_t log_records() const;
  [[nodiscard]] const config::Schema& schema() const { return schema_; }
  // What mgd's commands work on.
  [[nodiscard]] commit::Parts parts() { return {running_, alarms_, nullptr, *flowd_}; }

 private:
  Firewall(FirewallOptions options, config::Schema schema, const Now& start);
  [[nodiscard]] flowd::ControlParts control_parts();
  [[nodiscard]] Result<compile::Compiled> compile(const std::string& json,
                                                  const compile::IdRegistry& ids) const;
  void make_log(const flowd::Fleet& fleet);
  [[nodiscard]] Status commit(const std::string& text);
  [[nodiscard]] bool idle() const;
  void settle();
  void empty_ports();
  void take_events();

  const FirewallOptions options_;
  const config::Schema schema_;
  Now now_;
  std::uint64_t last_packet_ns_ = 0;
  ReplayMachine machine_;
  sessionlog::EventRing logged_;  // what policies log of the worker's events
  std::unique_ptr<logship::LogShip> logship_;
  std::vector<sessionlog::Event> ended_;
  flowd::Control control_;
  std::unique_ptr<service::Server> server_;
  std::optional<link::Flowd> flowd_;
  commit::Running running_;
  alarm::Alarms alarms_{commit::clock_unix_s, nullptr};
  std::vector<std::string> warnings_;
  std::vector<std::shared_ptr<port::TestPort>> ports_;  // by PortId
};

}  // namespace sluice::replay
