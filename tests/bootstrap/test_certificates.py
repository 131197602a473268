"""The certificates that `make up` makes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID

from bootstrap import PROJECT, certificates
from tests.sandbox_server import certificate_for

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def load(folder: Path, name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate((folder / f"{name}.pem").read_bytes())


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_client_certificate_has_the_shape_that_cloudflare_takes(tmp_path: Path) -> None:
    assert certificates.ensure(tmp_path, ["shop"], NOW) == ["ca", "shop"]
    leaf, key = load(tmp_path, "shop"), (tmp_path / "shop.key").read_bytes()
    extension = leaf.extensions.get_extension_for_class
    assert extension(x509.BasicConstraints).value.ca is False
    assert extension(x509.KeyUsage).value.digital_signature
    assert list(extension(x509.ExtendedKeyUsage).value) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    public = leaf.public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    assert public.curve.name == "secp256r1"
    assert load_pem_private_key(key, None).public_key() == public
    assert leaf.not_valid_after_utc == NOW + timedelta(days=365)
    leaf.verify_directly_issued_by(load(tmp_path, "ca"))


def test_the_ca_signs_certificates_and_nothing_below_it_does(tmp_path: Path) -> None:
    certificates.ensure(tmp_path, ["shop"], NOW)
    extension = load(tmp_path, "ca").extensions.get_extension_for_class
    assert extension(x509.BasicConstraints).value == x509.BasicConstraints(True, 0)
    assert extension(x509.KeyUsage).value.key_cert_sign


def test_nobody_else_reads_the_files(tmp_path: Path) -> None:
    certificates.ensure(tmp_path / "new", ["shop"], NOW)
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "new").iterdir()} == {0o600}
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    certificates.ensure(tmp_path, ["shop", "zone"], NOW)
    before = contents(tmp_path)
    assert certificates.ensure(tmp_path, ["shop", "zone"], NOW + timedelta(days=300)) == []
    assert contents(tmp_path) == before


def test_one_that_ends_within_30_days_is_made_anew_under_the_same_ca(tmp_path: Path) -> None:
    certificates.ensure(tmp_path, ["shop"], NOW)
    before = contents(tmp_path)
    assert certificates.ensure(tmp_path, ["shop"], NOW + timedelta(days=340)) == ["shop"]
    assert contents(tmp_path)["ca.pem"] == before["ca.pem"]
    assert contents(tmp_path)["shop.pem"] != before["shop.pem"]


@pytest.mark.parametrize("lost", ["shop.key", "shop.pem"])
def test_a_lost_half_is_made_anew_with_the_other(tmp_path: Path, lost: str) -> None:
    certificates.ensure(tmp_path, ["shop"], NOW)
    (tmp_path / lost).unlink()
    assert certificates.ensure(tmp_path, ["shop"], NOW) == ["shop"]
    key = load_pem_private_key((tmp_path / "shop.key").read_bytes(), None)
    assert load(tmp_path, "shop").public_key() == key.public_key()


def test_a_new_ca_signs_all_of_its_certificates_anew(tmp_path: Path) -> None:
    certificates.ensure(tmp_path, ["shop"], NOW)
    (tmp_path / "ca.key").unlink()
    assert certificates.ensure(tmp_path, ["shop"], NOW) == ["ca", "shop"]
    load(tmp_path, "shop").verify_directly_issued_by(load(tmp_path, "ca"))


@pytest.mark.parametrize("kind", ["another issuer", "no certificate"])
def test_a_file_that_somebody_put_there_is_left_alone(tmp_path: Path, kind: str) -> None:
    certificates.ensure(tmp_path, ["shop"], NOW)
    theirs = "nonsense" if kind == "no certificate" else certificate_for("theirs")["certificate"]
    (tmp_path / "shop.pem").write_text(theirs)
    assert certificates.ensure(tmp_path, ["shop"], NOW + timedelta(days=4000)) == ["ca"]
    assert (tmp_path / "shop.pem").read_text() == theirs


@pytest.mark.parametrize(
    ("stack", "names"),
    [
        ("dev", {"zone", "shop", "ca"}),
        ("staging", {"zone", "ca"}),
        ("prod", {"zone", "pay", "api", "ca"}),
    ],
)
def test_the_stack_files_say_which_certificates_are_made(stack: str, names: set[str]) -> None:
    config = (PROJECT / "stacks" / f"Pulumi.{stack}.yaml").read_text()
    assert certificates.named_in(config, stack) == names


def test_only_the_stacks_own_folder_counts() -> None:
    config = """
        certificate: file:.local/certificates/dev/my-shop.pem
        private_key: file:.local/certificates/dev/my-shop.key
        certificate: file:.local/certificates/prod/pay.pem
        certificate: file:elsewhere/certificates/dev/other.pem
    """
    assert certificates.named_in(config, "dev") == {"my-shop"}
