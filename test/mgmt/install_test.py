#!/usr/bin/env python3
"""`cmake --install` into a folder: the programs start from there, without root, with the files beside them.

Usage: install_test.py CMAKE BUILD-FOLDER VERSION
"""
import os
import pathlib
import re
import select
import subprocess
import sys
import tempfile
import time
import unittest

CMAKE, BUILD, VERSION = sys.argv[1:4]
del sys.argv[1:]
PREFIX = "/opt/fw"
CONFIGURATION = "system {\n    host-name installed;\n}\n"


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="sluice-install-")
        cls.top = pathlib.Path(cls.folder.name)
        cls.top.chmod(0o755)
        subprocess.run([CMAKE, "--install", BUILD, "--prefix", PREFIX], check=True, stdout=subprocess.DEVNULL,
                       env={**os.environ, "DESTDIR": str(cls.top)})
        cls.root = cls.top / PREFIX[1:]
        cls.state = cls.top / "run"
        cls.state.mkdir()
        cls.state.chmod(0o777)
        cls.environment = {**os.environ, "SLUICE_RUN_DIR": str(cls.state), "SLUICE_STATE_DIR": str(cls.state / "state"),
                           "SLUICE_LOG_DIR": str(cls.state / "log")}
        cls.environment.pop("SLUICE_YANG_DIR", None)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def unprivileged(self):
        return {"user": 65534, "group": 65534} if os.geteuid() == 0 else {}

    def run_program(self, *command):
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=self.environment,
                              cwd="/", **self.unprivileged())

    def test_every_program_says_its_version(self):
        for program in ("bin/sluice", "bin/sluice-authorized-keys", "bin/sluice-netconf", "bin/sluice-replay", "sbin/sluice-flowd",
                        "sbin/sluice-mgd"):
            done = self.run_program(self.root / program, "--version")
            self.assertEqual((done.stdout, done.returncode), (f"{pathlib.Path(program).name} {VERSION}\n", 0), done)

    def test_management_starts_with_the_modules_beside_it_and_takes_a_command(self):
        socket = self.state / "mgd.sock"
        (self.state / "state").mkdir()
        (self.state / "state/sluice.conf").write_text(CONFIGURATION)
        for path in (self.state / "state", self.state / "state/sluice.conf"):
            path.chmod(0o777)
        with subprocess.Popen([self.root / "sbin/sluice-mgd"], env=self.environment, stderr=subprocess.DEVNULL, cwd="/",
                              **self.unprivileged()) as daemon:
            deadline = time.monotonic() + 60
            while not socket.exists() and daemon.poll() is None and time.monotonic() < deadline:
                select.select([], [], [], 0.02)
            shown = self.run_program(self.root / "bin/sluice", "show configuration")
            daemon.terminate()
        self.assertEqual((shown.stdout, shown.stderr), (CONFIGURATION, ""))

    def test_it_is_the_installed_modules_that_are_read(self):
        yang = self.root / "share/sluice/yang"
        module = yang / "sluice-configuration.yang"
        module.rename(away := module.with_suffix(".away"))
        try:
            done = self.run_program(self.root / "sbin/sluice-mgd")
        finally:
            away.rename(module)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{yang}: the YANG module 'sluice-configuration' could not be loaded", done.stderr)

    def test_units_start_what_was_installed(self):
        for name in ("sluice-flowd", "sluice-mgd"):
            unit = (self.root / f"lib/systemd/system/{name}.service").read_text()
            self.assertEqual(re.findall("^ExecStart=(.*)$", unit, re.MULTILINE), [f"{PREFIX}/sbin/{name}"])
            self.assertIn("\nRestart=on-failure\n", unit)
            self.assertNotIn("@", re.sub("@system-service", "", unit))


if __name__ == "__main__":
    unittest.main(verbosity=2)
