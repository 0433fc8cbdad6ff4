#!/usr/bin/env python3
"""The demo as somebody sees it who starts it, leaves in the middle of it, or breaks it at its prompt."""
import os
import pathlib
import pty
import re
import select
import signal
import subprocess
import tempfile
import time
import unittest

import harness

ROOT = pathlib.Path(__file__).resolve().parents[2]
RUN, README = ROOT / "demo/run", ROOT / "README.md"
ENVIRONMENT = {**os.environ, "SLUICE_BIN": str(harness.BUILD / "bin"), "TERM": "dumb", "PYTHONDONTWRITEBYTECODE": "1"}
PROMPT = b"demo-fw> "


def left_of(pid):
    """Namespaces and folders that a demo left."""
    return [path for folder in (harness.NETNS, pathlib.Path(tempfile.gettempdir()))
            for path in folder.glob(f"sluice-demo-{pid}*")]


def child_called(parent, name):
    """The process id of a demo's daemon."""
    for pid in pathlib.Path(f"/proc/{parent}/task/{parent}/children").read_text().split():
        if pathlib.Path(f"/proc/{pid}/comm").read_text().strip() == name:
            return int(pid)
    raise harness.Failure(f"{parent} has no child {name}")


# What differs from run to run: which sessions there are at a moment, and every number.
VARIES = ((r"Policy name: [\w-]+/\d+", "Policy name: P/N"), (r";(tcp|udp|icmp6?)\b", ";P"),
          (r"\b(In|Out): \S+ --> \S+;P", r"\1: F;P"), (r"If: (ge-\d+/\d+/\d+\.\d+|\.local\.\.0)", "If: I"),
          (r"0x[0-9a-f]+|\d+", "N"))


def shape(line):
    for what, instead in VARIES:
        line = re.sub(what, instead, line)
    return line


def shapes(transcript):
    """Command -> the shapes of the lines that it was answered with."""
    answers, command = {}, None
    for line in transcript.splitlines():
        if re.match(r"demo-fw[>#] |client\$ ", line):
            command = shape(line)
            answers.setdefault(command, [])
        elif command and line:
            answers[command].append(shape(line))
    return answers


def shown_in_readme():
    """What the README shows of a run."""
    section = re.search(r"^## What you see$(.*?)^## ", README.read_text(), re.MULTILINE | re.DOTALL)[1]
    return "\n".join(re.findall(r"^```\n(.*?)^```$", section, re.MULTILINE | re.DOTALL))


class Terminal:
    """The demo on a terminal of its own."""

    def __init__(self):
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen([RUN], env=ENVIRONMENT, stdin=slave, stdout=slave, stderr=slave,
                                        start_new_session=True, preexec_fn=harness.die_with_parent)
        os.close(slave)
        self.seen = b""

    @classmethod
    def at_prompt(cls):
        terminal = cls()
        terminal.read_until(b"Your turn.")
        terminal.read_until(PROMPT)
        return terminal

    def read_until(self, words, timeout=120):
        """What came before the words."""
        deadline = time.monotonic() + timeout
        while words not in self.seen:
            if not select.select([self.master], [], [], max(0, deadline - time.monotonic()))[0]:
                raise harness.Failure(f"no {words!r} in\n{self.seen.decode()}")
            more = self.read()
            if not more:
                raise harness.Failure(f"it ended without {words!r}:\n{self.seen.decode()}")
            self.seen += more
        before, self.seen = self.seen.split(words, 1)
        return before.decode()

    def read_all(self):
        while more := self.read():
            self.seen += more
        return self.seen.decode()

    def read(self):
        try:
            return os.read(self.master, 65536)
        except OSError:  # nobody has the other end any more
            return b""

    def type(self, line):
        os.write(self.master, line.encode() + b"\n")


