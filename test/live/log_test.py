#!/usr/bin/env python3
"""The session log at a real collector: what rsyslog made of the records it received, by UDP and TCP, in both forms."""
import json
import re

import harness
from two_hosts import CLIENT, CLIENT6, PEERS, SERVER, SERVER6, Capture, TwoHosts

STREAMS = {"udp-text": (5141, "udp", "syslog"), "udp-fields": (5142, "udp", "sd-syslog"),
           "tcp-text": (5143, "tcp", "syslog"), "tcp-fields": (5144, "tcp", "sd-syslog")}
STREAM = """
set security log stream {name} host {host} port {port}
set security log stream {name} transport protocol {protocol}
set security log stream {name} format {format}
"""
SD_ID = "junos@2636.1.1.1.2.129"
RSYSLOG = """
global(workDirectory="{folder}" maxMessageSize="16k")
module(load="imudp")
module(load="imtcp")
module(load="mmpstrucdata")
template(name="parsed" type="list") {{
  constant(value="{{\\"host\\": \\"")        property(name="hostname" format="json")
  constant(value="\\", \\"program\\": \\"")  property(name="programname" format="json")
  constant(value="\\", \\"message\\": \\"")  property(name="msg" format="json")
  constant(value="\\", \\"id\\": \\"")       property(name="msgid" format="json")
  constant(value="\\", \\"time\\": \\"")     property(name="timereported" dateFormat="rfc3339")
  constant(value="\\", \\"pri\\": \\"")      property(name="pri-text")
  constant(value="\\", \\"version\\": ")     property(name="protocol-version")
  constant(value=", \\"fields\\": ")         property(name="$!rfc5424-sd")
  constant(value="}}\\n")
}}
"""
RULES = """
ruleset(name="{name}") {{
  set $!rfc5424-sd!none = "";
  action(type="mmpstrucdata")
  action(type="omfile" file="{folder}/{name}" template="parsed")
}}
input(type="im{protocol}" port="{port}" ruleset="{name}")
"""


class Collector:
    """rsyslogd on a node; each stream has a file of what rsyslog understood of it, one JSON object a line."""

    def __init__(self, node):
        self.node, self.folder = node, node.lab.directory / "collector"
        self.folder.mkdir()
        text = RSYSLOG.format(folder=self.folder)
        for name, (port, protocol, _) in STREAMS.items():
            text += RULES.format(name=name, port=port, protocol=protocol, folder=self.folder)
        (self.folder / "rsyslog.conf").write_text(text)
        self.start()

    def start(self):
        self.program = self.node.start("rsyslog", f"rsyslogd -n -i NONE -f {self.folder}/rsyslog.conf")
        for port, protocol, _ in STREAMS.values():
            self.node.wait_listening(port, protocol)

    def stop(self):
        self.program.stop()

    def records(self, stream):
        file = self.folder / stream
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def wait_record(self, stream, pattern, fields=()):
        """The record whose message matches, or whose fields are these."""
        def matches(record):
            told = record["fields"].get(SD_ID, {})
            return re.search(pattern, record["id"] + record["message"]) and all(
                told.get(name) == value for name, value in dict(fields).items())
        return harness.wait_until(lambda: next(filter(matches, self.records(stream)), None),
                                  f"rsyslog has {pattern} {dict(fields)} of {stream}", timeout=60)


