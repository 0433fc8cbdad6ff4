"""A terminal as an operator sits at it: a program on a pseudo-terminal and the screen it makes.

The screen is a real emulator's (pyte), so that what is compared is what an operator sees, not the bytes by
which a line editor gets there. It is as tall as a session is long: nothing scrolls away.
"""
import fcntl
import os
import pty
import re
import select
import struct
import termios
import time

import pyte

ROWS = 5000
MORE = "---(more)---"
RING = "\x07"  # a key that the line editor has no use for: it answers with a bell


class Screen(pyte.Screen):
    bells = 0

    def bell(self, *_):
        self.bells += 1


class Terminal:
    """`folder`: where the program runs, which is where names of files are looked for."""

    def __init__(self, program, environment, rows=24, columns=100, folder="/"):
        self.child, self.line = pty.fork()
        if self.child == 0:
            try:
                os.chdir(folder)
                os.execve(program[0], program, {**environment, "TERM": "vt100"})
            finally:
                os._exit(127)  # there is no such program: this is not a second run of the tests
        fcntl.ioctl(self.line, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.screen = Screen(columns, ROWS)
        self.screen.set_mode(pyte.modes.LNM)
        self.stream = pyte.ByteStream(self.screen)
        self.open = True
        self.taken = 0
        self.raw = b""  # what was written, as it came

    def row(self, number, end=None):
        cells = self.screen.buffer[number]
        return "".join(cells[column].data for column in range(self.screen.columns if end is None else end))

    def colour(self, text):
        """Of the first character of the last place where this stands; 'default': none."""
        for number in range(self.screen.cursor.y, -1, -1):
            at = self.row(number).find(text)
            if at >= 0:
                return self.screen.buffer[number][at].fg
        raise AssertionError(f"{text!r} is not on the screen:\n{self.text()}")

    def lines(self):
        """What is on the screen down to the cursor, without what trails."""
        return [self.row(number).rstrip() for number in range(self.screen.cursor.y + 1)]

    def text(self):
        return "\n".join(self.lines())

    def read(self, seconds=0.1):
        """Takes what the program has written; False when nothing came."""
        if not self.open or not select.select([self.line], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.line, 65536)
        except OSError:
            data = b""
        self.open = bool(data)
        self.taken += len(data)
        self.raw += data
        self.stream.feed(data)
        return self.open

    def until(self, done, what, seconds=60):
        deadline = time.monotonic() + seconds
        while not done():
            if time.monotonic() > deadline or (not self.read(0.2) and not self.open and not done()):
                raise AssertionError(f"{what} did not come; the screen:\n{self.text()}")

    def press(self, key, done, what):
        """Types a key again and again until it has been heard: one that comes while the terminal changes from the
        editor to the command is neither's."""
        for _ in range(30):
            self.type(key)
            deadline = time.monotonic() + 2
            while time.monotonic() < deadline and not done():
                self.read(0.2)
            if done():
                return
        raise AssertionError(f"{what} did not come; the screen:\n{self.text()}")

    def last_line_is(self, *endings):
        """Whether the cursor stands behind one of these, as it does when the program waits for a key."""
        line = self.row(self.screen.cursor.y, self.screen.cursor.x)
        return any(line.endswith(ending) for ending in endings)

    def at_pager(self):
        line = self.row(self.screen.cursor.y, self.screen.cursor.x)
        return re.search(r"---\(\*?more( \d+%)?\)---$", line) is not None

    def type(self, keys):
        os.write(self.line, keys.encode())

    def settle(self):
        """Waits until the line editor has read all that was typed and drawn what comes of it.

        It takes keys in their order, so when the bell comes the screen is complete: nothing is still being drawn.
        """
        before = self.screen.bells
        self.type(RING)
        self.until(lambda: self.screen.bells > before, "the bell")

    def send(self, keys, *endings):
        """Types, and waits until the program has answered and the cursor stands behind one of the endings."""
        # Enter is a step of its own: before it the line is drawn, perhaps again and again; after it is the answer.
        if keys.endswith("\n") and not self.at_pager():
            if keys != "\n":
                self.type(keys[:-1])
                self.settle()
            keys = "\n"
        before, row = self.taken, self.screen.cursor.y
        entered = keys.endswith("\n")
        self.type(keys)
        answered = lambda: (self.taken > before and self.last_line_is(*endings)
                            and (self.screen.cursor.y > row or not entered))
        self.until(answered, f"one of {endings} after {keys!r}")
        if not self.at_pager():
            self.settle()
            self.until(answered, f"one of {endings} after {keys!r}")

    def hang_up(self):
        os.close(self.line)
        os.waitpid(self.child, 0)

    def wait(self):
        """The exit status of the program, which was told to end."""
        while self.open:
            self.read(1)
        status = os.waitpid(self.child, 0)[1]
        os.close(self.line)
        return os.waitstatus_to_exitcode(status)
