#include "flowd/control.h"

#include <fmt/format.h>

#include <algorithm>

#include "dataplane/flow/flow.h"
#include "flowd/query/rematch.h"
#include "flowd/query/reroute.h"

namespace sluice::flowd {
namespace {

// How long the answer to a clear has to leave through the session that it ends.
constexpr std::uint64_t kSpareNs = kNsPerSecond;

Error stale(std::uint32_t generation) {
  return Error{"operation-failed", "",
               fmt::format("generation {} is not prepared: another was prepared since, or it was discarded",
                           generation)};
}

const compile::WirePort* find_wire(const Running* running, PortId id) {
  if (running != nullptr) {
    for (const compile::WirePort& wire : running->wires) {
      if (wire.id == id) {
        return &wire;
      }
    }
  }
  return nullptr;
}

bool same_device(const port::PortOptions& a, const port::PortOptions& b) {
  return a.driver == b.driver && a.device == b.device && a.queues == b.queues && a.workers == b.workers &&
         a.mtu == b.mtu && a.mac == b.mac;
}

bool in_use(const Running* running, const std::string& device) {
  return running != nullptr && std::ranges::any_of(running->wires, [&](const compile::WirePort& wire) {
           return wire.options.device == device;
         });
}

Error at_port(const compile::WirePort& wire, const Error& error) {
  return Error{error.tag, "system ports " + wire.options.name, error.message};
}

}  // namespace

Control::Control(Machine& machine, ControlParts parts) : machine_(machine), parts_(std::move(parts)) {}

Control::~Control() {
  stop();
}

void Control::stop() {
  const std::lock_guard lock(mutex_);
  if (own_fleet_ != nullptr) {
    own_fleet_->stop();
  }
}

// What was fixed when the workers were made stays; the operator is told.
std::vector<std::string> Control::fix_system(compile::SystemOptions& wanted) const {
  std::vector<std::string> warnings;
  if (own_fleet_ == nullptr) {
    return warnings;
  }
  const auto fix = [&](const char* leaf, auto& asked, const auto& has) {
    if (has != asked) {
      warnings.push_back(
          fmt::format("system flow {}: the change takes effect when sluice-flowd restarts", leaf));
      asked = has;
    }
  };
  fix("workers", wanted.workers, system_.workers);
  fix("maximum-sessions", wanted.maximum_sessions, system_.maximum_sessions);
  fix("cores", wanted.cores, system_.cores);
  return warnings;
}

// Twins have the buffers that they began with. What passes does not meet them, so the rest is done.
std::vector<std::string> Control::fit_twins(host::Plan& wanted) const {
  std::vector<std::string> warnings;
  if (own_fleet_ == nullptr) {
    return warnings;
  }
  const std::uint16_t largest = machine_.largest_twin_mtu();
  for (host::TwinPort& port : wanted.ports) {
    for (host::TwinUnit& unit : port.units) {
      if (unit.mtu > largest) {
        warnings.push_back(
            fmt::format("interfaces {}: packets of {} bytes pass; those that the firewall itself sends and "
                        "receives there have {} at most until sluice-flowd restarts",
                        port.name, unit.mtu, largest));
        unit.mtu = largest;
      }
    }
  }
  return warnings;
}

// Wires: those in use whose options did not change, and newly opened ones.
Status Control::open_wires(Prepared& prepared) {
  const auto running = running_.get();
  prepared.ports.resize(prepared.compiled.snapshot.ports.size());
  for (const compile::WirePort& wire : prepared.compiled.ports) {
    const compile::WirePort* known = find_wire(running.get(), wire.id);
    if (known != nullptr && same_device(known->options, wire.options)) {
      prepared.ports[wire.id.value] = ports_[wire.id.value];
    } else if (in_use(running.get(), wire.options.device)) {
      prepared.late.push_back(wire);
      continue;
    } else {
      auto opened = machine_.open(wire.options);
      if (!opened) {
        return at_port(wire, opened.error());
      }
      prepared.ports[wire.id.value] = std::move(*opened);
    }
    compile::set_mac(prepared.compiled, wire.id, prepared.ports[wire.id.value]->mac());
  }
  return {};
}

void Control::close_users(Prepared& prepared) {
  auto interim = std::make_shared<Running>(*running_.get());
  Ports ports = ports_;
  for (const compile::WirePort& user : interim->wires) {
    const bool wanted = std::ranges::any_of(prepared.late, [&](const compile::WirePort& wire) {
      return wire.options.device == user.options.device;
    });
    if (wanted) {
      prepared.closed.push_back(user);
      ports[user.id.value].reset();
    }
  }
  move_to(std::move(interim), std::move(ports));
}

void Control::put_back(Prepared& prepared) {
  if (prepared.closed.empty()) {
    return;
  }
  prepared.ports.clear();
  Ports ports = ports_;
  for (const compile::WirePort& old : prepared.closed) {
    if (auto again = machine_.open(old.options)) {
      ports[old.id.value] = std::move(*again);
    }
  }
  move_to(std::make_shared<Running>(*running_.get()), std::move(ports));
}

// Opens devices again that are in use with other options.
Status Control::open_late(Prepared& prepared) {
  if (prepared.late.empty()) {
    return {};
  }
  close_users(prepared);
  for (const compile::WirePort& wire : prepared.late) {
    auto opened = machine_.open(wire.options);
    if (!opened) {
      return at_port(wire, opened.error());
    }
    prepared.ports[wire.id.value] = std::move(*opened);
    compile::set_mac(prepared.compiled, wire.id, prepared.ports[wire.id.value]->mac());
  }
  return {};
}

Result<PreparedReply> Control::prepare(const std::string& configuration_json) {
  const std::lock_guard lock(mutex_);
  auto compiled = parts_.compile(configuration_json, ids_);
  if (!compiled) {
    return compiled.error();
  }
  prepared_.reset();
  PreparedReply reply{.generation = next_generation_, .warnings = compiled->warnings};
  for (auto& warnings : {fix_system(compiled->system), fit_twins(compiled->host)}) {
    reply.warnings.insert(reply.warnings.end(), warnings.begin(), warnings.end());
  }
  for (compile::WirePort& wire : compiled->ports) {
    wire.options.workers = compiled->system.workers;
    wire.options.queues = std::min(wire.options.queues, wire.options.workers);
  }
  Prepared prepared{.generation = next_generation_,
                    .json = configuration_json,
                    .compiled = std::move(*compiled),
                    .ports = {},
                    .late = {},
                    .closed = {}};
  if (const Status opened = open_wires(prepared); !opened) {
    return opened.error();
  }
  ++next_generation_;
  prepared_.emplace(std::move(prepared));
  return reply;
}

void Control::discard(std::uint32_t generation) {
  const std::lock_guard lock(mutex_);
  if (prepared_ && prepared_->generation == generation) {
    prepared_.reset();
  }
}

// The first publication makes what stays for good: workers, the log thread, the kernel's side.
Status Control::begin(const compile::SystemOptions& system) {
  auto buffers = machine_.buffers();
  if (!buffers) {
    return buffers.error();
  }
  Status begun =
      machine_.begin(system.workers, [this] { routes_changed_.store(true, std::memory_order_release); });
  if (!begun) {
    return begun;
  }
  own_fleet_ = std::make_shared<Fleet>(FleetOptions{.workers = system.workers,
                                                    .maximum_sessions = system.maximum_sessions,
                                                    .cores = system.cores,
                                                    .pool = *buffers,
                                                    .wait = parts_.wait,
                                                    .start_unix_s = now().unix_s});
  system_ = system;
  parts_.made(*own_fleet_);
  fleet_.set(own_fleet_);
  return {};
}

Status Control::apply_plan(const host::Plan& plan) {
  Status applied = machine_.apply(plan);
  if (!applied) {
    restore_plan();
  }
  return applied;
}

void Control::restore_plan() {
  if (const auto running = running_.get()) {
    // The error that matters is the one that led here.
    static_cast<void>(machine_.apply(*running->plan).has_value());
  }
}

Result<std::shared_ptr<Running>> Control::assemble(const Prepared& prepared) {
  const compile::Compiled& compiled = prepared.compiled;
  auto routes = route::View::compile(machine_.routes());
  if (!routes) {
    return routes.error();
  }
  auto next = std::make_shared<Running>();
  next->generation = prepared.generation;
  next->configuration_json = std::make_shared<const std::string>(prepared.json);
  next->system = compiled.system;
  next->plan = std::make_shared<const host::Plan>(compiled.host);
  next->wires = compiled.ports;
  next->snapshot = compiled.snapshot;
  next->log = compiled.log;
  next->snapshot.generation = prepared.generation;
  next->snapshot.routes = std::move(*routes);
  return next;
}

// From here on packets are decided by `next`, on these ports. Ports left behind close.
void Control::move_to(std::shared_ptr<Running> next, Ports ports) {
  std::vector<port::Port*> plain;
  next->ports.clear();
  for (const auto& port : ports) {
    plain.push_back(port.get());
    next->ports.push_back(port);
  }
  own_fleet_->set_busy_polling(next->system.polling == compile::SystemOptions::Polling::busy);
  own_fleet_->publish(next->snapshot, plain);
  running_.set(std::move(next));
  ports_ = std::move(ports);
}

Control::Ports Control::with_twins(const Prepared& prepared) const {
  Ports ports = prepared.ports;
  const auto& known = prepared.compiled.snapshot.ports;
  for (std::size_t id = 0; id < known.size(); ++id) {
    if (known[id].is_twin && !known[id].name.empty()) {
      ports[id] = machine_.twin(PortId{static_cast<std::uint16_t>(id)});
    }
  }
  return ports;
}

Result<std::shared_ptr<Running>> Control::make_ready(Prepared& prepared) {
  if (own_fleet_ == nullptr) {
    if (const Status begun = begin(prepared.compiled.system); !begun) {
      return begun.error();
    }
  }
  if (const Status opened = open_late(prepared); !opened) {
    return opened.error();
  }
  if (const Status applied = apply_plan(prepared.compiled.host); !applied) {
    return applied.error();
  }
  auto next = assemble(prepared);
  if (!next) {
    restore_plan();
  }
  return next;
}

Result<std::uint64_t> Control::publish(std::uint32_t generation) {
  const std::lock_guard lock(mutex_);
  if (!prepared_ || prepared_->generation != generation) {
    return stale(generation);
  }
  auto next = make_ready(*prepared_);
  if (!next) {
    put_back(*prepared_);
    prepared_.reset();
    return next.error();
  }
  Ports ports = with_twins(*prepared_);
  const auto before = running_.get();
  parts_.before_publish(prepared_->compiled);
  ids_ = std::move(prepared_->compiled.ids);
  prepared_.reset();
  routes_refused_.clear();  // `next` has the routes that the kernel has now
  if (before == nullptr && parts_.threads == ControlParts::Threads::own) {
    own_fleet_->start();
  }
  move_to(*next, std::move(ports));
  if (before == nullptr) {
    return std::uint64_t{0};
  }
  return query::rematch(own_fleet_->shards(), before->snapshot, (*next)->snapshot, parts_.wait) +
         query::reroute(own_fleet_->shards(), before->snapshot, (*next)->snapshot, parts_.wait);
}

std::uint64_t Control::clear(const query::ClearPlan& plan, const Now& now) {
  const std::lock_guard lock(mutex_);
  if (own_fleet_ == nullptr) {
    return 0;
  }
  query::Cleared cleared = query::clear(own_fleet_->shards(), plan, moment(now), parts_.wait);
  const std::size_t spared = cleared.spared.size();
  if (spared != 0) {
    deferred_.push_back(
        {.due_ns = now.ns + kSpareNs, .reason = plan.reason, .sessions = std::move(cleared.spared)});
  }
  return cleared.ended + spared;
}

query::Moment Control::moment(const Now& now) const {
  query::Moment moment{.now_s = now.unix_s, .timeouts = {}};
  if (const auto running = running_.get()) {
    moment.timeouts = flow::timeout_classes(running->snapshot.flow);
    moment.routes = running->snapshot.routes;
  }
  return moment;
}

std::vector<std::string> Control::pending() const {
  const std::lock_guard lock(mutex_);
  if (running_.get() == nullptr) {
    return {};
  }
  std::vector<std::string> sentences = machine_.pending();
  if (!routes_refused_.empty()) {
    sentences.push_back(routes_refused_);
  }
  return sentences;
}

void Control::chores(const Now& now) {
  const std::lock_guard lock(mutex_);
  if (running_.get() == nullptr) {
    return;
  }
  resolve_neighbors();
  apply_routes();
  watch_machine(now);
  end_deferred(now);
}

void Control::resolve_neighbors() {
  for (const auto& worker : own_fleet_->workers()) {
    worker::ResolveRequest request;
    while (worker->next_resolve(request)) {
      machine_.resolve(request.ifl, request.address);
    }
  }
}

void Control::apply_routes() {
  if (!routes_changed_.exchange(false, std::memory_order_acquire)) {
    return;
  }
  // Read now, not when the change was heard: a commit may have changed them since.
  auto view = route::View::compile(machine_.routes());
  if (!view) {
    // The kernel's next change tries again; workers go on with the routes they have.
    routes_refused_ = "the kernel's routes are not used: " + view.error().text();
    return;
  }
  routes_refused_.clear();
  const auto before = running_.get();
  auto next = std::make_shared<Running>(*before);
  next->snapshot.routes = std::move(*view);
  move_to(next, ports_);
  query::reroute(own_fleet_->shards(), before->snapshot, next->snapshot, parts_.wait);
}

void Control::watch_machine(const Now& now) {
  if (machine_checked_s_ == now.unix_s) {
    return;
  }
  machine_checked_s_ = now.unix_s;
  const auto running = running_.get();
  machine_.repair();
  reopen_lost(*running);
  follow_links(*running);
  watch_.look(ports_, now);
}

// A device that was removed is opened again when one of its name is back.
void Control::reopen_lost(const Running& running) {
  Ports ports = ports_;
  for (const compile::WirePort& wire : running.wires) {
    const auto& port = ports_[wire.id.value];
    if (port == nullptr || !port->lost()) {
      continue;
    }
    // With the address that neighbours know.
    port::PortOptions options = wire.options;
    options.mac = port->mac();
    if (auto again = machine_.open(options)) {
      ports[wire.id.value] = std::move(*again);
    }
  }
  if (ports != ports_) {
    move_to(std::make_shared<Running>(running), std::move(ports));
  }
}

// The twin's carrier follows the wire's.
void Control::follow_links(const Running& running) {
  for (const compile::WirePort& wire : running.wires) {
    const auto& port = ports_[wire.id.value];
    machine_.set_link(wire.id, port != nullptr && port->link_up());
  }
}

void Control::end_deferred(const Now& now) {
  std::erase_if(deferred_, [&](const Deferred& deferred) {
    const bool due = now.ns >= deferred.due_ns;
    if (due) {
      query::end_spared(own_fleet_->shards(), deferred.sessions, deferred.reason, parts_.wait);
    }
    return due;
  });
}

}  // namespace sluice::flowd
