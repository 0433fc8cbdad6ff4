#include "dataplane/port/eth_port.h"

#include <fmt/format.h>
#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

namespace sluice::port {
namespace {

constexpr std::uint16_t kDescriptors = 1024;

Error failure(const PortOptions& options, const char* what, int error) {
  return Error{"operation-failed", options.name,
               fmt::format("{} ({} device \"{}\"): {}", what, options.driver, options.device,
                           rte_strerror(error < 0 ? -error : error))};
}

// Puts frames that lie in several buffers (fragments that we made) into one each, as drivers need that
// know nothing else. Answers how many at the front are in one.
std::uint16_t make_whole(rte_mbuf** frames, std::uint16_t count) noexcept {
  for (std::uint16_t i = 0; i < count; ++i) {
    if (frames[i]->nb_segs > 1 && rte_pktmbuf_linearize(frames[i]) != 0) return i;
  }
  return count;
}

// The key with which both directions of a flow have one hash, and the table by which the hash leads to a
// queue: flow::owner() finds a flow's worker in the same way, so that frames arrive where they belong.
constexpr std::uint8_t kUsualHashKey = 40;
constexpr std::uint8_t kLongestHashKey = 64;
constexpr std::uint16_t kOwnerTable = 128;

std::array<std::uint8_t, kLongestHashKey> symmetric_key() {
  std::array<std::uint8_t, kLongestHashKey> key;
  for (std::size_t i = 0; i < key.size(); i += 2) {
    key[i] = 0x6d;
    key[i + 1] = 0x5a;
  }
  return key;
}

constexpr std::uint64_t kHashedFields = RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP | RTE_ETH_RSS_SCTP;

// The name by which DPDK knows the device: devargs up to the first comma.
std::string device_name(const std::string& devargs) {
  return devargs.substr(0, devargs.find(','));
}

}  // namespace

Result<std::unique_ptr<EthPort>> EthPort::open(const PortOptions& options, const std::string& devargs,
                                               std::unique_ptr<KernelDevice> device, rte_mempool* pool) {
  if (const int failed = rte_dev_probe(devargs.c_str()); failed != 0) {
    return failure(options, "DPDK cannot open the device", failed);
  }
  std::uint16_t id = 0;
  if (rte_eth_dev_get_port_by_name(device_name(devargs).c_str(), &id) != 0) {
    return Error{"invalid-value", options.name,
                 fmt::format("DPDK made no Ethernet port of device \"{}\"", options.device)};
  }
  std::unique_ptr<EthPort> port(new EthPort(options.name, id, std::move(device)));
  if (Status started = port->start(options, pool); !started) return started.error();
  return port;
}

EthPort::~EthPort() {
  rte_eth_dev_info info{};
  rte_device* device = rte_eth_dev_info_get(id_, &info) == 0 ? info.device : nullptr;
  rte_eth_dev_stop(id_);
  rte_eth_dev_close(id_);
  if (device != nullptr) rte_dev_remove(device);
}

Status EthPort::start(const PortOptions& options, rte_mempool* pool) {
  rte_eth_dev_info info{};
  if (const int failed = rte_eth_dev_info_get(id_, &info); failed != 0) {
    return failure(options, "the device tells nothing of itself", failed);
  }
  queues_ = std::min({options.queues, info.max_rx_queues, info.max_tx_queues});
  gathers_ = (info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS) != 0;
  rte_eth_conf conf{};
  if (gathers_) conf.txmode.offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
  conf.rxmode.mtu = options.mtu;
  const bool spreads = queues_ > 1 && (info.flow_type_rss_offloads & kHashedFields) != 0;
  std::array<std::uint8_t, kLongestHashKey> key = symmetric_key();
  // Drivers that do not say how long a key they take, take 40 bytes.
  const std::uint8_t key_size = info.hash_key_size == 0 ? kUsualHashKey : info.hash_key_size;
  rte_eth_rss_conf hashing{.rss_key = key.data(),
                           .rss_key_len = std::min(key_size, kLongestHashKey),
                           .rss_hf = info.flow_type_rss_offloads & kHashedFields};
  if (spreads) {
    conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
    conf.rx_adv_conf.rss_conf = hashing;
  }
  if (const int failed = rte_eth_dev_configure(id_, queues_, queues_, &conf); failed != 0) {
    return failure(options, "the device does not take the number of queues or the mtu", failed);
  }
  if (Status queues = set_up_queues(options, pool); !queues) return queues;
  if (const int failed = rte_eth_dev_start(id_); failed != 0) {
    return failure(options, "the device does not start", failed);
  }
  if (spreads) {
    // Some drivers take the key only now. One that takes neither key nor table still works: workers hand on
    // what is not theirs.
    static_cast<void>(rte_eth_dev_rss_hash_update(id_, &hashing));
    spread_flows(info.reta_size);
  }
  take_mac(options.mac);
  return {};
}

Status EthPort::set_up_queues(const PortOptions& options, rte_mempool* pool) const {
  std::uint16_t receive_descriptors = kDescriptors;
  std::uint16_t transmit_descriptors = kDescriptors;
  rte_eth_dev_adjust_nb_rx_tx_desc(id_, &receive_descriptors, &transmit_descriptors);
  for (std::uint16_t queue = 0; queue < queues_; ++queue) {
    int failed = rte_eth_rx_queue_setup(id_, queue, receive_descriptors, SOCKET_ID_ANY, nullptr, pool);
    if (failed != 0) {
      return failure(options, fmt::format("receive queue {} does not open", queue).c_str(), failed);
    }
    failed = rte_eth_tx_queue_setup(id_, queue, transmit_descriptors, SOCKET_ID_ANY, nullptr);
    if (failed != 0) {
      return failure(options, fmt::format("transmit queue {} does not open", queue).c_str(), failed);
    }
  }
  return {};
}

void EthPort::spread_flows(std::uint16_t table_size) const {
  std::vector<rte_eth_rss_reta_entry64> table((table_size + RTE_ETH_RETA_GROUP_SIZE - 1U) /
                                              RTE_ETH_RETA_GROUP_SIZE);
  for (std::uint16_t i = 0; i < table_size; ++i) {
    rte_eth_rss_reta_entry64& group = table[i / RTE_ETH_RETA_GROUP_SIZE];
    group.mask |= std::uint64_t{1} << (i % RTE_ETH_RETA_GROUP_SIZE);
    group.reta[i % RTE_ETH_RETA_GROUP_SIZE] = static_cast<std::uint16_t>(i % kOwnerTable % queues_);
  }
  if (!table.empty()) static_cast<void>(rte_eth_dev_rss_reta_update(id_, table.data(), table_size));
}

void EthPort::take_mac(const std::optional<std::array<std::uint8_t, 6>>& wanted) {
  rte_ether_addr address{};
  rte_eth_macaddr_get(id_, &address);
  if (wanted) {
    std::copy(wanted->begin(), wanted->end(), address.addr_bytes);
    // A device that cannot change its address then receives what is sent to ours promiscuously.
    if (rte_eth_dev_default_mac_addr_set(id_, &address) != 0) rte_eth_promiscuous_enable(id_);
  }
  std::copy(std::begin(address.addr_bytes), std::end(address.addr_bytes), mac_.begin());
}

std::uint16_t EthPort::receive(std::uint16_t queue, rte_mbuf** frames, std::uint16_t count) noexcept {
  return rte_eth_rx_burst(id_, queue, frames, count);
}

std::uint16_t EthPort::transmit(std::uint16_t queue, rte_mbuf** frames, std::uint16_t count) noexcept {
  const std::uint16_t ready = gathers_ ? count : make_whole(frames, count);
  const std::uint16_t sent = rte_eth_tx_burst(id_, queue, frames, ready);
  if (sent < ready || ready == count) return sent;
  // The frame after those that are ready has no room to be made whole: lost.
  rte_pktmbuf_free(frames[ready]);
  refused_.fetch_add(1, std::memory_order_relaxed);
  return static_cast<std::uint16_t>(ready + 1);
}

bool EthPort::link_up() const noexcept {
  if (device_) return device_->running();
  rte_eth_link link{};
  return rte_eth_link_get_nowait(id_, &link) == 0 && link.link_status == RTE_ETH_LINK_UP;
}

std::uint32_t EthPort::speed_mbps() const noexcept {
  if (device_) return device_->speed_mbps();
  rte_eth_link link{};
  const bool known = rte_eth_link_get_nowait(id_, &link) == 0 && link.link_speed != RTE_ETH_SPEED_NUM_UNKNOWN;
  return known ? link.link_speed : 0;
}

PortStatistics EthPort::statistics() const noexcept {
  rte_eth_stats stats{};
  if (rte_eth_stats_get(id_, &stats) != 0) return {};
  PortStatistics sum;
  sum.received_packets = stats.ipackets;
  sum.received_bytes = stats.ibytes;
  sum.transmitted_packets = stats.opackets;
  sum.transmitted_bytes = stats.obytes;
  sum.missed = stats.imissed + stats.rx_nombuf;
  sum.receive_errors = stats.ierrors;
  sum.transmit_errors = stats.oerrors + refused_.load(std::memory_order_relaxed);
  return sum;
}

}  // namespace sluice::port
