#!/usr/bin/python3
"""The operator's seat on a terminal: what is typed, key by key, and the screen that it makes.

Usage: terminal_test.py SLUICE WORLD-SERVER SLUICE-MGD   (SLUICE_UPDATE_GOLDEN=1 rewrites golden/terminal.txt)
"""
import os
import pathlib
import pwd
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import terminal

SLUICE, SERVER, MGD = (os.path.abspath(program) for program in sys.argv[1:4])
del sys.argv[1:4]
GOLDEN = pathlib.Path(__file__).parent / "golden"
MANY = 1000000
MORE = terminal.MORE

# What an operator types in the recorded session, and what then stands before the cursor: the prompt, unless
# something else is said. '?' and completion need no Enter.
SESSION = [
    ("set cli screen-length 0\n",), ("?",), ("sh", "> sh"), (" ", "> show "), ("?", "> show "), ("sec ", "security "), ("?", "security "), ("fl ", "flow "),
    ("?", "flow "), ("ses zone ", "session zone "), ("\t", "session zone "), ("un\t", "zone untrust "),
    ("prot ", "protocol "), ("?", "protocol "), ("u\t", "protocol udp "), ("| ", "| "), ("?", "| "), ("ma\t", "| match "),
    ("?", "| match "), ("In\n",),
    ("show security flow st", "flow st"), (" ", "flow st"), ("\t", "flow stat"), ("u\t", "flow status "), ("\n",),
    ("show security flow session source-port ?", "source-port "), ("70000 ", "70000"), ("\x03",),
    ("show security zonse\n",), ("shw", "shw"), (" ", "shw"), ("\x03",),
    ("show configuration ?", "configuration "), ("sec ", "security "), ("?", "security "),
    ("policies from-zone ", "from-zone "), ("tr\t", "from-zone trust "), ("?", "from-zone trust "),
    ("to-zone u\t", "to-zone untrust "), ("pol ", "policy "), ("\t", "policy "), ("allow-w\t", "policy allow-web "), ("| display set\n",),
    ("show configuration security zons ", "zons"), ("\x03",),
    ("show route | count\n",), ("show route | match (\n",),
    ("show security flow session session-identifier 7 | display xml rpc\n",),
    ("help apropos route\n",), ("help\n",),
    ("set cli screen-length ?", "screen-length "), ("100001 ", "100001"), ("\x03",),
    ("set cli screen-width 60\n",),
    ("clear security flow session\n",), ("clear security flow session protocol icmp\n",),
    ("show interfaces terse \"a b?c\"\n",),
]


HASH = "@fw1# "
# A session in configuration mode.
CONFIGURATION = [
    ("set cli screen-length 0\n",), ("conf\n", HASH), ("?", HASH), ("set sec zon ", "zones "), ("?", "zones "),
    ("security-zone ", "zone "), ("?", "zone "), ("un\t", "untrust "), ("\x03", HASH),
    ("set security zones security-zone dmz interfaces ge-0/0/2.10\n", HASH), ("show | compare\n", HASH),
    ("set security zonse\n", HASH), ("sett\n", HASH),
    ("edit security policies from-zone trust to-zone untrust\n", HASH), ("edit policy ", "policy "), ("?", "policy "),
    ("allow-web then \n", HASH), ("show\n", HASH), ("set log ?", "log "), ("session-init\n", HASH), ("up 2\n", HASH),
    ("rename policy later ?", "later "), ("to ", "to "), ("?", "to "), ("policy sooner\n", HASH),
    ("insert policy sooner before policy allow-web\n", HASH), ("deactivate policy allow-v6\n", HASH),
    ("annotate policy sooner \"moved up\"\n", HASH), ("show | compare\n", HASH), ("top show system host-name\n", HASH),
    ("up show from-zone trust to-zone untrust policy sooner then\n", HASH), ("up ?", "up "), ("\x03", HASH),
    ("status\n", HASH), ("delete policy never\n", HASH),
    ("top\n", HASH), ("delete security zones security-zone ?", "zone "), ("dmz\n", HASH),
    ("run show security flow session protocol icmp\n", HASH), ("run configure\n", HASH), ("commit check\n", HASH),
    ("exit\n", "(yes) "), ("no\n", HASH), ("commit comment \"in order\" and-quit\n", "@fw1> "),
    ("configure private\n", HASH), ("set system host-name fw2\n", HASH), ("exit\n", "(yes) "), ("\n", "@fw1> "),
    ("configure exclusive\n", HASH), ("rollback 1\n", HASH), ("show | compare | match zone\n", HASH),
    ("rollback\n", HASH), ("exit configuration-mode\n", "@fw1> "),
]


