// Private to the room: the areas of a configuration, each reading its statements and filling its part of
// a Compiled. They run in this order; each may rely on what those before it filled.
#pragma once

#include <map>

#include "flowd/compile/address_books.h"
#include "flowd/compile/applications.h"
#include "flowd/compile/compile.h"

namespace sluice::compile {

// `system flow`.
Status compile_system(const config::Node& root, Compiled& out);
// `system ports`: wires, twins, devices to open.
Status compile_ports(const config::Node& root, Compiled& out);
// `interfaces`: logical interfaces, their VLANs and addresses.
Status compile_interfaces(const config::Node& root, Compiled& out);
// `security zones`: zones, which interfaces they have, what they admit to the firewall itself.
Status compile_zones(const config::Node& root, Compiled& out);
// What policies and NAT rules refer to.
struct Names {
  std::map<std::string_view, ZoneId> zones;
  AddressBooks books;
  Applications applications;
};
[[nodiscard]] Result<Names> read_names(const config::Node& root, Compiled& out);
// What `match`, a policy's or rule's, names an application or set by.
[[nodiscard]] Result<std::vector<AppId>> applications_named(std::string_view name, const config::Node& match,
                                                            const Names& names);
// `security policies`.
Status compile_policies(const config::Node& root, const CompileOptions& options, const Names& names,
                        Compiled& out);
// `security nat`.
Status compile_nat(const config::Node& root, const CompileOptions& options, const Names& names,
                   Compiled& out);
// `security flow`. Nothing in it can fail.
void compile_flow(const config::Node& root, Compiled& out);
// `security log`.
Status compile_log(const config::Node& root, const CompileOptions& options, Compiled& out);
// `routing-options static`, and the host's plan of it all.
Status compile_host(const config::Node& root, Compiled& out);

}  // namespace sluice::compile
