#include "flowd/host/mirror.h"

#include <fmt/format.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/clock.h"

namespace sluice::host {
namespace {

constexpr std::size_t kProbesPerSecond = 64;
constexpr int kPausePerReading = 4;
constexpr std::chrono::seconds kProbeRound{1};

void signal(int event) noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto size = write(event, &one, sizeof one);
}

}  // namespace

Result<std::unique_ptr<Mirror>> Mirror::start(const HostOptions& options, Host::OnChange on_change) {
  // Heard first, then read: no change falls between.
  Result<ChangeSocket> changes = ChangeSocket::open();
  if (!changes) return changes.error();
  Result<Netlink> netlink = Netlink::open();
  if (!netlink) return netlink.error();
  std::unique_ptr<Mirror> mirror(
      new Mirror(options, std::move(on_change), std::move(*netlink), std::move(*changes)));
  mirror->wake_ = port::FileDescriptor(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (mirror->wake_.get() < 0) {
    return Error{"resource-denied", "", fmt::format("no descriptor to wait on: {}", std::strerror(errno))};
  }
  mirror->thread_ = std::thread([raw = mirror.get()] { raw->run(); });
  pthread_setname_np(mirror->thread_.native_handle(), "sluice-netlink");
  return mirror;
}

Mirror::~Mirror() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  signal(wake_.get());
  thread_.join();
  const std::lock_guard lock(mutex_);
  withdraw_routes(Plan{});
}

Status Mirror::set_plan(const Plan& plan) {
  const std::lock_guard lock(mutex_);
  withdraw_routes(plan);
  plan_ = plan;
  Status outcome = refresh(kEverything);
  // The thread tells whoever listens.
  signal(wake_.get());
  return outcome;
}

route::Definition Mirror::routes() const {
  const std::lock_guard lock(mutex_);
  return definition_;
}

std::vector<std::string> Mirror::pending() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> sentences = problems_;
  if (!picture_.shortage().empty()) sentences.push_back(picture_.shortage());
  return sentences;
}

bool Mirror::take_link_changes() {
  const std::lock_guard lock(mutex_);
  return std::exchange(links_changed_, false);
}

void Mirror::resolve(IflId ifl, const packet::IpAddress& address) {
  const std::lock_guard lock(mutex_);
  for (const TwinPort& port : plan_.ports) {
    for (const TwinUnit& unit : port.units) {
      if (unit.ifl != ifl) continue;
      const auto link = std::find_if(state_.links.begin(), state_.links.end(),
                                     [&](const KernelLink& l) { return l.name == unit.kernel_name; });
      if (link == state_.links.end() || !link->usable) return;
      // What the kernel refuses (a link that just went) the next packet asks for again.
      if (limit_.allow(link->index, address, Clock::now())) (void)netlink_.solicit(link->index, address);
      return;
    }
  }
}

void Mirror::run() {
  for (;;) {
    std::array<pollfd, 2> waiting{pollfd{wake_.get(), POLLIN, 0}, pollfd{changes_.fd(), POLLIN, 0}};
    poll(waiting.data(), waiting.size(), sleep_ms());
    std::uint64_t count = 0;
    [[maybe_unused]] const auto size = read(wake_.get(), &count, sizeof count);
    const unsigned fresh = changes_.drain();
    {
      const std::lock_guard lock(mutex_);
      if (stop_) return;
      if (fresh != kNothing && gathered_ == kNothing) {
        due_ = Clock::now() + std::max<Clock::duration>(std::chrono::milliseconds(options_.bundle_ms),
                                                        kPausePerReading * last_reading_);
      }
      gathered_ |= fresh;
      if ((fresh & kLinks) != 0) links_changed_ = true;
      if (gathered_ != kNothing && Clock::now() >= due_) {
        if (refresh(gathered_)) {
          gathered_ = kNothing;
        } else {
          due_ = Clock::now() + std::chrono::seconds(1);
        }
      }
      probe_stale();
    }
    deliver();
  }
}

int Mirror::sleep_ms() const {
  if (gathered_ != kNothing) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(due_ - Clock::now()).count();
    return static_cast<int>(std::max<std::int64_t>(left, 0));
  }
  const std::lock_guard lock(mutex_);
  return stale_since_.empty() ? -1 : static_cast<int>(std::chrono::milliseconds(kProbeRound).count());
}

void Mirror::deliver() {
  {
    const std::lock_guard lock(mutex_);
    if (same(definition_, delivered_)) return;
    delivered_ = definition_;
  }
  on_change_(delivered_);
}

Status Mirror::refresh(unsigned what) {
  const auto began = Clock::now();
  if (Status read = netlink_.read(what, state_); !read) {
    problems_ = {read.error().text()};
    return read;
  }
  if ((what & kRoutes) != 0 && restore_routes()) {
    if (Status read = netlink_.read(kRoutes, state_); !read) return read;
  }
  note_stale();
  definition_ = picture_.draw(state_, plan_, read_clock().unix_s);
  last_reading_ = Clock::now() - began;
  return {};
}

void Mirror::withdraw_routes(const Plan& next) {
  for (const StaticRoute& old : plan_.static_routes) {
    if (std::find(next.static_routes.begin(), next.static_routes.end(), old) != next.static_routes.end())
      continue;
    // Not there any more is just as well; anything else is said when the route is put again.
    if (is_installed(old)) (void)netlink_.remove_route(old);
  }
}

bool Mirror::restore_routes() {
  problems_.clear();
  bool any = false;
  for (const StaticRoute& wanted : plan_.static_routes) {
    if (is_installed(wanted)) continue;
    if (Status put = netlink_.put_route(wanted); put) {
      any = true;
    } else {
      problems_.push_back(put.error().text());
    }
  }
  return any;
}

bool Mirror::is_installed(const StaticRoute& route) const {
  return std::any_of(state_.routes.begin(), state_.routes.end(), [&](const KernelRoute& present) {
    if (present.protocol != RTPROT_STATIC || present.prefix != route.prefix) return false;
    if (route.target == StaticRoute::Target::discard) return present.kind == KernelRoute::Kind::blackhole;
    if (route.target == StaticRoute::Target::reject) return present.kind == KernelRoute::Kind::unreachable;
    const auto has = [&](const packet::IpAddress& gateway) {
      return std::any_of(present.hops.begin(), present.hops.end(),
                         [&](const KernelHop& hop) { return hop.gateway == gateway; });
    };
    return present.hops.size() == route.next_hops.size() &&
           std::all_of(route.next_hops.begin(), route.next_hops.end(), has);
  });
}

void Mirror::note_stale() {
  decltype(stale_since_) now_stale;
  for (const KernelNeighbor& neighbor : state_.neighbors) {
    if (!neighbor.stale) continue;
    const std::pair key{neighbor.link, neighbor.address};
    const auto known = stale_since_.find(key);
    now_stale[key] = known == stale_since_.end() ? Clock::now() : known->second;
  }
  stale_since_ = std::move(now_stale);
}

void Mirror::probe_stale() {
  const auto before = Clock::now() - std::chrono::seconds(options_.stale_probe_s);
  std::size_t probes = 0;
  for (auto& [where, since] : stale_since_) {
    if (since > before || probes == kProbesPerSecond) continue;
    (void)netlink_.solicit(where.first, where.second);
    since = Clock::now();  // should it change nothing, the next try comes as late as this one
    ++probes;
  }
}

}  // namespace sluice::host
