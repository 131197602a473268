"""What stands behind the servers of the tests: an application on loopback."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = b"the application\n"


@dataclass
class Application:
    """What stands behind the servers: answers with the header that it was told."""

    port: int
    seen: list[dict[str, str]]
    paths: list[str]


def _echo(handler: BaseHTTPRequestHandler) -> None:
    """A WebSocket (RFC 6455, 1.3) that sends a frame of 11 bytes back as it came."""
    key = handler.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    digest = hashlib.sha1(key.encode(), usedforsecurity=False).digest()
    handler.send_response(101)
    handler.send_header("Upgrade", "websocket")
    handler.send_header("Connection", "Upgrade")
    handler.send_header("Sec-WebSocket-Accept", base64.b64encode(digest).decode())
    handler.end_headers()
    handler.wfile.write(handler.rfile.read(11))
    handler.close_connection = True


def _refuse_condition(handler: BaseHTTPRequestHandler) -> None:
    """Nothing is there, so that no condition on a version of something is fulfilled."""
    handler.send_response(412)
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def _handler(seen: list[dict[str, str]], paths: list[str]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            seen.append(dict(self.headers.items()))
            paths.append(self.path)
            if self.headers.get("Upgrade") == "websocket":
                _echo(self)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(PAGE)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(PAGE)

        do_HEAD = do_OPTIONS = do_PROBE = do_GET  # PHP takes unknown methods for GET, too

        def do_POST(self) -> None:
            size = int(self.headers.get("Content-Length", 0))
            if len(self.rfile.read(size)) == size:
                self.do_GET()

        do_PUT = do_PATCH = do_DELETE = _refuse_condition

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
