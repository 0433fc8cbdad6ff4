// What a policy lookup costs in 1,000 rules, by batch size, and what compiling them costs.
//
//   policy_bench [RUNS]     (21 by default)
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>

#include "dataplane/port/eal.h"
#include "kit/report.h"
#include "policy_rules.h"

namespace sluice::bench {
namespace {

using packet::Family;
using policy::Decision;
using policy::Query;
using policy::Table;

// Enough for addresses of all policies, few enough that a run is shorter than a time slice.
constexpr std::size_t kQueries = 1 << 13;
constexpr double kTargetClocks = 350;

struct Shape {
  const char* name;
  const char* says;
  PolicyShape rules;
};

std::unique_ptr<Table> compiled(const policy::Definition& definition) {
  auto table = Table::compile(definition);
  if (!table) {
    fmt::print(stderr, "{}\n", table.error().text());
    std::exit(1);
  }
  return std::move(*table);
}

template <class Address>
void measure_lookup(const Shape& shape, std::size_t runs) {
  PolicyRules rules(shape.rules);
  const auto table = compiled(rules.definition());
  const std::vector<Query<Address>> queries = rules.queries<Address>(kQueries);
  std::vector<Decision> decisions(kQueries);
  for (const std::size_t batch : {1, 8, 32, 64}) {
    Figure figure{.name = fmt::format("policy_lookup_{}_batch_{}", shape.name, batch),
                  .unit = "clocks",
                  .conditions = fmt::format("1000 policies, {}; batches of {}", shape.says, batch),
                  .runs = {},
                  .target = batch == 32 ? kTargetClocks : 0};
    for (std::size_t run = 0; run < runs; ++run) {
      const std::uint64_t start = clocks();
      for (std::size_t at = 0; at < kQueries; at += batch) {
        table->match(std::span(queries).subspan(at, batch), std::span(decisions).subspan(at, batch));
      }
      figure.runs.push_back(static_cast<double>(clocks() - start) / kQueries);
    }
    report(figure);
  }
}

void measure_compile(const Shape& shape, std::size_t runs) {
  const PolicyRules rules(shape.rules);
  Figure figure{.name = fmt::format("policy_compile_{}", shape.name),
                .unit = "ms",
                .conditions = fmt::format("1000 policies, {}", shape.says),
                .runs = {}};
  for (std::size_t run = 0; run < runs; ++run) {
    const auto start = std::chrono::steady_clock::now();
    const auto table = compiled(rules.definition());
    const std::chrono::duration<double, std::milli> taken = std::chrono::steady_clock::now() - start;
    figure.runs.push_back(taken.count());
  }
  report(figure);
}

void measure(std::size_t runs) {
  const Shape v4{"v4", "36 zone pairs and 20 global policies, IPv4", {}};
  const Shape v6{"v6", "36 zone pairs and 20 global policies, IPv6", {.family = Family::inet6}};
  const Shape one_pair{"one_pair", "all of one zone pair, IPv4", {.zones = 1, .globals = 0}};
  const Shape book{"book", "half of the addresses from 40 sets of up to 100 prefixes, IPv4", {.book = 40}};
  measure_lookup<policy::Address4>(v4, runs);
  measure_lookup<policy::Address6>(v6, runs);
  measure_lookup<policy::Address4>(one_pair, runs);
  measure_lookup<policy::Address4>(book, runs);
  for (const Shape& shape : {v4, v6, one_pair, book}) measure_compile(shape, runs);
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) {
  if (const sluice::Status started = sluice::port::start_eal(); !started) {
    fmt::print(stderr, "{}\n", started.error().text());
    return 1;
  }
  const int runs = argc > 1 ? std::atoi(argv[1]) : 21;
  if (runs < 1) {
    fmt::print(stderr, "{}: the number of runs must be 1 or more\n", argv[1]);
    return 1;
  }
  sluice::bench::measure(static_cast<std::size_t>(runs));
  return 0;
}
