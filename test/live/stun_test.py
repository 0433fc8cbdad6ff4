#!/usr/bin/env python3
"""A STUN client behind the firewall says what kind of translation it meets: what the configuration promises.

    client 10.1.0.10 --- trust [ Sluice ] untrust --- server 198.51.100.80, 198.51.100.81: stund
"""
import re

import harness
from two_hosts import CLIENT, SERVER, TwoHosts, permit_into_trust

ALTERNATE, POOL, STUN_PORT = "198.51.100.81", "203.0.113.16", 3478
RULE = "set security nat source rule-set out rule hide then source-nat pool hosts"

# For a hairpin the public address needs a route that leaves by another zone, and a policy for where it ends.
NAT = f"""
set routing-options static route 203.0.113.0/24 next-hop {SERVER}
set security nat source pool hosts address {POOL}/32
set security nat source rule-set out from zone trust
set security nat source rule-set out to zone untrust
set security nat source rule-set out rule hide match source-address 10.1.0.0/24
{RULE}
"""
PORT_KEPT = """
set security nat source pool hosts port no-translation
"""

# Words of RFC 4787 4.1 and 5 as the client has them.
WORDS = {"": "Dependent Mapping",
         "any-remote-host": "Independent Mapping, Independent Filter",
         "target-host": "Independent Mapping, Address Dependent Filter",
         "target-host-port": "Independent Mapping, Port Dependent Filter"}


class Stun(TwoHosts):
    more = NAT + permit_into_trust("untrust") + permit_into_trust("trust")
    port = 45000

    @classmethod
    def build(cls, lab):
        super().build(lab)
        cls.server.address("eth0", f"{ALTERNATE}/24")
        cls.server.start("stund", ["stund", "-h", SERVER, "-a", ALTERNATE])
        cls.server.wait_listening(STUN_PORT, "udp")

    def told(self, permit, more=""):
        """What the client says of a rule with this permit."""
        rule = f"{RULE} persistent-nat permit {permit}\n" if permit else ""
        self.firewall.commit(self.configuration() + rule + more)
        self.firewall.cli("clear security flow session all")
        Stun.port += 10  # it tries from some: bindings of the last time may live on
        _, output = self.client.run(["stun", SERVER, "-p", str(Stun.port)], check=False, timeout=120)
        return re.search("^Primary: (.*)$", output, re.M)[1]

    def test_mapping_and_filter_are_what_the_rule_permits(self):
        for permit, words in WORDS.items():
            with self.subTest(permit):
                self.assertEqual(self.told(permit).split(", random port")[0].split(", preserves ports")[0], words)

    def test_ports_are_kept_where_the_pool_says_so(self):
        self.assertIn(", preserves ports", self.told("any-remote-host", PORT_KEPT))
        self.assertIn(", random port", self.told("any-remote-host"))

    def test_a_binding_that_permits_anybody_is_reached_by_a_hairpin(self):
        self.assertIn(", will hairpin", self.told("any-remote-host"))
        self.assertIn(f"{CLIENT}", self.firewall.cli("show security nat source persistent-nat-table all"))


if __name__ == "__main__":
    harness.main()
