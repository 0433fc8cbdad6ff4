#!/usr/bin/env python3
"""What happens to a firewall in the years between its installations: log files are moved by hand, daemons are killed,
disks lose what was on them."""
import os
import pathlib
import re
import signal

import harness
from two_hosts import CONFIGURATION, SERVER, TwoHosts


class LogFiles(TwoHosts):
    @classmethod
    def build(cls, lab):
        super().build(lab)
        (cls.pages / "page").write_text("x" * 50)
        cls.file = cls.firewall.logs / "traffic"

    def fetch(self):
        """One web session; when it has ended, its client's port."""
        port = self.client.run(["curl", "-sS", "-m", "20", "-o", "/dev/null", "-w", "%{local_port}", f"http://{SERVER}/page"])
        harness.wait_until(lambda: not self.firewall.sessions(f"source-port {port}"), "the session has ended")
        return port

    def wait_record(self, port, file):
        harness.wait_until(lambda: re.search(rf"SESSION_CLOSE.*/{port}->", file.read_text()), f"{file} has port {port}")

    def test_sighup_makes_the_file_anew_before_there_is_a_record(self):
        before = self.fetch()
        self.wait_record(before, self.file)
        self.file.rename(moved := self.file.with_name("moved-1"))
        os.kill(self.firewall.flowd.pid, signal.SIGHUP)
        harness.wait_until(self.file.exists, "the file is there again")
        after = self.fetch()
        self.wait_record(after, self.file)
        self.assertNotIn(f"/{after}->", moved.read_text())
        self.assertNotIn(f"/{before}->", self.file.read_text())

    def test_a_file_that_was_moved_or_removed_by_hand_is_missed_without_a_signal(self):
        before = self.fetch()
        self.wait_record(before, self.file)
        self.file.rename(self.file.with_name("moved-2"))
        self.wait_record(self.fetch(), self.file)
        self.file.unlink()
        self.wait_record(self.fetch(), self.file)


class DamagedConfiguration(TwoHosts):
    """mgd is killed while its file is written by somebody who does not finish."""

    @classmethod
    def build(cls, lab):
        super().build(lab)
        (cls.pages / "page").write_text("x" * 50)
        cls.conf = cls.firewall.directory / "state/sluice.conf"

    def fetch(self):
        return self.client.run(["curl", "-sS", "-m", "20", "-o", "/dev/null", "-w", "%{http_code}", f"http://{SERVER}/page"])

    def kill(self, program, socket):
        os.kill(program.pid, signal.SIGKILL)
        program.wait_end()
        (self.firewall.directory / socket).unlink()

    def test_traffic_goes_on_every_answer_says_so_and_a_rollback_mends_it(self):
        whole = self.conf.read_text()
        self.firewall.commit(CONFIGURATION.replace("DRIVER", self.driver).replace("live-fw", "second"))
        self.kill(self.firewall.mgd, "mgd.sock")
        self.conf.write_text(self.conf.read_text()[:700])
        self.firewall.start_mgd()
        told = re.escape(f"the committed configuration {self.conf} is damaged ({self.conf}: the file was cut off")
        self.firewall.mgd.wait_output(told)
        self.firewall.mgd.wait_output("flowd goes on with generation")
        self.assertEqual(self.fetch(), "200")
        for command in ("show configuration", "show security policies", "show security flow status"):
            status, output = self.firewall.cli(command, check=False)
            self.assertEqual(status, 0, output)  # it is a warning
            self.assertRegex(output, told)
        self.assertIn("host-name second", self.firewall.cli("show configuration system", check=False)[1])

        # flowd is restarted: it gets what it ran, not nothing.
        self.kill(self.firewall.flowd, "flowd.sock")
        self.firewall.start_flowd()
        self.firewall.mgd.wait_output("flowd was given the committed configuration")
        harness.wait_until(lambda: self.fetch() == "200", "traffic passes again", 30)

        mend = re.search(r"'sluice (commit [^']+)'", self.firewall.cli("show configuration", check=False)[1])[1]
        self.assertEqual(self.firewall.cli(mend), "commit complete\n")
        self.assertIn("host-name live-fw", self.firewall.cli("show configuration system"))
        strip = re.compile("^##.*\n", re.MULTILINE)
        self.assertEqual(strip.sub("", self.conf.read_text()), strip.sub("", whole))


class Unit(TwoHosts):
    """The data plane with no more rights than its systemd unit leaves it, and the driver that wants most."""
    driver = "af_xdp"

    @classmethod
    def build(cls, lab):
        super().build(lab)
        (cls.pages / "page").write_text("x" * 50)

    @classmethod
    def runner(cls):
        unit = (pathlib.Path(__file__).resolve().parents[2] / "packaging/systemd/sluice-flowd.service.in").read_text()
        rights = re.search("^CapabilityBoundingSet=(.*)$", unit, re.MULTILINE)[1].lower().split()
        bounds = ",".join(["-all"] + ["+" + right.removeprefix("cap_") for right in rights])
        return ["setpriv", "--no-new-privs", "--bounding-set", bounds]

    def test_its_capabilities_are_enough(self):
        status = pathlib.Path(f"/proc/{self.firewall.flowd.pid}/status").read_text()
        self.assertNotEqual(re.search(r"CapBnd:\s+(\w+)", status)[1], re.search(
            r"CapBnd:\s+(\w+)", pathlib.Path("/proc/self/status").read_text())[1])
        self.client.run(f"curl -sS -m 20 -o /dev/null http://{SERVER}/page")
        self.client.run("ping -c 1 -W 5 10.1.0.1")


if __name__ == "__main__":
    harness.main()
