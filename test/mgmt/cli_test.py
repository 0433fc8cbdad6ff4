#!/usr/bin/env python3
"""The command line as an operator has it: one command, a script on its input, and the prompt on a
terminal. Runs the two programs in a folder of their own, without a data plane.

Usage: cli_test.py SLUICE SLUICE-MGD
"""
import os
import pathlib
import re
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

SLUICE, MGD = sys.argv[1:3]
del sys.argv[1:]


def wait_for(path, process):
    deadline = time.monotonic() + 60
    while not path.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise AssertionError(f"sluice-mgd did not make {path}")
        select.select([], [], [], 0.02)


class WithDaemon(unittest.TestCase):
    COMMITTED = "## Last commit: 1767575093 by alice\nsystem {\n    host-name fw7;\n}\n"

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="sluice-cli-")
        root = pathlib.Path(cls.folder.name)
        (root / "state").mkdir()
        (root / "state" / "sluice.conf").write_text(cls.COMMITTED)
        cls.environment = {**os.environ, "SLUICE_RUN_DIR": str(root), "SLUICE_STATE_DIR": str(root / "state"),
                           "SLUICE_LOG_DIR": str(root / "log"),
                           "TERM": "dumb"}
        cls.environment.pop("SSH_CONNECTION", None)
        cls.daemon = subprocess.Popen([MGD], env=cls.environment, stderr=subprocess.DEVNULL)
        wait_for(root / "mgd.sock", cls.daemon)

    @classmethod
    def tearDownClass(cls):
        cls.daemon.terminate()
        cls.ended = cls.daemon.wait(timeout=30)
        cls.folder.cleanup()

    def run_sluice(self, *arguments, given=""):
        return subprocess.run([SLUICE, *arguments], env=self.environment, input=given, capture_output=True,
                              text=True, timeout=60, check=False)


class DamagedConfiguration(WithDaemon):
    COMMITTED = "system {\n"

    def test_is_warned_of_and_fails_no_command(self):
        done = self.run_sluice("show configuration")
        self.assertRegex(done.stderr, r"^warning: the committed configuration .* is damaged")
        self.assertEqual(done.returncode, 0)


UNCOMMITTED = "The configuration has been changed but not committed\n"


