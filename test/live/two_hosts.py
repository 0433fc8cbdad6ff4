"""What live tests with real clients share: client - firewall - server, a capture on both wires, and servers.

    client 10.1.0.10, 2001:db8:1::10 --- trust [ Sluice ] untrust --- server 198.51.100.80, 2001:db8:2::80
"""
import collections
import pathlib
import re
import socket
import struct
import sys
from typing import NamedTuple

import harness

CLIENT, CLIENT6 = "10.1.0.10", "2001:db8:1::10"
INSIDE, INSIDE6 = "10.1.0.1", "2001:db8:1::1"
OUTSIDE, OUTSIDE6 = "198.51.100.1", "2001:db8:2::1"
SERVER, SERVER6 = "198.51.100.80", "2001:db8:2::80"
ECHO_PORT = 7007
OPERATOR = "daemon"  # an account that every machine has, which is not root
PEERS = [sys.executable, str(pathlib.Path(__file__).resolve().parent / "peers.py")]

CONFIGURATION = f"""
set system host-name live-fw
set system ports ge-0/0/0 device trust
set system ports ge-0/0/0 driver DRIVER
set system ports ge-0/0/1 device untrust
set system ports ge-0/0/1 driver DRIVER
set interfaces ge-0/0/0 unit 0 family inet address {INSIDE}/24
set interfaces ge-0/0/0 unit 0 family inet6 address {INSIDE6}/64
set interfaces ge-0/0/1 unit 0 family inet address {OUTSIDE}/24
set interfaces ge-0/0/1 unit 0 family inet6 address {OUTSIDE6}/64
set security zones security-zone trust interfaces ge-0/0/0.0
set security zones security-zone trust tcp-rst
set security zones security-zone trust host-inbound-traffic system-services ping
set security zones security-zone trust host-inbound-traffic system-services ssh
set security zones security-zone untrust interfaces ge-0/0/1.0
set applications application nothing-there protocol tcp destination-port 7999
set security policies from-zone trust to-zone untrust policy refused match source-address any
set security policies from-zone trust to-zone untrust policy refused match destination-address any
set security policies from-zone trust to-zone untrust policy refused match application junos-telnet
set security policies from-zone trust to-zone untrust policy refused then reject
set security policies from-zone trust to-zone untrust policy refused then log session-init
set security policies from-zone trust to-zone untrust policy denied match source-address any
set security policies from-zone trust to-zone untrust policy denied match destination-address any
set security policies from-zone trust to-zone untrust policy denied match application nothing-there
set security policies from-zone trust to-zone untrust policy denied then deny
set security policies from-zone trust to-zone untrust policy web match source-address any
set security policies from-zone trust to-zone untrust policy web match destination-address any
set security policies from-zone trust to-zone untrust policy web match application junos-http
set security policies from-zone trust to-zone untrust policy web then permit
set security policies from-zone trust to-zone untrust policy web then log session-init
set security policies from-zone trust to-zone untrust policy web then log session-close
set security policies from-zone trust to-zone untrust policy other match source-address any
set security policies from-zone trust to-zone untrust policy other match destination-address any
set security policies from-zone trust to-zone untrust policy other match application any
set security policies from-zone trust to-zone untrust policy other then permit
set security policies from-zone trust to-zone untrust policy other then log session-close
"""


def permit_into_trust(zone):
    """Statements that let everything in from a zone, and log it."""
    policy = f"set security policies from-zone {zone} to-zone trust policy in"
    return "".join(f"{policy} {rest}\n" for rest in (
        "match source-address any", "match destination-address any", "match application any", "then permit",
        "then log session-init", "then log session-close"))


