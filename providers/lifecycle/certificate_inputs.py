"""What a certificate resource is given, with its key as check looks at it and an upload needs it.

A key never reaches an output, a log or an error (law 10). As `env:NAME` or `file:PATH` it is not
in state at all.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..api.errors import CloudflareError
from ..plugin.provider import Props, ZoneInputs
from ..plugin.run import ZoneRun
from ..values.blocks import PemError
from ..values.inputs import UNKNOWN, Reference, WarnDays
from ..values.key import PrivateKey
from ..values.pair import load_matching_key
from ..values.pem import Certificate
from ..values.reference import PROJECT, UnreadableReference, is_reference
from ..values.text import short
from .try_origins import TryOrigins


class CertificateInputs(ZoneInputs):
    """`zone_id` and `certificate` replace; the others change in place and change nothing.

    `try_origins` is for check alone: state does not have it.
    """

    certificate: str
    private_key: str
    passphrase: Reference | None = None
    warn_days: WarnDays | None = None
    try_origins: TryOrigins | None = None


def check_key(
    run: ZoneRun, inputs: CertificateInputs, certificate: Certificate
) -> tuple[Props, list[str]]:
    """The key normalised, unless it is a reference; the faults of one that can be read."""
    if UNKNOWN in (inputs.private_key, inputs.passphrase):
        return {}, []
    try:
        key = _load(inputs, certificate, run.environ)
    except PemError as error:
        return {}, [f"private_key: {error}"]
    except UnreadableReference as error:
        run.warn(
            f"private_key: {error.fact}, so it was not verified that it belongs to certificate"
            f" {short(certificate.sha256)}."
        )
        return {}, []
    return ({} if is_reference(inputs.private_key) else {"private_key": key.written}), []


def key_to_upload(
    inputs: CertificateInputs, certificate: Certificate, environ: Mapping[str, str]
) -> str:
    """The key in PEM.

    :raises CloudflareError: when it cannot be read, or belongs to another certificate.
    """
    try:
        return _load(inputs, certificate, environ).pem
    except UnreadableReference as error:
        fact, next_step = error.fact, error.next_step
    except PemError as error:
        fact, _, next_step = f"private_key: {error}".partition(". ")
    raise CloudflareError(fact, f"{next_step.removesuffix('.')}; nothing was uploaded.") from None


def _load(
    inputs: CertificateInputs, certificate: Certificate, environ: Mapping[str, str]
) -> PrivateKey:
    return load_matching_key(certificate, inputs.private_key, inputs.passphrase, environ, PROJECT)
