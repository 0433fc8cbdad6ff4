// TwinIo: moves frames between the TAPs of twins and the rings that workers see (private to the room).
//
// One thread sleeps in epoll on every TAP and on the doorbell that workers ring. It also puts VLAN tags
// on what a unit's TAP sends, and takes them off what goes to it. A full ring loses what the kernel
// sent, and a full TAP what a worker sent, as a wire would.
//
// Threads: public functions on the control thread. What they do runs on TwinIo's thread, which owns all
// twins, and they wait for it: nothing here is locked.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "dataplane/port/ring_port.h"
#include "dataplane/port/tap_device.h"
#include "flowd/host/host.h"

namespace sluice::host {

class TwinIo {
 public:
  [[nodiscard]] static Result<std::unique_ptr<TwinIo>> start(rte_mempool* pool,
                                                             std::shared_ptr<port::Doorbell> bell);
  ~TwinIo();
  TwinIo(const TwinIo&) = delete;
  TwinIo& operator=(const TwinIo&) = delete;

  // A twin without TAPs: its ring is served from now on.
  void add_twin(PortId twin, std::shared_ptr<port::RingPort> ring);
  void remove_twin(PortId twin);
  // The TAP of a unit. The kernel removes the interface when the TAP is removed.
  [[nodiscard]] Status add_tap(PortId twin, std::uint16_t vlan, port::FileDescriptor tap);
  void remove_tap(PortId twin, std::uint16_t vlan);
  void set_carrier(PortId twin, bool up);

 private:
  struct Twin;
  struct Tap {
    const Twin* owner = nullptr;
    std::uint16_t vlan = 0;
    port::FileDescriptor descriptor;
  };
  struct Twin {
    std::shared_ptr<port::RingPort> ring;
    std::map<std::uint16_t, std::unique_ptr<Tap>> taps;  // by VLAN
  };

  TwinIo(rte_mempool* pool, std::shared_ptr<port::Doorbell> bell) : pool_(pool), bell_(std::move(bell)) {}
  // `tap` is null for descriptors that only wake the thread.
  [[nodiscard]] Status watch(int descriptor, Tap* tap);

  // Runs `work` on the thread and waits until it is done.
  void on_thread(std::function<void()> work);
  void run();
  void run_work();
  // Serves TAPs, and work, that are ready within the time; -1: sleeps until something is.
  void wait(int timeout_ms);
  // False when no worker had sent anything.
  [[nodiscard]] bool serve_rings();
  static void to_kernel(const Twin& twin, rte_mbuf* frame);
  void from_kernel(const Tap& tap);

  rte_mempool* pool_;
  std::shared_ptr<port::Doorbell> bell_;
  port::FileDescriptor epoll_;
  port::FileDescriptor wake_;  // eventfd: there is work, or an end
  std::map<PortId, Twin> twins_;

  std::mutex mailbox_mutex_;
  std::vector<std::function<void()>> mailbox_;  // work that the control thread left
  bool stop_ = false;                           // on the thread
  std::thread thread_;
};

}  // namespace sluice::host
