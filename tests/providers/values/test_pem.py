"""Certificates as people paste them, and what speaks against one."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, mldsa, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.values.blocks import PemError
from providers.values.pem import (
    Certificate,
    faults,
    read_certificate,
)
from tests import pki
from tests.providers.values.der import explicit_ec_certificate, rsa_pss_certificate

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
FUZZ = settings(derandomize=True, max_examples=150, deadline=None, database=None)
PAGE = Path(__file__).resolve().parents[4] / "shared/reference/authenticated-origin-pulls-2020.txt"


@lru_cache
def pair(**options: Any) -> pki.Pair:
    return pki.make(now=NOW, **options)


@lru_cache
def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


@lru_cache
def dsa_key() -> dsa.DSAPrivateKey:
    return dsa.generate_private_key(1024)  # noqa: S505  larger ones take seconds


def block(label: str, body: str = "MAMCAQA=") -> str:
    return f"-----BEGIN {label}-----\n{body}\n-----END {label}-----\n"


def self_sign(
    signer: Any, algorithm: Any = None, *extensions: Any, subject: Any = None, **how: Any
) -> Certificate:
    """A self-signed leaf, for what `pki.make` does not make."""
    builder = (
        x509.CertificateBuilder(pki.name("issuer"), subject or pki.name("leaf"))
        .public_key(signer.public_key())
        .serial_number(1)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=365))
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    made = builder.sign(signer, algorithm, **how)
    return read_certificate(made.public_bytes(serialization.Encoding.PEM).decode())


def key_usage(**on: bool) -> x509.KeyUsage:
    names = "digital_signature content_commitment key_encipherment data_encipherment key_agreement"
    names += " key_cert_sign crl_sign encipher_only decipher_only"
    return x509.KeyUsage(**{name: on.get(name, False) for name in names.split()})


def to_base64(text: str | bytes) -> str:
    return base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()


@lru_cache
def first_version() -> str:
    """The test CA without extensions, so that nothing but its name says that it is one."""
    key, name = pki.authority()
    builder = x509.CertificateBuilder(name, name).public_key(key.public_key()).serial_number(7)
    builder = builder.not_valid_before(NOW).not_valid_after(NOW + timedelta(days=9))
    made = builder.sign(key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM).decode()


def der_of(p: pki.Pair) -> bytes:
    return base64.b64decode("".join(p.certificate.split("\n")[1:-2]))


# The rows "2020 page" are the forms that Cloudflare's page of 2020 shows or asks for.
SHAPES = {
    "as it is": lambda p: p.certificate,
    "2020 page: one line without line endings": lambda p: p.certificate.replace("\n", ""),
    "2020 page: line endings replaced by the string \\n": lambda p: p.certificate.replace(
        "\n", "\\n"
    ),
    "2020 page: its sed on a file that has no newline at its end": lambda p: p.certificate.rstrip(
        "\n"
    ).replace("\n", "\\n")[:-2],
    "2020 page: the EC PARAMETERS of OpenSSL are still there": lambda p: (
        block("EC PARAMETERS", "BggqhkjOPQMBBw==") + p.certificate
    ),
    "escaped twice": lambda p: p.certificate.replace("\n", "\\\\n"),
    "the strings \\r\\n": lambda p: p.certificate.replace("\n", "\\r\\n"),
    "CRLF": lambda p: p.certificate.replace("\n", "\r\n"),
    "CR": lambda p: p.certificate.replace("\n", "\r"),
    "indented": lambda p: "\n".join("    " + line for line in p.certificate.split("\n")),
    "folded by YAML": lambda p: p.certificate.replace("\n", " "),
    "in quotes": lambda p: f'"{p.certificate}"',
    "a BOM": lambda p: "\ufeff" + p.certificate,
    "no newline at the end": lambda p: p.certificate.rstrip(),
    "empty lines": lambda p: "\n\n" + p.certificate.replace("\n", "\n\n"),
    "openssl x509 -text": lambda p: "Certificate:\n    Data:\n        Version: 3\n" + p.certificate,
    "bag attributes": lambda p: f"Bag Attributes\n    localKeyID: 01 02\n{p.certificate}",
    "text after it": lambda p: p.certificate + "# for app.example.com\n",
    "base64 of the PEM": lambda p: to_base64(p.certificate),
    "base64 of the PEM, wrapped": lambda p: re.sub("(.{76})", r"\1\n", to_base64(p.certificate)),
    "base64 of the PEM with a BOM": lambda p: to_base64("\ufeff" + p.certificate),
    "the same one twice": lambda p: p.certificate * 2,
    "its CA after it": lambda p: p.certificate + pki.ca_certificate(),
    "its CA before it": lambda p: pki.ca_certificate() + p.certificate,
    "its CA before it, base64": lambda p: to_base64(pki.ca_certificate() + p.certificate),
    "a CA of version 1 before it": lambda p: first_version() + p.certificate,
    "the old label": lambda p: p.certificate.replace("CERTIFICATE", "X509 CERTIFICATE"),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_shape_of_the_text_makes_no_difference(shape: str) -> None:
    read = read_certificate(SHAPES[shape](pair()))
    assert read.pem == pair().certificate
    assert read.sha256 == pair().sha256


OTHER_CA = pki.ca_certificate(pki.another_authority("Another CA"))


def pkcs12_of(p: pki.Pair) -> bytes:
    key = serialization.load_pem_private_key(p.private_key.encode(), None)
    leaf = x509.load_pem_x509_certificate(p.certificate.encode())
    secret = serialization.BestAvailableEncryption(b"pass phrase")
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return pkcs12.serialize_key_and_certificates(b"client", key, leaf, None, secret)


REFUSED = {
    "nothing": (lambda p: "", "holds no certificate"),
    "white space": (lambda p: " \r\n\t", "holds no certificate"),
    "a path": (lambda p: "certs/client.pem", "Give the PEM text itself"),
    "NULs": (lambda p: "\0" * 9, "holds no certificate"),
    "two leaves": (lambda p: p.certificate + pair(days=9).certificate, "several leaf"),
    "CAs alone": (lambda p: pki.ca_certificate() + OTHER_CA, "several CAs and no leaf"),
    "its key before it": (lambda p: p.private_key + p.certificate, "private key beside"),
    "its key after it": (lambda p: p.certificate + p.private_key, "private key beside"),
    "base64 of it with its key": (lambda p: to_base64(p.certificate + p.private_key), "key beside"),
    "PKCS#12 of old": (
        lambda p: to_base64(b"\x30\x80" + pkcs12_of(p)[4:] + bytes(2)),
        "is PKCS#12",
    ),
    "DER": (lambda p: to_base64(der_of(p)), "is DER, not PEM. Convert the file with `openssl x509"),
    "PKCS#12": (lambda p: to_base64(pkcs12_of(p)), "is PKCS#12, not PEM. Convert"),
    "UTF-16": (lambda p: to_base64(p.certificate.encode("utf-16")), "is UTF-16 text"),
    "UTF-16 without a mark": (lambda p: to_base64(p.certificate.encode("utf-16-le")), "is UTF-16"),
    "base64 of something": (lambda p: to_base64(b"something else altogether"), "holds no cert"),
    "no end": (lambda p: p.certificate[:200], "cannot be read"),
    "no begin": (lambda p: p.certificate[30:], "holds no certificate"),
    "another end": (lambda p: p.certificate.replace("END CERT", "END X"), "cannot be read"),
    "an empty block": (lambda p: block("CERTIFICATE", ""), "cannot be read"),
    "no base64": (lambda p: block("CERTIFICATE", "MIID...=="), "cannot be read"),
    "a stray character": (lambda p: p.certificate.replace("\nM", "\n*M", 1), "cannot be read"),
    "a lone surrogate": (lambda p: block("CERTIFICATE", "MIID\ud800"), "cannot be read"),
    "no DER": (lambda p: block("CERTIFICATE", "AAAA"), "cannot be read"),
    "more after the DER": (lambda p: p.certificate.replace("-----END", "AAAA\n-----END"), "cannot"),
    "a request": (lambda p: block("CERTIFICATE REQUEST"), "is a certificate request"),
    "an old request": (lambda p: block("NEW CERTIFICATE REQUEST"), "is a certificate request"),
    "a key": (lambda p: p.private_key, "is a private key"),
    "an encrypted key": (lambda p: block("ENCRYPTED PRIVATE KEY"), "is a private key"),
    "PKCS#7": (lambda p: block("PKCS7"), "openssl pkcs7 -print_certs"),
    "TRUSTED": (lambda p: block("TRUSTED CERTIFICATE"), "openssl x509"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_one_certificate_is_refused_with_the_next_step(case: str) -> None:
    text, words = REFUSED[case]
    with pytest.raises(PemError, match=re.escape(words)) as caught:
        read_certificate(text(pair()))
    assert re.fullmatch(r"(is|holds) [^\n]+\. [A-Z][^\n]+\.", str(caught.value))


def test_a_certificate_says_what_cloudflare_will_answer() -> None:
    read = read_certificate(pair().certificate)
    parsed = x509.load_pem_x509_certificate(pair().certificate.encode())
    assert read.subject == "CN=aop-client"
    assert read.issuer == "CN=Test Origin Pull CA"
    assert read.serial_number == str(parsed.serial_number)
    assert read.signature == "ECDSA-SHA256"
    assert read.expires_on == "2027-11-24T12:00:00Z"
    assert read.not_before == NOW - timedelta(days=1)
    assert read.key_kind == "ECDSA P-256"


def test_a_name_against_the_rules_is_read_without_a_warning() -> None:
    with pytest.warns(UserWarning, match="length"):
        country = x509.NameAttribute(NameOID.COUNTRY_NAME, "Germany", _validate=False)
    subject = x509.Name([country])
    assert self_sign(rsa_key(), hashes.SHA256(), subject=subject).subject == "C=Germany"


@pytest.mark.skipif(not PAGE.is_file(), reason="../shared with the page of 2020 is not there")
def test_the_shared_certificate_of_the_2020_page_is_read_and_is_no_leaf() -> None:
    page = PAGE.read_text(encoding="utf-8")
    shown = re.findall(r"-----BEGIN CERTIFICATE-----MIIGC.*?-----END CERTIFICATE-----", page)
    read = read_certificate(shown[0])
    assert read.expires_on == "2029-11-01T17:00:00Z"
    assert read.signature == "SHA512-RSA"
    assert [fault for fault in faults(read, NOW) if "is a CA" in fault]


P256 = ec.SECP256R1()
BROKEN_USAGE = x509.UnrecognizedExtension(ExtensionOID.EXTENDED_KEY_USAGE, b"\x04\x01")
BOTH = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)
ANY = (ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,)
POLICY_CASES: dict[str, tuple[Any, list[str]]] = {
    "a good leaf": (lambda: of(), []),
    "no extended key usage": (lambda: of(usages=()), []),
    "clientAuth beside serverAuth": (lambda: of(usages=BOTH), []),
    "no extensions at all": (lambda: self_sign(rsa_key(), hashes.SHA256()), []),
    "RSA 2048": (lambda: of(key=rsa_key()), []),
    "P-384": (lambda: of(key=ec.generate_private_key(ec.SECP384R1())), []),
    "P-521": (lambda: of(key=ec.generate_private_key(ec.SECP521R1())), []),
    "ML-DSA-44": (lambda: self_sign(mldsa.MLDSA44PrivateKey.generate()), []),
    "ML-DSA-65": (lambda: self_sign(mldsa.MLDSA65PrivateKey.generate()), []),
    "ML-DSA-87": (lambda: self_sign(mldsa.MLDSA87PrivateKey.generate()), []),
    "explicit parameters": (
        lambda: from_der(explicit_ec_certificate()),
        ["openssl ec -in FILE -param_enc"],
    ),
    "RSA-PSS": (lambda: from_der(rsa_pss_certificate()), ["sed s/RSA-PSS/RSA/"]),
    "key agreement alone": (lambda: for_usage(key_agreement=True), []),
    "the last second": (lambda: of(days=0), []),
    "expired": (lambda: of(starts=-9, days=-1), ["expired on 2026-11-23T12:00:00Z. "]),
    "not yet valid": (lambda: of(starts=1), ["is not valid before 2026-11-25T12:00:00Z. "]),
    "a CA": (lambda: of(is_ca=True), ["is a CA"]),
    "serverAuth alone": (lambda: of(usages=pki.SERVER_AUTH), ["without clientAuth"]),
    "any usage": (lambda: of(usages=ANY), ["without clientAuth"]),
    "encipherment alone": (lambda: for_usage(key_encipherment=True), ["digitalSignature"]),
    "Ed25519": (lambda: self_sign(ed25519.Ed25519PrivateKey.generate()), ["(Ed25519)"]),
    "RSA 1024": (lambda: of(key=rsa_key(1024)), ["(RSA 1024)"]),
    "P-192": (lambda: of(key=ec.generate_private_key(ec.SECP192R1())), ["(ECDSA secp192r1)"]),
    "secp256k1": (lambda: of(key=ec.generate_private_key(ec.SECP256K1())), ["secp256k1"]),
    "DSA": (lambda: self_sign(dsa_key(), hashes.SHA256()), ["(DSA)"]),
    "unknown kind": (lambda: replace(of(), key_kind="", public_key=b""), ["(unknown)"]),
    "broken extension": (
        lambda: self_sign(ec.generate_private_key(P256), hashes.SHA256(), BROKEN_USAGE),
        ["extensions that cannot be read"],
    ),
    "three at once": (
        lambda: of(starts=-9, days=-1, is_ca=True, usages=pki.SERVER_AUTH),
        ["expired on", "is a CA", "without clientAuth"],
    ),
}


def from_der(der: bytes) -> Certificate:
    return read_certificate(block("CERTIFICATE", to_base64(der)))


def of(**options: Any) -> Certificate:
    return read_certificate(pair(**options).certificate)


def for_usage(**on: bool) -> Certificate:
    return self_sign(ec.generate_private_key(P256), hashes.SHA256(), key_usage(**on))


@pytest.mark.parametrize("case", POLICY_CASES)
def test_a_new_certificate_is_refused_for_what_an_origin_or_cloudflare_refuses(case: str) -> None:
    make, words = POLICY_CASES[case]
    found = faults(make(), NOW)
    assert len(found) == len(words), found
    for fault, part in zip(found, words, strict=True):
        assert part in fault
        assert re.fullmatch(r"[^\n]+\. [A-Z][^\n]+\.", fault)


def outcome(text: str) -> Certificate | str:
    """What comes of the text; the test fails by whatever else is raised."""
    try:
        return read_certificate(text)
    except PemError as error:
        said = str(error)
    assert "\n" not in said
    return said


PIECES = ["-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----", "\\n", "\n", "-----", "MII="]


@FUZZ
@given(st.lists(st.one_of(st.text(), st.sampled_from(PIECES))))
def test_any_text_is_a_certificate_or_a_refusal_on_one_line(pieces: list[str]) -> None:
    outcome("".join(pieces))


@FUZZ
@given(st.integers(0, 10_000), st.integers(0, 255))
def test_a_damaged_certificate_is_read_or_refused(place: int, byte: int) -> None:
    der = bytearray(base64.b64decode("".join(pair().certificate.split("\n")[1:-2])))
    der[place % len(der)] = byte
    read = outcome(block("CERTIFICATE", base64.b64encode(der).decode()))
    if isinstance(read, Certificate):
        faults(read, NOW)
