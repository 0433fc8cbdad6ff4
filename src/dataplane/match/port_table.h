// From a packet's protocol and destination port to the rules that may match them.
#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "dataplane/match/bit_rows.h"
#include "dataplane/match/match.h"

namespace sluice::match {

// One way in which a rule recognises a protocol and destination port. For ICMP the "port" is type * 256 +
// code.
struct PortTerm {
  std::uint32_t rank = 0;     // of the rule
  std::uint8_t protocol = 0;  // 0: any, and then every port
  PortRange ports;
};

class PortTable {
 public:
  using Class = std::uint16_t;  // ports that no term tells apart
  struct Span {
    std::uint8_t protocol = 0;
    PortRange ports;
  };

  PortTable() = default;
  // Of rules ranked 0 to ranks - 1. The ports of `bounds` are told apart too. `statement` is the path of an
  // error.
  [[nodiscard]] static Result<PortTable> build(std::span<const PortTerm> terms,
                                               std::span<const PortTerm> bounds, std::size_t ranks,
                                               const std::string& statement);

  [[nodiscard]] Class find(std::uint8_t protocol, std::uint16_t destination_port) const noexcept {
    const Protocol& entry = protocols_[protocol];
    return entry.by_port == kNone ? entry.all : classes_by_port_[entry.by_port + destination_port];
  }
  // Rules with a term that covers protocol and destination port.
  [[nodiscard]] const std::uint64_t* row(Class number) const noexcept { return rows_.row(number); }
  // What each class stands for.
  [[nodiscard]] std::span<const Span> spans() const noexcept { return spans_; }

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  struct Protocol {
    std::uint32_t by_port = kNone;  // where its 65536 ports start in classes_by_port_
    Class all = 0;                  // when there is no need to look at ports
  };

  void assign(const Span& span, Class number);

  std::array<Protocol, 256> protocols_{};
  std::vector<Class> classes_by_port_;
  std::vector<Span> spans_;  // by class
  BitRows rows_;             // by class
};

}  // namespace sluice::match
