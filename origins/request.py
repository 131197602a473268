"""How a request is written, for HTTP/1 and for HTTP/2. Pure."""

from __future__ import annotations

from dataclasses import dataclass

# What a visitor's browser says: a rule that knows a probe by its name would prove nothing.
BROWSER = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/142.0.0.0 Safari/537.36"
)
# A condition that no version of any page fulfils (RFC 9110, 13.1.1): nothing is to be done.
UNFULFILLED = ("If-Match", '"aop-probe-no-such-version"')
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})  # RFC 9110, 9.2.1; TRACE is asked by nobody
HTTP_2 = "HTTP/2"


@dataclass(frozen=True)
class Request:
    """A request without a body; in braces stands what the question knows, HOST is in capitals.

    A method that is not safe comes with a condition that nothing fulfils.

    :param host: the header Host; None sends none.
    :param agent: the header User-Agent; None sends none.
    :param alpn: the protocols that the handshake offers; none at all where it is empty.
    :param is_second: the usual request comes before, in the same connection.
    """

    method: str = "GET"
    version: str = "HTTP/1.1"
    target: str = "{path}"
    host: str | None = "{host}"
    agent: str | None = BROWSER
    claims: tuple[tuple[str, str], ...] = ()
    alpn: tuple[str, ...] = ("http/1.1",)
    is_second: bool = False

    def headers(self) -> list[tuple[str, str]]:
        """All but Host, which HTTP/2 has no header for."""
        found = [("User-Agent", self.agent)] if self.agent else []
        found += [("Accept", "*/*"), *self.claims]
        if self.method not in SAFE_METHODS:
            found += [("Content-Length", "0"), UNFULFILLED]
        return found

    def lines(self, host: str, path: str, port: int, is_last: bool = True) -> bytes:
        """The whole request as HTTP/1 sends it; the connection ends with the last one."""
        target = self.target.format(host=host, path=path)
        lines = [f"{self.method} {target} {self.version}"]
        if self.host is not None:
            lines.append(f"Host: {self.authority(host, port)}")
        lines += [f"{name}: {value}" for name, value in self.headers()]
        connection = "close" if is_last else "keep-alive"
        return "\r\n".join([*lines, f"Connection: {connection}", "", ""]).encode("ascii")

    def fields(self, host: str, path: str, port: int) -> list[tuple[str, str]]:
        """The headers and pseudo-headers of HTTP/2 (RFC 9113, 8.3.1)."""
        return [
            (":method", self.method),
            (":scheme", "https"),
            (":authority", self.authority(host, port)),
            (":path", path),
            *self.headers(),
        ]

    def authority(self, host: str, port: int) -> str:
        return (self.host or "{host}").format(host=host, port=port, HOST=host.upper())


USUAL = Request()