class Server:
    def __init__(self, *arguments):
        self.process = subprocess.Popen([SERVER, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.folder = self.process.stdout.readline().strip()
        self.home = tempfile.TemporaryDirectory(prefix="sluice-home-")
        self.environment = {**os.environ, "SLUICE_RUN_DIR": self.folder, "HOME": self.home.name}
        self.environment.pop("SSH_CONNECTION", None)

    def open(self, variables=None, prompt="@fw1> ", **size):
        seat = terminal.Terminal([SLUICE], {**self.environment, **(variables or {})}, folder=self.home.name, **size)
        seat.until(lambda: seat.last_line_is(prompt), "the prompt")
        seat.settle()
        return seat

    def lists(self, first=""):
        """How many lists of sessions flowd tells now, and how many sessions it has told."""
        self.process.stdin.write(first + "\n")
        self.process.stdin.flush()
        return tuple(int(word) for word in self.process.stdout.readline().split())

    def stay_idle(self, seconds):
        """Time in which nobody asks anything."""
        self.lists(f"idle {seconds}")

    def restart(self):
        """The management daemon ends, and with it all connections, and starts again."""
        self.lists("restart")

    def end(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(60)
        self.home.cleanup()


def conversations(path):
    """The commands of a golden file that are answered, and the answers as a screen shows them."""
    command, answer = None, []
    for line in [*path.read_text().split("\n"), "> "]:
        if not line.startswith("> "):
            answer.append(line.rstrip())
            continue
        if command and not any(part.strip() == "^" or "commit-seconds" in part for part in answer):
            yield command, answer
        command, answer = line[2:], []


class Seat(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()

    @classmethod
    def tearDownClass(cls):
        cls.server.end()

    def leave(self, seat):
        seat.type("exit\n")
        self.assertEqual(seat.wait(), 0)

    def expect_answer(self, seat, command, answer):
        """Types a command at the top of an empty screen and waits until exactly its answer and a prompt follow."""
        while answer and not answer[-1]:
            answer.pop()
        wanted = [answer, [f"error: {answer[0]}"]] if len(answer) == 1 else [answer]

        def shown():
            lines = seat.lines()[1:-1]
            while lines and not lines[-1]:
                lines.pop()
            return lines

        seat.type(command + "\n")
        seat.until(lambda: seat.screen.cursor.y > 0 and seat.last_line_is("@fw1> ") and shown() in wanted,
                   f"after {command!r}, {wanted[0]}")

    def test_hundred_commands_are_answered_as_the_layouts_say(self):
        seat = self.server.open(rows=50, columns=400)
        seat.send("set cli screen-length 0\n", "@fw1> ")
        asked = 0
        for name in ("flow_session", "filters", "flow", "policies", "zones", "interfaces", "route", "forms", "pipes", "collectors"):
            for command, answer in conversations(GOLDEN / f"{name}.txt"):
                seat.screen.reset()
                seat.screen.set_mode(terminal.pyte.modes.LNM)
                self.expect_answer(seat, command, answer)
                asked += 1
        self.assertGreaterEqual(asked, 100)
        self.leave(seat)

    def test_session_looks_as_recorded(self):
        seat = self.server.open()
        for keys, *ending in SESSION:
            seat.send(keys, *(ending or ["@fw1> "]))
        self.leave(seat)
        self.assert_recorded(seat, "terminal.txt")

    def assert_recorded(self, seat, name):
        user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
        text = seat.text().replace(f"{user}@fw1", "admin@fw1") + "\n"
        text = re.sub(rf"{user} \(pid \d+\) on since [-0-9: ]+ UTC", "admin (pid 1) on since ... UTC", text)
        golden = GOLDEN / name
        if os.environ.get("SLUICE_UPDATE_GOLDEN"):
            golden.write_text(text)
        self.maxDiff = None
        self.assertEqual(text, golden.read_text())

    def test_configuration_mode_looks_as_recorded(self):
        own = Server()
        self.addCleanup(own.end)
        seat = own.open()
        for keys, *ending in CONFIGURATION:
            seat.send(keys, *(ending or ["@fw1> "]))
        self.leave(seat)
        self.assert_recorded(seat, "terminal_configuration.txt")

    def test_configuration_is_loaded_from_the_terminal_and_a_file_and_saved(self):
        own = Server()
        self.addCleanup(own.end)
        seat = own.open()
        seat.send("configure private\n", HASH)
        seat.type("load set terminal\n")
        seat.until(lambda: "[Type ^D at a new line to end input]" in seat.text(), "the invitation to type")
        seat.type("set security zones security-zone dmz\n\x04")
        seat.until(lambda: seat.last_line_is(HASH) and "load complete" in seat.text(), "the prompt")
        file = pathlib.Path(own.home.name) / "saved"
        seat.send(f"save {file}\n", HASH)
        self.assertIn("security-zone dmz;", file.read_text())
        file.write_text("system { host-nme x; }\n")
        seat.send(f"load merge {file}\n", HASH)
        self.assertIn("saved:1:10: 'host-nme': unknown statement", seat.text())
        seat.send(f"load merge {file}.not\n", HASH)
        self.assertIn("the file cannot be read: No such file or directory", seat.text())
        seat.send("exit\n", "(yes) ")
        seat.send("yes\n", "@fw1> ")
        self.leave(seat)

    def test_names_of_files_are_completed(self):
        own = Server()
        self.addCleanup(own.end)
        folder = pathlib.Path(own.home.name) / "kept"
        folder.mkdir()
        for name in ("branch.conf", "branch.old", "two words", ".hidden"):
            (folder / name).write_text("system { host-name fw3; }\n")
        seat = own.open(columns=160)
        seat.send("configure\n", HASH)
        seat.send(f"load merge {own.home.name}/ke", "/ke")
        seat.send("\t", f"load merge {folder}/")
        seat.send("?", f"load merge {folder}/")
        listed = [line.split()[0] for line in seat.lines()[-5:-2]]
        self.assertEqual(listed, ["<file>", f"{folder}/branch.conf", f"{folder}/branch.old"])
        seat.send("b\t", "/branch.")
        seat.send("c\t", "/branch.conf ")
        seat.send("\n", HASH)
        self.assertIn("load complete", seat.text())
        (pathlib.Path(own.home.name) / "two").touch()  # where the command line runs
        seat.send("load merge tw\t", "merge two ")
        seat.send("\x03", HASH)
        seat.send("load merge t ", "merge t ")  # a blank leaves a name as it is
        seat.send("\x03", HASH)
        seat.send("load merge termi\t", "merge terminal ")
        seat.send("\x03", HASH)
        seat.send(f"save {folder}/branch.o\t", "branch.old ")
        seat.send("\n", HASH)
        self.assertIn("host-name fw3;", (folder / "branch.old").read_text())
        seat.send(f"show | save {folder}/branch.c\t", "branch.conf ")
        seat.send("\x03", HASH)
        seat.send("rollback\n", HASH)
        seat.send("exit\n", "@fw1> ")
        self.leave(seat)

    def test_configuration_of_a_lost_terminal_is_there_for_the_next(self):
        own = Server()
        self.addCleanup(own.end)
        lost = own.open()
        lost.send("configure\n", HASH)
        lost.send("set system host-name fw2\n", HASH)
        lost.hang_up()
        seat = own.open()
        seat.send("configure\n", HASH)
        self.assertIn("The configuration has been changed but not committed", seat.text())
        seat.send("show | compare\n", HASH)
        self.assertIn("+  host-name fw2;", seat.text())
        seat.send("commit and-quit\n", "@fw2> ")
        self.leave(seat)

    def test_what_is_typed_at_load_terminal_is_loaded_every_time_unless_it_is_taken_back(self):
        own = Server()
        self.addCleanup(own.end)
        seat = own.open()

        def load(action, typed):
            asked = seat.text().count("to end input]")
            seat.type(f"load {action} terminal")
            seat.settle()
            seat.type("\n")
            seat.until(lambda: seat.text().count("to end input]") > asked, "that it waits for text")
            seat.type(typed)
            seat.until(lambda: seat.last_line_is(HASH), "the prompt")
            seat.settle()

        seat.send("configure\n", HASH)
        for name in ("fw2", "fw3"):
            load("set", f"set system host-name {name}\n\x04")
            seat.send("show | compare\n", HASH)
            self.assertIn(f"+  host-name {name};", seat.text())
        load("override", "system {\n\x03")
        self.assertIn("interrupted; nothing was loaded", seat.text())
        seat.send("show system | count\n", HASH)
        self.assertNotIn("Count: 0 lines", seat.text())
        seat.send("rollback\n", HASH)
        seat.send("exit\n", "@fw1> ")
        self.leave(seat)

    def test_file_is_found_wherever_the_command_names_it(self):
        with tempfile.TemporaryDirectory(prefix="sluice-load-") as folder:
            file = pathlib.Path(folder, "part.conf")
            file.write_text("host-name fw2;\n")
            whole = pathlib.Path(folder, "whole.conf")
            whole.write_text("system {\n    host-name fw3;\n}\n")
            own = Server()
            self.addCleanup(own.end)
            seat = own.open()
            seat.send("configure\n", HASH)
            seat.send("edit system\n", HASH)
            seat.send(f"load merge {file} relative\n", HASH)
            seat.send("show | compare\n", HASH)
            self.assertIn("+  host-name fw2;", seat.text())
            seat.send(f"top load merge {whole}\n", HASH)
            seat.send("top show | compare\n", HASH)
            self.assertIn("+  host-name fw3;", seat.text())
            seat.send("rollback\n", HASH)
            seat.send("top\n", HASH)
            seat.send("exit\n", "@fw1> ")
            self.leave(seat)

    def test_letters_of_any_alphabet_are_typed(self):
        own = Server()
        self.addCleanup(own.end)
        seat = own.open()
        seat.send("configure\n", HASH)
        seat.send("annotate system \"Büro in Łódź\"\n", HASH)
        seat.send("show | match in\n", HASH)
        self.assertIn("/* Büro in Łódź */", seat.text())
        seat.send("rollback\n", HASH)
        seat.send("exit\n", "@fw1> ")
        self.leave(seat)

    def test_history_is_kept_and_searched(self):
        seat = self.server.open()
        seat.send("show route | count\n", "@fw1> ")
        seat.send("show security zones | count\n", "@fw1> ")
        self.leave(seat)
        again = self.server.open()
        again.send("\x10\x10", "zones | count")  # Ctrl-P: 'exit', and what was typed before it
        again.send("\x03", "@fw1> ")
        again.type("\x12route")  # Ctrl-R
        again.until(lambda: "show route | count" in again.text(), "the command that was looked for")
        again.type("\n")
        again.until(lambda: "Count: 26 lines" in again.text() and again.last_line_is("@fw1> "), "its answer")
        self.leave(again)
        kept = pathlib.Path(self.server.home.name) / ".sluice_history"
        self.assertEqual(kept.stat().st_mode & 0o777, 0o600)

    def test_keys_edit_the_line(self):
        seat = self.server.open()
        for keys, line in [
                ("show route\x01\x0b", ""),                           # Ctrl-A, Ctrl-K
                ("route\x01show \x05 x", "show route x"),             # in the middle of a line; Ctrl-E
                ("show rout\x1b[D\x1b[Dab\x1b[C\x1b[Cc", "show roabutc"),  # Left, Right
                ("show rout\x1bOD\x1bODab", "show roabut"),           # as terminals in application mode send them
                ("show rout\x02\x02ab\x06\x06c", "show roabutc"),     # Ctrl-B, Ctrl-F
                ("show route abc\x17", "show route "),                # Ctrl-W
                ("show route abc\x1bb\x1bbx", "show xroute abc"),      # Esc-b
                ("show route abc\x01\x1bfx", "showx route abc"),      # Esc-f
                ("show route abc\x01\x1bd", " route abc"),            # Esc-d
                ("show route\x15", ""), ("show route\x18", ""),       # Ctrl-U, Ctrl-X
                ("show route\x7f\x08e", "show roue"),                 # Backspace
                ("show route\x01\x04", "how route")]:                 # Ctrl-D
            seat.type(keys)
            seat.settle()
            self.assertEqual(seat.lines()[-1].partition("@fw1>")[2].strip(), line.strip(), keys)
            seat.send("\x03", "@fw1> ")
        self.leave(seat)

    def test_line_longer_than_the_screen_is_edited(self):
        seat = self.server.open(columns=50)
        filters = "source-prefix 192.0.2.10 destination-prefix 198.51.100.7 destination-port 81"
        shown = lambda: "".join(seat.row(number) for number in range(seat.screen.cursor.y + 1)).rstrip()
        seat.type(f"show security flow session {filters}")
        seat.settle()
        self.assertTrue(shown().endswith(filters), shown())
        seat.type("\x1b[D" * 60 + "\x05\x7f0")
        seat.settle()
        seat.until(lambda: "destination-port 80" in "".join(seat.lines()[-3:]), "the corrected end")
        seat.type("\x01")
        seat.settle()
        self.assertTrue(seat.last_line_is("@fw1> "), seat.text())
        seat.send("\n", "@fw1> ")
        self.assertIn("Total sessions: 1", seat.text())
        seat.type("\x1b[A")  # Up
        seat.settle()
        self.assertTrue(shown().endswith(filters[:-1] + "0"), shown())
        seat.send("\x03", "@fw1> ")
        self.leave(seat)

    def test_search_goes_on_to_older_lines(self):
        seat = self.server.open()
        for line in ("show route | count", "show security zones | count", "show route summary | count"):
            seat.send(line + "\n", "@fw1> ")
        answers = seat.text().count("Count: 26 lines")
        seat.type("\x12route")  # the newest that has it; then the one before
        seat.until(lambda: "show route summary | count" in "".join(seat.lines()[-2:]), "the newest")
        seat.type("\x12")
        seat.until(lambda: "show route | count" in "".join(seat.lines()[-2:]), "the one before")
        seat.type("\n")
        seat.until(lambda: seat.text().count("Count: 26 lines") > answers and seat.last_line_is("@fw1> "), "its answer")
        self.leave(seat)

    def test_daemon_that_was_restarted_is_found_again_and_told(self):
        seat = self.server.open()
        seat.send("show route | count\n", "@fw1> ")
        self.server.restart()
        seat.send("show route | count\n", "@fw1> ")
        self.assertIn("warning: the management process (sluice-mgd) was restarted; connected again", seat.text())
        self.assertEqual(seat.text().count("Count: 26 lines"), 2)
        self.server.restart()
        seat.send("sh", "> sh")
        seat.send(" ", "> show ")  # a completion finds it again, too
        seat.send("\x03", "@fw1> ")
        self.leave(seat)

    def test_colours_say_what_is_wrong_and_what_changed(self):
        own = Server()
        self.addCleanup(own.end)
        plain = {"NO_COLOR": ""}  # set and empty means nothing
        for variables, wrong, came, went in ((plain, "red", "green", "red"),
                                             ({"NO_COLOR": "1"}, "default", "default", "default")):
            seat = own.open(variables)
            seat.send("show security zonse\n", "@fw1> ")
            self.assertEqual(seat.colour("syntax error"), wrong)
            seat.send("configure private\n", HASH)
            seat.send("set system host-name fw2\n", HASH)
            seat.send("show | compare\n", HASH)
            self.assertEqual(seat.colour("+  host-name fw2"), came)
            self.assertEqual(seat.colour("-  host-name fw1"), went)
            self.assertEqual(seat.colour("[edit system]"), "default")
            seat.send("rollback\n", HASH)
            seat.send("exit\n", "@fw1> ")
            self.leave(seat)

    def test_progress_of_a_long_command_is_drawn_and_goes(self):
        seat = self.server.open()
        seat.send("clear security flow session protocol tcp\n", "@fw1> ")
        self.assertIn(b"\rScanned 2,500,000 of 10,000,000 sessions (25%)", seat.raw)
        self.assertEqual(seat.lines()[-3], "3 active sessions cleared")
        self.assertNotIn("Scanned", seat.text())
        seat.send("show security flow session | save /dev/null\n", "@fw1> ")
        self.assertEqual(seat.raw.count(b"\rScanned"), 2)
        self.assertNotIn("Scanned", seat.text())
        self.leave(seat)

    def test_screen_is_as_long_and_wide_as_the_operator_says(self):
        seat = self.server.open(rows=40, columns=160)
        seat.send("set cli screen-length 8\n", "@fw1> ")
        seat.screen.reset()
        seat.screen.set_mode(terminal.pyte.modes.LNM)
        seat.send("show route\n", MORE)
        self.assertEqual(len(seat.lines()), 1 + 7 + 1)
        seat.send(" ", MORE)
        self.assertEqual(len(seat.lines()), 1 + 2 * 7 + 1)
        seat.send("q", "@fw1> ")
        seat.send("set cli screen-width 40\n", "@fw1> ")
        for keys, ending in (("show security zonse\n", "@fw1> "), ("show security zonse ", "zonse")):
            seat.screen.reset()
            seat.screen.set_mode(terminal.pyte.modes.LNM)
            seat.send(keys, ending)
            first = seat.lines().index("syntax error, expecting flow,")
            self.assertEqual(seat.lines()[first + 1:first + 3],
                             ["match-policies, monitoring, nat,", "policies or zones, not 'zonse'"])
        seat.send("\x03", "@fw1> ")
        self.leave(seat)

    def test_nothing_that_is_for_a_terminal_goes_into_a_pipe(self):
        for command in ("clear security flow session protocol tcp", "show system rollback 0 compare 0", "show zonse"):
            for arguments, given in ((["-c", command], None), ([], command + "\n")):
                done = subprocess.run([SLUICE, *arguments], env={**self.server.environment, "TERM": "xterm"},
                                      input=given, capture_output=True, text=True, check=False, timeout=60)
                self.assertNotIn("Scanned", done.stdout + done.stderr)
                self.assertNotIn("\x1b", done.stdout + done.stderr)
                self.assertNotIn("\r", done.stdout + done.stderr)

    def test_output_goes_to_a_file_with_the_operators_rights(self):
        seat = self.server.open()
        file = pathlib.Path(self.server.home.name) / "routes"
        seat.send(f"show route | match static | save {file}\n", "@fw1> ")
        self.assertIn(f"lines of output to '{file}'", seat.text())
        saved = file.read_text()
        seat.send(f"show route | match static | append {file}\n", "@fw1> ")
        self.assertEqual(file.read_text(), 2 * saved)
        seat.send("show route | save /nonexistent/routes\n", "@fw1> ")
        self.assertIn("error: /nonexistent/routes: the file cannot be opened: No such file or directory", seat.text())
        self.leave(seat)


class Configuring(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.end)
        self.seat = self.server.open(columns=160)
        self.seat.send("configure private\n", HASH)

    def answer(self, command, *endings):
        """What a command shows, without the prompt's lines."""
        top = len(self.seat.lines())
        self.seat.send(command + "\n", *(endings or [HASH]))
        return "\n".join(self.seat.lines()[top:-3])

    def load_typed(self, command, text):
        top = len(self.seat.lines())
        self.seat.type(command)
        self.seat.settle()
        self.seat.type("\n")
        self.seat.until(lambda: self.seat.text().count("to end input]") > self.seat.typed, "that it waits for text")
        self.seat.typed += 1
        self.seat.type(text + "\x04")
        self.seat.until(lambda: len(self.seat.lines()) > top + 1 and self.seat.last_line_is(HASH), "the prompt")
        self.seat.settle()
        return "\n".join(self.seat.lines()[top:-3])

    def test_every_way_of_loading_from_a_file_and_from_the_terminal(self):
        self.seat.typed = 0
        before = self.answer("show security zones | display set")
        self.assertIn("security-zone untrust", before)
        dmz = "set security zones security-zone dmz"
        ways = {
            "override": ("security {\n    zones {\n        security-zone dmz;\n    }\n}\n", dmz, False),
            "merge": ("security {\n    zones {\n        security-zone dmz;\n    }\n}\n", before + "\n" + dmz, True),
            "replace": ("security {\n    replace:\n    zones {\n        security-zone dmz;\n    }\n}\n", dmz, True),
            "set": ("delete security zones\n" + dmz + "\n", dmz, True)}
        for action, (text, zones, rest_is_there) in ways.items():
            file = pathlib.Path(self.server.home.name) / f"{action}.conf"
            file.write_text(text)
            for load in (lambda: self.answer(f"load {action} {file}"),
                         lambda: self.load_typed(f"load {action} terminal", text)):
                self.assertIn("load complete", load())
                self.assertEqual(self.answer("show security zones | display set"), zones, action)
                self.assertEqual("fw1" in self.answer("show system host-name"), rest_is_there, action)
                self.answer("rollback")

    def test_what_is_not_supported_is_left_out_and_listed_with_the_report(self):
        self.seat.typed = 0
        text = "system {\n    host-name fw2;\n    ntp {\n        server 192.0.2.9;\n    }\n}\n"
        file = pathlib.Path(self.server.home.name) / "srx.conf"
        file.write_text(text)
        self.assertIn("srx.conf:3:5: 'ntp': unknown statement", self.answer(f"load merge {file}"))
        self.assertEqual(self.answer("show | compare"), "")
        told = self.answer(f"load merge {file} ignore-unsupported")
        self.assertIn("srx.conf:3:5: 'ntp': unknown statement", told)
        report = re.search(r"What was left out is kept in (\S+)", told).group(1)
        self.assertIn("'ntp'", pathlib.Path(report).read_text())
        self.assertIn("+  host-name fw2;", self.answer("show | compare"))
        self.answer("rollback")
        told = self.load_typed("load override terminal ignore-unsupported", text)
        self.assertIn("terminal:3:5: 'ntp': unknown statement", told)
        self.assertIn("What was left out is kept in ", told)
        self.assertEqual(self.answer("show | display set"), "set system host-name fw2")

    def test_exit_goes_back_the_way_that_was_come(self):
        for command, place in [("edit security", "[edit security]"),
                               ("edit policies", "[edit security policies]"),
                               ("edit from-zone trust to-zone untrust", "[edit security policies from-zone trust to-zone untrust]"),
                               ("exit", "[edit security policies]"), ("exit", "[edit security]"), ("exit", "[edit]"),
                               ("edit security zones", "[edit security zones]"), ("edit security-zone trust", "[edit security zones security-zone trust]"),
                               ("quit", "[edit security zones]"), ("up", "[edit security]"), ("exit", "[edit]")]:
            self.seat.send(command + "\n", HASH)
            self.assertEqual(self.seat.lines()[-2], place, command)
        self.seat.send("exit\n", "@fw1> ")

    def test_commit_confirmed_has_ten_minutes_and_may_quit(self):
        self.seat.send("exit\n", "@fw1> ")
        self.seat.send("configure\n", HASH)
        self.seat.send("set system host-name fw2\n", HASH)
        self.seat.send("commit confirmed\n", "@fw2# ")
        self.assertIn("commit confirmed will be automatically rolled back in 10 minutes unless confirmed\ncommit complete",
                      self.seat.text())
        self.seat.send("commit\n", "@fw2# ")
        self.seat.send("set system host-name fw1\n", "@fw2# ")
        self.seat.send("commit confirmed 7 and-quit\n", "@fw1> ")
        self.assertIn("automatically rolled back in 7 minutes unless confirmed\ncommit complete\nExiting configuration mode",
                      self.seat.text())
        self.seat.send("configure\n", HASH)
        self.seat.send("commit and-quit\n", "@fw1> ")

    def test_refused_commit_quits_nothing(self):
        self.answer("set security zones security-zone dmz interfaces ge-0/0/9.0")
        self.assertIn("error: ", self.answer("commit and-quit"))
        self.assertEqual(self.seat.lines()[-2], "[edit]")
        self.assertIn("security-zone dmz", self.answer("show | compare"))

    def test_interrupt_gives_up_a_commit_that_waits_for_another(self):
        self.answer("set system host-name fw2")
        self.server.lists("hold")
        self.seat.type("commit and-quit")
        self.seat.settle()
        self.seat.type("\n")
        self.seat.until(lambda: self.seat.lines()[-1] == "", "that it waits")
        self.seat.press("\x03", lambda: "error: given up while another commit was under way" in self.seat.text()
                        and self.seat.last_line_is(HASH), "the prompt")
        self.seat.settle()
        self.server.lists("release")
        self.assertEqual(self.seat.lines()[-2], "[edit]")
        self.assertIn("+  host-name fw2;", self.answer("show | compare"))
        self.seat.send("commit and-quit\n", "@fw2> ")


class Questions(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.end)
        self.seat = self.server.open()
        self.seat.send("configure\n", HASH)

    def test_delete_alone_asks_and_means_no_unless_it_is_yes(self):
        seat = self.seat
        seat.send("edit security zones\n", HASH)
        for answer in ("\n", "no\n", "n\n"):
            seat.send("delete\n", "Delete everything under this level? [yes,no] (no) ")
            seat.send(answer, HASH)
        seat.send("show | compare\n", HASH)
        self.assertNotIn("-  ", seat.text())
        seat.send("delete\n", "(no) ")
        seat.send("yes\n", HASH)
        seat.send("top show | compare\n", HASH)
        self.assertIn("-  ", seat.text())
        seat.send("top\n", HASH)
        seat.send("del\n", "(no) ")
        self.assertIn("This will delete the entire configuration\nDelete everything under this level? [yes,no] (no)",
                      seat.text())
        seat.send("maybe\n", "(no) ")
        seat.send("yes\n", HASH)
        seat.send("show | count\n", HASH)
        self.assertIn("Count: 0 lines", seat.text())
        seat.send("rollback 0\n", HASH)


class Reminder(unittest.TestCase):
    def test_commit_that_is_to_be_confirmed_is_told_before_every_prompt_until_it_is(self):
        server = Server()
        self.addCleanup(server.end)
        seat = server.open()
        seat.send("configure\n", HASH)
        seat.send("set system host-name fw2\n", HASH)
        seat.send("commit confirmed 5\n", "@fw2# ")
        reminder = "\n# commit confirmed will be rolled back in 5 minutes\n[edit]\n"
        self.assertIn("commit confirmed will be automatically rolled back in 5 minutes unless confirmed\n"
                      "commit complete\n" + reminder, seat.text())
        seat.send("edit system\n", "@fw2# ")
        self.assertIn(reminder.replace("[edit]", "[edit system]"), seat.text())
        seat.send("exit configuration-mode\n", "@fw2> ")
        seat.send("show version\n", "@fw2> ")
        self.assertEqual(seat.text().count("# commit confirmed will"), 2)
        other = server.open(prompt="@fw2> ")
        other.send("configure\n", "@fw2# ")
        self.assertIn(reminder, other.text())
        other.send("commit\n", "@fw2# ")
        other.send("status\n", "@fw2# ")
        self.assertEqual(other.text().count("# commit confirmed will"), 1)


class Idle(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.end)
        me = pwd.getpwuid(os.getuid()).pw_name
        file = pathlib.Path(self.server.folder, "hasty.set")
        file.write_text(f"set system login class hasty idle-timeout 6 permissions all\nset system login user {me} class hasty\n")
        subprocess.run([SLUICE], env=self.server.environment, check=True, text=True, capture_output=True, timeout=60,
                       input=f"configure\nload set {file}\ncommit and-quit\n")

    def test_operator_is_warned_and_then_sent_away(self):
        seat = self.server.open()
        seat.type("show sec")
        seat.settle()
        self.server.stay_idle(70)
        seat.until(lambda: "Warning" in seat.text() and seat.last_line_is("@fw1> show sec"), "the line again below the warning")
        warning, line = seat.lines()[-2:]
        self.assertEqual(warning, "Warning: session will be closed in 5 minutes if there is no activity")
        self.assertRegex(line, "> show sec$")
        seat.send("urity zones terse\n", "@fw1> ")
        self.assertIn("untrust                     Security", seat.text())
        self.server.stay_idle(355)
        seat.until(lambda: "in 10 seconds" in seat.text() and seat.last_line_is("@fw1> "), "the last warning")
        self.server.stay_idle(10)
        self.assertEqual(seat.wait(), 0)
        self.assertEqual(seat.lines()[-2:], ["Idle timeout exceeded: closing session", ""])

    def test_configuration_mode_ends_too_and_its_lock(self):
        seat = self.server.open()
        seat.send("configure exclusive\n", HASH)
        self.server.stay_idle(360)
        self.assertEqual(seat.wait(), 0)
        self.assertIn("Idle timeout exceeded: closing session", seat.text())
        other = self.server.open()
        other.send("configure exclusive\n", HASH)
        self.assertNotIn("error", other.text())
        other.send("exit\n", "@fw1> ")
        other.type("exit\n")
        self.assertEqual(other.wait(), 0)


class LongLists(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(str(MANY))

    @classmethod
    def tearDownClass(cls):
        cls.server.end()

    def until_no_list_is_told(self):
        deadline = time.monotonic() + 60
        while self.server.lists()[0] > 0:
            self.assertLess(time.monotonic(), deadline, "flowd goes on telling a list that nobody reads")

    def test_pages_come_while_the_list_is_made_and_quitting_stops_it(self):
        seat = self.server.open(columns=160)
        before = self.server.lists()[1]
        seat.send("show security flow session\n", MORE)
        self.assertEqual(len(seat.lines()), 1 + 23 + 1)
        for page in range(2, 4):
            seat.send(" ", MORE)
            self.assertEqual(len(seat.lines()), 1 + 23 * page + 1)
        seat.send("\n", MORE)
        self.assertEqual(len(seat.lines()), 1 + 23 * 3 + 1 + 1)
        seat.send("/session id: 1500\n", MORE)
        self.assertIn("Session ID: 1500, Policy name", seat.lines()[-24])
        lists, told = self.server.lists()
        self.assertEqual(lists, 1, "it waits for the operator")
        self.assertLess(told - before, MANY)
        seat.send("q", "@fw1> ")
        self.assertIn("[abort]", seat.text())
        self.until_no_list_is_told()
        self.assertLess(self.server.lists()[1] - before, MANY)
        seat.send("show security flow session | last 1\n", "@fw1> ")
        self.assertIn(f"Total sessions: {MANY + 6}", seat.text())
        seat.type("exit\n")
        self.assertEqual(seat.wait(), 0)

    def test_end_of_a_very_long_list_is_looked_for_and_gone_back_from(self):
        seat = self.server.open(columns=160)
        seat.send("show security flow session\n", MORE)
        last = 1000 + MANY - 1
        seat.send(f"/session id: {last}\n", "@fw1> ")
        self.assertIn(f"Session ID: {last}, Policy name", seat.lines()[-6])
        self.assertEqual(seat.lines()[-3], f"Total sessions: {MANY + 6}")
        seat.send("show security flow session\n", MORE)
        seat.send("H", MORE)
        seat.send("G", "---(*more 100%)---")
        self.assertEqual(seat.lines()[-2], f"Total sessions: {MANY + 6}")
        seat.send("b", "---(*more 99%)---")
        self.assertIn("Session ID: ", "".join(seat.lines()[-24:]))
        seat.send("q", "@fw1> ")
        self.until_no_list_is_told()
        seat.type("exit\n")
        self.assertEqual(seat.wait(), 0)

    def test_interrupt_ends_a_command_and_its_list_in_flowd(self):
        seat = self.server.open(columns=160)
        seat.send("set cli screen-length 0\n", "@fw1> ")
        before = self.server.lists()[1]
        seat.type("show security flow session | match nothing-like-this\n")
        deadline = time.monotonic() + 60
        while self.server.lists()[0] == 0:
            self.assertLess(time.monotonic(), deadline, "the list does not begin")
        seat.send("\x03", "@fw1> ")
        self.until_no_list_is_told()
        self.assertLess(self.server.lists()[1] - before, MANY)
        seat.send("show route | count\n", "@fw1> ")
        self.assertIn("Count: 26 lines", seat.text())
        seat.type("exit\n")
        self.assertEqual(seat.wait(), 0)


    def test_interrupt_ends_a_script_and_its_list_in_flowd(self):
        before = self.server.lists()[1]
        for arguments in (["-c", "show security flow session | match nothing-like-this"],
                          ["show security flow session | match nothing-like-this"]):
            with subprocess.Popen([SLUICE, *arguments], env=self.server.environment, stdout=subprocess.DEVNULL) as script:
                deadline = time.monotonic() + 60
                while self.server.lists()[0] == 0:
                    self.assertLess(time.monotonic(), deadline, "the list does not begin")
                script.send_signal(signal.SIGINT)
                self.assertEqual(script.wait(60), -signal.SIGINT, "a shell sees 130")
            self.until_no_list_is_told()
        self.assertLess(self.server.lists()[1] - before, 2 * MANY)

    def test_daemon_that_ends_in_the_middle_of_a_list_is_told_and_found_again(self):
        seat = self.server.open(columns=160)
        seat.send("set cli screen-length 0\n", "@fw1> ")
        seat.type("show security flow session | match nothing-like-this\n")
        deadline = time.monotonic() + 60
        while self.server.lists()[0] == 0:
            self.assertLess(time.monotonic(), deadline, "the list does not begin")
        self.server.restart()
        lost = "error: the connection to the management process (sluice-mgd) is lost"
        seat.until(lambda: lost in seat.text() and seat.last_line_is("@fw1> "), "that the daemon is gone")
        self.until_no_list_is_told()
        seat.send("show route | count\n", "@fw1> ")
        self.assertIn("Count: 26 lines", seat.text())
        seat.type("exit\n")
        self.assertEqual(seat.wait(), 0)


class KilledDaemon(unittest.TestCase):
    """The real daemon, without a data plane, which ends as the kernel or an operator would end it."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="sluice-killed-")
        self.addCleanup(self.folder.cleanup)
        root = pathlib.Path(self.folder.name)
        (root / "state").mkdir()
        (root / "state" / "sluice.conf").write_text("system {\n    host-name fw1;\n}\n")
        self.environment = {**os.environ, "SLUICE_RUN_DIR": str(root), "SLUICE_STATE_DIR": str(root / "state"),
                            "SLUICE_LOG_DIR": str(root / "log"), "HOME": str(root)}
        self.environment.pop("SSH_CONNECTION", None)
        self.daemon = None
        self.start()
        self.addCleanup(self.kill)

    def start(self):
        ready = pathlib.Path(self.folder.name) / "mgd.sock"
        ready.unlink(missing_ok=True)
        self.daemon = subprocess.Popen([MGD], env=self.environment, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while not ready.exists():
            self.assertLess(time.monotonic(), deadline, "sluice-mgd does not serve its socket")

    def kill(self):
        self.daemon.kill()
        self.daemon.wait()

    def open(self):
        seat = terminal.Terminal([SLUICE], self.environment)
        seat.until(lambda: seat.last_line_is("@fw1> "), "the prompt")
        seat.settle()
        return seat

    def test_shared_candidate_and_the_place_in_it_survive(self):
        seat = self.open()
        seat.send("configure\n", HASH)
        seat.send("edit security zones\n", HASH)
        seat.send("set security-zone dmz\n", HASH)
        self.kill()
        seat.send("show\n", HASH)
        self.assertIn("sluice-mgd", seat.lines()[-4] + seat.lines()[-5], "it says that nobody answers")
        self.assertEqual(seat.lines()[-2], "[edit security zones]", "and waits")
        self.start()
        seat.send("show | compare\n", HASH)
        self.assertIn("warning: the management process (sluice-mgd) was restarted; connected again", seat.text())
        self.assertIn("[edit security zones]\n+    security-zone dmz;\n\n[edit security zones]\n", seat.text())
        self.kill()
        self.start()
        seat.send("delete sec", "delete sec")
        seat.send("\t", "delete security-zone ")  # a completion finds it again, too
        seat.send("dmz\n", HASH)
        self.assertEqual(seat.text().count("connected again"), 2)
        seat.send("show | compare\n", HASH)
        self.assertEqual(seat.lines()[-2:][0], "[edit security zones]")
        self.assertEqual(seat.text().count("security-zone dmz;"), 1)
        seat.send("top\n", HASH)
        seat.send("exit\n", "@fw1> ")
        seat.type("exit\n")
        self.assertEqual(seat.wait(), 0)

    def test_greeting_tells_the_alarms_that_are_active(self):
        deadline = time.monotonic() + 60
        alarms = ""
        while "sluice-flowd" not in alarms:  # which is not there; the daemon looks once a second
            self.assertLess(time.monotonic(), deadline, alarms)
            alarms = subprocess.run([SLUICE, "show system alarms"], env=self.environment, capture_output=True, text=True,
                                    check=True).stdout
        seat = self.open()
        self.assertTrue(seat.text().startswith("1 alarms currently active\nAlarm time               Class  Description\n"),
                        seat.text())
        seat.type("exit\n")
        self.assertEqual(seat.wait(), 0)

    def test_prompt_has_the_configured_name_as_soon_as_the_daemon_answers(self):
        self.kill()
        seat = terminal.Terminal([SLUICE], self.environment)
        seat.until(lambda: seat.lines()[-1].endswith(">"), "a prompt")
        self.assertNotIn("@fw1> ", seat.text())
        self.start()
        seat.send("show version\n", "@fw1> ")
        seat.type("exit\n")
        self.assertEqual(seat.wait(), 0)

    def test_private_copy_is_lost_and_that_is_said(self):
        seat = self.open()
        seat.send("configure private\n", HASH)
        seat.send("set system host-name fw2\n", HASH)
        self.kill()
        self.start()
        seat.send("show\n", "@fw1> ")
        self.assertIn("Exiting configuration mode; uncommitted changes are lost", seat.text())
        seat.send("configure\n", HASH)
        seat.send("show | compare\n", HASH)
        self.assertNotIn("fw2;", seat.text())
        seat.send("exit\n", "@fw1> ")
        seat.type("exit\n")
        self.assertEqual(seat.wait(), 0)


if __name__ == "__main__":
    unittest.main(argv=[*sys.argv, "-v"])
