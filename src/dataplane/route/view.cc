#include <fmt/format.h>
#include <rte_errno.h>
#include <rte_fib.h>
#include <rte_fib6.h>
#include <rte_memory.h>

#include <algorithm>
#include <atomic>
#include <tuple>

#include "base/wire.h"
#include "dataplane/packet/key.h"
#include "dataplane/route/route.h"

namespace sluice::route {
namespace {

using packet::Family;

// Below this, a binary trie: small and built in microseconds, as neighbours come and go. From here on,
// the flat tables (DIR-24-8, and its IPv6 sister), which cost tens of megabytes and one or few reads.
constexpr std::size_t kFlatFrom = 4096;
// Prefixes past the 24th bit cost flat tables a group of 256 entries per further byte. With more
// groups than this (128 MiB), the trie is the better table.
constexpr std::uint32_t kMostGroups = 1U << 17;
// Flat tables with 2-byte entries keep one bit for themselves, and number groups as they do next hops.
constexpr std::size_t kMostIn2Bytes = 32767;

struct Shape {
  std::size_t routes = 0;
  std::uint32_t groups = 0;
  bool flat = false;
  bool wide = false;  // 4-byte entries
};

struct Inet {
  using Fib = rte_fib;
  static constexpr Family kFamily = Family::inet;

  static void free(Fib* fib) { rte_fib_free(fib); }
  static int add(Fib* fib, const Route& route) {
    return rte_fib_add(fib, load_be<std::uint32_t>(route.prefix.address.bytes.data()), route.prefix.length,
                       route.next_hop.value);
  }
  static Fib* create(const char* name, const Shape& shape) {
    rte_fib_conf conf{};
    conf.max_routes = static_cast<int>(shape.routes);
    conf.type = shape.flat ? RTE_FIB_DIR24_8 : RTE_FIB_DUMMY;
    conf.dir24_8.nh_sz = shape.wide ? RTE_FIB_DIR24_8_4B : RTE_FIB_DIR24_8_2B;
    conf.dir24_8.num_tbl8 = shape.groups;
    return rte_fib_create(name, SOCKET_ID_ANY, &conf);
  }
};

struct Inet6 {
  using Fib = rte_fib6;
  static constexpr Family kFamily = Family::inet6;

