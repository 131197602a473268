"""Every way in which a probe asks for the same, or for another path. Data.

A server that verifies in the handshake refuses before it has read a request. One that lets an `if`
refuse may ask for a certificate for some requests only: of one method, one spelling of the
hostname, one path, one protocol, or one kind of visitor. So each is asked.
"""

from __future__ import annotations

from dataclasses import dataclass

from .request import HTTP_2, SAFE_METHODS, USUAL, Request

CRAWLER = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
# Where no application has a page, below where none has a folder: what would make a thing of the
# name that it is given (a bucket, an index, a file) makes none there. It tells people in their log
# that a probe was there, too.
UNKNOWN_PATH = "/aop-probe-no-such-page/none"
UNKNOWN_PAGE = "a page that is not there"
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

METHODS, SPELLINGS, VISITORS = "other_methods", "other_spellings", "other_visitors"
PROTOCOLS, PATHS = "other_protocols", "other_path"
PAIRS = "pairs"
GROUPS = {
    METHODS: "other methods",
    SPELLINGS: "other spellings",
    VISITORS: "other visitors",
    PROTOCOLS: "other protocols",
    PATHS: "other paths",
    PAIRS: "two ways at once",
}


@dataclass(frozen=True)
class Variant:
    """One way to ask for the same, or for another path; `title` names it beside the answer.

    :param group: what a report puts into one row.
    :param upper_sni: the server name of the handshake in capitals.
    :param other_sni: the server name of the handshake is the other name.
    :param ways: the titles of the variants that this one combines.
    """

    title: str
    group: str
    request: Request = USUAL
    path: str | None = None
    upper_sni: bool = False
    other_sni: bool = False
    ways: tuple[str, ...] = ()

    @property
    def is_safe(self) -> bool:
        """Whether the right certificate may ask so too, to compare."""
        return self.request.method in SAFE_METHODS

    @property
    def spells_otherwise(self) -> bool:
        """Whether the hostname is written in another way, or another one is."""
        is_usual = (self.request.host, self.request.target) == (USUAL.host, USUAL.target)
        return self.upper_sni or self.other_sni or not is_usual

    @property
    def shows_in_handshake(self) -> bool:
        """Whether a server could tell this variant from the usual request before it reads one."""
        return self.upper_sni or self.other_sni or self.request.alpn != USUAL.alpn


VARIANTS = (
    Variant("HEAD", METHODS, Request("HEAD")),
    Variant("OPTIONS", METHODS, Request("OPTIONS")),
    Variant("POST", METHODS, Request("POST")),
    # Never for a page that may be there, since what comes for it could do harm.
    Variant("PUT", METHODS, Request("PUT"), path=UNKNOWN_PATH),
    Variant("PATCH", METHODS, Request("PATCH"), path=UNKNOWN_PATH),
    Variant("DELETE", METHODS, Request("DELETE"), path=UNKNOWN_PATH),
    # For all methods that a rule does not name.
    Variant("an unknown method", METHODS, Request("PROBE")),
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
    Variant("a second request", PROTOCOLS, Request(is_second=True)),
    Variant(HTTP_2, PROTOCOLS, Request(version=HTTP_2, alpn=("h2",))),
    Variant(
        "a second request over HTTP/2",
        PROTOCOLS,
        Request(version=HTTP_2, alpn=("h2",), is_second=True),
    ),
    Variant(
        "HTTP/2 with another SNI", SPELLINGS, Request(version=HTTP_2, alpn=("h2",)), other_sni=True
    ),
    Variant(UNKNOWN_PAGE, PATHS, path=UNKNOWN_PATH),
    Variant("a page of PHP", PATHS, path=f"{UNKNOWN_PATH}.php"),
    Variant("a stylesheet", PATHS, path=f"{UNKNOWN_PATH}.css"),
    Variant("/static/", PATHS, path=f"/static{UNKNOWN_PATH}"),
    Variant("/api/", PATHS, path=f"/api{UNKNOWN_PATH}"),
)
# What plain HTTP has as well. Without Host another site of the port answers, which is none of ours.
PLAIN_VARIANTS = tuple(
    v for v in VARIANTS if not v.shows_in_handshake and v.request.host is not None
)
