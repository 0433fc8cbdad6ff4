// Policy: zones, address sets, applications, and the compiled first-match lookup.
//
// What: decides whether a first packet may become a session, and under which policy and
// application. Why compiled: a thousand rules must cost the same as ten. Policies of one zone pair
// are tried in order, then global policies in order, then the default policy (Junos reference 8.3).
//
// How: every field of a packet leads to a row of bits, one bit for each policy in the order of trial:
// the policies that this field does not rule out. Addresses do so by longest prefix (rte_acl), protocol
// and port and the two zones by index. The first bit that all five rows share is the policy. Why not
// one rte_acl rule for each source, destination and application of a policy: that cross product took
// over 20 times as long to compile and about as many clocks to match, and address sets of a hundred
// prefixes on both sides of policies were more than it could hold.
//
// Who owns it: a policy::Table is immutable once compiled and belongs to a Snapshot. Threads:
// compile() on the control thread; match() on any worker, concurrently.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "dataplane/match/match.h"
#include "dataplane/packet/address.h"
#include "dataplane/packet/ids.h"

namespace sluice::policy {

using match::AddressMatch;
using match::PortRange;

enum class Action : std::uint8_t { deny, reject, permit };

// One way in which an application can be recognised. For ICMP and ICMPv6 the destination "port" is
// type * 256 + code and the source port is unused.
struct ApplicationTerm {
  std::uint8_t protocol = 0;  // 0: any
  PortRange source;
  PortRange destination;
  std::uint8_t alg = 0;  // this term's own AlgId (H.323 has several); 0: the application's
  friend bool operator==(const ApplicationTerm&, const ApplicationTerm&) = default;
};

// `inactivity-timeout never` in seconds: 31 years, well below where a clock in seconds wraps.
inline constexpr std::uint32_t kTimeoutNeverS = 1'000'000'000;

struct Application {
  AppId id;
  std::string name;                        // "junos-http"
  std::uint32_t junos_value = 0;           // application-value in displays; 0 when unknown
  std::uint32_t inactivity_timeout_s = 0;  // 0: by port, then by protocol (Junos reference 8.1)
  std::uint8_t alg = 0;                    // application-protocol: an AlgId; 0: none
  // Alternatives; they share the timeout. None at all: no first packet can be recognised as this
  // application (an RPC program: its port is only known to the ALG).
  std::vector<ApplicationTerm> terms;
  bool predefined = false;
  friend bool operator==(const Application&, const Application&) = default;
};

// What a matched policy asks for; sessions carry it on.
struct Policy {
  PolicyId id;
  std::string name;
  std::string path;              // of its configuration statement; errors quote it
  ZoneId from_zone = kNullZone;  // both null: a global policy
  ZoneId to_zone = kNullZone;
  std::vector<ZoneId> global_from;  // global policies: `match from-zone`; empty is any
  std::vector<ZoneId> global_to;
  Action action = Action::deny;
  bool enabled = true;
  bool log_init = false;
  bool log_close = false;
  bool count = false;
  bool syn_check_required = false;
  bool sequence_check_required = false;
  std::uint16_t initial_tcp_mss = 0;  // 0: unchanged
  std::uint16_t reverse_tcp_mss = 0;
  AddressMatch source;
  AddressMatch destination;
  std::vector<AppId> applications;  // empty: any
  friend bool operator==(const Policy&, const Policy&) = default;
};

struct Definition {
  std::vector<Policy> policies;           // zone-pair policies in order, then global ones in order
  std::vector<Application> applications;  // every one that a policy names, and all predefined ones
  Action default_action = Action::deny;
  bool log_default = false;
  friend bool operator==(const Definition&, const Definition&) = default;
};

// The first packet, as policy sees it. Addresses are after destination NAT and before source NAT.
template <class Address>
struct Query {
  ZoneId from_zone;
  ZoneId to_zone;
  Address source;       // wire order
  Address destination;  // wire order
  std::uint8_t protocol = 0;
  std::uint16_t source_port = 0;       // host order
  std::uint16_t destination_port = 0;  // host order; ICMP: type * 256 + code
};
using Address4 = std::uint32_t;                 // wire order
using Address6 = std::array<std::uint8_t, 16>;  // wire order
using Query4 = Query<Address4>;
using Query6 = Query<Address6>;

// What the lookup decided, complete enough to install a session.
struct Decision {
  PolicyId policy = kDefaultPolicy;
  AppId application = kNoApp;  // the matched one; for "any", the predefined one of this port
  Action action = Action::deny;
  bool log_init = false;
  bool log_close = false;
  bool count = false;
  bool syn_check_required = false;
  bool sequence_check_required = false;
  std::uint8_t alg = 0;  // an AlgId
  std::uint16_t initial_tcp_mss = 0;
  std::uint16_t reverse_tcp_mss = 0;
  std::uint32_t timeout_s = 0;  // the session's inactivity timeout, resolved
  friend bool operator==(const Decision&, const Decision&) = default;
};

class Table {
 public:
  // Fails when the rules need more memory than allowed or a definition contradicts itself; the
  // Error's path is the policy's ("security policies from-zone a to-zone b policy p").
  [[nodiscard]] static Result<std::unique_ptr<Table>> compile(const Definition& definition);
  ~Table();
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  // Decides for a batch: decisions[i] answers queries[i]. Best at 8 or more at a time.
  void match(std::span<const Query4> queries, std::span<Decision> decisions) const noexcept;
  void match(std::span<const Query6> queries, std::span<Decision> decisions) const noexcept;

