#!/usr/bin/env python3
"""What management does to traffic: nothing. Commits, and a management daemon that is killed in the middle of its work,
while packets flow as fast as they are answered."""
import os
import re
import signal

import harness
from two_hosts import CONFIGURATION, ECHO_PORT, PEERS, SERVER, TwoHosts

COMMITS = 8


def with_policies(count, name):
    """The configuration with `count` more policies, so that there is something to compile."""
    lines = [CONFIGURATION.replace("DRIVER", "af_packet").replace("live-fw", name)]
    for number in range(count):
        policy = f"set security policies from-zone untrust to-zone trust policy p{number}"
        lines += [f"{policy} match source-address any", f"{policy} match destination-address any",
                  f"{policy} match application junos-ssh", f"{policy} then deny"]
    return "\n".join(lines)


class Management(TwoHosts):
    def start_pings(self):
        pings = self.client.start("pings", ["ping", "-q", "-A", SERVER])  # the next when the last is answered
        harness.wait_until(lambda: self.firewall.sessions("protocol icmp"), "echoes pass", 30)
        return pings

    def expect_all_answered(self, pings):
        os.kill(pings.pid, signal.SIGINT)
        counted = pings.wait_output(r"(\d+) packets transmitted, (\d+) received", timeout=30)
        sent, received = int(counted[1]), int(counted[2])
        self.assertGreater(sent, 100)
        self.assertLessEqual(sent - received, 1, "the one that is under way at the end may be unanswered")

    def drops(self):
        """Reasons that have dropped something, and how much; but for what hosts report of their multicast groups (MLD)
        when they like, and the firewall does not take."""
        text = self.firewall.cli("show security flow statistics")
        found = re.findall(r"^ {6}(\S+): +(\d+)", text, re.MULTILINE)
        self.assertTrue(found, text)
        return {reason: int(count) for reason, count in found if int(count) > 0 and reason != "host-inbound"}

    def test_commits_lose_no_packet(self):
        before = self.drops()
        pings = self.start_pings()
        for number in range(COMMITS):
            self.assertEqual(self.firewall.commit(with_policies(100 * number, f"commit-{number}")), "commit complete\n")
        self.expect_all_answered(pings)
        self.assertEqual(self.drops(), before)
        self.assertIn(f"host-name commit-{COMMITS - 1}", self.firewall.cli("show configuration system"))

    def test_a_management_daemon_that_is_killed_is_not_noticed_by_traffic(self):
        self.firewall.commit(with_policies(0, "before"))
        talk = self.client.start("talk", [*PEERS, "talk", SERVER])
        talk.wait_output("answered", timeout=30)
        session = self.session_of(f"destination-port {ECHO_PORT} protocol tcp")
        pings = self.start_pings()
        for number in range(3):
            # With a commit under way and a list half told.
            file = self.firewall.directory / "under-way.conf"
            file.write_text(with_policies(300, f"killed-{number}"))
            sluice = [self.firewall.binaries / "sluice", "--run-dir", self.firewall.directory]
            asked = [self.middle.start("commit", [*sluice, f"commit {file}"]),
                     self.middle.start("list", [*sluice, "show security flow session"])]
            os.kill(self.firewall.mgd.pid, signal.SIGKILL)
            self.firewall.mgd.wait_end()
            for program in asked:
                program.wait_end(30)
            (self.firewall.directory / "mgd.sock").unlink()
            self.firewall.start_mgd()
        self.expect_all_answered(pings)
        words = talk.output().count("answered")
        harness.wait_until(lambda: talk.output().count("answered") > words + 1, "the connection goes on")
        self.assertEqual(self.session_of(f"destination-port {ECHO_PORT} protocol tcp").identifier, session.identifier)
        talk.stop()
        # And what is committed is what flowd runs.
        status = self.firewall.cli("show system commit")
        self.assertRegex(status, r"^0 ")
        self.assertRegex(self.firewall.cli("show configuration system"), "host-name (before|killed-[0-2]);")
        self.assertEqual(self.firewall.commit(with_policies(0, "after")), "commit complete\n")


if __name__ == "__main__":
    harness.main()
