"""The programs of the two hosts that no package has.

    peers.py server FOLDER        web server on port 80 for a folder; echoes TCP and UDP on port 7007
    peers.py udp HOST SIZE...     sends datagrams and expects each back; says how many came
    peers.py talk HOST            a TCP connection that says a word ten times a second; says why it ended
"""
import functools
import http.server
import socket
import sys
import threading
import time

ECHO_PORT = 7007


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


if __name__ == "__main__":
    {"server": server, "udp": udp, "talk": talk}[sys.argv[1]](*sys.argv[2:])
