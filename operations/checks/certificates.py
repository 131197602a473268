"""Whether a certificate can be used, its key is at hand, and its origin's directives are whole."""

from __future__ import annotations

from collections.abc import Iterator

import pulumi

from providers.api.errors import CloudflareError
from providers.lifecycle.certificate import key_text
from providers.plugin.session import Session
from providers.values import pem
from providers.values.key import matches, read_private_key
from providers.values.text import short
from stacks.config import KeyPair
from stacks.origin import zone_directives

from ..sources.configuration import StackFile
from ..text import Text, Untrusted, fingerprint, text
from .results import CheckResult, ok, problem, warning


def configured_sha256(pair: KeyPair) -> str:
    try:
        return pem.read_certificate(pair.pem()).sha256
    except (pem.PemError, pulumi.RunError):
        return ""


def keys(where: Text, pair: KeyPair, there: set[str], run: Session) -> Iterator[CheckResult]:
    """Whether the certificate can be used, and its key is at hand where it is needed."""
    try:
        certificate = pem.read_certificate(pair.pem())
    except (pem.PemError, pulumi.RunError) as error:
        yield problem("certificate", (*where, Untrusted(str(error), 600)))
        return
    name = fingerprint(certificate.sha256)
    is_there = certificate.sha256 in there
    faults = pem.faults(certificate, run.clock.now())
    for fault in faults:
        grade = warning if is_there else problem
        yield grade("certificate", (*where, *name, " ", Untrusted(fault, 600)))
    if pair.private_key.startswith("secret:"):
        yield ok("key", (*where, "kept in the stack's configuration, not looked at"))
        return
    try:
        key = read_private_key(key_text(pair.private_key))
    except (pem.PemError, CloudflareError) as error:
        need = "; it is not needed, the certificate is uploaded already" if is_there else ""
        grade = warning if is_there else problem
        yield grade("key", (*where, Untrusted(str(error), 600), need))
        return
    if matches(certificate, key):
        yield ok("key", text("{where}certificate {it} and its key", where=where, it=name))
    else:
        told = "the key does not belong to certificate {it}"
        yield problem("key", (*where, *text(told, it=Untrusted(short(certificate.sha256)))))


def origin(name: str, wanted: StackFile) -> Iterator[CheckResult]:
    """Whether the zone's directives can be exported, once its certificates can be read."""
    where = text("{zone}: ", zone=Untrusted(name))
    if not all(map(configured_sha256, wanted.zones[name].pairs().values())):
        return
    try:
        found = zone_directives(wanted.zones, name, str(wanted.file))
    except pulumi.RunError as error:
        told = str(error).removeprefix(f"{wanted.file}: ")
        yield problem("origin", (*where, Untrusted(told, 600)))
        return
    if found:
        hostnames = f"{len(found)} hostname{'s' if len(found) > 1 else ''}"
        yield ok("origin", (*where, f"directives and CAs for {hostnames} can be exported"))
