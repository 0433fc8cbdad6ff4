#include "config/values.h"

#include <gtest/gtest.h>
#include <libyang/libyang.h>

#include "config/form.h"
#include "config/test_schema.h"

namespace sluice::config {
namespace {

TEST(Values, ports_are_numbers_ranges_or_names) {
  EXPECT_EQ(parse_port_range("http"), (PortRange{80, 80}));
  EXPECT_EQ(parse_port_range("1024-65535"), (PortRange{1024, 65535}));
  EXPECT_EQ(parse_port_range("0"), (PortRange{0, 0}));
  for (const char* bad : {"", "-", "1-", "-1", "2-1", "65536", "1-65536", "htp", "1 -2", "0x10"}) {
    EXPECT_FALSE(parse_port_range(bad)) << bad;
  }
}

TEST(Values, protocols_and_icmp_types_have_their_numbers) {
  EXPECT_EQ(parse_ip_protocol("icmp6"), 58);
  EXPECT_EQ(parse_ip_protocol("255"), 255);
  EXPECT_FALSE(parse_ip_protocol("256"));
  EXPECT_EQ(parse_icmp_type("echo-request"), 8);
  EXPECT_EQ(parse_icmp6_type("echo-request"), 128);
}

// Calls `known` with each name that the type of the leaf at `path` offers.
template <class Known>
void each_name(const char* path, Known known) {
  const lysc_node* leaf = lys_find_path(test_schema().context(), nullptr, path, 0);
  ASSERT_NE(leaf, nullptr) << path;
  const auto* all = reinterpret_cast<const lysc_type_union*>(type_of(leaf));
  std::size_t names = 0;
  for (LY_ARRAY_COUNT_TYPE i = 0; i < LY_ARRAY_COUNT(all->types); ++i) {
    if (all->types[i]->basetype != LY_TYPE_ENUM) continue;
    const auto* list = reinterpret_cast<const lysc_type_enum*>(all->types[i]);
    for (LY_ARRAY_COUNT_TYPE n = 0; n < LY_ARRAY_COUNT(list->enums); ++n, ++names) {
      EXPECT_TRUE(known(list->enums[n].name)) << path << ' ' << list->enums[n].name;
    }
  }
  EXPECT_GT(names, 0U);
}

TEST(Values, every_name_that_the_schema_offers_has_its_number) {
  const std::string application = "/sluice-configuration:configuration/applications/application/";
  each_name((application + "destination-port").c_str(),
            [](const char* name) { return parse_port_range(name); });
  each_name((application + "protocol").c_str(), [](const char* name) { return parse_ip_protocol(name); });
  each_name((application + "icmp-type").c_str(), [](const char* name) { return parse_icmp_type(name); });
  each_name((application + "icmp6-type").c_str(), [](const char* name) { return parse_icmp6_type(name); });
}

TEST(Values, every_statement_of_the_schema_is_described) {
  const auto all_described = [](const auto& self, const lysc_node* node) -> void {
    EXPECT_TRUE(node->dsc != nullptr && node->dsc[0] != '\0') << node->name << " has no description";
    if (!is_inner(node)) return;
    for (const auto* list : {&form_of(node).keys, &form_of(node).children}) {
      for (const lysc_node* child : *list) self(self, child);
    }
  };
  all_described(all_described, test_schema().root());
}

}  // namespace
}  // namespace sluice::config
