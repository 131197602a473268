"""What stands behind the servers of the tests: an application on loopback."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Application:
    """What stands behind the servers: answers with the header that it was told."""

    port: int
    seen: list[dict[str, str]]
    paths: list[str]


def _handler(seen: list[dict[str, str]], paths: list[str]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            seen.append(dict(self.headers.items()))
            paths.append(self.path)
            if self.headers.get("Upgrade") == "websocket":
                self._echo()
                return
            body = b"the application\n"
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_HEAD = do_OPTIONS = do_PROBE = do_GET  # PHP takes unknown methods for GET, too

        def do_POST(self) -> None:
            size = int(self.headers.get("Content-Length", 0))
            if len(self.rfile.read(size)) == size:
                self.do_GET()

        def _echo(self) -> None:
            """A WebSocket (RFC 6455, 1.3) that sends a frame of 11 bytes back as it came."""
            key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
            digest = hashlib.sha1(key.encode(), usedforsecurity=False).digest()
            self.send_response(101)
            self.send_header("Upgrade", "websocket")
            self.send_header("Connection", "Upgrade")
            self.send_header("Sec-WebSocket-Accept", base64.b64encode(digest).decode())
            self.end_headers()
            self.wfile.write(self.rfile.read(11))
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A server that closes an unused connection is no error."""


@contextlib.contextmanager
def application() -> Iterator[Application]:
    seen: list[dict[str, str]] = []
    paths: list[str] = []
    server = _Server(("127.0.0.1", 0), _handler(seen, paths))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield Application(server.server_address[1], seen, paths)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
