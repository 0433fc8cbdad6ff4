#!/usr/bin/env python3
"""The README's first policy, typed as it stands there: the configuration and every command, between two real hosts."""
import os
import pathlib
import re
import sys
import unittest

import harness

ROOT = pathlib.Path(__file__).resolve().parents[2]
PEERS = [sys.executable, str(pathlib.Path(__file__).resolve().parent / "peers.py")]
USER, SERVER = "192.0.2.66", "203.0.113.80"
# The machine's own folders are not the test's, and its programs are those of this build.
SETTLE = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-e"]
FOLDERS = "for folder in /run /var/lib /var/log; do mount -t tmpfs none $folder; done\n"
# The prompt is somebody's who works while others wait for the same processors.
FETCH = f"curl -sS -m 20 -o /dev/null http://{SERVER}/page"


def blocks():
    """The first policy's code blocks: configuration, start, look, records, install."""
    section = re.search(r"^## A first policy in five minutes$(.*?)^## ", (ROOT / "README.md").read_text(),
                        re.MULTILINE | re.DOTALL)[1]
    return re.findall(r"^```\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)


class FirstPolicy(harness.LiveTest):
    @classmethod
    def build(cls, lab):
        cls.user, cls.fw, cls.world = lab.node("user"), lab.node("fw"), lab.node("world")
        lab.wire(cls.user, "eth0", cls.fw, "eth1")
        lab.wire(cls.fw, "eth2", cls.world, "eth0")
        cls.user.address("eth0", f"{USER}/24")
        cls.user.route("default", "192.0.2.1")
        cls.world.address("eth0", "198.51.100.254/24", f"{SERVER}/32")
        cls.world.route("192.0.2.0/24", "198.51.100.1")
        cls.fw.run("sysctl -qw net.ipv4.ip_forward=0")
        pages = lab.directory / "pages"
        pages.mkdir()
        (pages / "page").write_text("x" * 50)
        cls.world.start("peers", [*PEERS, "server", str(pages)])
        cls.world.wait_listening(80)

    def type(self, shell, text):
        """Types lines; answers all that the shell has printed when they are done."""
        self.typed = getattr(self, "typed", 0) + 1
        shell.say(f"{text}\necho === {self.typed}\n")
        shell.wait_output(rf"^=== {self.typed}$", timeout=60)
        return shell.output().split(f"=== {self.typed - 1}\n")[-1]

    def test_every_line_does_what_it_says(self):
        configuration, start, look, records, _ = blocks()
        folder = self.lab.directory / "typed"
        folder.mkdir()
        (folder / "first.conf").write_text(configuration)
        os.symlink(harness.BUILD.parent, folder / "build")
        shell = self.fw.start("shell", SETTLE, stdin=-1)
        self.type(shell, f"{FOLDERS}cd {folder}")
        said = self.type(shell, start.replace("build/release", f"build/{harness.BUILD.name}"))
        self.assertIn("configuration check succeeds\n", said)
        self.assertIn("commit complete\n", said)
        self.assertRegex(said, r"ge-0/0/0\.0 +up +up +inet +192\.0\.2\.1/24")

        harness.wait_until(lambda: self.user.run(FETCH, check=False)[0] == 0, "a page is fetched", 30)
        self.assertIn("Connection refused", self.user.run(f"nc -v -w 5 {SERVER} 2323", check=False)[1])
        self.user.run("ping -c 1 -W 5 192.0.2.1")
        harness.wait_until(lambda: "RT_FLOW_SESSION_CLOSE" in self.type(shell, "cat /var/log/sluice/traffic"),
                           "the session's end is in the log", 30)
        # A user whose connection stands while the operator looks.
        talk = self.user.start("talk", f"nc -q -1 {SERVER} 80", stdin=-1)
        harness.wait_until(lambda: f"{SERVER}/80;tcp" in self.type(shell, "sluice show security flow session"),
                           "the connection is listed", 30)
        said = self.type(shell, look)
        self.assertRegex(said, rf"In: {USER}/\d+ --> {SERVER}/80;tcp")
        self.assertRegex(said, r"trust +untrust +web +[1-9]")
        self.assertRegex(said, r"[1-9]\d* active sessions cleared")
        self.assertIn(f'destination-address="{SERVER}"', said)
        talk.stop()
        with self.subTest("the records that the README shows have the form of those that are written"):
            written = self.type(shell, "cat /var/log/sluice/traffic")
            for record in records.splitlines():
                for part in record.split("..."):
                    for name in re.findall(r'([a-z0-9-]+)="', part):
                        self.assertIn(f' {name}="', written)


class Documented(unittest.TestCase):
    def test_what_is_installed_is_what_the_units_are_called(self):
        install = blocks()[4]
        for unit in re.search(r"enable --now (.*)", install)[1].split():
            self.assertTrue((ROOT / f"packaging/systemd/{unit}.service.in").exists(), unit)


if __name__ == "__main__":
    harness.main()
