// Control: the one who changes anything in flowd.
//
// What: prepares and publishes configurations, brings what the kernel learnt of routes to the workers,
// ends sessions on request, and does the chores in between (neighbours to resolve, links, deferred ends).
//
// Two phases. prepare() compiles everything and opens devices that are new: all that can fail by the
// operator's doing fails there, and changes nothing. (A device that is in use and gets other options can only
// be opened again by publish(), which opens it as it was when that fails.) publish() makes the kernel's side,
// builds the route view, tells the log thread, moves the workers and waits for them, closes what is no longer
// named, and then settles the sessions (query/rematch.h). If the kernel refuses, the plan before is applied
// again and nothing is published.
//
// `system flow workers` and `maximum-sessions` count at the first publication; prepare() warns when a
// later configuration has others.
//
// Threads: every member may be called on any thread. Changes go one at a time, under one mutex; running(),
// fleet() and what hangs on them are for reading and wait for nobody. chores() belongs to one
// thread, flowd's control thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "flowd/fleet.h"
#include "flowd/machine.h"
#include "flowd/port_watch.h"
#include "flowd/query/query.h"
#include "flowd/running.h"

namespace sluice::flowd {

// What main decides for Control.
struct ControlParts {
  // From the configuration as JSON to what is published; keeps numbers from commit to commit.
  std::function<Result<compile::Compiled>(const std::string& json, const compile::IdRegistry& ids)> compile;
  // Workers exist: the log thread can be made. Before the first publication.
  std::function<void(const Fleet& fleet)> made;
  // Log options and names of the next configuration, before workers move to it.
  std::function<void(const compile::Compiled& next)> before_publish;
  // Called while a worker is waited for.
  query::Wait wait;
  // What time it is for whoever asks something.
  std::function<Now()> clock = read_clock;
  enum class Threads : std::uint8_t { own, none } threads = Threads::own;
};

struct PreparedReply {
  std::uint32_t generation = 0;
  std::vector<std::string> warnings;
};

class Control {
 public:
  Control(Machine& machine, ControlParts parts);
  ~Control();
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;

  // --- commit
  // Replaces an earlier preparation that was not published.
  [[nodiscard]] Result<PreparedReply> prepare(const std::string& configuration_json);
  // Returns how many sessions it ended.
  [[nodiscard]] Result<std::uint64_t> publish(std::uint32_t generation);
  void discard(std::uint32_t generation);

  // --- sessions
  // Ends what matches. What the plan spares is ended by chores() a moment later, when the answer has left
  // through it; it counts as ended.
  [[nodiscard]] std::uint64_t clear(const query::ClearPlan& plan, const Now& now);

  // --- reading
  // Null before the first publication; so is fleet().
  [[nodiscard]] std::shared_ptr<const Running> running() const { return running_.get(); }
  [[nodiscard]] std::shared_ptr<const Fleet> fleet() const { return fleet_.get(); }
  [[nodiscard]] Now now() const { return parts_.clock(); }
  [[nodiscard]] query::Moment moment(const Now& now) const;
  [[nodiscard]] const PortWatch& port_watch() const { return watch_; }
  // What could not be done yet, a sentence each.
  [[nodiscard]] std::vector<std::string> pending() const;

  // --- chores: what waits to be done; to be called every few milliseconds.
  void chores(const Now& now);
  // Ends the workers' threads. Sessions stay readable.
  void stop();

 private:
  // By PortId; null where there is none.
  using Ports = std::vector<std::shared_ptr<port::Port>>;
  struct Prepared {
    std::uint32_t generation = 0;
    std::string json;
    compile::Compiled compiled;
    Ports ports;                            // wires; those in use already, and new ones
    std::vector<compile::WirePort> late;    // wires whose device is in use: publish() opens them
    std::vector<compile::WirePort> closed;  // and those that it closed for them
  };
  // Sessions that are to end at a time.
  struct Deferred {
    std::uint64_t due_ns = 0;
    session::CloseReason reason = session::CloseReason::cli;
    std::vector<query::Spared> sessions;
  };

  [[nodiscard]] Status open_wires(Prepared& prepared);
  [[nodiscard]] Status open_late(Prepared& prepared);
  // Workers leave the ports whose devices are to be opened again, and these close.
  void close_users(Prepared& prepared);
  // After a failure: what was closed is opened as it was.
  void put_back(Prepared& prepared);
  [[nodiscard]] std::vector<std::string> fix_system(compile::SystemOptions& wanted) const;
  [[nodiscard]] std::vector<std::string> fit_twins(host::Plan& wanted) const;
  [[nodiscard]] Status begin(const compile::SystemOptions& system);
  // The part of publish() that may fail.
  [[nodiscard]] Result<std::shared_ptr<Running>> make_ready(Prepared& prepared);
  [[nodiscard]] Result<std::shared_ptr<Running>> assemble(const Prepared& prepared);
  [[nodiscard]] Ports with_twins(const Prepared& prepared) const;
  [[nodiscard]] Status apply_plan(const host::Plan& plan);
  // After a failure: the kernel looks again as what runs wants it.
  void restore_plan();
  void move_to(std::shared_ptr<Running> next, Ports ports);
  void apply_routes();
  void resolve_neighbors();
  // Once a second: carriers, twins that somebody removed, devices that went and came back.
  void watch_machine(const Now& now);
  void follow_links(const Running& running);
  void reopen_lost(const Running& running);
  void end_deferred(const Now& now);

  Machine& machine_;
  const ControlParts parts_;
  Published<Running> running_;
  Published<Fleet> fleet_;
  PortWatch watch_;

  mutable std::mutex mutex_;  // guards all below
  std::shared_ptr<Fleet> own_fleet_;
  compile::SystemOptions system_;  // what the fleet was made with
  compile::IdRegistry ids_;
  Ports ports_;  // open and in use, wires and twins
  std::optional<Prepared> prepared_;
  std::uint32_t next_generation_ = 1;
  std::vector<Deferred> deferred_;
  std::uint32_t machine_checked_s_ = 0;
  std::string routes_refused_;  // why the kernel's routes are not used; empty when they are

  std::atomic<bool> routes_changed_{false};  // the machine's thread says so
};

}  // namespace sluice::flowd
