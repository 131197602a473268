"""What a probe presents: the right certificate, and forgeries that are wrong in one way each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.exceptions import InvalidSignature

from issuers import authority
from operations.command import operations
from operations.passing_files import passing_files
from operations.sources.clients import Given, at_hand, evidence_fault
from tests.origins.pki import SERVER_AUTH

HOSTNAME = "shop.example.com"


@pytest.fixture
def given(tmp_path: Path) -> Given:
    made = tmp_path / "made"
    done = CliRunner().invoke(operations, ["issue", HOSTNAME, "--out", str(made)])
    assert done.exit_code == 0, done.output
    right, ca = made / f"{HOSTNAME}.pem", made / "ca.pem"
    return Given(right, made / f"{HOSTNAME}.key", ca, made / "ca.key")


def test_a_forgery_that_the_origin_may_accept_is_no_evidence(
    given: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert given.ca_certificate
    assert given.ca_key
    now = datetime.now(UTC)
    ca = authority.read(given.ca_certificate.read_bytes(), given.ca_key.read_bytes(), now)
    genuine = authority.make_leaf(ca, authority.common_name(HOSTNAME), now + timedelta(hours=1))
    monkeypatch.setattr(authority, "make_copy", lambda _: genuine)
    with (
        passing_files() as keep,
        pytest.raises(ValueError, match="other_ca is no evidence: the CA signed it"),
    ):
        at_hand(given, keep, now)


def test_the_certificates_are_wrong_in_one_way_each(given: Given) -> None:
    now, ca = datetime.now(UTC), given.ca_certificate
    assert ca
    with passing_files() as keep:
        found = {
            case: x509.load_pem_x509_certificate(Path(client.certificate).read_bytes())
            for case, client in at_hand(given, keep, now).by_case.items()
        }
    own = found.pop("self_signed")
    assert own.subject == own.issuer == found["right"].subject
    issuer = x509.load_pem_x509_certificate(ca.read_bytes())
    assert {(c.subject, c.issuer) for c in found.values()} == {
        (found["right"].subject, issuer.subject)
    }
    for case in ("same_ca", "expired", "server_auth"):
        found[case].verify_directly_issued_by(issuer)
    with pytest.raises(InvalidSignature):
        found["other_ca"].verify_directly_issued_by(issuer)
    assert [case for case, c in found.items() if c.not_valid_after_utc < now] == ["expired"]
    purposes = {
        case: next(iter(c.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value))
        for case, c in found.items()
    }
    assert [case for case, p in purposes.items() if p == SERVER_AUTH] == ["server_auth"]
    assert found["other_ca"].serial_number == found["right"].serial_number
    issued = x509.load_pem_x509_certificate(ca.read_bytes())
    for case, certificate in found.items():
        for name in {"same_ca", "other_ca", "expired", "server_auth"} - {case}:
            if (case, name) != ("right", "same_ca"):
                assert evidence_fault(name, certificate, issued, now), (case, name)
