"""A web server on loopback whose answers a test writes. Standard library only."""

import contextlib
import http.server
import pathlib
import socket
import ssl
import threading
import time

# For localhost, signed by itself.
CERTIFICATE = pathlib.Path(__file__).resolve().parent / "golden/tls/certificate.pem"


def closed_port():
    """An address at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


class Answer:
    """What the server says, and how it misbehaves while it does."""

    def __init__(self, body=b"", status=200, headers=(), cut=None, stall=None, ranges=True):
        self.body, self.status, self.headers = body, status, dict(headers)
        self.cut = cut      # bytes after which the connection closes
        self.stall = stall  # seconds of silence after half of the body
        self.ranges = ranges


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.seen.append((self.command, self.path, dict(self.headers)))
        answer = self.server.answer(self)
        body, status, headers = answer.body, answer.status, answer.headers
        if answer.ranges and status == 200 and self.headers.get("Range"):
            first = int(self.headers["Range"].removeprefix("bytes=").split("-")[0])
            if first >= len(body):
                body, status = b"", 416
            else:
                headers = headers | {
                    "Content-Range": f"bytes {first}-{len(body) - 1}/{len(body)}"}
                body, status = body[first:], 206
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        with contextlib.suppress(ConnectionError):
            if answer.stall is not None:
                self.wfile.write(body[:len(body) // 2])
                self.wfile.flush()
                time.sleep(answer.stall)
                body = body[len(body) // 2:]
            self.wfile.write(body if answer.cut is None else body[:answer.cut])
            if answer.cut is not None and answer.cut < len(body):
                self.close_connection = True
                self.wfile.flush()

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


class Web(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, answer, tls=False):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer, self.seen = answer, []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(CERTIFICATE, CERTIFICATE.with_name("key.pem"))
            self.socket = context.wrap_socket(self.socket, server_side=True,
                                              do_handshake_on_connect=False)
            self.url = f"https://localhost:{self.server_address[1]}"

    def handle_error(self, *_):
        pass


@contextlib.contextmanager
def serve(answer, tls=False):
    """`answer` gets a request (.path, .headers, .command) and gives an Answer."""
    with Web(answer, tls) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
