#include "flowd/compile/compile.h"

#include <memory>

#include "flowd/compile/parts.h"

namespace sluice::compile {
namespace {

using Part = Status (*)(const config::Node& root, Compiled& out);
constexpr Part kBeforePolicies[] = {compile_system, compile_ports, compile_interfaces, compile_zones};

}  // namespace

Result<Compiled> compile(const config::Tree& active, const IdRegistry& ids, const CompileOptions& options) {
  if (const Status valid = active.validate(); !valid) return valid.error();
  const config::Node root = active.root();
  Compiled out{.snapshot = {}, .ports = {}, .host = {}, .log = {}, .system = {}, .ids = ids, .warnings = {}};
  out.snapshot.host_name = std::string(root.child("system").text("host-name").value_or(options.host_name));
  for (const Part part : kBeforePolicies) {
    if (const Status done = part(root, out); !done) return done.error();
  }
  const auto names = read_names(root, out);
  if (!names) return names.error();
  if (const Status done = compile_policies(root, options, *names, out); !done) return done.error();
  if (const Status done = compile_nat(root, options, *names, out); !done) return done.error();
  if (const Status done = compile_host(root, out); !done) return done.error();
  if (const Status done = compile_log(root, options, out); !done) return done.error();
  compile_flow(root, out);
  out.snapshot.names = std::make_shared<const snapshot::Names>(out.ids.names());
  return out;
}

void set_mac(Compiled& compiled, PortId wire, const std::array<std::uint8_t, 6>& mac) {
  snapshot::Port& port = compiled.snapshot.ports.at(wire.value);
  port.mac = mac;
  compiled.snapshot.ports.at(port.twin.value).mac = mac;
  for (snapshot::Interface& interface : compiled.snapshot.interfaces) {
    if (interface.port == wire && !interface.name.empty() && interface.id != kLocalIfl) interface.mac = mac;
  }
  for (host::TwinPort& twin : compiled.host.ports) {
    if (twin.port == wire) twin.mac = mac;
  }
}

}  // namespace sluice::compile
