// What flowd knows of NAT when it is asked, from configurations.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "flowd/compile/test_compile.h"
#include "flowd/service/translate.h"

namespace sluice::service {
namespace {

using compile::must_compile;
using compile::with;

std::string pools_of(const std::string& name, const compile::Compiled& compiled) {
  v1::SessionFilter filter;
  filter.set_source_nat_pool(name);
  const auto read = filter_of(filter, compiled.snapshot);
  if (!read) {
    return read.error().text();
  }
  std::string names;
  for (const NatPoolId id : *read->source_nat_pools) {
    names += compiled.snapshot.names->nat_pool.at(id.value) + ";";
  }
  return names;
}

constexpr const char* kPool = "set security nat source pool out address 203.0.113.5/32\n";

TEST(PoolFilter, takes_names_of_source_pools_and_of_none_else) {
  const auto compiled = must_compile(with(std::string(kPool) +
                                          "set security nat destination pool web address 192.0.2.80/32\n"
                                          "set security nat destination pool out address 192.0.2.80/32\n"));
  EXPECT_EQ(pools_of("out", compiled), "out;");
  EXPECT_EQ(pools_of("interface", compiled), "interface;");
  EXPECT_EQ(pools_of("web", compiled),
            "source-nat-pool: source NAT pool web not found; there are out, interface");
  EXPECT_EQ(pools_of("", compiled), "source-nat-pool: source NAT pool  not found; there are out, interface");
}

TEST(PoolFilter, takes_a_pool_that_only_sessions_have_still) {
  const auto before = must_compile(with(kPool));
  const auto after = must_compile(with(""), before.ids);
  EXPECT_EQ(pools_of("out", after), "out;");
}

}  // namespace
}  // namespace sluice::service
