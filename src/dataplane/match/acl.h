// Private to the match room: one rte_acl context, owned. Of the rules that match a key, the one with
// the highest priority.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"

struct rte_acl_ctx;

namespace sluice::match {

// A field of the key, most significant byte first. rte_acl wants the first field to be one byte, and
// the others to fill groups of four bytes.
struct AclField {
  enum class Kind : std::uint8_t {
    prefix,  // value, and how many leading bits count
    mask,    // value, and which bits count
  };
  Kind kind = Kind::mask;
  std::uint8_t size = 1;
  std::uint8_t group = 0;
  std::uint8_t offset = 0;  // in the key
};

inline constexpr std::size_t kMaxAclFields = 5;

struct AclRule {
  struct Value {
    std::uint32_t value = 0;
    std::uint32_t second = 0;  // prefix length or mask, by the field's kind
  };
  std::int32_t priority = 1;
  std::uint32_t result = 0;  // not 0: that says "no rule"
  std::array<Value, kMaxAclFields> values{};
};

class Acl {
 public:
  // Control thread; the EAL must be running. Fails when the rules need too much memory; `statement` is the
  // path of the error.
  [[nodiscard]] static Result<Acl> build(std::span<const AclField> fields, std::span<const AclRule> rules,
                                         const std::string& statement);

  Acl() = default;  // no rule: nothing may be asked
  // Any thread. results[i] answers keys[i]; 0 when no rule matches.
  void classify(const std::uint8_t** keys, std::uint32_t* results, std::uint32_t count) const noexcept;

 private:
  struct Free {
    void operator()(rte_acl_ctx* context) const noexcept;
  };
  std::unique_ptr<rte_acl_ctx, Free> context_;
};

}  // namespace sluice::match
