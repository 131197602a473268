"""How a request is written, and every way of writing it in which a probe asks. Data.

A server that verifies in the handshake refuses before it has read a request. One that lets an `if`
refuse may ask for a certificate for some requests only: of one method, one spelling of the
hostname, one path, one protocol, or one kind of visitor. So each is asked.
"""

from __future__ import annotations

from dataclasses import dataclass

# What a visitor's browser says: a rule that knows a probe by its name would prove nothing.
BROWSER = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/142.0.0.0 Safari/537.36"
)
CRAWLER = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
# Where no application has a page: it also tells people in their log that a probe was there.
UNKNOWN_PATH = "/aop-probe-no-such-page"
HTTP_2 = "HTTP/2"
# What anybody can claim: to come from Cloudflare, from the origin itself, verified.
CLAIMS = (
    ("CF-Ray", "8f1f2f3f4f5f6f7f-FRA"),
    ("CF-Connecting-IP", "173.245.48.1"),
    ("CF-Visitor", '{"scheme":"https"}'),
    ("CDN-Loop", "cloudflare"),
    ("True-Client-IP", "173.245.48.1"),
    ("X-Forwarded-For", "173.245.48.1, 127.0.0.1"),
    ("X-Real-IP", "127.0.0.1"),
    ("X-Client-Verify", "SUCCESS"),
    ("X-SSL-Client-Verify", "SUCCESS"),
)


@dataclass(frozen=True)
class Request:
    """A request without a body; in braces stands what the question knows, HOST is in capitals.

    :param host: the header Host; None sends none.
    :param agent: the header User-Agent; None sends none.
    :param alpn: the protocols that the handshake offers; none at all where it is empty.
    """

    method: str = "GET"
    version: str = "HTTP/1.1"
    target: str = "{path}"
    host: str | None = "{host}"
    agent: str | None = BROWSER
    claims: tuple[tuple[str, str], ...] = ()
    alpn: tuple[str, ...] = ("http/1.1",)

    def headers(self) -> list[tuple[str, str]]:
        """All but Host, which HTTP/2 has no header for."""
        found = [("User-Agent", self.agent)] if self.agent else []
        found += [("Accept", "*/*"), *self.claims]
        return [*found, ("Content-Length", "0")] if self.method == "POST" else found

    def lines(self, host: str, path: str, port: int) -> bytes:
        """The whole request as HTTP/1 sends it."""
        target = self.target.format(host=host, path=path)
        lines = [f"{self.method} {target} {self.version}"]
        if self.host is not None:
            lines.append(f"Host: {self.authority(host, port)}")
        lines += [f"{name}: {value}" for name, value in self.headers()]
        return "\r\n".join([*lines, "Connection: close", "", ""]).encode("ascii")

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

METHODS, SPELLINGS, VISITORS = "other_methods", "other_spellings", "other_visitors"
PROTOCOLS, PATHS = "other_protocols", "other_path"
GROUPS = {
    METHODS: "other methods",
    SPELLINGS: "other spellings",
    VISITORS: "other visitors",
    PROTOCOLS: "other protocols",
    PATHS: "other paths",
}


@dataclass(frozen=True)
class Variant:
    """One way to ask for the same, or for another path; `title` names it beside the answer.

    :param group: what a report puts into one row.
    :param upper_sni: the server name of the handshake in capitals.
    :param other_sni: the server name of the handshake is the other name.
    :param is_safe: the right certificate may ask so too (RFC 9110, 9.2.1), to compare.
    """

    title: str
    group: str
    request: Request = USUAL
    path: str | None = None
    upper_sni: bool = False
    other_sni: bool = False
    is_safe: bool = True

    @property
    def shows_in_handshake(self) -> bool:
        """Whether a server could tell this variant from the usual request before it reads one."""
        return self.upper_sni or self.other_sni or self.request.alpn != USUAL.alpn


VARIANTS = (
    Variant("HEAD", METHODS, Request("HEAD")),
    Variant("OPTIONS", METHODS, Request("OPTIONS")),
    Variant("POST", METHODS, Request("POST"), is_safe=False),
    # For all methods that a rule does not name; PUT, PATCH and DELETE could do harm.
    Variant("an unknown method", METHODS, Request("PROBE"), is_safe=False),
    Variant("POST to /api/", PATHS, Request("POST"), path=f"/api{UNKNOWN_PATH}", is_safe=False),
    Variant(
        "POST over HTTP/2",
        METHODS,
        Request("POST", HTTP_2, alpn=("h2",)),
        is_safe=False,
    ),
    Variant("Host with a dot", SPELLINGS, Request(host="{host}.")),
    Variant("Host with a port", SPELLINGS, Request(host="{host}:{port}")),
    Variant("Host in capitals", SPELLINGS, Request(host="{HOST}")),
    Variant("SNI in capitals", SPELLINGS, upper_sni=True),
    Variant("a whole URL", SPELLINGS, Request(target="https://{host}{path}")),
    Variant("no Host", SPELLINGS, Request(version="HTTP/1.0", host=None)),
    Variant("no User-Agent", VISITORS, Request(agent=None)),
    Variant("a crawler", VISITORS, Request(agent=CRAWLER)),
    Variant("claims to be Cloudflare", VISITORS, Request(claims=CLAIMS)),
    Variant("HTTP/1.0", PROTOCOLS, Request(version="HTTP/1.0")),
    Variant("no ALPN", PROTOCOLS, Request(alpn=())),
    Variant(HTTP_2, PROTOCOLS, Request(version=HTTP_2, alpn=("h2",))),
    Variant(
        "HTTP/2 with another SNI", SPELLINGS, Request(version=HTTP_2, alpn=("h2",)), other_sni=True
    ),
    Variant("a page that is not there", PATHS, path=UNKNOWN_PATH),
    Variant("a page of PHP", PATHS, path=f"{UNKNOWN_PATH}.php"),
    Variant("a stylesheet", PATHS, path=f"{UNKNOWN_PATH}.css"),
    Variant("/static/", PATHS, path=f"/static{UNKNOWN_PATH}"),
    Variant("/api/", PATHS, path=f"/api{UNKNOWN_PATH}"),
)
# What plain HTTP has as well. Without Host another site of the port answers, which is none of ours.
PLAIN_VARIANTS = tuple(
    v for v in VARIANTS if not v.shows_in_handshake and v.request.host is not None
)
# What a server can tell from a handshake alone.
HANDSHAKE_VARIANTS = frozenset(v.title for v in VARIANTS if v.shows_in_handshake)
