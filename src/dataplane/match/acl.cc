#include "dataplane/match/acl.h"

#include <rte_acl.h>
#include <rte_errno.h>

#include <atomic>
#include <cstring>
#include <vector>

namespace sluice::match {
namespace {

// For one context; a table has one for each family.
constexpr std::size_t kMaxBytes = std::size_t{256} << 20;

RTE_ACL_RULE_DEF(DpdkRule, kMaxAclFields);

Error failure(const char* what, int code, std::size_t rules, const std::string& statement) {
  const std::string why = code == ENOMEM || code == ERANGE
                              ? "they need more memory than there is for them"
                              : std::string("the classifier says ") + rte_strerror(code);
  return Error{"resource-denied", statement,
               std::string(what) + " of " + std::to_string(rules) + " address prefixes failed: " + why +
                   "; fewer address prefixes are needed"};
}

std::vector<DpdkRule> converted(std::span<const AclField> fields, std::span<const AclRule> rules) {
  std::vector<DpdkRule> all(rules.size());
  for (std::size_t i = 0; i < rules.size(); ++i) {
    all[i] = {};
    all[i].data.category_mask = 1;
    all[i].data.priority = rules[i].priority;
    all[i].data.userdata = rules[i].result;
    for (std::size_t field = 0; field < fields.size(); ++field) {
      all[i].field[field].value.u32 = rules[i].values[field].value;
      all[i].field[field].mask_range.u32 = rules[i].values[field].second;
    }
  }
  return all;
}

std::uint8_t type_of(AclField::Kind kind) {
  switch (kind) {
    case AclField::Kind::prefix:
      return RTE_ACL_FIELD_TYPE_MASK;
    case AclField::Kind::mask:
      return RTE_ACL_FIELD_TYPE_BITMASK;
  }
  return RTE_ACL_FIELD_TYPE_BITMASK;
}

rte_acl_config configuration(std::span<const AclField> fields) {
  rte_acl_config config{};
  config.num_categories = 1;
  config.num_fields = static_cast<std::uint32_t>(fields.size());
  config.max_size = kMaxBytes;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    config.defs[i] = {.type = type_of(fields[i].kind),
                      .size = fields[i].size,
                      .field_index = static_cast<std::uint8_t>(i),
                      .input_index = fields[i].group,
                      .offset = fields[i].offset};
  }
  return config;
}

}  // namespace

Result<Acl> Acl::build(std::span<const AclField> fields, std::span<const AclRule> rules,
                       const std::string& statement) {
  // DPDK keeps contexts in one list of the process by name, and tables of two generations live at
  // once.
  static std::atomic<std::uint64_t> next_name{0};
  const std::string name = "match" + std::to_string(next_name.fetch_add(1, std::memory_order_relaxed));
  const rte_acl_param parameters{.name = name.c_str(),
                                 .socket_id = -1,  // SOCKET_ID_ANY
                                 .rule_size = RTE_ACL_RULE_SZ(kMaxAclFields),
                                 .max_rule_num = static_cast<std::uint32_t>(rules.size())};
  Acl acl;
  acl.context_.reset(rte_acl_create(&parameters));
  if (!acl.context_) return failure("creating a table", rte_errno, rules.size(), statement);
  const std::vector<DpdkRule> all = converted(fields, rules);
  if (const int code =
          rte_acl_add_rules(acl.context_.get(), reinterpret_cast<const rte_acl_rule*>(all.data()),
                            static_cast<std::uint32_t>(all.size()))) {
    return failure("storing a table", -code, rules.size(), statement);
  }
  const rte_acl_config config = configuration(fields);
  if (const int code = rte_acl_build(acl.context_.get(), &config)) {
    return failure("compiling a table", -code, rules.size(), statement);
  }
  return acl;
}

void Acl::classify(const std::uint8_t** keys, std::uint32_t* results, std::uint32_t count) const noexcept {
  rte_acl_classify(context_.get(), keys, results, count, 1);
}

void Acl::Free::operator()(rte_acl_ctx* context) const noexcept {
  rte_acl_free(context);
}

}  // namespace sluice::match
