// Devices of DPDK by their devargs: those that exist without hardware or privilege.
#include <gtest/gtest.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>

#include "dataplane/port/eal.h"
#include "dataplane/port/port.h"

namespace sluice::port {
namespace {

class Vdev : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(start_eal().has_value()); }
  void SetUp() override { pool_ = make_pool("vdev", 4095).value(); }
  void TearDown() override {
    port_.reset();
    EXPECT_EQ(rte_mempool_in_use_count(pool_), 0U);
    free_pool(pool_);
  }

  void open(const std::string& devargs, std::uint16_t queues = 1) {
    auto opened = open_port({.name = "ge-0/0/0",
                             .driver = "vdev",
                             .device = devargs,
                             .queues = queues,
                             .workers = queues,
                             .mac = {}},
                            pool_);
    ASSERT_TRUE(opened.has_value()) << opened.error().text();
    port_ = std::move(*opened);
  }
  static std::uint16_t dpdk_id(const char* device) {
    std::uint16_t id = 0;
    EXPECT_EQ(rte_eth_dev_get_port_by_name(device, &id), 0);
    return id;
  }
  rte_mbuf* frame(char fill) {
    rte_mbuf* made = rte_pktmbuf_alloc(pool_);
    std::fill_n(rte_pktmbuf_append(made, 60), 60, fill);
    return made;
  }

  rte_mempool* pool_ = nullptr;
  std::unique_ptr<Port> port_;
};

// Refuses the process more than `bytes` of further address space while it lives.
class AddressSpaceLimit {
 public:
  explicit AddressSpaceLimit(rlim_t bytes) {
    rlim_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    getrlimit(RLIMIT_AS, &before_);
    const rlimit limit{.rlim_cur = pages * static_cast<rlim_t>(sysconf(_SC_PAGESIZE)) + bytes,
                       .rlim_max = before_.rlim_max};
    setrlimit(RLIMIT_AS, &limit);
  }
  ~AddressSpaceLimit() { setrlimit(RLIMIT_AS, &before_); }
  AddressSpaceLimit(const AddressSpaceLimit&) = delete;
  AddressSpaceLimit& operator=(const AddressSpaceLimit&) = delete;

 private:
  rlimit before_{};
};

TEST_F(Vdev, buffers_that_memory_does_not_suffice_for_are_refused) {
  constexpr std::uint32_t kCount = 16384;
  constexpr std::uint16_t kJumbo = 9728;
  {
    const AddressSpaceLimit limit(64U << 20U);
    const auto refused = make_pool("jumbo", kCount, kJumbo);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().tag, "resource-denied");
    EXPECT_EQ(refused.error().message,
              "no memory for 16384 packet buffers of 9728 bytes: Cannot allocate memory");
  }
  const auto made = make_pool("jumbo", kCount, kJumbo);
  ASSERT_TRUE(made.has_value()) << made.error().text();
  free_pool(*made);
}

TEST_F(Vdev, net_ring_gives_back_what_it_is_sent) {
  open("net_ring0");
  std::array<rte_mbuf*, 2> sent{frame('a'), frame('b')};
  ASSERT_EQ(port_->transmit(0, sent.data(), 2), 2U);
  std::array<rte_mbuf*, 8> came{};
  ASSERT_EQ(port_->receive(0, came.data(), came.size()), 2U);
  EXPECT_EQ(*rte_pktmbuf_mtod(came[0], char*), 'a');
  EXPECT_EQ(*rte_pktmbuf_mtod(came[1], char*), 'b');
  EXPECT_EQ(port_->statistics().transmitted_packets, 2U);
  EXPECT_EQ(port_->statistics().received_packets, 2U);
  EXPECT_FALSE(port_->lost());
  rte_pktmbuf_free_bulk(came.data(), 2);
}

TEST_F(Vdev, net_null_swallows_frames_and_makes_as_many_as_are_wanted) {
  open("net_null0,size=80");
  std::array<rte_mbuf*, 2> sent{frame('a'), frame('b')};
  EXPECT_EQ(port_->transmit(0, sent.data(), 2), 2U);
  std::array<rte_mbuf*, 8> came{};
  ASSERT_EQ(port_->receive(0, came.data(), came.size()), 8U);
  EXPECT_EQ(rte_pktmbuf_pkt_len(came[0]), 80U);
  rte_pktmbuf_free_bulk(came.data(), came.size());
}

TEST_F(Vdev, a_device_of_several_queues_spreads_flows_as_workers_own_them) {
  open("net_null1", 2);
  const std::uint16_t id = dpdk_id("net_null1");
  std::array<std::uint8_t, 40> key{};
  rte_eth_rss_conf hashing{.rss_key = key.data(), .rss_key_len = key.size(), .rss_hf = 0};
  ASSERT_EQ(rte_eth_dev_rss_hash_conf_get(id, &hashing), 0);
  for (std::size_t i = 0; i < key.size(); ++i) {
    EXPECT_EQ(key[i], i % 2 == 0 ? 0x6d : 0x5a) << "the symmetric key, byte " << i;
  }
  rte_eth_dev_info info{};
  ASSERT_EQ(rte_eth_dev_info_get(id, &info), 0);
  ASSERT_GT(info.reta_size, 0U);
  std::vector<rte_eth_rss_reta_entry64> table((info.reta_size + 63U) / 64U);
  for (rte_eth_rss_reta_entry64& group : table) group.mask = ~std::uint64_t{0};
  ASSERT_EQ(rte_eth_dev_rss_reta_query(id, table.data(), info.reta_size), 0);
  for (std::uint16_t i = 0; i < info.reta_size; ++i) {
    EXPECT_EQ(table[i / 64U].reta[i % 64U], i % 128 % 2) << "entry " << i;
  }
}

TEST_F(Vdev, a_device_that_dpdk_does_not_have_is_refused_by_name) {
  const auto opened =
      open_port({.name = "ge-0/0/0", .driver = "vdev", .device = "net_nonsense0", .mac = {}}, pool_);
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().path, "ge-0/0/0");
  EXPECT_NE(opened.error().message.find("net_nonsense0"), std::string::npos);
}

bool has(const std::vector<std::string>& arguments, const char* wanted) {
  return std::find(arguments.begin(), arguments.end(), wanted) != arguments.end();
}

TEST(Eal, huge_pages_are_used_when_enough_of_them_are_free_and_ordinary_memory_otherwise) {
  const EalOptions options{.heap_mib = 700};
  const auto none = eal_arguments(options, 0);
  EXPECT_TRUE(has(none, "--no-huge") && has(none, "-m") && has(none, "700"));
  EXPECT_TRUE(has(eal_arguments(options, (256ULL << 20) - 1), "--no-huge"));
  const auto enough = eal_arguments(options, 256ULL << 20);
  EXPECT_FALSE(has(enough, "--no-huge"));
  EXPECT_TRUE(has(enough, "--in-memory"));
}

TEST(Eal, the_pci_bus_is_looked_at_only_when_asked_for) {
  EXPECT_TRUE(has(eal_arguments({}, 0), "--no-pci"));
  EXPECT_FALSE(has(eal_arguments({.pci = EalOptions::Pci::scan}, 0), "--no-pci"));
}

}  // namespace
}  // namespace sluice::port
