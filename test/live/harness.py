"""What live tests share: network namespaces joined by wires, and programs that run in them.

    class Web(harness.LiveTest):
        def build(self, lab):
            self.client, self.server = lab.node("client"), lab.node("server")
            lab.wire(self.client, "eth0", self.server, "eth0")
            self.client.address("eth0", "192.0.2.1/24")
            ...
        def test_a_page_is_fetched(self):
            self.server.start("web", "python3 -m http.server 80")
            self.server.wait_listening(80)
            self.client.run("curl -sf http://192.0.2.2/")

Everything has the name of this process in it ("slv<pid>-client") and goes when the process ends; what a
killed run left behind is removed at the next start. Programs die with us, and are ended by their pid; those
whose children would outlive them (sshd) get process ids of their own, all of which end with the first.
Nothing sleeps in order to pass: wait_until() asks until a deadline. Needs root. Standard library only.
"""
import atexit
import contextlib
import ctypes
import os
import pathlib
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import xml.etree.ElementTree as ElementTree
from typing import NamedTuple

PREFIX = "slv"
NETNS = pathlib.Path("/run/netns")
BUILD = pathlib.Path(os.environ.get("SLUICE_BUILD", pathlib.Path(__file__).resolve().parents[2] / "build/release"))
YANG = pathlib.Path(__file__).resolve().parents[2] / "yang"
PR_SET_PDEATHSIG = 1
CLONE_NEWNET = 0x40000000
libc = ctypes.CDLL(None, use_errno=True)


class Failure(AssertionError):
    """A command failed, or a condition did not come true; says which, and what was printed."""


def wait_until(condition, what, timeout=10.0):
    """Asks `condition` again and again until it is true; answers its value. Failed assertions count as "not yet", as do
    errors of the system and of reading a value."""
    deadline = time.monotonic() + timeout
    while True:
        error = None
        try:
            value = condition()
            if value:
                return value
        except (AssertionError, OSError, ValueError) as caught:
            error = caught
        if time.monotonic() > deadline:
            raise Failure(f"not within {timeout} s: {what}" + (f" ({error})" if error else ""))
        time.sleep(0.02)


