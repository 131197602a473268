"""Whether each issuer of a stack's file is there, and whether `ca` is what signs there."""

from __future__ import annotations

from collections.abc import Iterator

import pulumi

from issuers import IssuerError, References, authority_fault
from providers.plugin.session import Session
from providers.values.reference import PROJECT
from stacks.issuer_config import IssuerConfig

from ..sources.configuration import StackFile
from ..text import Untrusted, text
from .results import MOST_REASON, CheckResult, ok, problem


def issuers(wanted: StackFile, run: Session) -> Iterator[CheckResult]:
    """Asks every issuer which CA signs there; nobody is asked for a certificate."""
    for issuer in wanted.environment.issuers.values():
        yield _issuer(issuer, run)


def _issuer(issuer: IssuerConfig, run: Session) -> CheckResult:
    name = Untrusted(issuer.name)
    try:
        ca = issuer.authorities()
        signing = issuer.issuer.authorities(References(run.environ, PROJECT))
        fault = authority_fault(signing, ca, run.clock.now())
    except IssuerError as error:
        told = Untrusted(str(error), MOST_REASON)
        return problem("issuer", text("issuer {name}: {why}", name=name, why=told))
    except pulumi.RunError as error:
        return problem("issuer", (Untrusted(str(error), MOST_REASON),))
    if fault:
        told = Untrusted(fault, MOST_REASON)
        return problem("issuer", text("issuer {name}: {why}", name=name, why=told))
    known = "its CA is that of ca" if signing else "which CA signs there shows when it signs"
    return ok("issuer", text("issuer {name} is there; {known}", name=name, known=known))
