#!/usr/bin/env python3
"""Address translation between real clients and servers: what passes, what each side sees, and what is told of it.

    client 10.1.0.10, 10.1.0.9 --- trust [ Sluice ] untrust --- server --- (MTU 1300) --- far 192.0.2.80
"""
import re
import subprocess
from xml.etree import ElementTree

import harness
from two_hosts import (CLIENT, CLIENT6, ECHO_PORT, INSIDE, OUTSIDE, OUTSIDE6, PEERS, SERVER, SERVER6, Capture,
                       TwoHosts, permit_into_trust)

POOL, POOL6 = "203.0.113.16", "2001:db8:ff::16"
PUBLISHED, STATIC, HOST = "203.0.113.8", "203.0.113.9", "10.1.0.9"
# In the outside's own network, where the firewall must answer for them.
ON_LINK, ON_LINK6, NEIGHBOUR, NEIGHBOUR6 = "198.51.100.20", "2001:db8:2::20", "10.1.0.8", "2001:db8:1::8"
FAR, FAR_ROUTER = "192.0.2.80", "192.0.2.1"
FAMILIES = ((CLIENT, POOL, SERVER), (CLIENT6, POOL6, SERVER6))

NAT = f"""
set system flow workers 2
set routing-options static route 192.0.2.0/24 next-hop {SERVER}
set security nat source pool hosts address {POOL}/32
set security nat source pool hosts6 address {POOL6}/128
set security nat source rule-set out from zone trust
set security nat source rule-set out to zone untrust
set security nat source rule-set out rule hide match source-address 10.1.0.0/24
set security nat source rule-set out rule hide then source-nat pool hosts
set security nat source rule-set out rule hide6 match source-address 2001:db8:1::/64
set security nat source rule-set out rule hide6 then source-nat pool hosts6
set security nat source rule-set hairpin from zone trust
set security nat source rule-set hairpin to zone trust
set security nat source rule-set hairpin rule back match source-address 10.1.0.0/24
set security nat source rule-set hairpin rule back then source-nat interface
set security nat destination pool web address {CLIENT}/32 port 80
set security nat destination rule-set in from zone untrust
set security nat destination rule-set in rule publish match destination-address {PUBLISHED}/32
set security nat destination rule-set in rule publish match destination-port 8080
set security nat destination rule-set in rule publish then destination-nat pool web
set security nat static rule-set both from zone trust
set security nat static rule-set both from zone untrust
set security nat static rule-set both rule host match destination-address {STATIC}/32
set security nat static rule-set both rule host then static-nat prefix {HOST}/32
set security nat static rule-set both rule neighbour match destination-address {ON_LINK}/32
set security nat static rule-set both rule neighbour then static-nat prefix {NEIGHBOUR}/32
set security nat proxy-arp interface ge-0/0/1.0 address {ON_LINK}/32
set security nat static rule-set both rule neighbour6 match destination-address {ON_LINK6}/128
set security nat static rule-set both rule neighbour6 then static-nat prefix {NEIGHBOUR6}/128
set security nat proxy-ndp interface ge-0/0/1.0 address {ON_LINK6}/128
"""


def url(host, port=80):
    return f"http://[{host}]:{port}/page" if ":" in host else f"http://{host}:{port}/page"