class Log(TwoHosts):
    more = "".join(STREAM.format(name=name, host=SERVER, port=port, protocol=protocol, format=form)
                   for name, (port, protocol, form) in STREAMS.items())

    @classmethod
    def build(cls, lab):
        super().build(lab)
        (cls.pages / "page").write_text("x" * 5000)
        cls.collector = Collector(cls.server)

    def fetch(self, host=SERVER):
        """One web session; answers the client's port."""
        address = f"[{host}]" if ":" in host else host
        return self.client.run(["curl", "-sS", "-m", "20", "-o", "/dev/null", "-w", "%{local_port}",
                                f"http://{address}/page"])

    def test_text_records_arrive_whole_by_udp_and_tcp(self):
        port = self.fetch()
        for stream in ("udp-text", "tcp-text"):
            created = self.collector.wait_record(stream, f"RT_FLOW_SESSION_CREATE: session created {CLIENT}/{port}->")
            self.assertEqual((created["host"], created["program"], created["pri"], created["version"]),
                             ("live-fw", "RT_FLOW", "user.info", 0))
            closed = self.collector.wait_record(
                stream, rf"RT_FLOW_SESSION_CLOSE: session closed TCP \w+.*: {CLIENT}/{port}->")
            self.assertRegex(closed["message"], rf"->{SERVER}/80 .*junos-http.* web trust untrust ")

    def test_structured_data_is_parsed_by_the_collector_and_equals_what_tcpdump_saw(self):
        capture = Capture(self.client)
        for client, server, family in ((CLIENT, SERVER, 4), (CLIENT6, SERVER6, 6)):
            port = self.fetch(server)
            for stream in ("udp-fields", "tcp-fields"):
                mine = {"source-address": client, "source-port": port, "destination-port": "80"}
                created = self.collector.wait_record(stream, "RT_FLOW_SESSION_CREATE", mine)
                closed = self.collector.wait_record(stream, "RT_FLOW_SESSION_CLOSE", mine)
                self.assertEqual((closed["host"], closed["program"], closed["pri"], closed["version"]),
                                 ("live-fw", "RT_FLOW", "user.info", 1))
                self.assertEqual(closed["message"].strip(), "")
                fields, seen = closed["fields"][SD_ID], capture.totals()
                there, back = (seen[key] for key in ((client, int(port), server, 80, "tcp"),
                                                     (server, 80, client, int(port), "tcp")))
                self.assertEqual([int(fields[f"{what}-from-{who}"]) for who in ("client", "server")
                                  for what in ("packets", "bytes")], there + back)
                self.assertEqual(
                    {name: fields[name] for name in ("destination-address", "destination-port", "service-name",
                                                     "protocol-id", "policy-name", "source-zone-name",
                                                     "destination-zone-name", "packet-incoming-interface")},
                    {"destination-address": server, "destination-port": "80", "service-name": "junos-http",
                     "protocol-id": "6", "policy-name": "web", "source-zone-name": "trust",
                     "destination-zone-name": "untrust", "packet-incoming-interface": "ge-0/0/0.0"})
                self.assertRegex(fields["reason"], "^TCP (FIN|CLIENT RST|SERVER RST)$")
                for name in ("session-id-32", "session-id-64"):
                    self.assertEqual(fields[name], created["fields"][SD_ID][name])
        capture.close()

    def test_no_record_is_missing_in_between_by_tcp(self):  # datagrams may be lost, and a loaded machine does
        ports = {self.fetch() for _ in range(20)}
        for port in ports:
            self.collector.wait_record("tcp-fields", "SESSION_CLOSE", {"source-port": port})
        numbers = [int(record["fields"][SD_ID]["log-sequence"]) for record in self.collector.records("tcp-fields")]
        self.assertEqual(sorted(set(numbers)), list(range(min(numbers), max(numbers) + 1)))

    def test_a_cleared_session_says_who_ended_it(self):
        talk = self.client.start("talk", [*PEERS, "talk", SERVER])
        port = talk.wait_output(r"^port (\d+)")[1]
        talk.wait_output("answered", timeout=30)
        self.firewall.cli("clear security flow session destination-port 7007")
        self.collector.wait_record("udp-text", f"session closed CLI: {CLIENT}/{port}->")
        self.collector.wait_record("tcp-fields", "CLOSE", {"reason": "CLI", "source-port": port})
        talk.wait_output("^broke", timeout=30)

    def test_a_refusal_is_a_denial_at_the_collector(self):
        self.client.run(f"nc -w 10 {SERVER} 23", check=False)
        self.collector.wait_record("tcp-text", f"RT_FLOW_SESSION_DENY: session denied {CLIENT}/\\d+->{SERVER}/23 ")
        self.collector.wait_record("tcp-fields", "DENY", {"policy-name": "refused", "destination-port": "23"})

    def test_what_a_collector_missed_while_it_was_away_arrives_by_tcp(self):
        self.collector.wait_record("tcp-fields", "CLOSE", {"source-port": self.fetch()})
        self.collector.stop()
        ports = [self.fetch() for _ in range(5)]
        harness.wait_until(lambda: all(self.firewall.sessions(f"source-port {port}") == [] for port in ports),
                           "the sessions have ended")
        self.collector.start()
        for stream in ("tcp-text", "tcp-fields"):
            for port in ports:
                fields = {"source-port": port} if stream == "tcp-fields" else {}
                self.collector.wait_record(stream, "CLOSE" if fields else f"CLOSE.*{CLIENT}/{port}->", fields)

    def test_the_way_to_the_collector_is_the_firewalls_own_session(self):
        self.fetch()
        session = self.session_of("destination-port 5143")
        self.assertEqual((session.into.interface, session.policy), (".local..0", "self-traffic-policy"))


if __name__ == "__main__":
    harness.main()