class TwoHosts(harness.LiveTest):
    """Both hosts, the firewall running CONFIGURATION and `more`, and the server's services."""

    driver = "af_packet"
    more = ""

    @classmethod
    def build(cls, lab):
        cls.client, cls.middle, cls.server = (lab.node(name) for name in ("client", "firewall", "server"))
        lab.wire(cls.client, "eth0", cls.middle, "trust")
        lab.wire(cls.middle, "untrust", cls.server, "eth0")
        cls.client.address("eth0", f"{CLIENT}/24", f"{CLIENT6}/64")
        cls.server.address("eth0", f"{SERVER}/24", f"{SERVER6}/64")
        for node, gateway, gateway6 in ((cls.client, INSIDE, INSIDE6), (cls.server, OUTSIDE, OUTSIDE6)):
            node.route("default", gateway)
            node.route("default", gateway6)
        # What passes passes through Sluice.
        cls.middle.run("sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0")
        cls.pages = lab.directory / "pages"
        cls.pages.mkdir()
        cls.server.start("peers", [*PEERS, "server", str(cls.pages)])
        for port, protocol in ((80, "tcp"), (ECHO_PORT, "tcp"), (ECHO_PORT, "udp")):
            cls.server.wait_listening(port, protocol)
        cls.firewall = harness.Firewall(cls.middle, runner=cls.runner())
        cls.firewall.start(cls.configuration())

    @classmethod
    def runner(cls):
        return ()

    @classmethod
    def configuration(cls):
        return CONFIGURATION.replace("DRIVER", cls.driver) + cls.more

    def session_of(self, filters):
        """The one session that a filter finds; waits until it is there."""
        def look():
            found = self.firewall.sessions(filters)
            return found[0] if len(found) == 1 else None
        return harness.wait_until(look, f"one session with {filters}")

    def ended(self, source, port, to, count=1):
        """The last close records of sessions from an address and port to an address/port, when there are so many."""
        def look():
            found = self.firewall.records(rf"SESSION_CLOSE.*: {source}/{port}->{to} ")
            return [Ended.read(record) for record in found[-count:]] if len(found) >= count else None
        try:
            return harness.wait_until(look, f"{count} sessions from {source}/{port} to {to} have ended", timeout=60)
        except harness.Failure as failure:
            listed = self.firewall.cli(f"show security flow session source-port {port} extensive")
            raise harness.Failure(f"{failure}\n{listed}") from None


class Ended(NamedTuple):
    """What the log says of an ended session."""
    reason: str
    source: str
    source_port: int
    destination: str
    destination_port: int
    service: str
    policy: str
    there: list  # packets and bytes from the client
    back: list   # and from the server

    RECORD = re.compile(r"session closed (.+?): (\S+)/(\d+)->(\S+)/(\d+) \S+ (\S+) .* \d+ (\S+) trust untrust \d+ "
                        r"(\d+)\((\d+)\) (\d+)\((\d+)\) ")

    @classmethod
    def read(cls, record):
        reason, source, port, destination, other_port, service, policy, *numbers = cls.RECORD.search(record).groups()
        numbers = [int(number) for number in numbers]
        return cls(reason, source, int(port), destination, int(other_port), service, policy, numbers[:2], numbers[2:])


class Packet(NamedTuple):
    """An IP packet on the wire. Ports of an echo are identifier and sequence, as sessions show them."""
    source: str
    source_port: int
    destination: str
    destination_port: int
    protocol: str
    bytes: int
    fragment: str


class Capture:
    """tcpdump on a node's interface."""

    def __init__(self, node, interface="eth0"):
        self.file = node.lab.directory / f"{node.name}.{interface}.pcap"
        self.program = node.start("tcpdump", ["tcpdump", "-Z", "root", "-U", "--immediate-mode", "-s", "128", "-i",
                                              interface, "-w", self.file, "ip or ip6"])
        self.program.wait_output("listening on")

    def packets(self):
        """What it has seen so far."""
        return list(read_packets(self.file.read_bytes()))

    def totals(self):
        """(source, port, destination, port, protocol) -> [packets, bytes]; fragments after the first have port 0."""
        sums = collections.defaultdict(lambda: [0, 0])
        for packet in self.packets():
            sums[packet[:5]][0] += 1
            sums[packet[:5]][1] += packet.bytes
        return sums

    def close(self):
        self.program.stop()


PCAP_HEADER, PCAP_RECORD = struct.Struct("<IHHiIII"), struct.Struct("<IIII")
PROTOCOLS = {1: "icmp", 6: "tcp", 17: "udp", 58: "icmp6"}
ECHO_REQUESTS, ECHO_REPLIES = {("icmp", 8), ("icmp6", 128)}, {("icmp", 0), ("icmp6", 129)}
FRAGMENT_HEADER = 44