def serves(path):
    """Whether somebody answers on a Unix socket."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
    return True


def words(command):
    return shlex.split(command) if isinstance(command, str) else [str(word) for word in command]


def die_with_parent():
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def remove_leftovers():
    """Namespaces and folders of runs whose process is gone."""
    def left_in(folder):
        for path in folder.glob(f"{PREFIX}*"):
            owner = re.match(rf"{PREFIX}(\d+)-", path.name)
            if owner and not pathlib.Path(f"/proc/{owner.group(1)}").exists():
                yield path
    for namespace in left_in(NETNS):
        subprocess.run(["ip", "netns", "del", namespace.name], check=False, capture_output=True)
    for folder in left_in(pathlib.Path(tempfile.gettempdir())):
        shutil.rmtree(folder, ignore_errors=True)


class Program:
    """A program that runs in a node; its output goes to a log."""

    def __init__(self, name, arguments, log, stdin):
        self.name, self.log, self.end_signal = name, log, signal.SIGTERM
        with open(log, "wb") as out:
            self.process = subprocess.Popen(arguments, stdin=stdin, stdout=out, stderr=subprocess.STDOUT,
                                            start_new_session=True, preexec_fn=die_with_parent)
        # `ip netns exec` replaces itself by the program. It leads a process group of its own.
        self.pid = self.process.pid

    def output(self):
        return self.log.read_text(errors="replace")

    def say(self, text):
        """To a program that was started with stdin=PIPE."""
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def running(self):
        return self.process.poll() is None

    def wait_output(self, pattern, timeout=10.0):
        """Until a line matches; answers the match."""
        def look():
            found = re.search(pattern, self.output(), re.MULTILINE)
            if not found and not self.running():
                raise Failure(f"{self.name} ended with {self.process.returncode}:\n{self.output()}")
            return found
        return wait_until(look, f"{self.name} prints {pattern!r}; it printed:\n{self.output()}", timeout)

    def wait_end(self, timeout=10.0):
        """Until it ends by itself; answers its exit code."""
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise Failure(f"{self.name} still runs after {timeout} s:\n{self.output()}") from None

    def stop(self, timeout=5.0):
        """SIGTERM, and SIGKILL when that is not enough; answers the exit code. Its children go with it."""
        if self.process.stdin:
            with contextlib.suppress(OSError):
                self.process.stdin.close()
        if self.running():
            self.process.send_signal(self.end_signal)
            try:
                self.process.wait(timeout)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # it had no children left
        return self.process.returncode


class Node:
    """A host: a network namespace."""

    def __init__(self, lab, name):
        self.lab, self.name = lab, name
        self.namespace = f"{lab.prefix}-{name}"
        lab.ip("netns", "add", self.namespace)
        self.run("ip link set lo up")
        # Addresses answer at once.
        self.run("sysctl -qw net.ipv6.conf.default.dad_transmits=0 net.ipv6.conf.default.accept_ra=0")

    def prefixed(self, command):
        return ["ip", "netns", "exec", self.namespace] + words(command)

    def run(self, command, timeout=20.0, check=True, input=None):
        """Runs to the end and answers what it printed; with check=False, (exit code, output)."""
        try:
            done = subprocess.run(self.prefixed(command), timeout=timeout, input=input, text=True, errors="replace",
                                  stdin=None if input is not None else subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, preexec_fn=die_with_parent)
        except subprocess.TimeoutExpired as expired:
            raise Failure(f"{self.name}: {command}: still runs after {timeout} s\n{expired.output}") from None
        if not check:
            return done.returncode, done.stdout
        if done.returncode != 0:
            raise Failure(f"{self.name}: {command}: exit code {done.returncode}\n{done.stdout}")
        return done.stdout

    def start(self, name, command, stdin=subprocess.DEVNULL):
        """Starts a program that runs until it is stopped, at the latest with the lab."""
        log = self.lab.directory / f"{self.name}.{name}.log"
        program = Program(f"{self.name}.{name}", self.prefixed(command), log, stdin)
        self.lab.programs.append(program)
        return program

    def start_family(self, name, command):
        """As start(), for a program whose children leave its process group: none of them outlives it."""
        program = self.start(name, ["unshare", "--pid", "--fork", "--kill-child", "--mount", *words(command)])
        program.end_signal = signal.SIGKILL  # unshare is deaf to SIGTERM
        return program

    @contextlib.contextmanager
    def entered(self):
        """Sockets that the calling thread makes are the node's."""
        with open("/proc/thread-self/ns/net") as home, open(NETNS / self.namespace) as away:
            if libc.setns(away.fileno(), CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")
            try:
                yield
            finally:
                libc.setns(home.fileno(), CLONE_NEWNET)

    def address(self, interface, *addresses):
        for address in addresses:
            # An address that is still being checked for duplicates is not used as a source.
            self.run(f"ip addr add {address} dev {interface}" + (" nodad" if ":" in address else ""))

    def route(self, prefix, gateway):
        self.run(f"ip route add {prefix} via {gateway}")

    def wait_listening(self, port, protocol="tcp", timeout=10.0):
        kind = "-lnt" if protocol == "tcp" else "-lnu"
        wait_until(lambda: re.search(rf"[:\]]{port}\s", self.run(f"ss -H {kind}")),
                   f"{self.name} listens on {protocol} port {port}", timeout)


class Wing(NamedTuple):
    """One direction of a session, as `show security flow session | display xml` tells it."""
    source: str
    source_port: int
    destination: str
    destination_port: int
    protocol: str
    interface: str
    packets: int
    bytes: int

    @classmethod
    def read(cls, element):
        def value(name):
            return element.findtext(f"{{*}}{name}")
        return cls(value("source-address"), int(value("source-port")), value("destination-address"),
                   int(value("destination-port")), value("protocol"), value("interface-name"),
                   int(value("pkt-cnt")), int(value("byte-cnt")))


class Session(NamedTuple):
    identifier: int
    policy: str
    application: str
    timeout: int
    into: Wing
    out: Wing

    @classmethod
    def read(cls, element):
        wings = [Wing.read(wing) for wing in element.iterfind("{*}flow-information")]
        return cls(int(element.findtext("{*}session-identifier")), element.findtext("{*}policy").split("/")[0],
                   element.findtext("{*}application-name"), int(element.findtext("{*}timeout")), *wings)


class Firewall:
    """Sluice on a node: its two daemons, and the operator's command line. Log files are in `logs`; `runner` is a
    command that runs sluice-flowd."""

    def __init__(self, node, binaries=BUILD / "bin", runner=()):
        self.node, self.binaries, self.runner = node, pathlib.Path(binaries), runner
        self.directory = node.lab.directory / node.name
        self.logs = self.directory / "log"
        self.logs.mkdir(parents=True)
        self.flowd = self.mgd = None

    def start(self, configuration):
        """Starts the daemons and commits a configuration text."""
        self.start_flowd()
        self.start_mgd()
        self.commit(configuration)

    def start_flowd(self):
        path = self.directory / "flowd.sock"
        self.flowd = self.node.start("flowd", [*self.runner, self.binaries / "sluice-flowd", "--socket", path, "--yang", YANG,
                                               "--log-dir", self.logs])
        wait_until(path.exists, "sluice-flowd serves", 60)

    def start_mgd(self):
        path = self.directory / "mgd.sock"
        self.mgd = self.node.start("mgd", [self.binaries / "sluice-mgd", "--run-dir", self.directory, "--state-dir",
                                           self.directory / "state", "--log-dir", self.directory, "--yang-dir", YANG])
        wait_until(lambda: serves(path), "sluice-mgd serves", 60)  # the file may be one that a killed one left

    def commit(self, configuration):
        file = self.directory / "candidate.conf"
        file.write_text(configuration)
        return self.cli(f"commit {file}")

    def cli(self, command, check=True):
        """One command of the operator's; answers its output, and with check=False (exit code, output)."""
        return self.node.run([self.binaries / "sluice", "--run-dir", self.directory, command], check=check)

    def sessions(self, filters=""):
        """What `show security flow session FILTERS` lists."""
        reply = self.cli(f"show security flow session {filters} extensive | display xml")
        return [Session.read(element) for element in ElementTree.fromstring(reply).iterfind(".//{*}flow-session")]

    def drops(self, reason):
        """How many packets were dropped for a reason: what `show security flow statistics` says."""
        return int(re.search(rf"^ +{reason}: +(\d+) ", self.cli("show security flow statistics"), re.MULTILINE)[1])

    def records(self, pattern=""):
        """Lines of the local session log that match."""
        return [line for file in self.logs.iterdir() for line in file.read_text(errors="replace").splitlines()
                if re.search(pattern, line)]


class Lab:
    """Nodes, wires and programs; close() removes them all."""

    def __init__(self):
        if os.geteuid() != 0:
            raise Failure("it takes root to make network namespaces")
        remove_leftovers()
        self.prefix = f"{PREFIX}{os.getpid()}"
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix=f"{self.prefix}-"))
        self.nodes, self.programs, self.closed = [], [], False
        atexit.register(self.close)

    @staticmethod
    def command(*command):
        """Runs a command outside of all nodes."""
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failure(f"{' '.join(command)}: {done.stderr}")
        return done.stdout

    def ip(self, *arguments):
        return self.command("ip", *arguments)

    def node(self, name):
        self.nodes.append(Node(self, name))
        return self.nodes[-1]

    def wire(self, one, one_interface, other, other_interface, queues=1):
        """A veth pair. Its ends complete checksums and segments themselves, as a real wire would carry them."""
        self.ip("-n", one.namespace, "link", "add", one_interface, "numtxqueues", str(queues), "numrxqueues",
                str(queues), "type", "veth", "peer", "name", other_interface, "netns", other.namespace,
                "numtxqueues", str(queues), "numrxqueues", str(queues))
        for node, interface in ((one, one_interface), (other, other_interface)):
            node.run(f"ethtool -K {interface} tx off tso off gso off gro off txvlan off rxvlan off")
            node.run(f"ip link set {interface} up")

    def stop_programs(self):
        for program in reversed(self.programs):
            program.stop()

    def close(self):
        if self.closed:
            return
        self.closed = True
        self.stop_programs()
        for node in self.nodes:
            subprocess.run(["ip", "netns", "del", node.namespace], check=False, capture_output=True)
        shutil.rmtree(self.directory, ignore_errors=True)

    def logs(self, lines=40):
        """The ends of all logs, for a failure's report."""
        text = ""
        for program in self.programs:
            state = "running" if program.running() else f"ended with {program.process.returncode}"
            tail = "\n".join(program.output().splitlines()[-lines:])
            text += f"--- {program.name} ({state})\n{tail}\n"
        return text


class LiveTest(unittest.TestCase):
    """One lab per test class: build(lab) is a class-level set-up that subclasses define."""

    lab = None

    @classmethod
    def build(cls, lab):
        raise NotImplementedError

    @classmethod
    def setUpClass(cls):
        cls.lab = Lab()
        try:
            cls.build(cls.lab)
        except BaseException:
            print(cls.lab.logs(), file=sys.stderr)
            cls.lab.close()
            raise

    @classmethod
    def tearDownClass(cls):
        cls.lab.close()

    def run(self, result=None):
        before = (len(result.failures), len(result.errors)) if result else None
        super().run(result)
        if result and (len(result.failures), len(result.errors)) != before:
            print(f"{self.id()} failed; logs:\n{self.lab.logs()}", file=sys.stderr)
        return result


def main():
    """Runs the tests of the calling script. Being told to end is no reason to leave anything behind."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    unittest.main(verbosity=2)
