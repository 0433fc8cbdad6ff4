"""The programs of the two hosts that no package has.

    peers.py server FOLDER        web server on port 80 for a folder; echoes TCP and UDP on port 7007
    peers.py udp HOST SIZE...     sends datagrams and expects each back; says how many came
    peers.py talk HOST            a TCP connection that says a word ten times a second; says why it ended
    peers.py many HOST COUNT      a datagram of each of COUNT pairs of ports
    peers.py stream HOST FLOWS RATE
                                  numbered datagrams of so many flows, RATE a second in all, each of which must come back;
                                  at SIGINT says how many were sent, came back, and came in another order
"""
import functools
import http.server
import selectors
import signal
import socket
import struct
import sys
import threading
import time

ECHO_PORT = 7007
# What waits to be read is not to be what is lost: seconds of datagrams.
SO_RCVBUFFORCE, ROOM = 33, 16 << 20


class Web(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6
    request_queue_size = 128


def echo_stream(connection):
    with connection:
        try:
            while data := connection.recv(65536):
                connection.sendall(data)
        except OSError:
            pass


def echo_streams():
    with socket.create_server(("::", ECHO_PORT), family=socket.AF_INET6, dualstack_ipv6=True) as listener:
        while True:
            threading.Thread(target=echo_stream, args=[listener.accept()[0]], daemon=True).start()


def echo_datagrams():
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as echo:
        echo.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        echo.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, ROOM)
        echo.bind(("::", ECHO_PORT))
        while True:
            data, sender = echo.recvfrom(65536)
            echo.sendto(data, sender)


def server(folder):
    for service in (echo_streams, echo_datagrams):
        threading.Thread(target=service, daemon=True).start()
    Web(("::", 80), functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)).serve_forever()


def udp(host, *sizes):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as client:
        client.settimeout(10)
        client.connect((host, ECHO_PORT))
        print(f"port {client.getsockname()[1]}", flush=True)
        for number, size in enumerate(map(int, sizes)):
            data = bytes((number + at) % 251 for at in range(size))
            client.send(data)
            if client.recv(65536) != data:
                sys.exit(f"the datagram of {size} bytes came back changed")
        print(f"{len(sizes)} came back")


def talk(host):
    with socket.create_connection((host, ECHO_PORT), timeout=20) as connection:
        print(f"port {connection.getsockname()[1]}", flush=True)
        try:
            while True:
                connection.sendall(b"word")
                if not connection.recv(1024):
                    print("closed", flush=True)
                    return
                print("answered", flush=True)
                time.sleep(0.1)
        except OSError as error:
            print(f"broke: {type(error).__name__}", flush=True)


def many(host, count):
    ports = 200
    for at in range(0, int(count), ports):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            for port in range(ports):
                client.sendto(b"one", (host, 20000 + port))
        time.sleep(0.01)  # what is sent at once must fit into somebody's ring
    print("all sent", flush=True)


class Stream:
    """Numbered datagrams of several flows."""
    FORM = struct.Struct("!II40x")

    def __init__(self, host, flows):
        self.sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(flows)]
        for one in self.sockets:
            one.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, ROOM)
            one.connect((host, ECHO_PORT))
        self.sent, self.received, self.disordered = [0] * flows, [0] * flows, 0
        self.last, self.ending = [-1] * flows, threading.Event()

    def send(self, flow):
        self.sockets[flow].send(self.FORM.pack(flow, self.sent[flow]))
        self.sent[flow] += 1

    def receive(self):
        with selectors.DefaultSelector() as ready:
            for flow, one in enumerate(self.sockets):
                ready.register(one, selectors.EVENT_READ, flow)
            while True:
                for key, _ in ready.select():
                    flow, number = self.FORM.unpack(key.fileobj.recv(2048))
                    if flow != key.data or number <= self.last[flow]:
                        self.disordered += 1
                    self.last[flow] = number
                    self.received[flow] += 1


def stream(host, flows, rate):
    flows, rate = int(flows), int(rate)
    talk = Stream(host, flows)
    signal.signal(signal.SIGINT, lambda *_: talk.ending.set())
    threading.Thread(target=talk.receive, daemon=True).start()
    share = max(1, rate // 500)
    began = due = time.monotonic()
    print("streaming", flush=True)
    while not talk.ending.is_set():
        first = sum(talk.sent)
        for number in range(first, first + share):
            talk.send(number % flows)
        due = max(due + share / rate, time.monotonic())  # who was held up does not make up for it by a burst
        time.sleep(max(0, due - time.monotonic()))
    took = time.monotonic() - began
    until = time.monotonic() + 10
    while talk.received != talk.sent and time.monotonic() < until:
        time.sleep(0.05)
    print(f"sent {sum(talk.sent)} came back {sum(talk.received)} disordered {talk.disordered} "
          f"rate {sum(talk.sent) / took:.0f}", flush=True)


if __name__ == "__main__":
    {"server": server, "udp": udp, "talk": talk, "many": many, "stream": stream}[sys.argv[1]](*sys.argv[2:])
