#!/usr/bin/env python3
"""What management does to traffic: nothing. Commits, and a management daemon that is killed in the middle of its work,
while numbered datagrams of many flows must all come back, in order."""
import contextlib
import os
import pathlib
import re
import signal
import socket
import time

import harness
from two_hosts import CONFIGURATION, ECHO_PORT, PEERS, SERVER, TwoHosts

FLOWS, RATE = 20, 2000  # datagrams a second, each there and back
COMMITS, POLICIES = 6, 2000
KILLED, SESSIONS, CLIENTS, POLICIES_KILLED = 3, 20000, 50, 20000
LIST = ("<hello><capabilities><capability>urn:ietf:params:netconf:base:1.0</capability></capabilities></hello>]]>]]>"
        "<rpc><get-flow-session-information/></rpc>]]>]]>")
TICK = 1 / os.sysconf("SC_CLK_TCK")


def with_policies(count, name):
    """The configuration with `count` more policies, so that there is something to compile."""
    lines = [CONFIGURATION.replace("DRIVER", "af_packet").replace("live-fw", name)]
    for number in range(count):
        policy = f"set security policies from-zone untrust to-zone trust policy p{number}"
        lines += [f"{policy} match source-address any", f"{policy} match destination-address any",
                  f"{policy} match application junos-ssh", f"{policy} then deny"]
    return "\n".join(lines)


class Lister:
    """A client that has begun to get the list of sessions, and reads no more of it."""

    def __init__(self, path):
        self.connection = socket.socket(socket.AF_UNIX)
        self.connection.settimeout(60)
        self.connection.connect(str(path))
        self.connection.sendall(LIST.encode())
        self.heard = b""
        while b"<flow-session " not in self.heard:
            more = self.connection.recv(4096)
            if not more:
                raise harness.Failure(f"the daemon left after {self.heard}")
            self.heard += more

    def is_cut_off(self):
        """Whether the answer ends without an end. Reads what is left of it."""
        with self.connection, contextlib.suppress(ConnectionError):
            while more := self.connection.recv(1 << 16):
                self.heard = self.heard[-16:] + more
        return b"</rpc-reply>" not in self.heard


class Management(TwoHosts):
    def setUp(self):
        # As every test finds it: the first commit after another has all those policies to take out.
        self.firewall.commit(with_policies(0, "before"))

    def start_stream(self):
        stream = self.client.start("stream", [*PEERS, "stream", SERVER, str(FLOWS), str(RATE)])
        stream.wait_output("streaming", timeout=30)
        harness.wait_until(lambda: len(self.firewall.sessions(f"protocol udp destination-port {ECHO_PORT}")) >= FLOWS,
                           "all flows pass", 30)
        return stream

    def expect_nothing_lost(self, stream):
        os.kill(stream.pid, signal.SIGINT)
        counted = stream.wait_output(r"sent (\d+) came back (\d+) disordered (\d+) rate (\d+)", timeout=60)
        sent, received, disordered, rate = (int(number) for number in counted.groups())
        self.assertEqual((sent - received, disordered), (0, 0), counted[0])
        self.assertGreater(rate, RATE / 2, "the machine was too slow to tell anything")

    def drops(self):
        """Reasons that have dropped something, and how much; but for what hosts report of their multicast groups (MLD)
        when they like, and the firewall does not take."""
        text = self.firewall.cli("show security flow statistics")
        found = re.findall(r"^ {6}(\S+): +(\d+)", text, re.MULTILINE)
        self.assertTrue(found, text)
        return {reason: int(count) for reason, count in found if int(count) > 0 and reason != "host-inbound"}

    def test_commits_lose_no_packet(self):
        before = self.drops()
        stream = self.start_stream()
        for number in range(COMMITS):
            self.assertEqual(self.firewall.commit(with_policies(POLICIES * (1 + number % 2), f"commit-{number}")),
                             "commit complete\n")
        self.expect_nothing_lost(stream)
        self.assertEqual(self.drops(), before)
        self.assertIn(f"host-name commit-{COMMITS - 1}", self.firewall.cli("show configuration system"))

    def compiling_s(self):
        """Processor time of flowd's threads that answer calls: neither workers nor those of its own tasks."""
        total = 0
        for task in pathlib.Path(f"/proc/{self.firewall.flowd.pid}/task").iterdir():
            with contextlib.suppress(OSError):
                name, numbers = (task / "stat").read_text().split("(", 1)[1].rsplit(")", 1)
                if not name.startswith(("worker-", "sluice-netlink", "sluice-twins")):
                    total += sum(int(number) for number in numbers.split()[11:13])
        return total * TICK

    def start_commit_until_prepare(self, file):
        """A commit that flowd compiles. Lists that nobody reads cost it nothing meanwhile."""
        harness.wait_until(self.is_at_rest, "the lists stand still", 30)
        before = self.compiling_s()
        commit = self.middle.start("commit", [self.firewall.binaries / "sluice", "--run-dir", self.firewall.directory,
                                              f"commit {file}"])
        harness.wait_until(lambda: self.compiling_s() > before + 0.1, "flowd prepares", 60)
        return commit

    def is_at_rest(self):
        before = self.compiling_s()
        time.sleep(0.3)
        return self.compiling_s() <= before + TICK

    def kill_mgd_under_load(self, name):
        file = self.firewall.directory / "under-way.conf"
        file.write_text(with_policies(POLICIES_KILLED, name))
        lists = [Lister(self.firewall.directory / "mgd.sock") for _ in range(CLIENTS)]
        commit = self.start_commit_until_prepare(file)
        os.kill(self.firewall.mgd.pid, signal.SIGKILL)
        self.firewall.mgd.wait_end()
        self.assertNotEqual(commit.wait_end(30), 0, "it was killed too late")
        self.assertEqual([one.is_cut_off() for one in lists], [True] * CLIENTS)
        self.firewall.start_mgd()  # which finds the socket of the one before
        self.assertIn("host-name before;", self.firewall.cli("show configuration system"), "it was not in Prepare")

    def test_a_management_daemon_that_is_killed_under_load_is_not_noticed_by_traffic(self):
        talk = self.client.start("talk", [*PEERS, "talk", SERVER])
        talk.wait_output("answered", timeout=30)
        session = self.session_of(f"destination-port {ECHO_PORT} protocol tcp")
        self.client.run([*PEERS, "many", SERVER, str(SESSIONS)], timeout=120)
        stream = self.start_stream()
        for number in range(KILLED):
            self.client.run([*PEERS, "many", SERVER, str(SESSIONS)], timeout=120)  # which live for a minute
            self.kill_mgd_under_load(f"killed-{number}")
        self.expect_nothing_lost(stream)
        words = talk.output().count("answered")
        harness.wait_until(lambda: talk.output().count("answered") > words + 1, "the connection goes on")
        self.assertEqual(self.session_of(f"destination-port {ECHO_PORT} protocol tcp").identifier, session.identifier)
        talk.stop()
        # And what is committed is what flowd runs: the next commit goes its way.
        self.assertRegex(self.firewall.cli("show system commit"), r"^0 ")
        self.assertEqual(self.firewall.commit(with_policies(0, "after")), "commit complete\n")


if __name__ == "__main__":
    harness.main()
