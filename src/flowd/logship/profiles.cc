// The messages of each release profile.
#include <algorithm>

#include "base/check.h"
#include "flowd/logship/catalog.h"

namespace sluice::logship {
namespace {

constexpr std::string_view kDenied = "Denied by policy";

// Losses are told like Junos's own housekeeping of its log collectors: process RT_SYSTEM, so that
// parsers of RT_FLOW do not miss their fields in it.
constexpr Shape kLostInRing{
    .process = "RT_SYSTEM",
    .name = "RTLOG_RECORDS_LOST",
    .severity = Severity::warning,
    .text = {"{lost-records} records of worker {log-worker} lost before its record {log-sequence}, "
             "reason: {reason}"},
    .attributes = {"reason lost-records log-worker log-sequence"},
    .overrides = {Override{"reason", "event ring full"}}};
constexpr Shape kLostInStream{.process = "RT_SYSTEM",
                              .name = "RTLOG_RECORDS_LOST",
                              .severity = Severity::warning,
                              .text = {"{lost-records} records lost before this one, reason: {reason}"},
                              .attributes = {"reason lost-records"},
                              .overrides = {Override{"reason", "log destination too slow or unreachable"}}};

// Blocks of ports of source NAT: the attributes as on every release that has them, and the texts as devices
// print them (docs/session-log.md).
constexpr std::string_view kBlockAttributes =
    "internal-ip block-used block-max-per-host block-port-low block-port-high reflexive-ip nat-pool-name "
    "logical-system-id epoch-time-64";
constexpr std::string_view kSubscriber =
    "Subscriber {internal-ip} used/maximum [{block-used}/{block-max-per-host}] blocks, ";
constexpr Shape kBlockAllocated{
    .process = "RT_NAT",
    .name = "RT_SRC_NAT_PBA_ALLOC",
    .text = {kSubscriber,
             "allocates port block [{block-port-low}-{block-port-high}] from {reflexive-ip} in source pool "
             "{nat-pool-name} lsys_id: {logical-system-id} epoch 0x{epoch-time-64}"},
    .attributes = {kBlockAttributes}};
constexpr Shape kBlockReleased{
    .process = "RT_NAT",
    .name = "RT_SRC_NAT_PBA_RELEASE",
    .text = {kSubscriber,
             "releases port block [{block-port-low}-{block-port-high}] from {reflexive-ip} in source pool "
             "{nat-pool-name} lsys_id: {logical-system-id} epoch 0x{epoch-time-64}"},
    .attributes = {kBlockAttributes}};
constexpr Shape kBlockInterim{
    .process = "RT_NAT",
    .name = "RT_SRC_NAT_PBA_INTERIM",
    .text = {kSubscriber,
             "port block [{block-port-low}-{block-port-high}] from {reflexive-ip} in source pool "
             "{nat-pool-name} lsys_id: {logical-system-id} epoch 0x{epoch-time-64}"},
    .attributes = {kBlockAttributes}};
// The alarms of pools follow what is known of those of subscribers.
constexpr std::string_view kAlarmText =
    "Source NAT pool: {nat-pool-name}, Pool type: {pool-type}, threshold: {threshold}%, current: {current}%";
constexpr std::string_view kAlarmAttributes = "nat-pool-name pool-type threshold current";
constexpr Shape kAlarmRaised{.process = "RT_NAT",
                             .name = "RT_SRC_NAT_POOL_ALARM_RAISE",
                             .text = {kAlarmText},
                             .attributes = {kAlarmAttributes}};
constexpr Shape kAlarmCleared{.process = "RT_NAT",
                              .name = "RT_SRC_NAT_POOL_ALARM_CLEAR",
                              .text = {kAlarmText},
                              .attributes = {kAlarmAttributes}};

constexpr ProfileShape k12_3{
    .profile = Profile::r12_3,
    .no_rule = "None",
    .messages = {
        Shape{.process = "RT_FLOW",
              .name = "RT_FLOW_SESSION_CREATE",
              .text = {"session created {source-address}/{source-port}->{destination-address}/"
                       "{destination-port} {service-name} {nat-source-address}/{nat-source-port}->"
                       "{nat-destination-address}/{nat-destination-port} {src-nat-rule-name} "
                       "{dst-nat-rule-name} {protocol-id} {policy-name} {source-zone-name} "
                       "{destination-zone-name} {session-id-32} {username}({roles}) "
                       "{packet-incoming-interface} {application} {nested-application} {encrypted}"},
              .attributes = {"source-address source-port destination-address destination-port service-name "
                             "nat-source-address nat-source-port nat-destination-address "
                             "nat-destination-port src-nat-rule-name dst-nat-rule-name protocol-id "
                             "policy-name source-zone-name destination-zone-name session-id-32 username "
                             "roles packet-incoming-interface application nested-application encrypted"}},
        Shape{.process = "RT_FLOW",
              .name = "RT_FLOW_SESSION_CLOSE",
              .text = {"session closed {reason}: {source-address}/{source-port}->{destination-address}/"
                       "{destination-port} {service-name} {nat-source-address}/{nat-source-port}->"
                       "{nat-destination-address}/{nat-destination-port} {src-nat-rule-name} "
                       "{dst-nat-rule-name} {protocol-id} {policy-name} {source-zone-name} "
                       "{destination-zone-name} {session-id-32} "
                       "{packets-from-client}({bytes-from-client}) "
                       "{packets-from-server}({bytes-from-server}) {elapsed-time} {application} "
                       "{nested-application} {username}({roles}) {packet-incoming-interface} {encrypted}"},
              .attributes = {"reason source-address source-port destination-address destination-port "
                             "service-name nat-source-address nat-source-port nat-destination-address "
                             "nat-destination-port src-nat-rule-name dst-nat-rule-name protocol-id "
                             "policy-name source-zone-name destination-zone-name session-id-32 "
                             "packets-from-client bytes-from-client packets-from-server "
                             "bytes-from-server elapsed-time application nested-application username "
                             "roles packet-incoming-interface encrypted"},
              // With the blank that 12.x devices print.
              .overrides = {Override{"encrypted", "No "}}},
        Shape{.process = "RT_FLOW",
              .name = "RT_FLOW_SESSION_DENY",
              .text = {"session denied {source-address}/{source-port}->{destination-address}/"
                       "{destination-port} {service-name} {protocol-id}({icmp-type}) {policy-name} "
                       "{source-zone-name} {destination-zone-name} {application} {nested-application} "
                       "{username}({roles}) {packet-incoming-interface} {encrypted}"},
              .attributes = {"source-address source-port destination-address destination-port service-name "
                             "protocol-id icmp-type policy-name source-zone-name destination-zone-name "
                             "application nested-application username roles packet-incoming-interface "
                             "encrypted"}},
        kLostInRing, kLostInStream, kBlockAllocated, kBlockReleased, kBlockInterim, kAlarmRaised,
        kAlarmCleared}};

constexpr std::string_view kCreateText =
    "session created {source-address}/{source-port}->{destination-address}/{destination-port} "
    "0x{connection-tag} {service-name} {nat-source-address}/{nat-source-port}->"
    "{nat-destination-address}/{nat-destination-port} 0x{nat-connection-tag} {src-nat-rule-type} "
    "{src-nat-rule-name} {dst-nat-rule-type} {dst-nat-rule-name} {protocol-id} {policy-name} "
    "{source-zone-name} {destination-zone-name} {session-id} {username}({roles}) "
    "{packet-incoming-interface} {application} {nested-application} {encrypted} "
    "{application-category} {application-sub-category} {application-risk} "
    "{application-characteristics} {src-vrf-grp} {dst-vrf-grp} {tunnel-inspection} "
    "{tunnel-inspection-policy-set} {source-tenant} {destination-service}";
constexpr std::string_view kCreateAttributes =
    "source-address source-port destination-address destination-port connection-tag service-name "
    "nat-source-address nat-source-port nat-destination-address nat-destination-port "
    "nat-connection-tag src-nat-rule-type src-nat-rule-name dst-nat-rule-type dst-nat-rule-name "
    "protocol-id policy-name source-zone-name destination-zone-name session-id username roles "
    "packet-incoming-interface application nested-application encrypted application-category "
    "application-sub-category application-risk application-characteristics src-vrf-grp dst-vrf-grp "
    "tunnel-inspection tunnel-inspection-policy-set source-tenant destination-service";

constexpr std::string_view kCloseText =
    "session closed {reason}: {source-address}/{source-port}->{destination-address}/"
    "{destination-port} 0x{connection-tag} {service-name} {nat-source-address}/{nat-source-port}->"
    "{nat-destination-address}/{nat-destination-port} 0x{nat-connection-tag} {src-nat-rule-type} "
    "{src-nat-rule-name} {dst-nat-rule-type} {dst-nat-rule-name} {protocol-id} {policy-name} "
    "{source-zone-name} {destination-zone-name} {session-id} "
    "{packets-from-client}({bytes-from-client}) {packets-from-server}({bytes-from-server}) "
    "{elapsed-time} {application} {nested-application} {username}({roles}) "
    "{packet-incoming-interface} {encrypted} {application-category} {application-sub-category} "
    "{application-risk} {application-characteristics} {secure-web-proxy-session-type} "
    "{peer-session-id} {peer-source-address}/{peer-source-port}->{peer-destination-address}/"
    "{peer-destination-port} {hostname} {src-vrf-grp} {dst-vrf-grp} {tunnel-inspection} "
    "{tunnel-inspection-policy-set} {session-flag} {source-tenant} {destination-service}";
constexpr std::string_view kCloseAttributes =
    "reason source-address source-port destination-address destination-port connection-tag "
    "service-name nat-source-address nat-source-port nat-destination-address nat-destination-port "
    "nat-connection-tag src-nat-rule-type src-nat-rule-name dst-nat-rule-type dst-nat-rule-name "
    "protocol-id policy-name source-zone-name destination-zone-name session-id packets-from-client "
    "bytes-from-client packets-from-server bytes-from-server elapsed-time application "
    "nested-application username roles packet-incoming-interface encrypted application-category "
    "application-sub-category application-risk application-characteristics "
    "secure-web-proxy-session-type peer-session-id peer-source-address peer-source-port "
    "peer-destination-address peer-destination-port hostname src-vrf-grp dst-vrf-grp "
    "tunnel-inspection tunnel-inspection-policy-set session-flag source-tenant destination-service";

constexpr std::string_view kDenyText =
    "session denied {source-address}/{source-port}->{destination-address}/{destination-port} "
    "0x{connection-tag} {service-name} {protocol-id}({icmp-type}) {policy-name} {source-zone-name} "
    "{destination-zone-name} {application} {nested-application} {username}({roles}) "
    "{packet-incoming-interface} {encrypted} {reason} {session-id} {application-category} "
    "{application-sub-category} {application-risk} {application-characteristics} {src-vrf-grp} "
    "{dst-vrf-grp} {source-tenant} {destination-service}";
constexpr std::string_view kDenyAttributes =
    "source-address source-port destination-address destination-port connection-tag service-name "
    "protocol-id icmp-type policy-name source-zone-name destination-zone-name application "
    "nested-application username roles packet-incoming-interface encrypted reason session-id "
    "application-category application-sub-category application-risk application-characteristics "
    "src-vrf-grp dst-vrf-grp source-tenant destination-service";

constexpr std::array<Override, 2> kCloseOverrides{Override{"encrypted", "No"}};
constexpr std::array<Override, 2> kDenyOverrides{Override{"reason", kDenied}};

constexpr ProfileShape k22_2{.profile = Profile::r22_2,
                             .no_rule = "N/A",
                             .messages = {Shape{.process = "RT_FLOW",
                                                .name = "RT_FLOW_SESSION_CREATE",
                                                .text = {kCreateText},
                                                .attributes = {kCreateAttributes}},
                                          Shape{.process = "RT_FLOW",
                                                .name = "RT_FLOW_SESSION_CLOSE",
                                                .text = {kCloseText},
                                                .attributes = {kCloseAttributes},
                                                .overrides = kCloseOverrides},
                                          Shape{.process = "RT_FLOW",
                                                .name = "RT_FLOW_SESSION_DENY",
                                                .text = {kDenyText},
                                                .attributes = {kDenyAttributes},
                                                .overrides = kDenyOverrides},
                                          kLostInRing, kLostInStream, kBlockAllocated, kBlockReleased,
                                          kBlockInterim, kAlarmRaised, kAlarmCleared}};

// What releases after 22.2 added (generation I).
constexpr ProfileShape k24_4{
    .profile = Profile::r24_4,
    .no_rule = "N/A",
    .messages = {
        Shape{.process = "RT_FLOW",
              .name = "RT_FLOW_SESSION_CREATE",
              .text = {kCreateText,
                       " {dst-identity-context-name} {dst-identity-context-roles} {gbp-src-tag} "
                       "{gbp-dst-tag} {forwarded-for} {src-vrf} {dst-vrf}"},
              .attributes = {kCreateAttributes,
                             "dst-identity-context-name dst-identity-context-roles gbp-src-tag "
                             "gbp-dst-tag forwarded-for src-vrf dst-vrf"}},
        Shape{.process = "RT_FLOW",
              .name = "RT_FLOW_SESSION_CLOSE",
              .text = {kCloseText,
                       " {user-type} {dst-identity-context-name} {dst-identity-context-roles} "
                       "{gbp-src-tag} {gbp-dst-tag} {forwarded-for} {url-host} {url-cat} {url-risk} "
                       "{src-vrf} {dst-vrf}"},
              .attributes = {kCloseAttributes,
                             "user-type dst-identity-context-name dst-identity-context-roles "
                             "gbp-src-tag gbp-dst-tag forwarded-for url-host url-cat url-risk src-vrf "
                             "dst-vrf"},
              .overrides = kCloseOverrides},
        Shape{.process = "RT_FLOW",
              .name = "RT_FLOW_SESSION_DENY",
              .text = {kDenyText,
                       " {user-type} {dst-identity-context-name} {dst-identity-context-roles} "
                       "{source-country} {destination-country} {gbp-src-tag} {gbp-dst-tag} "
                       "{forwarded-for} {url-host} {url-cat} {url-risk} {src-vrf} {dst-vrf}"},
              .attributes = {kDenyAttributes,
                             "user-type dst-identity-context-name dst-identity-context-roles "
                             "source-country destination-country gbp-src-tag gbp-dst-tag forwarded-for "
                             "url-host url-cat url-risk src-vrf dst-vrf"},
              .overrides = kDenyOverrides},
        kLostInRing, kLostInStream, kBlockAllocated, kBlockReleased, kBlockInterim, kAlarmRaised,
        kAlarmCleared}};

constexpr std::array kProfiles{k12_3, k22_2, k24_4};

}  // namespace

const ProfileShape& profile_shape(Profile profile) {
  const auto* found = std::ranges::find(kProfiles, profile, &ProfileShape::profile);
  check(found != kProfiles.end(), "every log profile has its shape");
  return *found;
}

}  // namespace sluice::logship