  static void free(Fib* fib) { rte_fib6_free(fib); }
  static int add(Fib* fib, const Route& route) {
    return rte_fib6_add(fib, route.prefix.address.bytes.data(), route.prefix.length, route.next_hop.value);
  }
  static Fib* create(const char* name, const Shape& shape) {
    rte_fib6_conf conf{};
    conf.max_routes = static_cast<int>(shape.routes);
    conf.type = shape.flat ? RTE_FIB6_TRIE : RTE_FIB6_DUMMY;
    conf.trie.nh_sz = shape.wide ? RTE_FIB6_TRIE_4B : RTE_FIB6_TRIE_2B;
    conf.trie.num_tbl8 = shape.groups;
    return rte_fib6_create(name, SOCKET_ID_ANY, &conf);
  }
};

// The best route of each prefix of a family: the lowest preference, then the lowest metric, then the
// first one listed.
std::vector<const Route*> best_routes(const std::vector<Route>& routes, Family family) {
  std::vector<const Route*> best;
  for (const Route& route : routes) {
    if (route.prefix.address.family == family) best.push_back(&route);
  }
  std::stable_sort(best.begin(), best.end(), [](const Route* a, const Route* b) {
    return std::tie(a->prefix, a->preference, a->metric) < std::tie(b->prefix, b->preference, b->metric);
  });
  const auto last = std::unique(best.begin(), best.end(),
                                [](const Route* a, const Route* b) { return a->prefix == b->prefix; });
  best.erase(last, best.end());
  return best;
}

// How many second-level groups DPDK sets aside for these routes at most: one for each byte that a
// prefix is longer than the one it lies in, past the 24th bit. Routes are sorted, so a stack holds
// the prefixes that the present one lies in.
std::uint32_t second_level_groups(const std::vector<const Route*>& routes) {
  const auto bytes = [](const Route& route) { return (std::max<unsigned>(route.prefix.length, 24) + 7) / 8; };
  std::uint32_t groups = 1;
  std::vector<const Route*> around;
  for (const Route* route : routes) {
    while (!around.empty() && !around.back()->prefix.contains(route->prefix.address)) around.pop_back();
    groups += bytes(*route) - (around.empty() ? 3 : bytes(*around.back()));
    around.push_back(route);
  }
  return groups;
}

Shape shape_of(const std::vector<const Route*>& routes, std::size_t next_hops) {
  Shape shape;
  shape.routes = routes.size() + 1;
  shape.groups = second_level_groups(routes);
  shape.flat = routes.size() >= kFlatFrom && shape.groups <= kMostGroups;
  shape.wide = std::max<std::size_t>(next_hops, shape.groups) > kMostIn2Bytes;
  return shape;
}

template <class F>
Result<typename F::Fib*> build(const Definition& definition) {
  static std::atomic<unsigned> serial{0};
  const std::vector<const Route*> best = best_routes(definition.routes, F::kFamily);
  if (best.empty()) return nullptr;
  const std::string name = fmt::format("route{}_{}", static_cast<int>(F::kFamily), serial.fetch_add(1));
  typename F::Fib* fib = F::create(name.c_str(), shape_of(best, definition.next_hops.size()));
  if (fib == nullptr) {
    return Error{"resource-denied", "",
                 fmt::format("no memory for {} routes: {}", best.size(), rte_strerror(rte_errno))};
  }
  for (const Route* route : best) {
    if (const int failed = F::add(fib, *route); failed != 0) {
      F::free(fib);
      return Error{"operation-failed", to_string(route->prefix),
                   fmt::format("the route does not fit the table: {}", rte_strerror(-failed))};
    }
  }
  return fib;
}

Status validate(const Definition& definition) {
  for (const Route& route : definition.routes) {
    if (route.next_hop.value >= definition.next_hops.size()) {
      return Error{"invalid-value", to_string(route.prefix),
                   fmt::format("next hop {} does not exist, there are {}", route.next_hop.value,
                               definition.next_hops.size())};
    }
    if (route.prefix.length > route.prefix.address.bits()) {
      return Error{"invalid-value", to_string(route.prefix),
                   fmt::format("a prefix length is at most {}", route.prefix.address.bits())};
    }
  }
  return {};
}

}  // namespace

struct View::Tables {
  rte_fib* inet = nullptr;
  rte_fib6* inet6 = nullptr;

  ~Tables() {
    rte_fib_free(inet);
    rte_fib6_free(inet6);
  }
};

View::View(Definition definition, std::unique_ptr<Tables> tables)
    : next_hops_(std::move(definition.next_hops)),
      routes_(std::move(definition.routes)),
      tables_(std::move(tables)) {
  for (NextHop& hop : next_hops_) {
    hop.plain_mtu = hop.kind == NextHopKind::forward ? hop.mtu : std::uint16_t{0};
  }
}

View::~View() = default;

Result<std::unique_ptr<View>> View::compile(Definition definition) {
  if (definition.next_hops.empty()) definition.next_hops.emplace_back();
  if (Status valid = validate(definition); !valid) return valid.error();
  auto tables = std::make_unique<Tables>();
  Result<rte_fib*> inet = build<Inet>(definition);
  if (!inet) return inet.error();
  tables->inet = *inet;
  Result<rte_fib6*> inet6 = build<Inet6>(definition);
  if (!inet6) return inet6.error();
  tables->inet6 = *inet6;
  return std::unique_ptr<View>(new View(std::move(definition), std::move(tables)));
}

NextHopId View::lookup(std::uint32_t destination) const noexcept {
  if (tables_->inet == nullptr) return kNoNextHop;
  std::uint32_t address = byte_swap(destination);
  std::uint64_t next_hop = 0;
  rte_fib_lookup_bulk(tables_->inet, &address, &next_hop, 1);
  return NextHopId{static_cast<std::uint16_t>(next_hop)};
}

NextHopId View::lookup(const std::array<std::uint8_t, 16>& destination) const noexcept {
  if (packet::is_mapped(destination)) return lookup(packet::from_mapped(destination));
  if (tables_->inet6 == nullptr) return kNoNextHop;
  std::uint8_t address[1][16];
  std::copy(destination.begin(), destination.end(), address[0]);
  std::uint64_t next_hop = 0;
  rte_fib6_lookup_bulk(tables_->inet6, address, &next_hop, 1);
  return NextHopId{static_cast<std::uint16_t>(next_hop)};
}

}  // namespace sluice::route
