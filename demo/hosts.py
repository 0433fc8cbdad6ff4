"""What the demo's two hosts do: `hosts.py server`, and on the other side `chat` and `names`."""
import http.server
import socket
import sys
import threading
import time

CHAT_PORT, NAMES_PORT = 7000, 53


class Http6(http.server.ThreadingHTTPServer):
    """Serves IPv4 too."""
    address_family = socket.AF_INET6


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b"Hello from the server behind the firewall.\n"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def answer_names():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as names:
        names.bind(("", NAMES_PORT))
        while True:
            query, client = names.recvfrom(2048)
            names.sendto(b"answer to " + query, client)


def chat_with(connection):
    with connection:
        try:
            while line := connection.recv(1024):
                connection.sendall(b"you said " + line)
        except OSError:
            pass


def answer_chats():
    with socket.create_server(("", CHAT_PORT)) as listener:
        while True:
            threading.Thread(target=chat_with, args=[listener.accept()[0]], daemon=True).start()


def server():
    for service in (answer_names, answer_chats):
        threading.Thread(target=service, daemon=True).start()
    Http6(("::", 80), Page).serve_forever()


def chat(host):
    """One TCP connection for as long as it lives; says why it ended."""
    with socket.create_connection((host, CHAT_PORT), timeout=10) as connection:
        print(f"connected from port {connection.getsockname()[1]}", flush=True)
        try:
            while True:
                connection.sendall(b"hello again")
                if not connection.recv(1024):
                    print("the connection was closed", flush=True)
                    return
                time.sleep(0.3)
        except OSError as error:
            print(f"the connection broke: {error.strerror or error}", flush=True)


def names(host):
    """UDP queries from one port, for ever."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(1)
        client.connect((host, NAMES_PORT))
        while True:
            try:
                client.send(b"query")
                print(client.recv(2048).decode(), flush=True)
            except OSError as error:
                print(error, flush=True)
            time.sleep(0.5)


if __name__ == "__main__":
    {"server": server, "chat": chat, "names": names}[sys.argv[1]](*sys.argv[2:])
