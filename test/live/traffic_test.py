#!/usr/bin/env python3
"""Real clients and servers through the firewall: what passes, what is seen of it, and what clearing does to it.

    traffic_test.py [DRIVER.TEST...]    drivers are AfPacket and AfXdp
"""
import hashlib
import json
import os
import subprocess

import harness
from two_hosts import (CLIENT, CLIENT6, ECHO_PORT, INSIDE, INSIDE6, OUTSIDE, OUTSIDE6, PEERS, SERVER, SERVER6,
                       Capture, Ssh, TwoHosts)

FAMILIES = ((CLIENT, SERVER), (CLIENT6, SERVER6))


def url(host, page=""):
    return f"http://[{host}]/{page}" if ":" in host else f"http://{host}/{page}"


class Traffic:
    @classmethod
    def build(cls, lab):
        super().build(lab)
        (cls.pages / "small").write_text("a page behind the firewall\n")
        (cls.pages / "large").write_bytes(os.urandom(8_000_000))
        cls.server.start("iperf3", "iperf3 -s")
        cls.server.wait_listening(5201)
        cls.ssh = Ssh(lab)
        cls.ssh.serve(cls.server)
        cls.ssh.serve(cls.middle)

    def setUp(self):
        # One session is told from another by what the test did, not by what came before it.
        self.firewall.cli("clear security flow session all")

    def clear_pings(self):
        """They end by themselves, but seconds later."""
        for protocol in ("icmp", "icmp6"):
            self.firewall.cli(f"clear security flow session protocol {protocol}")

    # --- what passes

    def test_web_pages_are_fetched_with_curl(self):
        large = hashlib.sha256((self.pages / "large").read_bytes()).hexdigest()
        for client, server in FAMILIES:
            self.assertEqual(self.client.run(["curl", "-sS", "-m", "20", url(server, "small")]),
                             "a page behind the firewall\n")
            fetched = self.client.run(["sh", "-c", 'curl -sS -m 60 -w "%{stderr}%{local_port}\n" $1 | sha256sum', "sh",
                                       url(server, "large")], timeout=90)
            port, digest = fetched.split()[:2]
            self.assertEqual(digest, large)
            session = self.ended(client, port, f"{server}/80")[0]
            self.assertEqual((session.service, session.policy), ("junos-http", "web"))
            self.assertGreater(session.back[1], 8_000_000)

    def test_iperf3_both_ways_and_in_parallel(self):
        moved = {}  # bytes of each stream, by its client's address and port and its server
        for server, how in ((SERVER, "-n 20M"), (SERVER, "-n 20M -R"), (SERVER6, "-n 20M -P 4"),
                            (SERVER, "-u -b 20M -n 1M -l 1400"), (SERVER6, "-u -b 20M -n 1M -l 1400 -R")):
            report = json.loads(self.client.run(f"iperf3 -J -c {server} {how}", timeout=90))
            for connected, stream in zip(report["start"]["connected"], report["end"]["streams"]):
                received = stream["udp" if "-u" in how else "receiver"]["bytes"]
                self.assertGreater(received, 500_000, how)
                if "-u" not in how:
                    moved[connected["local_host"], connected["local_port"], server] = received
        self.assertEqual(len(moved), 6)
        self.assertTrue(self.firewall.sessions("destination-port 5201 protocol udp"))
        for (client, port, server), received in moved.items():
            session = self.ended(client, port, f"{server}/5201")[0]
            self.assertGreater(max(session.there[1], session.back[1]), received)

    def test_ssh_through_the_firewall(self):
        for client, server in FAMILIES:
            said = self.client.run(self.ssh.command(server, "echo $SSH_CONNECTION"), timeout=60)
            self.assertRegex(said, rf"^{client} \d+ {server} 22\n$")
            self.assertEqual(self.ended(client, said.split()[1], f"{server}/22")[0].service, "junos-ssh")

    def test_ssh_to_the_firewall_itself_is_a_session_of_its_own(self):
        for client, inside in ((CLIENT, INSIDE), (CLIENT6, INSIDE6)):
            login = self.client.start("management" + inside[:4],
                                      self.ssh.command(inside, "echo $SSH_CONNECTION; sleep 600"))
            port = login.wait_output(rf"^{client} (\d+) {inside} 22$", timeout=60)[1]
            session = self.session_of(f"source-port {port} destination-prefix {inside} application ssh")
            self.assertEqual((session.into.interface, session.out.interface), ("ge-0/0/0.0", ".local..0"))
            self.assertEqual(session.policy, "self-traffic-policy")
            login.stop()

    def assert_silence(self, node, source, destination, port, reason):
        """A connection gets no answer, because every segment of it was dropped for this reason."""
        before, capture = self.firewall.drops(reason), Capture(node)
        code, output = node.run(f"nc -v -w 1 {destination} {port}", check=False)
        self.assertEqual((code, "timed out" in output), (1, True), output)

        def sent():
            return sum(packets for wing, (packets, _) in capture.totals().items()
                       if (wing[0], *wing[2:]) == (source, destination, port, "tcp"))
        # The last segment may still be on its way.
        harness.wait_until(lambda: sent() and self.firewall.drops(reason) - before == sent(),
                           f"what was sent to {destination} port {port} is dropped as {reason}")
        capture.close()

    def test_ssh_to_the_firewall_needs_host_inbound_traffic(self):
        self.assert_silence(self.server, SERVER, OUTSIDE, 22, "host-inbound")

    def test_nc_talks_tcp_and_udp(self):
        for number, how in enumerate(("", "-u")):
            for family, (_, server) in enumerate(FAMILIES):
                talk = self.client.start(f"nc{number}{family}", f"nc {how} {server} {ECHO_PORT}", stdin=subprocess.PIPE)
                talk.say("hello server\n")
                talk.wait_output("^hello server$")
                protocol = "udp" if how else "tcp"
                session = self.session_of(f"destination-port {ECHO_PORT} protocol {protocol} "
                                          f"destination-prefix {server}")
                self.assertEqual(session.into.protocol, protocol)
                talk.stop()

    def test_each_ping_is_a_session(self):
        for client, server in FAMILIES:
            self.assertIn(" 3 received", self.client.run(f"ping -e 4001 -c 3 -i 0.2 -W 10 {server}"))
            self.clear_pings()
            self.assertEqual([(s.destination_port, s.there[0], s.back[0])
                              for s in self.ended(client, 4001, rf"{server}/\d+", count=3)],
                             [(sequence, 1, 1) for sequence in (1, 2, 3)])
        for inside in (INSIDE, INSIDE6):
            self.assertIn(" 1 received", self.client.run(f"ping -c 1 -W 10 {inside}"))

    def test_traceroute_by_ping_shows_the_firewall(self):
        for server, router in ((SERVER, INSIDE), (SERVER6, INSIDE6)):
            _, output = self.client.run(f"ping -c 1 -t 1 -W 10 {server}", check=False)
            self.assertRegex(output, rf"(?i)from {router} .*(time to live exceeded|hop limit)")

    def test_fragments_of_pings_and_datagrams(self):
        for client, server in FAMILIES:
            capture = Capture(self.client)
            self.assertIn(" 2 received", self.client.run(f"ping -c 2 -i 0.2 -s 4000 -W 10 {server}"))
            self.assertIn("2 came back", self.client.run([*PEERS, "udp", server, "9000", "10000"], timeout=30))
            later = [p for p in capture.packets() if p.fragment == "later"]
            capture.close()
            for protocol in ("udp", "icmp6" if ":" in server else "icmp"):
                self.assertTrue([p for p in later if (p.source, p.protocol) == (client, protocol)])
                self.assertTrue([p for p in later if (p.source, p.protocol) == (server, protocol)])
        # Two datagrams each way are one session, and no fragment is a session of its own.
        self.assertEqual([s.into.destination_port for s in self.firewall.sessions("protocol udp")], 2 * [ECHO_PORT])

    def test_what_the_firewall_starts_itself(self):
        for _, server in FAMILIES:
            self.assertIn(" 1 received", self.middle.run(f"ping -c 1 -W 10 {server}"))
            self.assertEqual(self.middle.run(["curl", "-sS", "-m", "20", url(server, "small")]),
                             "a page behind the firewall\n")
            talk = self.middle.start("nc" + server[:4], f"nc {server} {ECHO_PORT}", stdin=subprocess.PIPE)
            talk.say("hello\n")
            talk.wait_output("^hello$")
        sessions = self.firewall.sessions(f"interface .local..0 destination-port {ECHO_PORT}")
        self.assertEqual({s.into.source for s in sessions}, {OUTSIDE, OUTSIDE6})
        self.assertEqual({(s.into.interface, s.out.interface) for s in sessions}, {(".local..0", "ge-0/0/1.0")})

    def test_reject_refuses_and_deny_is_silent(self):
        code, output = self.client.run(f"nc -v -w 10 {SERVER} 23", check=False)
        self.assertEqual((code, "refused" in output), (1, True), output)
        self.assert_silence(self.client, CLIENT, SERVER, 7999, "policy-deny")
        denied = harness.wait_until(lambda: self.firewall.records("RT_FLOW_SESSION_DENY"), "a denial is logged")
        self.assertRegex(denied[0], rf"{CLIENT}/\d+->{SERVER}/23")

    # --- what is counted

    def assert_seen_on_both_wires(self, wing, counted, captures):
        """A wing (source, port, destination, port, protocol) has the packets and bytes that tcpdump saw."""
        for capture in captures:
            self.assertEqual(counted, capture.totals()[wing], f"{wing} in {capture.file.name}")

    def test_counters_of_live_sessions_equal_what_tcpdump_saw(self):
        captures = [Capture(self.client), Capture(self.server)]
        for number, (_, server) in enumerate(FAMILIES):
            self.client.run([*PEERS, "udp", server, "10", "1400", "500"])
            talk = self.client.start(f"counted{number}", f"nc {server} {ECHO_PORT}", stdin=subprocess.PIPE)
            talk.say(9 * ("x" * 999 + "\n") + "all of it\n")
            talk.wait_output("^all of it$")

        def agreed():
            sessions = self.firewall.sessions(f"destination-port {ECHO_PORT}")
            self.assertEqual(len(sessions), 4)
            for wing in (wing for session in sessions for wing in (session.into, session.out)):
                self.assert_seen_on_both_wires(wing[:5], [wing.packets, wing.bytes], captures)
            return sessions
        # The last acknowledgement may still be on its way.
        sessions = harness.wait_until(agreed, "counters and captures agree")
        self.assertGreater(min(s.out.bytes for s in sessions if s.into.protocol == "tcp"), 9000)
        for capture in captures:
            capture.close()

    def test_counters_in_close_records_equal_what_tcpdump_saw(self):
        captures = [Capture(self.client), Capture(self.server)]
        for client, server in FAMILIES:
            self.client.run(f"ping -e 4002 -c 2 -i 0.2 -s 700 -W 10 {server}")
            port = self.client.run(["curl", "-sS", "-m", "20", "-o", "/dev/null", "-w", "%{local_port}",
                                    url(server, "small")])
            self.clear_pings()
            web, = self.ended(client, port, f"{server}/80")
            pings = self.ended(client, 4002, rf"{server}/\d+", count=2)
            self.assertRegex(web.reason, "^TCP (FIN|CLIENT RST|SERVER RST)$")
            for session, protocol in ((web, "tcp"), *((ping, "icmp6" if ":" in server else "icmp") for ping in pings)):
                there, back = session[1:3], session[3:5]
                self.assert_seen_on_both_wires((*there, *back, protocol), session.there, captures)
                self.assert_seen_on_both_wires((*back, *there, protocol), session.back, captures)
        for capture in captures:
            capture.close()

    # --- what clearing does

    def test_a_cleared_connection_is_reset_and_others_live(self):
        ended, spared = (self.client.start(name, [*PEERS, "talk", server])
                         for name, server in (("ended", SERVER), ("spared", SERVER6)))
        for program in (ended, spared):
            program.wait_output("answered", timeout=30)
        self.assertEqual(self.firewall.cli(f"clear security flow session destination-prefix {SERVER} destination-port "
                                           f"{ECHO_PORT}"), "1 active sessions cleared\n")
        ended.wait_output("^broke: ConnectionResetError", timeout=30)
        words = spared.output().count("answered")
        harness.wait_until(lambda: spared.output().count("answered") > words + 2, "the other connection goes on")
        spared.stop()

    def test_a_cleared_ssh_login_ends(self):
        login = self.client.start("login", self.ssh.command(SERVER, "while echo tick; do sleep 0.1; done"))
        login.wait_output("^tick", timeout=60)
        session = self.session_of(f"destination-prefix {SERVER} application ssh")
        self.assertEqual(self.firewall.cli(f"clear security flow session session-identifier {session.identifier}"),
                         "1 active sessions cleared\n")
        self.assertEqual(login.wait_end(timeout=60), 255)
        self.assertRegex(login.output(), "Connection reset|Broken pipe|closed by")

    def test_a_cleared_datagram_flow_gets_a_new_session(self):
        talk = self.client.start("datagrams", f"nc -u {SERVER} {ECHO_PORT}", stdin=subprocess.PIPE)
        talk.say("one\n")
        talk.wait_output("^one$")
        before = self.session_of(f"protocol udp destination-port {ECHO_PORT}")
        self.firewall.cli("clear security flow session protocol udp")
        talk.say("two\n")
        talk.wait_output("^two$")
        after = self.session_of(f"protocol udp destination-port {ECHO_PORT}")
        self.assertEqual(after.into[:4], before.into[:4])
        self.assertNotEqual(after.identifier, before.identifier)
        self.assertEqual(after.into.packets, 1)

    def test_clear_all_answers_the_management_session_and_ends_it(self):
        other = self.client.start("other", [*PEERS, "talk", SERVER])
        other.wait_output("answered", timeout=30)
        command = (f"{self.firewall.binaries}/sluice --run-dir {self.firewall.directory} "
                   "clear security flow session all; sleep 600")
        manager = self.client.start("manager", self.ssh.command(INSIDE, command))
        said = manager.wait_output(r"^(\d+) active sessions cleared", timeout=60)
        self.assertGreaterEqual(int(said[1]), 2)
        self.assertEqual(manager.wait_end(timeout=60), 255)
        other.wait_output("^broke: ConnectionResetError", timeout=30)


class AfPacket(Traffic, TwoHosts):
    driver = "af_packet"


class AfXdp(Traffic, TwoHosts):
    driver = "af_xdp"


if __name__ == "__main__":
    harness.main()
