// One log stream at work: a filter, a formatter, an outbox and a transport.
//
// When the outbox is full the newest record is dropped and counted, and the next one that fits is
// preceded by an announcement of how many. Owned by LogShip; the log thread.
#pragma once

#include <memory>
#include <span>

#include "flowd/logship/formatter.h"
#include "flowd/logship/transport.h"

namespace sluice::logship {

class StreamRunner {
 public:
  // The options that only this stream has, and those of all.
  StreamRunner(const Stream& stream, const LogOptions& options, const snapshot::Names& names,
               const LogShip::Report& report);

  // Takes new options and names and keeps its destination. False when the destination differs:
  // then a new runner is needed.
  [[nodiscard]] bool update(const Stream& stream, const LogOptions& options, const snapshot::Names& names);

  // Formats what this stream takes of the events.
  void accept(std::span<const sessionlog::Event> events, std::uint64_t now_ns);
  // Records of a worker were lost after its last event; `notice` says how many.
  void announce_lost(const sessionlog::Event& notice, std::uint64_t now_ns);
  // Ships what waits, a part of a file's block included.
  void ship(std::uint64_t now_ns);
  // Ships when enough waits for it to be worth a system call, or housekeeping is due.
  void ship_if_due(std::uint64_t now_ns);
  void reopen() { transport_->reopen(); }
  [[nodiscard]] bool empty() const { return outbox_.empty(); }
  // Its last call: says how many records it takes with it, if any.
  void give_up(const LogShip::Report& report);

  [[nodiscard]] const std::shared_ptr<StreamCounters>& counters() const { return counters_; }
  [[nodiscard]] const std::string& name() const { return counters_->name; }

 private:
  void append(Message message, const sessionlog::Event& event);
  void write(Message message, const sessionlog::Event& event, char* at);
  [[nodiscard]] char* room();

  Stream stream_;
  std::unique_ptr<Formatter> formatter_;
  std::shared_ptr<StreamCounters> counters_;
  std::unique_ptr<Transport> transport_;
  Outbox outbox_;
  std::uint64_t lost_ = 0;  // since the last record that fitted
  bool full_ = false;       // nothing more fits during this call of accept()
  std::uint64_t now_ns_ = 0;
  std::uint64_t shipped_at_ns_ = 0;
};

}  // namespace sluice::logship
