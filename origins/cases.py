"""Who comes, and under which names: the cases of a probe. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .attempt import ACCEPTED, REFUSED, Question
from .evidence import OTHER_PAGE, OTHER_SESSION, OWN_SESSION
from .target import Target
from .variants import GROUPS, UNKNOWN_PATH, Variant

NAMED, OTHER, ADDRESS, NOTHING = "hostname", "other", "address", "nothing"


@dataclass(frozen=True)
class Case:
    """Who comes (`client`, a key of the certificates), and which names they say.

    :param path: asked for in place of the usual one.
    :param resumes: with the session that the server gave under another name.
    :param resumes_own: with the session that the server gave to this certificate.
    """

    name: str
    title: str
    client: str | None = None
    sni: str = NAMED
    host: str = NAMED
    path: str | None = None
    wanted: str = REFUSED
    resumes: bool = False
    resumes_own: bool = False


FIRST = Case("right", "the right certificate", "right", wanted=ACCEPTED)
LAST = Case("right_again", "the right certificate, again", "right", wanted=ACCEPTED)
NONE = Case("none", "no certificate")
STRANGERS = (
    Case("same_ca", "another certificate of the same CA", "same_ca"),
    Case("other_ca", "one of another CA, same names", "other_ca"),
    Case("self_signed", "one that signed itself, same names", "self_signed"),
    Case("expired", "an expired certificate", "expired"),
    Case("server_auth", "one for servers only", "server_auth"),
    Case("no_sni", "no certificate, no SNI", sni=NOTHING),
    Case("other_sni", "no certificate, another SNI", sni=OTHER),
    Case("other_host", "no certificate, another host", sni=OTHER, host=OTHER),
    Case(OTHER_PAGE, "no certificate, other host, a page", None, OTHER, OTHER, UNKNOWN_PATH),
    Case("ip_host", "no certificate, the IP as host", sni=NOTHING, host=ADDRESS),
    Case(OTHER_SESSION, "no certificate, another session", resumes=True),
)
CASES = (NONE, FIRST, *STRANGERS, LAST)
PLAIN = Case("plain_http", "plain HTTP")
HTTP_3 = Case("http3", "HTTP/3")
CLIENTS = tuple(dict.fromkeys(case.client for case in CASES if case.client))


def session_again(client: str) -> Case:
    """A wrong certificate in the session that it began."""
    return Case(OWN_SESSION, "a wrong one, its session again", client, resumes_own=True)


def asking_otherwise(client: str | None, variant: Variant) -> Case:
    """A visitor without a certificate, or with a wrong one, who asks as the variant says."""
    group, ways = variant.group, GROUPS[variant.group]
    if client is None:
        return Case(group, f"{NONE.title}, {ways}")
    return Case(f"wrong_{group}", f"a wrong one, {ways}", client)


def varied(question: Question, variant: Variant, target: Target) -> Question:
    """The question, asked as the variant says."""
    sni = question.sni
    if variant.upper_sni:
        sni = target.hostname.upper()
    if variant.other_sni:
        sni = target.other_name
    return replace(
        question,
        path=variant.path or question.path,
        sni=sni,
        trust=None if variant.other_sni else question.trust,
        request=variant.request,
    )
