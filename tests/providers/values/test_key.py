"""Private keys as people paste them; nothing of a key in any message."""

from __future__ import annotations

import base64
import re
from functools import lru_cache
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization as s11n
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.values.blocks import PemError
from providers.values.key import PrivateKey, matches, read_private_key
from providers.values.pem import read_certificate
from tests import pki
from tests.providers.values.der import explicit_ec_key, ml_dsa_key, rsa_pss_key
from tests.providers.values.test_pem import (
    NOW,
    SHAPES,
    block,
    dsa_key,
    pair,
    pkcs12_of,
    rsa_key,
    self_sign,
    to_base64,
)

FUZZ = settings(derandomize=True, max_examples=150, deadline=None, database=None)
PKCS8, OLD = s11n.PrivateFormat.PKCS8, s11n.PrivateFormat.TraditionalOpenSSL
OPENSSH = s11n.PrivateFormat.OpenSSH
SECRET = s11n.BestAvailableEncryption(b"pass phrase")
EC_PARAMETERS = block("EC PARAMETERS", "BggqhkjOPQMBBw==")


@lru_cache
def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def text_of(key: Any, how: Any = PKCS8, secret: Any = None) -> str:
    secret = secret or s11n.NoEncryption()
    text: str = key.private_bytes(s11n.Encoding.PEM, how, secret).decode()
    return text


# The same forms as for certificates; `SHAPES` names those of Cloudflare's page of 2020.
PASTED = [name for name in SHAPES if not re.search("label|CA |twice", name)]


@pytest.mark.parametrize("shape", PASTED)
@pytest.mark.parametrize("how", [PKCS8, OLD], ids=["PKCS#8", "SEC 1"])
def test_the_shape_of_the_text_makes_no_difference(shape: str, how: Any) -> None:
    key = text_of(ec_key(), how)
    pasted = SHAPES[shape](pki.Pair(key, pair().certificate, ""))
    assert read_private_key(pasted).pem == key


def test_the_2020_page_ec_parameters_of_openssl_are_removed_from_the_key_file() -> None:
    key = text_of(ec_key(), OLD)
    assert read_private_key(EC_PARAMETERS + key).pem == key
    assert read_private_key((EC_PARAMETERS + key).replace("\n", "\\n")).pem == key


def test_a_certificate_beside_the_key_is_dropped() -> None:
    key = text_of(ec_key())
    assert read_private_key(pair().certificate + key).pem == key
    assert read_private_key(key + pair().certificate).pem == key


def test_an_rsa_key_keeps_its_encoding() -> None:
    read = read_private_key(text_of(rsa_key(), OLD).replace("\n", ""))
    assert read.pem == text_of(rsa_key(), OLD)
    assert read.pem.startswith("-----BEGIN RSA PRIVATE KEY-----\n")
    assert read.key_kind == "RSA 2048"


def der_of_key() -> bytes:
    return ec_key().private_bytes(s11n.Encoding.DER, PKCS8, s11n.NoEncryption())


