#include "flowd/host/twin_io.h"

#include <fmt/format.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <future>
#include <optional>

#include "dataplane/port/frame_io.h"

namespace sluice::host {
namespace {

constexpr std::uint16_t kBurst = 32;
void signal(int event) noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto size = write(event, &one, sizeof one);
}

}  // namespace

Result<std::unique_ptr<TwinIo>> TwinIo::start(rte_mempool* pool, std::shared_ptr<port::Doorbell> bell) {
  std::unique_ptr<TwinIo> io(new TwinIo(pool, std::move(bell)));
  io->epoll_ = port::FileDescriptor(epoll_create1(EPOLL_CLOEXEC));
  io->wake_ = port::FileDescriptor(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (io->epoll_.get() < 0 || io->wake_.get() < 0) {
    return Error{"resource-denied", "", fmt::format("no descriptor to wait on: {}", std::strerror(errno))};
  }
  for (const int descriptor : {io->wake_.get(), io->bell_->fd()}) {
    if (Status watched = io->watch(descriptor, nullptr); !watched) return watched.error();
  }
  io->thread_ = std::thread([raw = io.get()] { raw->run(); });
  pthread_setname_np(io->thread_.native_handle(), "sluice-twins");
  return io;
}

TwinIo::~TwinIo() {
  if (thread_.joinable()) {
    on_thread([this] { stop_ = true; });
    thread_.join();
  }
}

void TwinIo::add_twin(PortId twin, std::shared_ptr<port::RingPort> ring) {
  on_thread([&] { twins_[twin].ring = std::move(ring); });
}

void TwinIo::remove_twin(PortId twin) {
  on_thread([&] { twins_.erase(twin); });
}

Status TwinIo::add_tap(PortId twin, std::uint16_t vlan, port::FileDescriptor descriptor) {
  Status outcome;
  on_thread([&] {
    Twin& owner = twins_[twin];
    auto tap = std::make_unique<Tap>();
    tap->owner = &owner;
    tap->vlan = vlan;
    tap->descriptor = std::move(descriptor);
    outcome = watch(tap->descriptor.get(), tap.get());
    if (outcome) owner.taps[vlan] = std::move(tap);
  });
  return outcome;
}

void TwinIo::remove_tap(PortId twin, std::uint16_t vlan) {
  on_thread([&] { twins_[twin].taps.erase(vlan); });
}

void TwinIo::set_carrier(PortId twin, bool up) {
  on_thread([&] {
    const auto found = twins_.find(twin);
    if (found == twins_.end()) return;
    for (const auto& [vlan, tap] : found->second.taps) port::set_tap_carrier(tap->descriptor.get(), up);
  });
}

Status TwinIo::watch(int descriptor, Tap* tap) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = tap;
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event) == 0) return {};
  return Error{"resource-denied", "",
               fmt::format("a descriptor cannot be waited on: {}", std::strerror(errno))};
}

void TwinIo::on_thread(std::function<void()> work) {
  std::promise<void> done;
  {
    const std::lock_guard lock(mailbox_mutex_);
    mailbox_.emplace_back([&] {
      work();
      done.set_value();
    });
  }
  signal(wake_.get());
  done.get_future().wait();
}

void TwinIo::run() {
  while (!stop_) {
    if (serve_rings()) {
      wait(0);
      continue;
    }
    // Asleep: workers must ring. One more look, for what came before they knew.
    bell_->arm();
    wait(serve_rings() ? 0 : -1);
    bell_->disarm();
  }
}

void TwinIo::wait(int timeout_ms) {
  std::array<epoll_event, 64> events{};
  const int count = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), timeout_ms);
  bool woken = false;
  for (int i = 0; i < count; ++i) {
    auto* tap = static_cast<Tap*>(events[static_cast<std::size_t>(i)].data.ptr);
    const bool gone = (events[static_cast<std::size_t>(i)].events & (EPOLLERR | EPOLLHUP)) != 0;
    if (tap == nullptr) {
      woken = true;
    } else if (gone) {
      // Somebody removed the interface; the descriptor would report that for ever.
      epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, tap->descriptor.get(), nullptr);
    } else {
      from_kernel(*tap);
    }
  }
  // Last, since it may remove TAPs that the events refer to.
  if (woken) run_work();
}

void TwinIo::run_work() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto size = read(wake_.get(), &count, sizeof count);
  std::vector<std::function<void()>> work;
  {
    const std::lock_guard lock(mailbox_mutex_);
    work.swap(mailbox_);
  }
  for (const auto& item : work) item();
}

bool TwinIo::serve_rings() {
  bool any = false;
  std::array<rte_mbuf*, kBurst> frames{};
  for (auto& [id, twin] : twins_) {
    for (std::uint16_t queue = 0; twin.ring && queue < twin.ring->queues(); ++queue) {
      const std::uint16_t count = twin.ring->take(queue, frames.data(), kBurst);
      for (std::uint16_t i = 0; i < count; ++i) {
        to_kernel(twin, frames[i]);
        port::free_frame(frames[i]);
      }
      any = any || count != 0;
    }
  }
  return any;
}

void TwinIo::to_kernel(const Twin& twin, rte_mbuf* frame) {
  const std::optional<std::uint16_t> tag = port::tag_of(frame);
  const auto tap = twin.taps.find(tag.value_or(0));
  if (tap == twin.taps.end()) return;
  if (tag) port::remove_tag(frame);
  // What the kernel does not take is lost, as on a wire.
  [[maybe_unused]] const auto outcome = port::write_frame(tap->second->descriptor.get(), frame);
}

void TwinIo::from_kernel(const Tap& tap) {
  std::array<rte_mbuf*, kBurst> frames{};
  std::uint16_t count = 0;
  while (count < kBurst) {
    rte_mbuf* frame = port::read_frame(tap.descriptor.get(), pool_);
    if (frame == nullptr) break;
    if (tap.vlan != 0 && !port::put_tag(frame, tap.vlan)) {
      port::free_frame(frame);
      break;
    }
    frames[count++] = frame;
  }
  // One queue, so that order holds; its worker hands on what belongs to others.
  const std::uint16_t given = tap.owner->ring->give(0, frames.data(), count);
  for (std::uint16_t i = given; i < count; ++i) port::free_frame(frames[i]);
}

}  // namespace sluice::host