class Nat(TwoHosts):
    more = NAT + permit_into_trust("untrust") + permit_into_trust("trust")

    @classmethod
    def build(cls, lab):
        super().build(lab)
        (cls.pages / "page").write_text("a page behind the firewall\n")
        # Not what the client speaks from by itself.
        cls.client.address("eth0", f"{HOST}/24", f"{NEIGHBOUR}/24", f"{NEIGHBOUR6}/64 preferred_lft 0")
        cls.client.start("inside", [*PEERS, "server", str(cls.pages)])
        cls.far = lab.node("far")
        lab.wire(cls.server, "far", cls.far, "eth0")
        for node, interface, address in ((cls.server, "far", FAR_ROUTER), (cls.far, "eth0", FAR)):
            node.run(f"ip link set {interface} mtu 1300")
            node.address(interface, f"{address}/24")
        # It asks for more than its link takes, as if the narrow link were another's.
        cls.far.run(f"ip route add default via {FAR_ROUTER} advmss 1460")
        cls.server.run("sysctl -qw net.ipv4.ip_forward=1 net.ipv4.icmp_ratelimit=0")
        cls.far.start("beyond", [*PEERS, "server", str(cls.pages)])
        for node in (cls.client, cls.far):
            for port, protocol in ((80, "tcp"), (ECHO_PORT, "tcp"), (ECHO_PORT, "udp")):
                node.wait_listening(port, protocol)

    def setUp(self):
        self.firewall.cli("clear security flow session all")
        for counters in ("source rule", "source pool", "destination rule", "destination pool", "static rule"):
            self.firewall.cli(f"clear security nat statistics {counters} all")

    def counters(self, rule):
        """Hits, successes, failures and sessions now of "source hide"."""
        kind, name = rule.split()
        reply = ElementTree.fromstring(self.firewall.cli(f"show security nat {kind} rule {name} | display xml"))
        return [int(reply.findtext(f".//{{*}}{leaf}"))
                for leaf in ("rule-translation-hits", "succ-hits", "failed-hits", "concurrent-hits")]

    def pool_hits(self, pool):
        reply = ElementTree.fromstring(self.firewall.cli(f"show security nat {pool} | display xml"))
        return int(reply.findtext(".//{*}address-pool-hits"))

    def fetch(self, node, host, port=80, options=()):
        """A page; answers the client's port."""
        page, local = node.run(["curl", "-sS", "-m", "20", "-w", "%{local_port}", *options, url(host, port)]).splitlines()
        self.assertEqual(page, "a page behind the firewall")
        return int(local)

    def record(self, what, start):
        """The rest of the log record that begins so."""
        pattern = re.compile(rf"RT_FLOW_SESSION_{what}: session .*{start}(.*)")
        found = harness.wait_until(lambda: [pattern.search(line)[1] for line in self.firewall.records(pattern)],
                                   f"a record {what} of {start}", timeout=30)
        self.assertEqual(len(found), 1, found)
        return found[0]

    # --- what passes, and what is told of it

    def test_curl_goes_out_as_an_address_of_the_pool(self):
        for number, (client, public, server) in enumerate(FAMILIES):
            rule, pool = ("hide", "hosts") if number == 0 else ("hide6", "hosts6")
            capture = Capture(self.server)
            port = self.fetch(self.client, server)
            seen = {(p.source, p.source_port) for p in capture.packets() if p.destination == server}
            capture.close()
            self.assertEqual({source for source, _ in seen} - self.own(seen), {public})
            public_port, = {port for source, port in seen if source == public}
            self.assertRegex(self.record("CREATE", f"{client}/{port}->{server}/80 "),
                             rf"^0x0 junos-http {public}/{public_port}->{server}/80 0x0 source rule {rule} N/A N/A 6 web ")
            self.assertRegex(self.record("CLOSE", f": {client}/{port}->{server}/80 "),
                             rf"^0x0 junos-http {public}/{public_port}->{server}/80 0x0 source rule {rule} N/A N/A 6 web ")
            self.assertEqual(self.counters(f"source {rule}")[:3], [1, 1, 0])
            self.assertEqual(self.pool_hits(f"source pool {pool}"), 1)
            had = self.firewall.cli(f"show security nat who-had {public} {public_port}")
            self.assertRegex(had, rf"^{client}/{port} --> {server}/80;tcp, from \S+ \S+ UTC until \S+ \S+ UTC, ")

    @staticmethod
    def own(seen):
        """Addresses of the firewall itself, which asks for its neighbours."""
        return {source for source, _ in seen if source.startswith("fe80:") or source in (OUTSIDE, OUTSIDE6)}

    def test_a_living_session_is_found_by_what_it_is_translated_into(self):
        talk = self.client.start("talk", [*PEERS, "talk", SERVER])
        port = int(talk.wait_output(r"^port (\d+)")[1])
        talk.wait_output("answered", timeout=30)
        session = self.session_of("source-nat-pool hosts")
        self.assertEqual((session.into.source, session.into.source_port, session.out.destination),
                         (CLIENT, port, POOL))
        public_port = session.out.destination_port
        for filters in (f"nat-source-prefix {POOL} nat-source-port {public_port}", "nat",
                        f"nat-destination-prefix {SERVER} nat-destination-port {ECHO_PORT}"):
            self.assertEqual(self.session_of(filters).identifier, session.identifier)
        self.assertEqual(self.firewall.sessions(f"nat-source-prefix {CLIENT}"), [])
        self.assertEqual(self.counters("source hide")[3], 1)
        self.assertRegex(self.firewall.cli(f"show security nat who-had {POOL} {public_port}"),
                         rf"^{CLIENT}/{port} --> {SERVER}/{ECHO_PORT};tcp, from .* until now, ")
        self.assertIn("Source NAT pool: hosts", self.firewall.cli("show security flow session nat extensive"))
        self.assertEqual(self.firewall.cli(f"clear security flow session nat-source-port {public_port}"),
                         "1 active sessions cleared\n")
        talk.wait_output("^broke", timeout=30)
        self.assertEqual(self.counters("source hide")[3], 0)

    def test_the_published_server_is_reached_by_destination_nat(self):
        port = self.fetch(self.server, PUBLISHED, 8080)
        self.assertRegex(self.record("CREATE", f"{SERVER}/{port}->{PUBLISHED}/8080 "),
                         rf" {SERVER}/{port}->{CLIENT}/80 0x0 N/A N/A destination rule publish 6 in untrust trust ")
        self.assertEqual(self.counters("destination publish")[:3], [1, 1, 0])
        self.assertEqual(self.pool_hits("destination pool web"), 1)
        self.record("CLOSE", f": {SERVER}/{port}->{PUBLISHED}/8080 ")
        self.assertRegex(self.firewall.cli(f"show security nat who-had {PUBLISHED} 8080"),
                         rf"(?m)^{CLIENT}/80 <-- {SERVER}/{port};tcp, from ")

    def test_static_nat_leads_both_ways(self):
        port = self.fetch(self.server, STATIC)
        self.assertRegex(self.record("CREATE", f"{SERVER}/{port}->{STATIC}/80 "),
                         rf" {SERVER}/{port}->{HOST}/80 0x0 N/A N/A static rule host 6 in ")
        port = self.fetch(self.client, SERVER, options=("--interface", HOST))
        self.assertRegex(self.record("CREATE", f"{HOST}/{port}->{SERVER}/80 "),
                         rf" {STATIC}/{port}->{SERVER}/80 0x0 static rule host N/A N/A 6 web ")
        self.assertEqual(self.counters("static host")[:3], [2, 2, 0])
        self.assertEqual(self.counters("source hide")[0], 0)

    def test_the_firewall_answers_for_public_addresses_of_its_own_network(self):
        for public, public_host in ((ON_LINK, NEIGHBOUR), (ON_LINK6, NEIGHBOUR6)):
            port = self.fetch(self.server, public)
            server = SERVER6 if ":" in public else SERVER
            self.assertRegex(self.record("CREATE", f"{server}/{port}->{public}/80 "), rf"->{public_host}/80 ")
        whole = self.configuration()
        self.addCleanup(self.firewall.commit, whole)
        self.firewall.commit(re.sub(".*(proxy-|neighbour).*\n", "", whole))
        self.server.run("ip neigh flush all")
        code, _ = self.server.run(f"ping -c 1 -W 2 {ON_LINK}", check=False)
        self.assertNotEqual(code, 0)
        self.assertEqual("".join(self.middle.run(f"ip {what}") for what in (
            "neigh show proxy", "route show table local proto 173", "-6 route show table local proto 173")), "")

    def test_neighbours_that_ask_again_whether_a_public_address_is_there_are_answered(self):
        for public in (ON_LINK, ON_LINK6):
            self.fetch(self.server, public)
            entry = re.search(rf"^{public} dev (\S+) lladdr (\S+)", self.server.run("ip neigh show"), re.M)
            self.server.run(f"ip neigh replace {public} dev {entry[1]} lladdr {entry[2]} nud probe")
            state = harness.wait_until(
                lambda public=public: re.search("REACHABLE|FAILED", self.server.run(f"ip neigh show {public}")),
                f"an answer for {public}")
            self.assertEqual(state[0], "REACHABLE", public)

    def test_a_hairpin_reaches_a_neighbour_by_its_public_address(self):
        port = self.fetch(self.client, STATIC, options=("--interface", CLIENT))
        self.assertRegex(self.record("CREATE", f"{CLIENT}/{port}->{STATIC}/80 "),
                         rf" {INSIDE}/\d+->{HOST}/80 0x0 source rule back static rule host 6 in trust trust ")
        self.assertEqual(self.counters("source back")[:3], [1, 1, 0])
        self.assertEqual(self.counters("static host")[:3], [1, 1, 0])

    # --- ICMP and fragments

    def test_pings_are_answered_out_and_in(self):
        for client, public, server in FAMILIES:
            capture = Capture(self.server)
            self.assertIn(" 3 received", self.client.run(f"ping -c 3 -i 0.2 -W 10 -I {client} {server}"))
            harness.wait_until(lambda: sum(p.source == public and p.protocol.startswith("icmp") and p.source_port != 0
                                           for p in capture.packets()) == 3, "three requests of the pool's address")
            capture.close()
        self.assertIn(" 1 received", self.server.run(f"ping -c 1 -W 10 {STATIC}"))

    def test_traceroute_sees_every_router_through_nat(self):
        for hops, router in ((1, INSIDE), (2, SERVER)):
            _, output = self.client.run(f"ping -c 1 -t {hops} -W 10 {FAR}", check=False)
            self.assertRegex(output, rf"(?i)from {router} .*time to live exceeded")
        self.assertIn(" 1 received", self.client.run(f"ping -c 1 -t 3 -W 10 {FAR}"))

    def test_a_closed_port_is_told_to_the_host_that_asked(self):
        talk = self.client.start("closed", f"nc -u -v {SERVER} 7998", stdin=subprocess.PIPE)
        talk.say("anybody?\n")
        talk.wait_end(timeout=30)  # nc ends when it is refused

    def test_path_mtu_is_discovered_through_nat(self):
        self.client.run("ip route flush cache")
        talk = self.client.start("large", f"nc {FAR} {ECHO_PORT}", stdin=subprocess.PIPE)
        talk.say("x" * 5000 + "\nall of it\n")
        talk.wait_output("^all of it$", timeout=30)
        self.assertIn("mtu 1300", self.client.run(f"ip route get {FAR}"))
        talk.stop()

    def test_fragments_of_datagrams_are_one_session(self):
        for client, public, server in FAMILIES:
            self.firewall.cli("clear security flow session protocol udp")
            capture = Capture(self.server)
            self.assertIn("2 came back", self.client.run([*PEERS, "udp", server, "9000", "10000"], timeout=30))
            later = {p.source for p in capture.packets() if p.fragment == "later" and p.protocol == "udp"}
            capture.close()
            self.assertEqual(later, {public, server})
            session = self.session_of(f"protocol udp destination-prefix {server}")
            self.assertEqual((session.into.source, session.out.destination), (client, public))


if __name__ == "__main__":
    harness.main()
