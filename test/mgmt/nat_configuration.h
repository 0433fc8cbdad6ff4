// A configuration with every kind of NAT rule and pool, for conversations about them.
#pragma once

namespace sluice::test {

inline constexpr const char* kNatConfiguration = R"(
set system host-name fw1
set system ports ge-0/0/0 device veth0
set system ports ge-0/0/1 device veth1
set interfaces ge-0/0/0 unit 0 family inet address 203.0.113.2/30
set interfaces ge-0/0/1 unit 0 family inet address 192.0.2.1/24
set security zones security-zone trust interfaces ge-0/0/1.0
set security zones security-zone untrust interfaces ge-0/0/0.0
set security zones security-zone guest
set security address-book global address servers 198.51.100.0/24
set security nat source pool pool-1 description "to the provider"
set security nat source pool pool-1 address 203.0.113.16/30
set security nat source pool pool-1 address 203.0.113.24/32 to 203.0.113.27/32
set security nat source pool pool-1 port range 2000 to 2999
set security nat source pool pool-1 overflow-pool interface
set security nat source pool kept address 203.0.113.32/28
set security nat source pool kept port no-translation
set security nat source pool kept host-address-base 192.0.2.32
set security nat source rule-set out from zone trust
set security nat source rule-set out from zone guest
set security nat source rule-set out to zone untrust
set security nat source rule-set out rule web match source-address 192.0.2.0/24
set security nat source rule-set out rule web match source-address 2001:db8:1::/64
set security nat source rule-set out rule web match destination-address-name servers
set security nat source rule-set out rule web match protocol tcp
set security nat source rule-set out rule web match destination-port 80
set security nat source rule-set out rule web match destination-port 8000 to 8099
set security nat source rule-set out rule web then source-nat pool pool-1
set security nat source rule-set out rule voice match application junos-sip
set security nat source rule-set out rule voice then source-nat off
set security nat source rule-set out rule rest match source-address 0.0.0.0/0
set security nat source rule-set out rule rest match destination-address 0.0.0.0/0
set security nat source rule-set out rule rest then source-nat interface
set security nat destination pool web-pool address 192.0.2.80/32
set security nat destination pool web-pool address port 8080
set security nat destination pool farm address 192.0.2.96/32 to 192.0.2.99/32
set security nat destination rule-set in from interface ge-0/0/0.0
set security nat destination rule-set in rule publish match destination-address 203.0.113.8/32
set security nat destination rule-set in rule publish match destination-port 80
set security nat destination rule-set in rule publish then destination-nat pool web-pool
set security nat destination rule-set in rule spread match source-address-name servers
set security nat destination rule-set in rule spread match destination-address 203.0.113.12/30
set security nat destination rule-set in rule spread match protocol 47
set security nat destination rule-set in rule spread then destination-nat pool farm
set security nat static rule-set both from zone untrust
set security nat static rule-set both rule mail match destination-address 203.0.113.9/32
set security nat static rule-set both rule mail then static-nat prefix 192.0.2.25/32
set security nat static rule-set both rule ports match source-address 198.51.100.0/24
set security nat static rule-set both rule ports match destination-address 203.0.113.10/32
set security nat static rule-set both rule ports match destination-port 5000 to 5009
set security nat static rule-set both rule ports then static-nat prefix 192.0.2.26/32
set security nat static rule-set both rule ports then static-nat prefix mapped-port 6000 to 6009
)";

}  // namespace sluice::test
