#include "flowd/control.h"

#include <fmt/format.h>

#include "dataplane/flow/flow.h"
#include "flowd/query/rematch.h"
#include "flowd/query/reroute.h"

namespace sluice::flowd {
namespace {

// How long the answer to a clear has to leave through the session that it ends.
constexpr std::uint64_t kSpareNs = 1'000'000'000;

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
  return a.driver == b.driver && a.device == b.device && a.queues == b.queues && a.mtu == b.mtu;
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

// Ports by PortId: those in use whose options did not change, and newly opened ones.
Result<std::vector<std::shared_ptr<port::Port>>> Control::open_wires(const compile::Compiled& compiled) {
  const auto running = running_.get();
  std::vector<std::shared_ptr<port::Port>> wires(compiled.snapshot.ports.size());
  for (const compile::WirePort& wire : compiled.ports) {
    const compile::WirePort* known = find_wire(running.get(), wire.id);
    if (known != nullptr && same_device(known->options, wire.options)) {
      wires[wire.id.value] = running->ports[wire.id.value];
      continue;
    }
    auto opened = machine_.open(wire.options);
    if (!opened) {
      return Error{opened.error().tag, "system ports " + wire.options.name, opened.error().message};
    }
    wires[wire.id.value] = std::move(*opened);
  }
  return wires;
}

Result<PreparedReply> Control::prepare(const std::string& configuration_json) {
  const std::lock_guard lock(mutex_);
  auto compiled = parts_.compile(configuration_json, ids_);
  if (!compiled) {
    return compiled.error();
  }
  prepared_.reset();
  PreparedReply reply{.generation = next_generation_, .warnings = compiled->warnings};
  for (std::string& warning : fix_system(compiled->system)) {
    reply.warnings.push_back(std::move(warning));
  }
  for (compile::WirePort& wire : compiled->ports) {
    wire.options.queues = compiled->system.workers;
  }
  auto wires = open_wires(*compiled);
  if (!wires) {
    return wires.error();
  }
  for (const compile::WirePort& wire : compiled->ports) {
    compile::set_mac(*compiled, wire.id, (*wires)[wire.id.value]->mac());
  }
  prepared_.emplace(Prepared{.generation = next_generation_++,
                             .json = configuration_json,
                             .compiled = std::move(*compiled),
                             .wires = std::move(*wires)});
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
  const Status begun = machine_.begin(system.workers, [this](route::Definition routes) {
    const std::lock_guard lock(routes_mutex_);
    new_routes_ = std::move(routes);
  });
  if (!begun) {
    return begun;
  }
  own_fleet_ = std::make_shared<Fleet>(FleetOptions{.workers = system.workers,
                                                    .maximum_sessions = system.maximum_sessions,
                                                    .cores = system.cores,
                                                    .pool = *buffers,
                                                    .wait = parts_.wait});
  system_ = system;
  parts_.made(*own_fleet_);
  fleet_.set(own_fleet_);
  return {};
}

Status Control::apply_plan(const host::Plan& plan) {
  Status applied = machine_.apply(plan);
  if (!applied) {
    if (const auto running = running_.get()) {
      // What was done of the new plan is undone; the error that matters is the first.
      static_cast<void>(machine_.apply(*running->plan).has_value());
    }
  }
  return applied;
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
  next->snapshot.generation = prepared.generation;
  next->snapshot.routes = std::move(*routes);
  next->ports = prepared.wires;
  for (std::size_t id = 0; id < compiled.snapshot.ports.size(); ++id) {
    if (compiled.snapshot.ports[id].is_twin) {
      next->ports[id] = machine_.twin(PortId{static_cast<std::uint16_t>(id)});
    }
  }
  return next;
}

void Control::move_to(std::shared_ptr<const Running> next) {
  std::vector<port::Port*> ports;
  for (const auto& port : next->ports) {
    ports.push_back(port.get());
  }
  own_fleet_->set_busy_polling(next->system.polling == compile::SystemOptions::Polling::busy);
  own_fleet_->publish(next->snapshot, ports);
  running_.set(std::move(next));
}

Result<std::uint64_t> Control::publish(std::uint32_t generation) {
  const std::lock_guard lock(mutex_);
  if (!prepared_ || prepared_->generation != generation) {
    return stale(generation);
  }
  if (own_fleet_ == nullptr) {
    if (const Status begun = begin(prepared_->compiled.system); !begun) {
      return begun.error();
    }
  }
  if (const Status applied = apply_plan(prepared_->compiled.host); !applied) {
    return applied.error();
  }
  auto next = assemble(*prepared_);
  if (!next) {
    return next.error();
  }
  const auto before = running_.get();
  parts_.before_publish(prepared_->compiled);
  ids_ = std::move(prepared_->compiled.ids);
  prepared_.reset();
  if (before == nullptr && parts_.threads == ControlParts::Threads::own) {
    own_fleet_->start();
  }
  move_to(*next);
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
  }
  return moment;
}

std::vector<std::string> Control::pending() const {
  const std::lock_guard lock(mutex_);
  return running_.get() != nullptr ? machine_.pending() : std::vector<std::string>{};
}

void Control::chores(const Now& now) {
  const std::lock_guard lock(mutex_);
  if (running_.get() == nullptr) {
    return;
  }
  resolve_neighbors();
  apply_routes();
  follow_links(now);
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
  std::optional<route::Definition> routes;
  {
    const std::lock_guard lock(routes_mutex_);
    routes.swap(new_routes_);
  }
  if (!routes) {
    return;
  }
  auto view = route::View::compile(std::move(*routes));
  if (!view) {
    return;  // the kernel's next change tries again; workers go on with the routes they have
  }
  const auto before = running_.get();
  auto next = std::make_shared<Running>(*before);
  next->snapshot.routes = std::move(*view);
  move_to(next);
  query::reroute(own_fleet_->shards(), before->snapshot, next->snapshot, parts_.wait);
}

// The twin's carrier follows the wire's.
void Control::follow_links(const Now& now) {
  if (links_checked_s_ == now.unix_s) {
    return;
  }
  links_checked_s_ = now.unix_s;
  const auto running = running_.get();
  for (const compile::WirePort& wire : running->wires) {
    machine_.set_link(wire.id, running->ports[wire.id.value]->link_up());
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