  // Whether one policy, alone, would still permit the query (policy-rematch). Not for the packet path.
  [[nodiscard]] bool permits(PolicyId policy, const Query4& query) const noexcept;
  [[nodiscard]] bool permits(PolicyId policy, const Query6& query) const noexcept;

  // Every policy that the query matches, in the order of trial: whom match() obeys, then those that it keeps
  // from being met. Not for the packet path.
  [[nodiscard]] std::vector<PolicyId> all_matches(const Query4& query) const;
  [[nodiscard]] std::vector<PolicyId> all_matches(const Query6& query) const;

  // The definition it was compiled from, for displays and names. Null when the id is not in it.
  [[nodiscard]] const Definition& definition() const noexcept;
  [[nodiscard]] const Policy* find(PolicyId id) const noexcept;
  [[nodiscard]] const Application* find(AppId id) const noexcept;

  // The predefined application of a protocol and destination port, kNoApp if none: the service
  // name of sessions that matched "any", of host traffic and of denials. Where several share a
  // port, the first; never one that covers every port of TCP, UDP or SCTP. ICMP has none.
  [[nodiscard]] AppId by_port(std::uint8_t protocol, std::uint16_t destination_port) const noexcept;
  // The inactivity timeout of an application and protocol (Junos reference 8.1, the four steps):
  // the application's as set, else its predefined default, else that of the destination port (the
  // timeout of its predefined application), else the protocol's.
  [[nodiscard]] std::uint32_t timeout_s(AppId application, std::uint8_t protocol,
                                        std::uint16_t destination_port) const noexcept;

 private:
  struct Impl;
  explicit Table(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Whether a policy is about the firewall itself: it names junos-host as a zone.
[[nodiscard]] bool names_host(const Policy& policy) noexcept;
// Traffic of the firewall itself is permitted unless a policy of zone junos-host says otherwise
// (Junos reference 8.3): what other policies say of it does not count.
void settle_host_policy(const Table& policies, Decision& decision) noexcept;

// junos-defaults: every predefined application (Junos reference 8.5), ids assigned from 1 in a fixed
// order; configured applications are numbered after them.
[[nodiscard]] const std::vector<Application>& predefined_applications();

// The word of `application-protocol` ("ftp", "sun-rpc"); "0" for none. And back; empty when unknown.
[[nodiscard]] std::string_view alg_name(AlgId alg) noexcept;
[[nodiscard]] std::optional<AlgId> parse_alg(std::string_view name) noexcept;

struct ApplicationSet {
  std::string name;
  std::vector<std::string> members;  // applications or sets
};
[[nodiscard]] const std::vector<ApplicationSet>& predefined_application_sets();

// The plain oracle that the compiled match must equal: first match by trying every policy in
// order, and in it every listed application in order. For tests; `permits` shares its rules.
[[nodiscard]] Decision first_match(const Definition& definition, const Query4& query);
[[nodiscard]] Decision first_match(const Definition& definition, const Query6& query);

}  // namespace sluice::policy