def read_packets(capture):
    """The packets of a capture file that may still grow."""
    at = PCAP_HEADER.size
    while at + PCAP_RECORD.size <= len(capture):
        size = PCAP_RECORD.unpack_from(capture, at)[2]
        frame = capture[at + PCAP_RECORD.size:at + PCAP_RECORD.size + size]
        at += PCAP_RECORD.size + size
        if at <= len(capture):
            yield read_inet(frame[14:]) if frame[12:14] == b"\x08\x00" else read_inet6(frame[14:])


def read_inet(packet):
    length, where = struct.unpack_from("!H", packet, 2)[0], struct.unpack_from("!H", packet, 6)[0] & 0x3FFF
    source, destination = (socket.inet_ntop(socket.AF_INET, packet[at:at + 4]) for at in (12, 16))
    fragment = "" if where == 0 else "first" if where & 0x1FFF == 0 else "later"
    return read_transport(source, destination, packet[9], packet[(packet[0] & 15) * 4:], length, fragment)


def read_inet6(packet):
    length, protocol, payload, fragment = struct.unpack_from("!H", packet, 4)[0] + 40, packet[6], packet[40:], ""
    source, destination = (socket.inet_ntop(socket.AF_INET6, packet[at:at + 16]) for at in (8, 24))
    if protocol == FRAGMENT_HEADER:
        fragment = "first" if struct.unpack_from("!H", payload, 2)[0] & 0xFFF8 == 0 else "later"
        protocol, payload = payload[0], payload[8:]
    return read_transport(source, destination, protocol, payload, length, fragment)


def read_transport(source, destination, number, payload, length, fragment):
    protocol, ports = PROTOCOLS.get(number, str(number)), (0, 0)
    if fragment != "later" and protocol in ("tcp", "udp"):
        ports = struct.unpack_from("!HH", payload)
    elif fragment != "later" and (protocol, payload[0]) in ECHO_REQUESTS:
        ports = struct.unpack_from("!HH", payload, 4)
    elif fragment != "later" and (protocol, payload[0]) in ECHO_REPLIES:
        ports = struct.unpack_from("!HH", payload, 4)[::-1]
    return Packet(source, ports[0], destination, ports[1], protocol, length, fragment)


class Ssh:
    """OpenSSH's server on a node, with a host key and a client's key of its own; and its client."""

    def __init__(self, lab, more=""):
        """`more`: lines of its configuration."""
        self.folder = lab.directory / "ssh"
        self.folder.mkdir()
        self.started = []
        for key in ("host", "user"):
            harness.Lab.command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.folder / key))
        (self.folder / "config").write_text(
            f"HostKey {self.folder}/host\nAuthorizedKeysFile {self.folder}/user.pub\nStrictModes no\nUsePAM no\n"
            "PermitRootLogin prohibit-password\nPidFile none\nUseDNS no\nPrintMotd no\nPrintLastLog no\n" + more)
        # sshd wants a folder in /run, and accounts whose passwords are not locked and whose shells are some.
        (self.folder / "shadow").write_text("root:*:19000:0:99999:7:::\nsshd:!:19000::::::\n"
                                            f"{OPERATOR}:*:19000:0:99999:7:::\n")
        accounts = pathlib.Path("/etc/passwd").read_text()
        (self.folder / "passwd").write_text(re.sub(rf"^({OPERATOR}:.*:)[^:]*$", r"\1/bin/sh", accounts, flags=re.M))

    def serve(self, node, port=22, program="/bin/true"):
        """`program` is /run/program there: sshd runs as its AuthorizedKeysCommand only what nobody else could write."""
        script = (f"mount -t tmpfs -o mode=755 none /run && mkdir /run/sshd && cp {program} /run/program && mount --bind {self.folder}/shadow /etc/shadow && "
                  f"mount --bind {self.folder}/passwd /etc/passwd && "
                  f"exec /usr/sbin/sshd -D -e -p {port} -f {self.folder}/config")
        node.start_family("sshd", ["sh", "-c", script])
        node.wait_listening(port)

    def command(self, host, *words):
        """A client's command line; a connection that breaks is noticed even by a client that only listens."""
        return ["ssh", "-F", "none", "-i", str(self.folder / "user"), "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes",
                "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR",
                "-o", "ConnectTimeout=20", "-o", "ServerAliveInterval=1", "-o", "ServerAliveCountMax=30",
                f"root@{host}", *words]
