"""A loopback HTTP server that answers as a MonALISA repository does, and in every wrong way.

Prints one line of JSON with its ports, and ends when its standard input does.
"""
import gzip
import json
import os
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

CAPTURES = Path(__file__).parent / "rest"
MEBIBYTE = b"x" * (1 << 20)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        parts = urlsplit(self.path)
        steps = parts.path.split("/")[1:]
        self.query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if self.path.startswith("http://"):  # as a proxy
            return self.answer(b"by proxy: " + self.path.encode())
        getattr(self, "get_" + steps[0].replace("-", "_"), self.get_unknown)(*map(unquote, steps[1:]))

    def answer(self, body, content_type="text/plain", status=200, headers=()):
        self.send_response_only(status)
        if self.query_value("date", "yes") == "yes":
            self.send_header("Date", "Tue, 14 Nov 2023 22:13:20 GMT")
        if content_type:
            self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def query_value(self, name, default):
        return getattr(self, "query", {}).get(name, default)

    def get_unknown(self, *steps):
        self.answer(b"<html>no such page</html>", "text/html", 404)

    def get_capture(self, name):
        """A captured answer, as it was."""
        capture = json.loads((CAPTURES / (name + ".json")).read_text())
        types = [value for key, value in capture["response"]["headers"] if key == "Content-Type"]
        self.answer((CAPTURES / (name + ".body")).read_bytes(), types[0] if types else None)

    def get_rest(self, *steps):
        """What the repository says to this very request, of which the User-Agent and the format matter."""
        if not self.headers.get("User-Agent", "").startswith("alien-pod/"):
            return self.get_capture("no-user-agent")
        if list(steps) != ["*", "PoD_Masters", "*", "-60000", "-1", "Address"]:
            return self.get_unknown()
        accept = self.headers.get("Accept", "")
        formats = [name for name in ("json", "html", "xml") if name in accept]
        self.get_capture("masters-3-" + (formats + ["plain"])[0])

    def get_say(self):
        """What the query asks for: a body, a content type, a status."""
        self.answer(self.query_value("body", "").encode(), self.query_value("type", ""),
                    int(self.query_value("status", "200")))

    def get_headers(self):
        self.answer(json.dumps(dict(self.headers.items())).encode())

    def get_client_port(self):
        """Tells connections apart."""
        self.answer(str(self.client_address[1]).encode())

    def get_gzip(self, size):
        """Zipped if the client takes that, `size` mebibytes of one letter before."""
        assert "gzip" in self.headers.get("Accept-Encoding", "")
        self.answer(gzip.compress(b"zipped" + MEBIBYTE * int(size)), headers=[("Content-Encoding", "gzip")])

    def get_bad_gzip(self):
        self.answer(b"this is not zipped", headers=[("Content-Encoding", "gzip")])

    def get_redirect(self, count):
        if count == "0":
            return self.answer(b"at last")
        self.answer(b"", status=302, headers=[("Location", "/redirect/%d" % (int(count) - 1))])

    def get_redirect_to(self):
        self.answer(b"", status=302, headers=[("Location", self.query_value("url", ""))])

    def get_large(self, mebibytes):
        """So large an answer, its length told or not."""
        self.send_response_only(200)
        self.send_header("Content-Type", "text/plain")
        if self.query_value("length", "no") == "yes":
            self.send_header("Content-Length", str(int(mebibytes) << 20))
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        try:
            for _ in range(int(mebibytes)):
                self.wfile.write(MEBIBYTE)
        except OSError:
            pass

    def get_half(self):
        """Half of what was promised, then the end."""
        body = (CAPTURES / "masters-3-json.body").read_bytes()
        self.send_response_only(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2])
        self.close_connection = True

    def get_nothing(self):
        """The end without an answer."""
        self.close_connection = True

    def get_no_http(self):
        self.wfile.write(b"220 mail.example ESMTP\r\n")
        self.close_connection = True

    def get_silence(self):
        """No answer while the client waits."""
        self.connection.recv(1)
        self.close_connection = True

    def get_late(self, milliseconds):
        time.sleep(int(milliseconds) / 1000)
        self.answer(b"late")

    def get_drip(self):
        """A byte now and then, for as long as somebody takes it."""
        self.send_response_only(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", "100000")
        self.end_headers()
        try:
            while True:
                self.wfile.write(b"x")
                self.wfile.flush()
                time.sleep(0.02)
        except OSError:
            self.close_connection = True


def full_listener():
    """A port that takes no connection and refuses none: its queue is full."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    waiting = []
    for _ in range(4):
        client = socket.socket()
        client.setblocking(False)
        client.connect_ex(listener.getsockname())
        waiting.append(client)
    return listener, waiting


def main():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    listener, waiting = full_listener()
    # Bound but not listening: every connection is refused, and nobody else gets the port.
    closed = socket.socket()
    closed.bind(("127.0.0.1", 0))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    ports = {"http": server.server_port, "full": listener.getsockname()[1], "closed": closed.getsockname()[1]}
    print(json.dumps(ports), flush=True)
    sys.stdin.buffer.read()
    os._exit(0)


main()
