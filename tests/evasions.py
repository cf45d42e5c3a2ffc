"""Addresses that lead to this machine or its network, written so that a check may miss it; and a
listener that knows whether anybody called. Standard library only."""

import contextlib
import socket
import threading

HOSTS = [
    "127.0.0.1", "localhost", "LOCALHOST", "localhost.", "127.1", "127.0.1", "0x7f000001",
    "0x7f.0.0.1", "0x7f.1", "0X7F.0X0.0X0.0X1", "2130706433", "017700000001", "0177.0.0.1", "0177.1",
    "00000177.0.0.01", "127.0.0.1.", "0", "0.0.0.0", "127.255.255.254", "127.0.0.2",
    "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]",
    "[0:0:0:0:0:ffff:7f00:0001]", "[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]",
    "[2001:0:7f00:1::]", "[fe80::1]", "[fe80::1%25lo]", "[fc00::1]", "[fd00:ec2::254]", "[ff02::1]",
    "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.0.1", "169.254.169.254", "100.64.0.1",
    "192.0.0.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "user@127.0.0.1", "user:pass@localhost", "example.com@127.0.0.1", "example.com:80@127.0.0.1",
    "127.0.0.1%2f@example.com", "127.0.0.1%00.example.com", "%31%32%37.0.0.1", "①②⑦.0.0.1",
    "１２７.0.0.1", "127。0。0。1", "ⓛocalhost", "localhost%2eexample"]


def evasions(port):
    uris = [f"http://{host}:{port}/clip.mp4" for host in HOSTS]
    uris += [
        f"HTTP://127.0.0.1:{port}/", f"http:\\\\127.0.0.1:{port}/", f"http:/127.0.0.1:{port}/",
        f"//127.0.0.1:{port}/", f" http://127.0.0.1:{port}/", f"http://127.0.0.1:{port}\t/",
        f"http://example.com\\@127.0.0.1:{port}/", f"http://127.0.0.1:{port}#@example.com/",
        f"http://127.0.0.1:{port}?@example.com/", f"http://\t127.0.0.1:{port}/",
        f"https://127.0.0.1:{port}/", f"ftp://127.0.0.1:{port}/", f"gopher://127.0.0.1:{port}/",
        f"dict://127.0.0.1:{port}/", f"tcp://127.0.0.1:{port}/", f"concat:http://127.0.0.1:{port}/",
        f"hls+http://127.0.0.1:{port}/", f"rtmp://127.0.0.1:{port}/", "gs://bucket/object.mp4",
        "file:///proc/self/fd/0", "http://", "https://:443/"]
    return uris


class Listener:
    """Takes connections of both families on all addresses of this machine, and answers them with
    `answer`."""

    def __init__(self, answer=b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
                 address=None):
        if address:
            self.listener = socket.create_server((address, 0))
        elif socket.has_dualstack_ipv6():
            self.listener = socket.create_server(("", 0), family=socket.AF_INET6,
                                                 dualstack_ipv6=True)
        else:
            self.listener = socket.create_server(("", 0))
        self.port = self.listener.getsockname()[1]
        self.calls = 0
        self.answer = answer
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                self.calls += 1
                with contextlib.closing(connection), contextlib.suppress(OSError):
                    connection.settimeout(5)
                    connection.recv(65536)
                    connection.sendall(self.answer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