class CommandLine(WithDaemon):
    def test_one_command_prints_its_answer_and_ends_well(self):
        for arguments in (["show configuration"], ["show", "configuration"], ["-c", "show configuration"]):
            done = self.run_sluice(*arguments)
            self.assertEqual(done.stdout, "## Last commit: 2026-01-05 01:04:53 UTC by alice\nsystem {\n    host-name fw7;\n}\n")
            self.assertEqual((done.stderr, done.returncode), ("", 0))

    def test_wrong_command_points_at_the_word_and_fails(self):
        done = self.run_sluice("show configurtion")
        self.assertEqual(done.stdout, "")
        self.assertEqual(done.stderr, "show configurtion\n     ^\nsyntax error, expecting arp, chassis, configuration, "
                                      "interfaces, ipv6, log, route, security, system or version, not 'configurtion'\n")
        self.assertEqual(done.returncode, 1)

    def test_configuration_mode_is_for_scripts_too(self):
        lines = ["configure", "edit system", "set host-name fw8", "show", "rollback 0", "exit", "exit"]
        shown = ("Entering configuration mode\nhost-name fw8;\nload complete\nExiting configuration mode\n")
        for done in (self.run_sluice(given="\n".join(lines)), self.run_sluice("-c", "; ".join(lines))):
            self.assertTrue(done.stdout.startswith(shown), done.stdout)
            self.assertEqual((done.stderr, done.returncode), ("", 0))
        wrong = self.run_sluice("-c", "configure private; set system host-nme \"a;b\"; exit")
        self.assertEqual(wrong.stderr.split("\n")[1].index("^"), len(" set system "))
        self.assertEqual(wrong.returncode, 1)

    def test_every_word_may_be_short_in_scripts_too(self):
        for done in (self.run_sluice("-c", "sh conf sys | disp set"), self.run_sluice("sh conf sys | disp set"),
                     self.run_sluice(given="sh conf sys | disp set\n")):
            self.assertEqual((done.stdout, done.stderr, done.returncode), ("set system host-name fw7\n", "", 0))
        done = self.run_sluice(given="conf priv\nset sec zon sec dmz\nsh sec\nexit\n")
        self.assertIn("zones {\n    security-zone dmz;\n}\n", done.stdout)
        self.assertEqual((done.stderr, done.returncode), (UNCOMMITTED, 0))

    def test_script_that_leaves_changes_says_so(self):
        change = ["configure", "set system host-name fw9"]
        for end in ([], ["exit"], ["edit system", "top", "exit configuration-mode"]):
            for done in (self.run_sluice(given="\n".join(change + end)), self.run_sluice("-c", "; ".join(change + end))):
                self.assertEqual((done.stderr, done.returncode), (UNCOMMITTED, 0), end)
        done = self.run_sluice("-c", "configure; rollback 0; exit")
        self.assertIn(UNCOMMITTED, done.stdout, "who comes next is told, too")
        self.assertEqual((done.stderr, done.returncode), ("", 0))

    def test_short_word_that_could_be_several_is_told_with_all_of_them(self):
        done = self.run_sluice("sh s")
        self.assertEqual(done.stderr, "sh s\n   ^\n's' is ambiguous.\nPossible completions:\n"
                                      "  security             Show security information\n"
                                      "  system               Show system information\n")
        self.assertEqual(done.returncode, 1)
        done = self.run_sluice("-c", "conf priv; set s; exit")
        self.assertIn("\n     ^\n's' is ambiguous.\nPossible completions:\n> security ", "\n" + done.stderr)
        self.assertEqual(done.returncode, 1)

    def test_files_are_exact(self):
        file = pathlib.Path(self.folder.name) / "short.conf"
        file.write_text("sys { host-name fw9; }\n")
        done = self.run_sluice("-c", f"conf priv; load merge {file}; load set {file}; exit")
        self.assertIn("short.conf:1:1: 'sys': unknown statement", done.stderr)
        self.assertEqual(done.returncode, 1)

    def test_what_an_operator_has_to_confirm_no_script_does(self):
        done = self.run_sluice("-c", "configure; delete; show; exit")
        self.assertEqual(done.stdout, "Entering configuration mode\nsystem {\n    host-name fw7;\n}\nExiting configuration mode\n")
        self.assertEqual(done.stderr, "error: only an operator at a terminal can answer this: This will delete the "
                                      "entire configuration\nDelete everything under this level?\n")
        self.assertEqual(done.returncode, 1)

    def test_absent_data_plane_is_named_and_fails(self):
        done = self.run_sluice("clear security flow session all")
        self.assertRegex(done.stderr, r"^error: the forwarding process \(sluice-flowd\) does not answer")
        self.assertEqual(done.returncode, 1)

    def test_absent_management_is_named_and_fails(self):
        done = self.run_sluice("--socket", "/nonexistent/mgd.sock", "show route")
        self.assertRegex(done.stderr, r"^error: /nonexistent/mgd.sock: the management process \(sluice-mgd\) does not answer")
        self.assertEqual(done.returncode, 1)

    def test_commit_of_a_file_that_is_not_there_fails(self):
        done = self.run_sluice("commit /nonexistent.conf")
        self.assertEqual(done.stderr, "error: /nonexistent.conf: the file cannot be read: No such file or directory\n")
        self.assertEqual(done.returncode, 1)

    def test_commit_of_a_bad_file_names_file_line_and_column(self):
        bad = pathlib.Path(self.folder.name) / "bad.conf"
        bad.write_text("system {\n    host-nam x;\n}\n")
        done = self.run_sluice(f"commit check {bad}")
        self.assertRegex(done.stderr, rf"^error: {re.escape(str(bad))}:2:5: ")
        self.assertEqual(done.returncode, 1)

    def test_file_of_a_commit_may_have_blanks_in_its_name_and_the_command_be_short(self):
        bad = pathlib.Path(self.folder.name) / "bad one.conf"
        bad.write_text("system {\n    host-nam x;\n}\n")
        for command in (f'commit check "{bad}"', f'com check "{bad}"', f'commit "{bad}"'):
            self.assertRegex(self.run_sluice(command).stderr, rf"^error: {re.escape(str(bad))}:2:5: ")

    def with_program(self, name, script):
        """The environment with a program of this name, and none of the machine's."""
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="sluice-cli-")))
        if script:
            (folder / name).write_text("#!/bin/sh\n" + script)
            (folder / name).chmod(0o755)
        return {**self.environment, "PATH": str(folder)}

    def test_ping_is_the_machines_program_and_its_status_that_of_the_command(self):
        environment = self.with_program("ping", 'echo "asked: $*"\n[ "$2" = 3 ]\n')
        for count, status in ((3, 0), (4, 1)):
            for how in (["-c", f"ping 192.0.2.9 count {count}"], [f"ping 192.0.2.9 count {count}"]):
                ran = subprocess.run([SLUICE, *how], env=environment, capture_output=True, text=True, timeout=60,
                                     check=False)
                self.assertEqual((ran.stdout, ran.stderr, ran.returncode),
                                 (f"asked: -c {count} 192.0.2.9\n", "", status))

    def test_program_that_is_not_installed_is_named(self):
        ran = subprocess.run([SLUICE, "-c", "traceroute 192.0.2.9"], env=self.with_program("traceroute", None),
                             capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual((ran.stdout, ran.returncode), ("", 1))
        self.assertEqual(ran.stderr, "error: the program 'traceroute' is not installed\n")

    def test_interrupt_ends_ping_with_its_statistics_and_the_script(self):
        environment = self.with_program(
            "ping", "trap 'echo statistics; exit 0' INT\necho begun\nwhile :; do read -r _ || :; done\n")
        with subprocess.Popen([SLUICE, "-c", "ping 192.0.2.9; show version"], env=environment, text=True,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE) as script:
            self.assertEqual(script.stdout.readline(), "begun\n")
            script.send_signal(signal.SIGINT)
            self.assertEqual(script.stdout.read(), "statistics\n")
            self.assertEqual(script.wait(60), -signal.SIGINT, "a shell sees 130")

    def test_script_on_the_input_runs_every_line_and_fails_if_one_did(self):
        done = self.run_sluice(given="show configuration system | display set\n\nshow nothing\nshow configuration | count\n")
        self.assertEqual(done.stdout, "set system host-name fw7\nCount: 4 lines\n")
        self.assertIn("not 'nothing'", done.stderr)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(self.run_sluice(given="show configuration | count\nexit\nshow nothing\n").returncode, 0)

    def test_comments_of_a_script_are_for_its_reader(self):
        done = self.run_sluice(given="# what there is\n  # and how much\nshow configuration | count\n")
        self.assertEqual((done.stdout, done.stderr, done.returncode), ("Count: 4 lines\n", "", 0))

    def test_wrong_options_end_with_the_status_of_everything_wrong(self):
        for wrong, words in (("-x", "not expected: -x"), ("-c", "-c: 1 required")):
            ran = subprocess.run([SLUICE, wrong], capture_output=True, text=True, check=False)
            self.assertEqual(ran.returncode, 1, wrong)
            self.assertIn(words, ran.stderr)

    def test_daemons_do_not_start_with_options_that_they_do_not_know(self):
        for name in ("sluice-flowd", "sluice-mgd", "sluice-netconf"):
            for wrong, words in (("--nonsense", "not expected: --nonsense"), ("--socket", "--socket: 1 required")):
                ran = subprocess.run([pathlib.Path(MGD).with_name(name), wrong], stdin=subprocess.DEVNULL,
                                     capture_output=True, text=True, timeout=60, check=False)
                self.assertNotEqual(ran.returncode, 0, f"{name} {wrong}")
                self.assertIn(words, ran.stderr)

    def test_ssh_connection_is_told_even_when_sudo_hid_it(self):
        path = str(pathlib.Path(self.folder.name) / "listening.sock")
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(path)
            listening.listen()
            environment = {**self.environment, "SSH_CONNECTION": "192.0.2.7 50412 192.0.2.1 22"}
            hidden = f"env -u SSH_CONNECTION {SLUICE} --socket {path} 'clear security flow session all'; true"
            for command in ([SLUICE, "--socket", path, "clear security flow session all"], ["sh", "-c", hidden]):
                process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
                client, _ = listening.accept()
                with client:
                    client.settimeout(60)
                    client.sendall(b"<hello/>]]>]]>")
                    heard = b""
                    while b"</rpc>" not in heard:
                        more = client.recv(4096)
                        self.assertTrue(more, f"the client left after {heard}")
                        heard += more
                self.assertIn(b'ssh-connection="192.0.2.7 50412 192.0.2.1 22"', heard)
                process.wait(60)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
