// MemoryPort: frames from a trace in memory, to nowhere. Filling and freeing buffers is timed apart
// from what the worker does.
#pragma once

#include <rte_mbuf.h>

#include <array>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "dataplane/port/port.h"
#include "kit/report.h"

namespace sluice::bench {

inline constexpr std::size_t kFrameSize = 60;  // 64 with the checksum that NICs add

struct alignas(16) TraceFrame {
  std::array<std::uint8_t, 80> bytes;
};

class MemoryPort final : public port::Port {
 public:
  MemoryPort(std::string name, rte_mempool* pool, std::uint32_t buffers, std::uint32_t burst)
      : name_(std::move(name)), pool_(pool), burst_(burst), stock_(buffers) {
    rte_pktmbuf_alloc_bulk(pool, stock_.data(), buffers);
    peers_.push_back(this);
  }
  ~MemoryPort() override {
    for (rte_mbuf* mbuf : stock_) {
      rte_pktmbuf_free(mbuf);
    }
  }
  MemoryPort(const MemoryPort&) = delete;
  MemoryPort& operator=(const MemoryPort&) = delete;

  void play(std::span<const TraceFrame> trace, std::uint16_t length = kFrameSize) {
    trace_ = trace;
    next_ = 0;
    length_ = length;
  }
  [[nodiscard]] bool done() const { return next_ >= trace_.size(); }
  [[nodiscard]] std::uint64_t own_clocks() const { return own_clocks_; }
  [[nodiscard]] std::uint64_t sent() const { return sent_; }
  void reset_clocks() { own_clocks_ = 0; }

  std::uint16_t receive(std::uint16_t, rte_mbuf** frames, std::uint16_t count) noexcept override {
    const std::uint64_t start = clocks();
    if (stock_.size() < burst_) [[unlikely]] {
      restock();
    }
    const std::size_t left = trace_.size() - next_;
    const auto n = static_cast<std::uint16_t>(std::min<std::size_t>({count, burst_, left, stock_.size()}));
    for (std::uint16_t i = 0; i < n; ++i) {
      rte_mbuf* mbuf = stock_.back();
      stock_.pop_back();
      mbuf->data_off = RTE_PKTMBUF_HEADROOM;
      mbuf->data_len = length_;
      mbuf->pkt_len = length_;
      const std::uint8_t* bytes = trace_[next_ + i].bytes.data();
      std::memcpy(rte_pktmbuf_mtod(mbuf, void*), bytes, 64);
      if (length_ > 64) {
        std::memcpy(rte_pktmbuf_mtod_offset(mbuf, std::uint8_t*, 64), bytes + 64, 16);
      }
      frames[i] = mbuf;
    }
    next_ += n;
    own_clocks_ += clocks() - start;
    return n;
  }

  // Buffers go back to the port they came from in turn: both ports play equally long traces.
  std::uint16_t transmit(std::uint16_t, rte_mbuf** frames, std::uint16_t count) noexcept override {
    const std::uint64_t start = clocks();
    for (std::uint16_t i = 0; i < count; ++i) {
      peers_[0]->stock_.push_back(frames[i]);
    }
    sent_ += count;
    own_clocks_ += clocks() - start;
    return count;
  }
  // Where transmitted buffers belong: the other port of a pair.
  void return_buffers_to(MemoryPort& other) { peers_[0] = &other; }

  [[nodiscard]] const std::string& name() const noexcept override { return name_; }
  [[nodiscard]] std::array<std::uint8_t, 6> mac() const noexcept override { return {}; }
  [[nodiscard]] bool link_up() const noexcept override { return true; }
  [[nodiscard]] port::PortStatistics statistics() const noexcept override { return {}; }

 private:
  // Buffers of frames that the worker dropped went back to the pool.
  void restock() {
    const std::size_t had = stock_.size();
    stock_.resize(2 * std::size_t{burst_});
    if (rte_pktmbuf_alloc_bulk(pool_, &stock_[had], static_cast<unsigned>(stock_.size() - had)) != 0) {
      stock_.resize(had);
    }
  }

  std::string name_;
  rte_mempool* pool_;
  std::uint32_t burst_;
  std::vector<rte_mbuf*> stock_;
  std::vector<MemoryPort*> peers_;
  std::span<const TraceFrame> trace_;
  std::size_t next_ = 0;
  std::uint16_t length_ = kFrameSize;
  std::uint64_t own_clocks_ = 0;
  std::uint64_t sent_ = 0;
};

}  // namespace sluice::bench
