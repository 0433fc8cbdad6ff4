// The predefined application-sets of group junos-defaults (Junos reference 8.5).
#include "dataplane/policy/policy.h"

namespace sluice::policy {
namespace {

// A Sun RPC service needs the mapper as well as its own program: every set but that of the mapper
// itself and of "any" lists both.
ApplicationSet sun_rpc_set(const std::string& service) {
  ApplicationSet set{.name = "junos-sun-rpc-" + service,
                     .members = {"junos-sun-rpc-tcp", "junos-sun-rpc-udp"}};
  if (service != "portmap" && service != "any") {
    set.members.insert(set.members.end(), {"junos-sun-rpc-portmap-tcp", "junos-sun-rpc-portmap-udp"});
  }
  set.members.push_back(set.name + "-tcp");
  set.members.push_back(set.name + "-udp");
  return set;
}

std::vector<ApplicationSet> build_sets() {
  std::vector<ApplicationSet> sets = {
      {"junos-routing-inbound", {"junos-bgp", "junos-rip", "junos-ldp-tcp", "junos-ldp-udp"}},
      {"junos-cifs", {"junos-netbios-session", "junos-smb-session"}},
      {"junos-mgcp", {"junos-mgcp-ua", "junos-mgcp-ca"}},
      {"junos-ms-rpc", {"junos-ms-rpc-tcp", "junos-ms-rpc-udp"}},
      {"junos-ms-rpc-msexchange",
       {"junos-ms-rpc-tcp", "junos-ms-rpc-udp", "junos-ms-rpc-epm", "junos-ms-rpc-msexchange-directory-rfr",
        "junos-ms-rpc-msexchange-info-store", "junos-ms-rpc-msexchange-directory-nsp"}},
      {"junos-ms-rpc-wmic",
       {"junos-ms-rpc-tcp", "junos-ms-rpc-wmic-admin", "junos-ms-rpc-wmic-admin2",
        "junos-ms-rpc-wmic-webm-level1login", "junos-ms-rpc-wmic-mgmt"}},
      {"junos-ms-rpc-iis-com",
       {"junos-ms-rpc-tcp", "junos-ms-rpc-iis-com-1", "junos-ms-rpc-iis-com-adminbase"}},
      {"junos-ms-rpc-any",
       {"junos-ms-rpc-tcp", "junos-ms-rpc-udp", "junos-ms-rpc-uuid-any-tcp", "junos-ms-rpc-uuid-any-udp"}},
      {"junos-sun-rpc", {"junos-sun-rpc-tcp", "junos-sun-rpc-udp"}},
      {"junos-sun-rpc-nfs-access",
       {"junos-sun-rpc-tcp", "junos-sun-rpc-udp", "junos-sun-rpc-portmap-tcp", "junos-sun-rpc-portmap-udp",
        "junos-sun-rpc-nfs-tcp", "junos-sun-rpc-nfs-udp", "junos-sun-rpc-mountd-tcp",
        "junos-sun-rpc-mountd-udp"}},
  };
  for (const char* service : {"portmap", "nfs", "mountd", "ypbind", "ypserv", "status", "rquotad", "nlockmgr",
                              "ruserd", "sadmind", "sprayd", "walld", "any"}) {
    sets.push_back(sun_rpc_set(service));
  }
  return sets;
}

}  // namespace

const std::vector<ApplicationSet>& predefined_application_sets() {
  static const std::vector<ApplicationSet> sets = build_sets();
  return sets;
}

}  // namespace sluice::policy
