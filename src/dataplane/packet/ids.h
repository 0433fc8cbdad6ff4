// The small integers by which the data plane names interfaces, zones, policies and the rest.
// The compiler of configurations hands them out and keeps them stable across commits: the same
// name keeps its number, and a retired number is not given to another name while a session may
// still carry it.
#pragma once

#include <cstdint>

#include "base/strong_id.h"

namespace sluice {

// A logical interface ("ge-0/0/0.0"). 0 is "none".
using IflId = StrongId<struct IflTag, std::uint16_t>;
inline constexpr IflId kNoIfl{0};
// Traffic of the firewall itself comes from, and goes to, ".local..0".
inline constexpr IflId kLocalIfl{1};

// A security zone. 0 is the null zone: an interface bound to none.
using ZoneId = StrongId<struct ZoneTag, std::uint16_t>;
inline constexpr ZoneId kNullZone{0};
inline constexpr ZoneId kJunosHostZone{2};
inline constexpr ZoneId kFirstUserZone{8};

// A policy's Index as the operator sees it.
using PolicyId = StrongId<struct PolicyTag, std::uint16_t>;
inline constexpr PolicyId kSelfTrafficPolicy{1};
inline constexpr PolicyId kDefaultPolicy{2};
inline constexpr PolicyId kFirstUserPolicy{4};
inline constexpr std::uint32_t kMaxPolicies = 65536;

// An application, predefined or configured. 0 is "none matched".
using AppId = StrongId<struct AppTag, std::uint16_t>;
inline constexpr AppId kNoApp{0};

// A rule and a pool of network address translation. 0 is "none". Rules of all kinds share one range of
// numbers, pools of source and destination another.
using NatRuleId = StrongId<struct NatRuleTag, std::uint16_t>;
inline constexpr NatRuleId kNoNatRule{0};
using NatPoolId = StrongId<struct NatPoolTag, std::uint16_t>;
inline constexpr NatPoolId kNoNatPool{0};
inline constexpr NatPoolId kInterfaceNatPool{1};  // the addresses of interfaces, as displays call them

// The application-layer gateway that a matched application asks for (`application-protocol`).
// `ignore`: the operator wants none, whatever the port.
enum class AlgId : std::uint8_t {
  none,
  ignore,
  dns,
  ftp,
  mgcp_ca,
  mgcp_ua,
  ms_rpc,
  pptp,
  q931,  // H.323 call signalling
  ras,   // H.323 registration
  realaudio,
  rsh,
  rtsp,
  sccp,
  sip,
  sqlnet_v2,
  sun_rpc,
  talk,
  tftp,
};

// An entry of the next-hop table.
using NextHopId = StrongId<struct NextHopTag, std::uint16_t>;
inline constexpr NextHopId kNoNextHop{0};

// A port (a wire, or a wire's twin in the kernel) as workers number them.
using PortId = StrongId<struct PortTag, std::uint16_t>;

}  // namespace sluice