REFUSED = {
    "nothing": (lambda: "", "holds no private key"),
    "a path": (lambda: "certs/client.key", "env:NAME or file:PATH"),
    "two keys": (lambda: text_of(ec_key()) + text_of(rsa_key()), "holds several private keys"),
    "encrypted PKCS#8": (lambda: text_of(ec_key(), secret=SECRET), "is encrypted"),
    "encrypted, old form": (lambda: text_of(ec_key(), OLD, SECRET), "is encrypted"),
    "encrypted, old form, one line": (
        lambda: text_of(ec_key(), OLD, SECRET).replace("\n", "\\n"),
        "is encrypted",
    ),
    "encrypted under a plain label": (
        lambda: text_of(ec_key(), secret=SECRET).replace("ENCRYPTED ", ""),
        "cannot be read",
    ),
    "explicit parameters": (
        lambda: block("EC PRIVATE KEY", to_base64(explicit_ec_key())),
        "is an EC key with explicit parameters, which Go's TLS, and so Cloudflare's edge, refuses."
        " Convert it with `openssl ec -in FILE -param_enc named_curve -out NEW`",
    ),
    "RSA-PSS": (
        lambda: block("PRIVATE KEY", to_base64(rsa_pss_key())),
        "`openssl rsa -in FILE -traditional | sed s/RSA-PSS/RSA/ > NEW`",
    ),
    "expanded ML-DSA with its seed": (
        lambda: block("PRIVATE KEY", to_base64(ml_dsa_key(has_seed=True))),
        "`openssl pkey -in FILE -provparam ml-dsa.output_formats=seed-only -out NEW`",
    ),
    "expanded ML-DSA without its seed": (
        lambda: block("PRIVATE KEY", to_base64(ml_dsa_key(has_seed=False))),
        "without its seed",
    ),
    "DER": (
        lambda: to_base64(der_of_key()),
        "is DER, not PEM. Convert the file with `openssl pkey",
    ),
    "PKCS#12": (lambda: to_base64(pkcs12_of(pair())), "`openssl pkcs12 -in FILE -nocerts -nodes"),
    "UTF-16": (lambda: to_base64(text_of(ec_key()).encode("utf-16")), "is UTF-16 text"),
    "OpenSSH": (lambda: text_of(ec_key(), OPENSSH), "ssh-keygen -p -m PEM"),
    "a certificate": (lambda: pair().certificate, "is a certificate."),
    "a request": (lambda: block("CERTIFICATE REQUEST"), "is a certificate request"),
    "a public key": (lambda: block("PUBLIC KEY"), "is a public key"),
    "no end": (lambda: text_of(ec_key())[:150], "cannot be read"),
    "no DER": (lambda: block("PRIVATE KEY", "AAAA"), "cannot be read"),
    "no base64": (lambda: block("EC PRIVATE KEY", "MHc...=="), "cannot be read"),
    "Ed25519": (lambda: text_of(ed25519.Ed25519PrivateKey.generate()), "(Ed25519)"),
    "RSA 1024": (lambda: text_of(rsa_key(1024)), "(RSA 1024)"),
    "DSA": (lambda: text_of(dsa_key()), "(DSA)"),
    "P-192": (lambda: text_of(ec.generate_private_key(ec.SECP192R1())), "secp192r1"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_one_plain_key_is_refused_with_the_next_step(case: str) -> None:
    text, words = REFUSED[case]
    with pytest.raises(PemError, match=re.escape(words)) as caught:
        read_private_key(text())
    assert re.fullmatch(r"(is|holds|has) [^\n]+\. [A-Z][^\n]+\.", str(caught.value))
    # Nothing in the chain of exceptions that a traceback would show.
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


ML_DSA: dict[str, Any] = {
    "ML-DSA-44": mldsa.MLDSA44PrivateKey,
    "ML-DSA-65": mldsa.MLDSA65PrivateKey,
    "ML-DSA-87": mldsa.MLDSA87PrivateKey,
}


@pytest.mark.parametrize("kind", ML_DSA)
def test_an_ml_dsa_key_is_taken_as_its_seed_and_matches_its_certificate(kind: str) -> None:
    key = ML_DSA[kind].generate()
    read = read_private_key(text_of(key))
    assert (read.pem, read.key_kind) == (text_of(key), kind)
    assert matches(self_sign(key), read)


# What ACM and AWS Private CA export is PKCS#8; OpenSSL before 1.0 wrote the old form.
@pytest.mark.parametrize("how", [PKCS8, OLD], ids=["PKCS#8", "old form"])
@pytest.mark.parametrize("shape", ["as it is", "CRLF", "indented", "folded by YAML", "in quotes"])
def test_an_encrypted_key_is_read_with_its_passphrase_and_written_as_it_came(
    how: Any, shape: str
) -> None:
    encrypted = text_of(ec_key(), how, SECRET)
    pasted = SHAPES[shape](pki.Pair(encrypted, "", ""))
    read = read_private_key(pasted, "pass phrase")
    assert read.pem == text_of(ec_key())
    assert read.written == encrypted


@pytest.mark.parametrize("how", [PKCS8, OLD], ids=["PKCS#8", "old form"])
@pytest.mark.parametrize("word", ["", "another"])
def test_a_wrong_passphrase_is_told_without_showing_it(how: Any, word: str) -> None:
    with pytest.raises(PemError, match="cannot be decrypted with this passphrase") as caught:
        read_private_key(text_of(ec_key(), how, SECRET), word)
    assert caught.value.__suppress_context__


def test_a_plain_key_needs_no_passphrase_and_minds_none() -> None:
    assert read_private_key(text_of(ec_key()), "pass phrase").pem == text_of(ec_key())


@pytest.mark.parametrize("key", [ec_key, rsa_key], ids=["ECDSA", "RSA"])
@pytest.mark.parametrize("how", [PKCS8, OLD], ids=["PKCS#8", "old form"])
def test_a_key_matches_the_certificate_made_for_it_and_no_other(key: Any, how: Any) -> None:
    mine: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey = key()
    certificate = read_certificate(pki.make(now=NOW, key=mine).certificate)
    read = read_private_key(text_of(mine, how))
    assert matches(certificate, read)
    assert not matches(read_certificate(pair().certificate), read)


def test_a_key_is_not_shown_when_it_is_printed() -> None:
    read = read_private_key(text_of(ec_key()))
    assert repr(read) == "PrivateKey(key_kind='ECDSA P-256')"
    assert str([read]) == "[PrivateKey(key_kind='ECDSA P-256')]"


def outcome(text: str, body: str) -> None:
    """Read or refused on one line; no twelve characters of the key's body in what is said."""
    try:
        said = repr(read_private_key(text))
    except PemError as error:
        said = str(error)
    assert "\n" not in said
    assert not any(body[at : at + 12] in said for at in range(len(body) - 11))


def body_of(key: str) -> str:
    return "".join(key.split("\n")[1:-2])


@FUZZ
@given(st.text())
def test_any_text_is_a_key_or_a_refusal_on_one_line(text: str) -> None:
    outcome(text, "")


@FUZZ
@given(st.integers(0, 400), st.integers(0, 400), st.text(max_size=5))
def test_a_key_cut_or_spliced_anywhere_shows_nothing_of_itself(
    start: int, end: int, put: str
) -> None:
    key = text_of(ec_key(), OLD)
    outcome(key[:start] + put + key[end:], body_of(key))


@FUZZ
@given(st.integers(0, 10_000), st.integers(0, 255), st.sampled_from(["EC PRIVATE KEY", "X"]))
def test_a_damaged_key_is_read_or_refused(place: int, byte: int, label: str) -> None:
    body = body_of(text_of(ec_key(), OLD))
    der = bytearray(base64.b64decode(body))
    der[place % len(der)] = byte
    outcome(block(label, base64.b64encode(der).decode()), body)


def test_a_key_read_again_is_the_same() -> None:
    read: PrivateKey = read_private_key(text_of(ec_key()).replace("\n", "\r\n"))
    assert read_private_key(read.pem) == read
