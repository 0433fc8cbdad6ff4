"""The demo's machine room: three network namespaces, the processes in them, and their end.

    client ---- trust-wire [ firewall ] untrust-wire ---- server

Everything is named after this process. What a demo that was killed left behind has the name of a
process that is no more, and is removed by the next demo. Processes end with us, however we end.
"""
import ctypes
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

PREFIX = "sluice-demo-"
PR_SET_PDEATHSIG = 1


class Failed(Exception):
    """A step of the demo did not do what it should; the words say which."""


def _die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def remove_leftovers():
    names = subprocess.run(["ip", "netns", "list"], stdout=subprocess.PIPE, text=True, check=False).stdout
    for name in re.findall(rf"^({PREFIX}(\d+)-\w+)", names, re.MULTILINE):
        if not _alive(int(name[1])):
            subprocess.run(["ip", "netns", "delete", name[0]], check=False)
    for folder in os.listdir(tempfile.gettempdir()):
        left = re.fullmatch(rf"{PREFIX}(\d+)", folder)
        if left and not _alive(int(left[1])):
            shutil.rmtree(os.path.join(tempfile.gettempdir(), folder), ignore_errors=True)


class Lab:
    """Namespaces client, fw and server, wired; use as `with Lab() as lab`."""

    def __init__(self):
        self.mark = f"{PREFIX}{os.getpid()}"
        self.folder = os.path.join(tempfile.gettempdir(), self.mark)
        self.processes = []

    def __enter__(self):
        remove_leftovers()
        try:
            os.mkdir(self.folder, 0o755)
            self._make_namespaces()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            self.end(process)
        for name in ("client", "server", "fw"):
            subprocess.run(["ip", "netns", "delete", f"{self.mark}-{name}"], stderr=subprocess.DEVNULL, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _make_namespaces(self):
        for name in ("client", "fw", "server"):
            must(["ip", "netns", "add", f"{self.mark}-{name}"])
            self.must(name, "ip", "link", "set", "lo", "up")
            self.must(name, "sysctl", "-qw", "net.ipv6.conf.all.forwarding=0", "net.ipv6.conf.default.accept_dad=0")
        self._wire("trust-wire", "client", ["10.1.0.10/24", "2001:db8:1::10/64"], ["10.1.0.1", "2001:db8:1::1"])
        self._wire("untrust-wire", "server", ["203.0.113.80/24", "2001:db8:2::80/64"],
                   ["203.0.113.1", "2001:db8:2::1"])

    def _wire(self, wire, end, addresses, gateways):
        """A cable from the firewall to a host that has the firewall as its gateway."""
        must(["ip", "link", "add", wire, "netns", f"{self.mark}-fw", "type", "veth",
              "peer", "name", "eth0", "netns", f"{self.mark}-{end}"])
        self.must("fw", "ip", "link", "set", wire, "up")
        for address in addresses:
            self.must(end, "ip", "address", "add", address, "dev", "eth0", *(["nodad"] if ":" in address else []))
        self.must(end, "ip", "link", "set", "eth0", "up")
        for gateway in gateways:
            self.must(end, "ip", "route", "add", "default", "via", gateway)

    def inside(self, namespace, *command):
        return ["ip", "netns", "exec", f"{self.mark}-{namespace}", *command]

    def must(self, namespace, *command):
        return must(self.inside(namespace, *command))

    def run(self, namespace, *command, timeout=20):
        """Output (both streams) and status; a command that hangs has status None."""
        return run(self.inside(namespace, *command), timeout)

    def start(self, namespace, *command, log):
        """A process that stays, deaf to the terminal's Ctrl-C; its words go to a file of the folder."""
        with open(self.path(log), "ab") as out:
            process = subprocess.Popen(self.inside(namespace, *command), stdin=subprocess.DEVNULL, stdout=out,
                                       stderr=subprocess.STDOUT, preexec_fn=_die_with_parent,
                                       start_new_session=True)
        self.processes.append(process)
        return process

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def path(self, name):
        return os.path.join(self.folder, name)

    def read(self, name):
        try:
            with open(self.path(name), encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""


def run(command, timeout=20):
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired as late:
        return (late.stdout or b"").decode(errors="replace"), None
    return done.stdout, done.returncode


def must(command):
    output, status = run(command)
    if status != 0:
        raise Failed(f"{' '.join(command)}\n{output}")
    return output


def wait_until(what, seconds, condition):
    """Waits for something to become true, and returns it."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failed(f"{what}: not within {seconds} seconds")
        time.sleep(0.05)
