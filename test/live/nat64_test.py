#!/usr/bin/env python3
"""NAT64 between real hosts: a client that has no IPv4, and a server that has no IPv6.

    client 2001:db8:1::10 --- trust [ Sluice: 64:ff9b::/96, pool 203.0.113.16 ] untrust --- server 198.51.100.80
"""
import subprocess

import harness
from two_hosts import CLIENT6, ECHO_PORT, PEERS, SERVER, Capture, TwoHosts

POOL = "203.0.113.16"
SERVER64 = "64:ff9b::c633:6450"

NAT = f"""
set system flow workers 2
set security nat source pool hosts address {POOL}/32
set security nat source rule-set out from zone trust
set security nat source rule-set out to zone untrust
set security nat source rule-set out rule hide match source-address 2001:db8:1::/64
set security nat source rule-set out rule hide match destination-address 198.51.100.0/24
set security nat source rule-set out rule hide then source-nat pool hosts
set security nat static rule-set to-inet from zone trust
set security nat static rule-set to-inet rule all match destination-address 64:ff9b::/96
set security nat static rule-set to-inet rule all then static-nat inet
"""


class Nat64(TwoHosts):
    more = NAT

    @classmethod
    def build(cls, lab):
        super().build(lab)
        (cls.pages / "page").write_text("a page of IPv4\n")
        cls.client.run("ip -4 address flush dev eth0")
        cls.server.run("ip -6 address flush dev eth0")
        cls.server.run("sysctl -qw net.ipv4.icmp_ratelimit=0")

    def setUp(self):
        self.firewall.cli("clear security flow session all")

    def test_curl_fetches_a_page_of_ipv4(self):
        capture = Capture(self.server)
        page, port = self.client.run(["curl", "-sS", "-m", "20", "-w", "%{local_port}",
                                      f"http://[{SERVER64}]/page"]).splitlines()
        self.assertEqual(page, "a page of IPv4")
        harness.wait_until(lambda: any(p.source == POOL and p.destination == SERVER for p in capture.packets()),
                           "packets of the pool's address")
        public_port, = {p.source_port for p in capture.packets() if p.source == POOL}
        capture.close()
        pattern = rf"RT_FLOW_SESSION_CREATE: session created {CLIENT6}/{port}->{SERVER64}/80 (.*)"
        record = harness.wait_until(lambda: self.firewall.records(pattern), "a record of the session", timeout=30)[0]
        self.assertRegex(record, rf"junos-http {POOL}/{public_port}->{SERVER}/80 0x0 source rule hide static rule all 6 web ")

    def test_a_session_is_shown_with_a_wing_of_each_family(self):
        talk = self.client.start("talk", [*PEERS, "talk", SERVER64])
        port = int(talk.wait_output(r"^port (\d+)")[1])
        talk.wait_output("answered", timeout=30)
        session = self.session_of(f"source-prefix {CLIENT6} destination-port {ECHO_PORT}")
        self.assertEqual((session.into.source, session.into.source_port, session.into.destination),
                         (CLIENT6, port, SERVER64))
        self.assertEqual((session.out.source, session.out.destination), (SERVER, POOL))
        public_port = session.out.destination_port
        self.assertEqual(self.session_of(f"nat-source-prefix {POOL} nat-source-port {public_port}").identifier,
                         session.identifier)
        self.assertEqual(self.firewall.sessions("family inet"), [])
        self.assertRegex(self.firewall.cli(f"show security nat who-had {POOL} {public_port}"), rf"^{CLIENT6}/{port} --> ")
        self.assertEqual(self.firewall.cli(f"clear security flow session nat-source-port {public_port}"),
                         "1 active sessions cleared\n")
        talk.wait_output("^broke", timeout=30)

    def test_pings_are_answered(self):
        self.assertIn(" 3 received", self.client.run(f"ping -c 3 -i 0.2 -W 10 {SERVER64}"))

    def test_a_closed_port_is_told_to_the_host_that_asked(self):
        talk = self.client.start("closed", f"nc -u -v {SERVER64} 7998", stdin=subprocess.PIPE)
        talk.say("anybody?\n")
        talk.wait_end(timeout=30)  # nc ends when it is refused

    def test_fragments_pass(self):
        self.assertIn("2 came back", self.client.run([*PEERS, "udp", SERVER64, "3000", "9000"], timeout=30))


if __name__ == "__main__":
    harness.main()
