"""Certificates in files, as the configuration names them; a private key in them goes no further."""

from __future__ import annotations

from pathlib import Path

from .blocks import PemError, certificates_alone
from .pem import read_certificate_file
from .reference import read_file


def leaf_in_file(name: str, project: Path) -> str:
    """The PEM of the leaf in a file, without its chain and its key.

    A file without exactly one leaf comes as it is, keys taken out: check says what is wrong with
    it, at the resource.

    :raises UnreadableReference: where `name`, relative to the project's folder, cannot be read.
    """
    text = read_file(name, project, what="certificate")
    try:
        return read_certificate_file(text).pem
    except PemError:
        return certificates_alone(text)


def authorities_in_file(name: str, project: Path) -> str:
    """All certificates in a file, PEM, without a key; raises as `leaf_in_file` does."""
    return certificates_alone(read_file(name, project, what="certificate"))
