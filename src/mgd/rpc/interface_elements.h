// The elements of ports and units as `show interfaces` tells them, level by level.
#pragma once

#include <string_view>
#include <vector>

#include "mgd/rpc/rpc.h"

namespace sluice::rpc {

// How much is told: the forms of Junos's levels, each of which has the groups that it has there.
struct InterfaceLevel {
  std::string_view name;      // as in the schema
  bool brief = false;         // addresses without what follows from them, no counters
  bool rates = false;         // traffic per second
  bool counters = false;      // traffic since the port was opened
  bool error_counts = false;  // a number each way
  bool error_lists = false;   // what kinds there are
  bool ethernet_counters = false;
};

// A port with those of its units that are wanted.
struct PortUnits {
  const v1::Interface* port = nullptr;
  std::vector<const v1::Interface*> units;
};

void port_element(render::Sink& sink, const PortUnits& shown, const InterfaceLevel& level,
                  std::int64_t now_unix_s);
void unit_element(render::Sink& sink, const v1::Interface& unit, const InterfaceLevel& level);

}  // namespace sluice::rpc
