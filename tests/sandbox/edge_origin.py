"""An origin of the edge's, in a thread: it tells what it was shown and sent."""

from __future__ import annotations

import contextlib
import hashlib
import json
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

BROKEN = "/broken"
SILENT = "/silent"
LARGE = "/large"
LARGE_BODY = bytes(range(256)) * 16384


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        if self.path == SILENT:
            self.close_connection = True
            return
        body = LARGE_BODY if self.path == LARGE else self.told(sent)
        self.send_response(203)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Set-Cookie", "a=1")
        self.send_header("Set-Cookie", "b=2")
        self.send_header("Keep-Alive", "timeout=60")
        self.end_headers()
        self.wfile.write(body[:10] if self.path == BROKEN else body)
        self.close_connection = self.path == BROKEN

    do_POST = do_GET

    def told(self, body: str) -> bytes:
        connection: Any = self.connection
        encrypted = isinstance(connection, ssl.SSLSocket)
        der = connection.getpeercert(binary_form=True) if encrypted else None
        seen = {
            "certificate": hashlib.sha256(der).hexdigest() if der else None,
            "tls": connection.version() if encrypted else None,
            "sni": getattr(connection, "sni", None),
            "port": self.client_address[1],
            "method": self.command,
            "path": self.path,
            "headers": [[name.lower(), value] for name, value in self.headers.items()],
            "body": body,
        }
        return json.dumps(seen).encode()

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that was refused has gone."""


@contextlib.contextmanager
def origin(
    folder: Path,
    *authorities: str,
    require: bool = False,
    plain: bool = False,
    version: ssl.TLSVersion | None = None,
) -> Iterator[str]:
    """127.0.0.1:PORT of a running origin that trusts these CAs; `folder` has its server.pem."""
    server = Server(("127.0.0.1", 0), Handler)
    if not plain:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "server.pem", folder / "server.pem.key")
        context.load_verify_locations(cadata="".join(authorities))
        context.verify_mode = ssl.CERT_REQUIRED if require else ssl.CERT_OPTIONAL
        context.minimum_version = version or ssl.TLSVersion.TLSv1_2
        context.maximum_version = version or ssl.TLSVersion.MAXIMUM_SUPPORTED
        context.sni_callback = lambda sock, name, _: setattr(sock, "sni", name)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