def run_to_its_end(environment):
    """Process id, exit status and all that a demo without a terminal says."""
    with subprocess.Popen([RUN], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, preexec_fn=harness.die_with_parent) as demo:
        said = demo.stdout.read()
    return demo.pid, demo.returncode, said


class Demo(unittest.TestCase):
    def test_without_a_terminal_it_shows_everything_and_leaves_nothing(self):
        pid, status, said = run_to_its_end(ENVIRONMENT)
        self.assertEqual(status, 0, said)
        self.assertTrue(said.endswith("Done: all of it worked, and nothing of it is left.\n"), said)
        self.assertEqual(left_of(pid), [])
        shown, answers = shapes(shown_in_readme()), shapes(said)
        self.assertEqual(len(shown), 6)
        for command, lines in shown.items():
            with self.subTest("what the README shows has the form of what the demo says", command=command):
                self.assertIn(command, answers)
                self.assertEqual([line for line in lines if line not in answers[command]], [])

    def test_a_reader_who_leaves_ends_it_quietly_and_leaves_nothing(self):
        with subprocess.Popen([RUN], env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, preexec_fn=harness.die_with_parent) as demo:
            demo.stdout.readline()
            demo.stdout.close()
            complaints = demo.stderr.read()
        self.assertEqual((demo.returncode, complaints), (128 + signal.SIGPIPE, ""))
        self.assertEqual(left_of(demo.pid), [])

    def test_a_step_that_fails_is_told_and_leaves_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            for program in (harness.BUILD / "bin").iterdir():
                pathlib.Path(folder, program.name).symlink_to(program)
            sluice = pathlib.Path(folder, "sluice")
            sluice.unlink()
            sluice.write_text("#!/bin/sh\necho no; exit 1\n")
            sluice.chmod(0o755)
            pid, status, said = run_to_its_end({**ENVIRONMENT, "SLUICE_BIN": folder})
        self.assertEqual(status, 1, said)
        self.assertRegex(said, r"demo/run: FAILED: 'commit \S+' ended with status 1")
        self.assertNotIn("all of it worked", said)
        self.assertEqual(left_of(pid), [])

    def test_traffic_goes_on_at_the_prompt(self):
        def packets():
            terminal.type("show security flow session destination-port 7000")
            found = re.search(r"In: .*Pkts: (\d+)", terminal.read_until(PROMPT))
            return int(found[1]) if found else 0

        terminal = Terminal.at_prompt()
        harness.wait_until(lambda: packets() > 0, "the chat begins again", 60)
        first = packets()
        harness.wait_until(lambda: packets() > first, "the chat goes on", 60)
        terminal.type("exit")
        said = terminal.read_all()
        self.assertEqual(terminal.process.wait(60), 0, said)

    def test_daemons_that_died_at_the_prompt_are_not_called_working(self):
        terminal = Terminal.at_prompt()
        flowd = child_called(terminal.process.pid, "sluice-flowd")
        os.kill(flowd, signal.SIGKILL)
        # Its threads and its memory take a while to go.
        state, threads = pathlib.Path(f"/proc/{flowd}/stat"), pathlib.Path(f"/proc/{flowd}/task")
        harness.wait_until(lambda: len(list(threads.iterdir())) == 1 and ") Z " in state.read_text(), "flowd is dead", 60)
        terminal.type("exit")
        said = terminal.read_all()
        self.assertEqual(terminal.process.wait(60), 1, said)
        self.assertIn("FAILED: sluice-flowd was ended by SIGKILL", said)
        self.assertNotIn("worked", said)
        self.assertEqual(left_of(terminal.process.pid), [])

    def test_a_prompt_that_was_left_ends_well(self):
        terminal = Terminal.at_prompt()
        terminal.type("exit")
        said = terminal.read_all()
        self.assertEqual(terminal.process.wait(60), 0, said)
        self.assertIn("Done: all of it worked", said)
        self.assertEqual(left_of(terminal.process.pid), [])


if __name__ == "__main__":
    harness.main()
