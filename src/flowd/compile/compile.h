// Compile: from the active configuration to everything that flowd publishes.
//
// What: a pure function. It reads a config::Tree and the numbers given out so far, and answers a
// Compiled, or one Error with the statement that is wrong and what is allowed there. It opens no
// device, file or socket and asks no kernel, so `commit check`, sluice-replay and tests run it as
// flowd does.
//
// Why one function: after it nothing about a configuration can fail but the machine itself. Tree::validate()
// is its first step (types, mandatory statements, references, 'must'); then each area is
// read in the order in which later ones need it: ports and interfaces, zones, applications, address
// books, policies, NAT, flow, log, static routes.
//
// What is left for the caller, who alone knows it:
//   snapshot.generation, snapshot.routes        when publishing
//   MAC addresses                               set_mac(), once a port is open; zero until then
//   ids                                         kept when published; a discarded Compiled leaks none
//
// Conventions in the snapshot:
//   interfaces[id], zones[id], ports[id]: index = id. Retired numbers leave an entry with an empty
//     name, disabled, in no zone. interfaces[kLocalIfl] is ".local..0" in zone junos-host.
//   ports: each `system ports NAME` is a wire and its twin, under the same name and with the same
//     ifl_by_vlan; Port::twin of either is the other.
//   Definition::policies: zone pairs in configuration order, then global policies. The position is the
//     operator's sequence; the PolicyId is the Index, which stays through edits and reordering.
//
// EAL must have been started (policy::Table uses rte_acl).
//
// Threads: any; a Tree is used by one thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "dataplane/port/port.h"
#include "dataplane/snapshot/snapshot.h"
#include "flowd/compile/id_registry.h"
#include "flowd/host/host.h"
#include "flowd/logship/logship.h"

namespace sluice::compile {

// `system flow`: what is fixed while flowd runs, so a change needs a restart.
struct SystemOptions {
  std::uint16_t workers = 1;
  std::uint32_t maximum_sessions = 262144;  // all workers together
  enum class Polling : std::uint8_t { adaptive, busy } polling = Polling::adaptive;
  std::vector<std::uint16_t> cores;  // worker i runs on cores[i]; empty: wherever
  friend bool operator==(const SystemOptions&, const SystemOptions&) = default;
};

// A device to open, and the PortId of its wire.
struct WirePort {
  PortId id;
  port::PortOptions options;
  std::string description = {};
  bool enabled = true;  // false: `interfaces NAME disable`, so none of its units is
};

struct Compiled {
  snapshot::Snapshot snapshot;
  std::vector<WirePort> ports;  // in configuration order
  host::Plan host;
  logship::LogOptions log;
  SystemOptions system;
  IdRegistry ids;
  // What is accepted but probably not meant, "PATH: sentence" each.
  std::vector<std::string> warnings;
};

struct CompileOptions {
  // Where log files go that the configuration names without a folder.
  std::string log_folder = "/var/log/sluice";
  // What the firewall calls itself when `system host-name` does not say.
  std::string host_name = "sluice";
  // The table of an earlier compilation: it is used again when the policies say the same. May be null.
  std::shared_ptr<const policy::Table> policies = nullptr;
  // The NAT table in use, whose ports stay taken. May be null.
  std::shared_ptr<const nat::Table> nat = nullptr;
  // Workers that run already, among whom ports are divided whatever the configuration says of the next start.
  // 0: none run yet.
  std::uint16_t workers = 0;
};

[[nodiscard]] Result<Compiled> compile(const config::Tree& active, const IdRegistry& ids,
                                       const CompileOptions& options = {});

// Writes an opened port's Ethernet address wherever it belongs: the wire, its twin, its interfaces, the
// host plan.
void set_mac(Compiled& compiled, PortId wire, const std::array<std::uint8_t, 6>& mac);

}  // namespace sluice::compile
