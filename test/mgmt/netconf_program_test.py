#!/usr/bin/env python3
"""sluice-netconf as sshd runs it, with pipes for the SSH channel, against a management daemon with a made-up data plane.

Usage: netconf_program_test.py SLUICE-NETCONF WORLD-SERVER
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

NETCONF, WORLD = sys.argv[1:3]
del sys.argv[1:]
END = "]]>]]>"
HELLO = f"<hello><capabilities><capability>urn:ietf:params:netconf:base:1.0</capability></capabilities></hello>{END}"


class Program(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = subprocess.Popen([WORLD, "20000"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        cls.folder = cls.world.stdout.readline().strip()

    @classmethod
    def tearDownClass(cls):
        cls.world.stdin.close()
        cls.world.wait()
        cls.world.stdout.close()

    def run_program(self, said, folder=None, **environment):
        ours = {name: value for name, value in os.environ.items() if name != "SSH_CONNECTION"}
        return subprocess.run([NETCONF, "--run-dir", folder or self.folder], input=said, capture_output=True, text=True,
                              timeout=60, check=False, env={**ours, **environment})

    def test_everything_asked_is_answered_although_the_client_has_said_its_last(self):
        asked = "".join(f'<rpc message-id="{i}"><get-flow-session-information/></rpc>{END}' for i in range(3))
        done = self.run_program(HELLO + asked)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        hello, *replies = done.stdout.split(END)[:-1]
        self.assertIn("<session-id>", hello)
        self.assertEqual([f'message-id="{i}"' in reply for i, reply in enumerate(replies)], [True] * 3)
        self.assertIn("<displayed-session-count>20006</displayed-session-count>", replies[-1])

    def test_close_session_ends_it(self):
        with subprocess.Popen([NETCONF, "--run-dir", self.folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True) as program:
            program.stdin.write(f'{HELLO}<rpc message-id="1"><close-session/></rpc>{END}')
            program.stdin.flush()
            self.assertIn("<ok/>", program.stdout.read())
            self.assertEqual(program.wait(timeout=60), 0)

    def test_client_that_leaves_takes_it_along(self):
        with subprocess.Popen([NETCONF, "--run-dir", self.folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True) as program:
            program.stdin.write(f"{HELLO}<rpc><get-flow-session-information/></rpc>{END}")
            program.stdin.flush()
            self.assertIn("<hello", program.stdout.readline() + program.stdout.readline())
            program.stdout.close()
            self.assertEqual(program.wait(timeout=60), 0)

    def test_ssh_connection_is_told_before_the_client_speaks(self):
        for connection in ("192.0.2.7 50412 192.0.2.1 830", "nonsense", '"/><rpc>&'):
            done = self.run_program(f"{HELLO}<rpc><clear-flow-session-all/></rpc>{END}", SSH_CONNECTION=connection)
            self.assertIn("cleared-flow-session-count", done.stdout, connection)

    def test_client_cannot_say_where_it_comes_from(self):
        audit = pathlib.Path(self.folder, "audit")
        lie = 'ssh-connection="198.51.100.9 1 192.0.2.1 22"'
        clear = f'{HELLO}<rpc client="cli" {lie}><clear-flow-session-all/></rpc>{END}'
        for connection, source in (({"SSH_CONNECTION": "192.0.2.7 50412 192.0.2.1 830"}, "192.0.2.7"), ({}, "local")):
            known = len(audit.read_text()) if audit.exists() else 0
            forged = self.run_program(f"<from {lie}/>{END}{clear}", **connection)
            self.assertIn("&lt;from&gt; is not expected", forged.stdout)
            self.assertNotIn("cleared-flow-session-count", forged.stdout)
            self.assertIn("cleared-flow-session-count", self.run_program(clear, **connection).stdout)
            said = audit.read_text()[known:]
            self.assertIn(f'source="{source}" command="clear security flow session all" outcome="success"', said)
            self.assertIn("UI_NETCONF_CMD", said)
            self.assertNotIn("198.51.100.9", said)

    def test_absent_daemon_is_named(self):
        with tempfile.TemporaryDirectory() as nowhere:
            done = self.run_program(HELLO, nowhere)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("the management process (sluice-mgd) does not answer", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
