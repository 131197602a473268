"""Whether a certificate can be used, its key is at hand, and its origin's directives are whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pulumi

from providers.api.answers import UploadedCertificate
from providers.plugin.session import Session
from providers.values import pem
from providers.values.pair import certificate_findings, load_matching_key
from providers.values.reference import PROJECT, UnreadableReference
from stacks.certificate_config import KeyPair
from stacks.origin import zone_directives

from ..command import Stop
from ..sources.configuration import NotSet, StackFile
from ..text import Text, Untrusted, fingerprint, text
from .results import MOST_REASON, CheckResult, ok, problem, warning

Secret = Callable[[str], str]


def configured_sha256(pair: KeyPair) -> str:
    try:
        return pem.read_certificate(pair.pem()).sha256
    except (pem.PemError, pulumi.RunError):
        return ""


def keys(
    where: Text,
    pair: KeyPair,
    there: Sequence[UploadedCertificate],
    ours: set[str] | None,
    run: Session,
    secret: Secret | None = None,
) -> Iterator[CheckResult]:
    """Whether the certificate can be used, and its key is at hand where it is needed.

    :param there: what Cloudflare holds at the certificate's level.
    :param ours: the ids in state; None when the state was not read.
    :param secret: reads the value of `secret:KEY`; None where nobody may ask pulumi.
    """
    try:
        certificate = pem.read_certificate(pair.pem())
    except (pem.PemError, pulumi.RunError) as error:
        yield problem("certificate", (*where, Untrusted(str(error), 600)))
        return
    try:
        pair.require_issuer()
    except pulumi.RunError as error:
        yield problem("certificate", (*where, Untrusted(str(error), MOST_REASON)))
    name = fingerprint(certificate.sha256)
    ids = {record.id for record in there if record.sha256 == certificate.sha256}
    is_ours = bool(ids & (ours or set()))
    refused, known = certificate_findings(certificate, run.clock.now(), is_in_state=is_ours)
    for fault in refused:
        # Where the state was not read, what is uploaded may be in it.
        grade = warning if ids and ours is None else problem
        yield grade("certificate", (*where, *name, " ", Untrusted(fault, 600)))
    for line in known:
        yield warning("certificate", (*where, *name, " ", Untrusted(line, 600)))
    yield from _key(where, pair, certificate, bool(ids), run, secret)


def _key(
    where: Text,
    pair: KeyPair,
    certificate: pem.Certificate,
    is_uploaded: bool,
    run: Session,
    secret: Secret | None,
) -> Iterator[CheckResult]:
    private_key = pair.private_key
    if private_key.startswith("secret:"):
        found = _secret(where, private_key, secret)
        if isinstance(found, CheckResult):
            yield found
            return
        private_key = found
    try:
        load_matching_key(certificate, private_key, pair.passphrase, run.environ, PROJECT)
    except UnreadableReference as error:
        if is_uploaded:
            words = text(
                "not needed, as the certificate is uploaded: {fact}.", fact=Untrusted(error.fact)
            )
            yield warning("key", (*where, *words))
        else:
            yield problem("key", (*where, Untrusted(str(error), MOST_REASON)))
    except pem.PemError as error:
        yield problem("key", (*where, Untrusted(f"private_key: {error}", 600)))
    else:
        name = fingerprint(certificate.sha256)
        yield ok("key", text("{where}certificate {it} and its key", where=where, it=name))


def _secret(where: Text, reference: str, read: Secret | None) -> str | CheckResult:
    """The value of `secret:KEY`, or why there is none to look at."""
    if read is None:
        return warning("key", (*where, Untrusted(reference), ": not looked at"))
    try:
        return read(reference.removeprefix("secret:"))
    except NotSet as stop:
        return problem("key", (*where, Untrusted(stop.message, MOST_REASON)))
    except Stop as stop:
        return warning("key", (*where, "not looked at: ", Untrusted(stop.message, MOST_REASON)))


def origin(name: str, wanted: StackFile) -> Iterator[CheckResult]:
    """Whether the zone's directives can be exported, once its certificates can be read."""
    where = text("{zone}: ", zone=Untrusted(name))
    if not all(map(configured_sha256, wanted.zones[name].pairs().values())):
        return
    try:
        found = zone_directives(wanted.zones, name, str(wanted.file))
    except pulumi.RunError as error:
        fault = str(error).removeprefix(f"{wanted.file}: ")
        yield problem("origin", (*where, Untrusted(fault, 600)))
        return
    if found:
        hostnames = f"{len(found)} hostname{'s' if len(found) > 1 else ''}"
        yield ok("origin", (*where, f"directives and CAs for {hostnames} can be exported"))
