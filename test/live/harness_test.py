#!/usr/bin/env python3
"""The live tests' own tools: what they start they end, and what they wait for they report."""
import os
import pathlib
import signal
import subprocess
import sys

import harness


def pids_of(command):
    """Processes with exactly this command line."""
    words = b"".join(word.encode() + b"\0" for word in command.split())
    found = []
    for file in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if file.read_bytes() == words:
                found.append(int(file.parent.name))
        except OSError:
            pass  # it ended meanwhile
    return found


class Harness(harness.LiveTest):
    @classmethod
    def build(cls, lab):
        cls.client, cls.router, cls.server = (lab.node(name) for name in ("client", "router", "server"))
        lab.wire(cls.client, "eth0", cls.router, "eth1")
        lab.wire(cls.router, "eth2", cls.server, "eth0")
        cls.client.address("eth0", "192.0.2.2/24", "2001:db8:1::2/64")
        cls.router.address("eth1", "192.0.2.1/24", "2001:db8:1::1/64")
        cls.router.address("eth2", "198.51.100.1/24", "2001:db8:2::1/64")
        cls.server.address("eth0", "198.51.100.2/24", "2001:db8:2::2/64")
        cls.client.route("default", "192.0.2.1")
        cls.server.route("default", "198.51.100.1")
        cls.router.run("sysctl -qw net.ipv4.ip_forward=1")

    def test_nodes_are_joined_by_wires(self):
        self.client.run("ping -q -c 1 -W 5 198.51.100.2")

    def test_a_wire_leaves_no_checksum_to_hardware(self):
        self.assertIn("tx-checksumming: off", self.client.run("ethtool -k eth0"))

    def test_a_server_is_awaited_and_stopped(self):
        server = self.server.start("echo", "nc -l -k 7000")
        self.server.wait_listening(7000)
        self.assertTrue(server.running())
        server.stop()
        self.assertFalse(pathlib.Path(f"/proc/{server.pid}").exists())

    def test_a_stopped_servers_children_go_with_it(self):
        server = self.server.start("parent", "sh -c 'sleep 1000 & echo child $!; wait'")
        child = server.wait_output(r"child (\d+)").group(1)
        server.stop()
        harness.wait_until(lambda: not pathlib.Path(f"/proc/{child}").exists(), "the child is gone")

    def test_a_family_ends_with_its_first_even_what_left_its_process_group(self):
        family = self.server.start_family("family", "sh -c 'setsid sleep 1000.25 & wait'")
        harness.wait_until(lambda: pids_of("sleep 1000.25"), "the grandchild runs")
        family.stop()
        harness.wait_until(lambda: not pids_of("sleep 1000.25"), "the grandchild is gone")

    def test_a_failed_command_says_where_what_and_why(self):
        with self.assertRaisesRegex(harness.Failure, "client: ls /nowhere: exit code 2(.|\n)*No such file"):
            self.client.run("ls /nowhere")

    def test_a_condition_that_never_holds_is_named(self):
        with self.assertRaisesRegex(harness.Failure, "pigs fly"):
            harness.wait_until(lambda: False, "pigs fly", timeout=0.1)

    def test_an_assertion_that_fails_is_awaited_as_well_and_told_when_it_never_holds(self):
        values = [1, 2, 3]

        def three():
            self.assertEqual(values.pop(0), 3)
            return True
        harness.wait_until(three, "the third value comes")
        self.assertEqual(values, [])

        with self.assertRaisesRegex(harness.Failure, "pigs fly (.|\n)*1 != 2"):
            harness.wait_until(lambda: self.assertEqual(1, 2), "pigs fly", timeout=0.1)

    def test_a_killed_run_leaves_nothing_that_the_next_one_does_not_remove(self):
        script = ("import harness, os, sys; lab = harness.Lab(); node = lab.node('left');"
                  "program = node.start('sleeper', 'sleep 1000');"
                  "node.start_family('family', ['sh', '-c', 'setsid sleep 1000.5 & wait']);"
                  "print(node.namespace, program.pid, flush=True); sys.stdin.read()")
        run = subprocess.Popen([sys.executable, "-c", script], cwd=pathlib.Path(__file__).parent, text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        namespace, pid = run.stdout.readline().split()
        harness.wait_until(lambda: pids_of("sleep 1000.5"), "the family's grandchild runs")
        os.kill(run.pid, signal.SIGKILL)
        run.wait()
        run.stdin.close()
        run.stdout.close()
        self.assertTrue((harness.NETNS / namespace).exists())
        harness.wait_until(lambda: not pathlib.Path(f"/proc/{pid}").exists(), "the killed run's program dies with it")
        harness.wait_until(lambda: not pids_of("sleep 1000.5"), "and so does the family")
        harness.remove_leftovers()
        self.assertFalse((harness.NETNS / namespace).exists())
        self.assertTrue((harness.NETNS / self.client.namespace).exists())


if __name__ == "__main__":
    harness.main()
