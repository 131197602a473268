"""The small CA: what it signs verifies, whatever CA it was given, and what would not is refused."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from issuers import authority
from issuers.authority import CLIENT_AUTH, SERVER_AUTH, Identity

NOW = datetime.now(UTC)
ENDS = NOW + timedelta(days=30)
SHA256_IDENTIFIER = b"\xa5" * 20  # not the SHA-1 of any key: what Go 1.25 writes is not either


def usage(*, cert_sign: bool) -> x509.KeyUsage:
    nothing = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    return x509.KeyUsage(
        digital_signature=True, key_cert_sign=cert_sign, crl_sign=cert_sign, **nothing
    )


def foreign_ca(
    *extensions: x509.ExtensionType,
    starts: timedelta = timedelta(days=-1),
    ends: timedelta = timedelta(days=90),
    is_ca: bool = True,
) -> Identity:
    """A CA that somebody else made, with these extensions."""
    key, name = ec.generate_private_key(ec.SECP256R1()), authority.common_name("Somebody's CA")
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + starts)
        .not_valid_after(NOW + ends)
        .add_extension(x509.BasicConstraints(is_ca, None), critical=True)
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return Identity(builder.sign(key, hashes.SHA256()), key)


def is_accepted(client: Identity, ca: Identity, folder: Path) -> bool:
    """Whether OpenSSL, as a server that trusts the CA, accepts the client."""
    server = authority.make_leaf(ca, authority.common_name("server"), ENDS, usage=SERVER_AUTH)
    contexts = []
    for protocol, identity in (
        (ssl.PROTOCOL_TLS_SERVER, server),
        (ssl.PROTOCOL_TLS_CLIENT, client),
    ):
        pair = folder / "pair.pem"
        pair.touch(mode=0o600)
        pair.write_text(identity.pem + identity.key_pem)
        context = ssl.SSLContext(protocol)
        context.maximum_version = ssl.TLSVersion.TLSv1_2  # both see the outcome in the handshake
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.load_cert_chain(pair)
        contexts.append(context)
    contexts[0].verify_mode = ssl.CERT_REQUIRED
    contexts[0].load_verify_locations(cadata=ca.pem)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        contexts[1].wrap_bio(to_client, to_server),
        contexts[0].wrap_bio(to_server, to_client, server_side=True),
    ]
    for _ in range(6):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLError:
                return False
    return True


KINDS: dict[str, Callable[[], Identity]] = {
    "made here": lambda: authority.make_ca(authority.common_name("A CA"), NOW),
    "with an identifier that is no SHA-1": lambda: foreign_ca(
        x509.SubjectKeyIdentifier(SHA256_IDENTIFIER), usage(cert_sign=True)
    ),
    "without identifier and usage": lambda: foreign_ca(),
    "for clients only": lambda: foreign_ca(x509.ExtendedKeyUsage([CLIENT_AUTH])),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_trusts_the_ca_accepts_what_was_signed(kind: str, tmp_path: Path) -> None:
    made = KINDS[kind]()
    ca = authority.read(made.pem.encode(), made.key_pem.encode(), NOW)
    client = authority.make_leaf(ca, authority.common_name("client"), ENDS)
    assert is_accepted(client, ca, tmp_path)
    assert authority.chain_fault(client.certificate, ca.certificate) is None


def test_the_identifier_of_the_ca_is_copied_and_not_computed() -> None:
    ca = foreign_ca(x509.SubjectKeyIdentifier(SHA256_IDENTIFIER))
    leaf = authority.make_leaf(ca, authority.common_name("client"), ENDS).certificate
    found = leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
    assert found.value.key_identifier == SHA256_IDENTIFIER


REFUSED: dict[str, tuple[Callable[[], Identity], str]] = {
    "a leaf": (lambda: foreign_ca(is_ca=False), "is no CA"),
    "a CA without keyCertSign": (
        lambda: foreign_ca(usage(cert_sign=False)),
        "has no keyCertSign: give the CA that signs certificates",
    ),
    "a CA for servers only": (
        lambda: foreign_ca(x509.ExtendedKeyUsage([SERVER_AUTH])),
        "extended key usage has no clientAuth",
    ),
    "a CA of tomorrow": (
        lambda: foreign_ca(starts=timedelta(days=1)),
        f"valid from {NOW + timedelta(days=1):%Y-%m-%d %H:%M} UTC on: wait, or correct the clock",
    ),
    "a CA of yesterday": (
        lambda: foreign_ca(starts=timedelta(days=-9), ends=timedelta(days=-1)),
        f"ended on {NOW - timedelta(days=1):%Y-%m-%d}: make another",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_ca_whose_certificates_no_server_would_take_is_refused(case: str) -> None:
    make, said = REFUSED[case]
    ca = make()
    with pytest.raises(ValueError, match=said) as raised:
        authority.read(ca.pem.encode(), ca.key_pem.encode(), NOW)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("case", ["a leaf", "a CA without keyCertSign", "a CA for servers only"])
def test_what_was_made_is_verified_before_anybody_gets_it(case: str) -> None:
    with pytest.raises(ValueError, match="what the CA signed does not verify: "):
        authority.make_leaf(REFUSED[case][0](), authority.common_name("client"), ENDS)


def test_a_certificate_of_a_ca_with_the_same_name_is_not_of_this_one() -> None:
    first, second = (authority.make_ca(authority.common_name("A CA"), NOW) for _ in range(2))
    leaf = authority.make_leaf(first, authority.common_name("client"), ENDS).certificate
    fault = authority.chain_fault(leaf, second.certificate)
    assert fault == "the name or the key of its issuer is another"
    renewed = foreign_ca(x509.SubjectKeyIdentifier(SHA256_IDENTIFIER))
    certificate = authority.make_leaf(renewed, authority.common_name("client"), ENDS).certificate
    other = (
        x509.CertificateBuilder(
            issuer_name=renewed.certificate.subject,
            subject_name=renewed.certificate.subject,
            public_key=renewed.key.public_key(),
            serial_number=1,
            not_valid_before=NOW,
            not_valid_after=ENDS,
        )
        .add_extension(x509.BasicConstraints(True, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier(b"\x5a" * 20), critical=False)
        .sign(renewed.key, hashes.SHA256())
    )
    assert "AuthorityKeyIdentifier" in str(authority.chain_fault(certificate, other))
