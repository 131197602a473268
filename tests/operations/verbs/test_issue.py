"""`issue` makes what Cloudflare takes and an origin verifies, and overwrites nothing."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result
from cryptography import x509

from issuers import authority
from operations.command import operations
from origins import chain_depth
from providers.values import key, pem
from stacks.config import parse
from tests.operations.conftest import ZONE

SHOP = "shop.example.com"
KINDS = {"ec": "ECDSA P-256", "rsa": "RSA 2048", "ml-dsa-44": "ML-DSA-44"}


def issue(*arguments: str, code: int = 0) -> Result:
    done = CliRunner().invoke(operations, ["issue", *arguments])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == code, done.output
    assert "PRIVATE KEY" not in done.output
    return done


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("kind", KINDS)
def test_a_certificate_is_of_the_kind_that_cloudflare_takes(kind: str, tmp_path: Path) -> None:
    issue("shop", "--out", str(tmp_path / "made"), "--key", kind)
    text = (tmp_path / "made/shop.pem").read_text()
    made = pem.read_certificate(text)
    assert pem.faults(made, datetime.now(UTC)) == []
    assert made.key_kind == KINDS[kind]
    assert key.matches(made, key.read_private_key((tmp_path / "made/shop.key").read_text()))
    usages = x509.load_pem_x509_certificate(text.encode()).extensions
    assert usages.get_extension_for_class(x509.KeyUsage).value.digital_signature
    assert not usages.get_extension_for_class(x509.BasicConstraints).value.ca
    clients = usages.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(clients) == [authority.CLIENT_AUTH]
    assert chain_depth(text, (tmp_path / "made/ca.pem").read_text()) == 1


def test_the_next_ml_dsa_certificate_is_of_the_same_ca_and_tells_what_origins_need(
    tmp_path: Path,
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    done = issue("shop", "--out", str(first), "--key", "ml-dsa-44")
    assert "TLS 1.3 and OpenSSL 3.5" in done.stderr
    issue("shop", "--out", str(second), "--ca", str(first), "--key", "ml-dsa-44")
    assert chain_depth((second / "shop.pem").read_text(), (first / "ca.pem").read_text()) == 1


def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    issue("zone", "shop", "--out", str(tmp_path / "made"))
    assert (tmp_path / "made").stat().st_mode & 0o777 == 0o700
    modes = {p.name: p.stat().st_mode & 0o777 for p in (tmp_path / "made").iterdir()}
    assert modes == dict.fromkeys(
        ("ca.pem", "ca.key", "zone.pem", "zone.key", "shop.pem", "shop.key"), 0o600
    )


@pytest.mark.parametrize("taken", ["shop.pem", "shop.key"])
def test_nothing_is_overwritten_and_nothing_else_made(taken: str, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    (tmp_path / taken).write_text("somebody's")
    done = issue("first", "shop", "--out", str(tmp_path), code=1)
    assert done.stderr.splitlines() == [
        f"Error: {tmp_path / taken} is there already. Give another NAME or another --out."
    ]
    assert contents(tmp_path) == {taken: b"somebody's"}


def test_the_next_certificate_is_of_the_same_ca(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    issue("shop", "--out", str(first))
    before = contents(first)
    issue("shop", "--out", str(second), "--ca", str(first), "--key", "rsa")
    assert contents(first) == before
    assert sorted(contents(second)) == ["shop.key", "shop.pem"]
    assert chain_depth((second / "shop.pem").read_text(), (first / "ca.pem").read_text()) == 1


def test_a_mistyped_ca_is_an_error_and_a_new_one_is_made_on_request_alone(tmp_path: Path) -> None:
    out, gone = tmp_path / "out", tmp_path / "gone"
    told = issue("zone", "--out", str(out), "--ca", str(gone), code=1)
    assert "there is no" in told.stderr
    assert "--new-ca" in told.stderr
    assert not gone.exists()
    assert not out.exists()
    issue("zone", "--out", str(out), "--ca", str(gone), "--new-ca")
    assert sorted(contents(gone)) == ["ca.key", "ca.pem"]
    again = issue("more", "--out", str(out), "--ca", str(gone), "--new-ca", code=1)
    assert "is there already" in again.stderr


def test_two_cas_of_one_day_have_different_names(tmp_path: Path) -> None:
    for name in ("one", "two"):
        issue("zone", "--out", str(tmp_path / name))
    texts = [(tmp_path / name / "ca.pem").read_bytes() for name in ("one", "two")]
    names = [authority.read_certificate(text).subject.rfc4514_string() for text in texts]
    assert len(set(names)) == 2
    assert all(re.fullmatch(r"CN=Origin pull CA \d{4}-\d\d-\d\d [0-9a-f]{8}", n) for n in names)


def test_the_configuration_to_paste_is_one_that_the_stacks_read(tmp_path: Path) -> None:
    folder = tmp_path / "made"
    arguments = ("zone", "shop.example.com", "pay", "--out", str(folder), "--json")
    said = json.loads(issue(*arguments).stdout)
    pasted = said["configuration"].replace("HOSTNAME", "pay.example.com")
    zone = f"    example.com:\n      zone_id: {ZONE}\n{pasted}"
    data = yaml.safe_load(f"config:\n  aop:zones:\n{zone}")
    wanted = parse(data["config"]["aop:zones"], "a file").zones["example.com"]
    shop = wanted.hostname_certificates["shop.example.com"]
    assert list(shop.hostnames) == ["shop.example.com"]
    assert list(wanted.hostname_certificates["pay"].hostnames) == ["pay.example.com"]
    assert wanted.pairs()["zone_certificate"].pem() == (folder / "zone.pem").read_text()
    assert [c["sha256"] for c in said["certificates"]] == [
        pem.read_certificate((folder / f"{name}.pem").read_text()).sha256
        for name in ("zone", "shop.example.com", "pay")
    ]


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    """A stack's file with a certificate of each place, whose files `issue` has made."""
    old = tmp_path / "old"
    issue("zone", "shop.example.com", "--out", str(old))
    files = {"certificate": f"file:{old}/NAME.pem", "private_key": f"file:{old}/NAME.key"}
    named = {n: {k: v.replace("NAME", n) for k, v in files.items()} for n in ("zone", SHOP)}
    hostnames = {SHOP: "on", "old.example.com": "off"}
    zones = {
        "example.com": {
            "zone_id": ZONE,
            "zone_certificate": named["zone"],
            "hostname_certificates": {"shop-of-2026": {**named[SHOP], "hostnames": hostnames}},
        }
    }
    file = tmp_path / "Pulumi.live.yaml"
    file.write_text(yaml.safe_dump({"config": {"aop:zones": zones}}))
    return file


@pytest.mark.parametrize("name", ["shop.example.com", "shop-of-2026"])
def test_a_renewal_prints_the_entry_that_takes_the_place_of_the_old_one(
    name: str, stack: Path, tmp_path: Path
) -> None:
    made = tmp_path / "made"
    done = issue(
        "zone", name, "--config", str(stack), "--ca", str(tmp_path / "old"), "--out", str(made)
    )
    assert f"{stack}, in the place of the entry" in done.stderr
    new = yaml.safe_load(done.stdout)["example.com"]
    assert new["zone_certificate"]["private_key"] == f"file:{made}/zone.key"
    (label,) = new["hostname_certificates"]
    assert label == "shop-of-2026"
    assert new["hostname_certificates"][label]["certificate"] == f"file:{made}/{name}.pem"
    before = yaml.safe_load(stack.read_text())
    before["config"]["aop:zones"]["example.com"].update(new)
    hostnames = {SHOP: "on", "old.example.com": "off"}
    (zone,) = parse(before["config"]["aop:zones"], "a file").zones.values()
    assert zone.hostname_certificates[label].hostnames == hostnames


def test_what_the_stacks_file_does_not_have_is_new_in_its_zone(stack: Path, tmp_path: Path) -> None:
    done = issue("pay.example.com", "--config", str(stack), "--out", str(tmp_path / "made"))
    (new,) = yaml.safe_load(done.stdout)["example.com"]["hostname_certificates"].values()
    assert new["hostnames"] == ["pay.example.com"]


def test_two_names_of_one_entry_are_refused(stack: Path, tmp_path: Path) -> None:
    made = tmp_path / "made"
    done = issue(SHOP, "shop-of-2026", "--config", str(stack), "--out", str(made), code=1)
    assert "are one certificate in the stack's file" in done.stderr
    assert not made.exists()


@pytest.mark.parametrize("name", ["zone", SHOP])
def test_what_renews_itself_is_not_made_by_hand(name: str, stack: Path, tmp_path: Path) -> None:
    data = yaml.safe_load(stack.read_text())
    zone = data["config"]["aop:zones"]["example.com"]
    zone["zone_certificate"] = {"issuer": "internal"}
    zone["hostname_certificates"] = {"shop": {"issuer": "internal", "hostnames": [SHOP]}}
    ca = f"file:{tmp_path}/old/ca.pem"
    signer = {"ca_key": {"certificate": ca, "key": f"file:{tmp_path}/old/ca.key"}, "ca": ca}
    data["config"]["aop:issuers"] = {"internal": signer}
    stack.write_text(yaml.safe_dump(data))
    made = tmp_path / "made"
    done = issue(name, "--config", str(stack), "--out", str(made), code=1)
    assert "renews itself" in done.stderr
    assert not made.exists()


def test_people_see_where_files_are_and_only_the_configuration_on_stdout(tmp_path: Path) -> None:
    done = issue("zone", "--out", str(tmp_path / "made"))
    assert done.stdout.splitlines()[0] == "      zone_certificate:"
    assert "The origin must trust" in done.stderr


def test_days_are_the_certificates_and_not_beyond_the_cas(tmp_path: Path) -> None:
    folder = tmp_path / "made"
    issue("soon", "--out", str(folder), "--days", "7")
    ends = pem.read_certificate((folder / "soon.pem").read_text()).not_after
    left = ends - datetime.now(UTC)
    assert timedelta(days=7, minutes=-2) < left <= timedelta(days=7)


def test_no_certificate_outlives_its_ca(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    now = datetime.now(UTC)
    old = authority.make_ca(authority.common_name("old"), now - timedelta(days=3600))
    (tmp_path / "ca.pem").write_text(old.pem)
    (tmp_path / "ca.key").write_text(old.key_pem)
    done = issue("shop", "--out", str(tmp_path), code=1)
    assert "before the certificates would" in done.stderr
    assert sorted(contents(tmp_path)) == ["ca.key", "ca.pem"]
    issue("shop", "--out", str(tmp_path), "--days", "30")


BROKEN = {
    "a name that leaves the folder": (("../shop",), "is no name for a certificate"),
    "the name of the CA": (("ca",), "is no name for a certificate"),
    "a name with a line break": (("a\nb",), "is no name for a certificate"),
    "a name of 65 characters": (("a" * 65,), "is no name for a certificate"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_cannot_be_made_is_one_line(case: str, tmp_path: Path) -> None:
    names, said = BROKEN[case]
    done = issue(*names, "--out", str(tmp_path / "made"), code=1)
    assert len(done.stderr.splitlines()) == 1
    assert said in done.stderr
    assert not (tmp_path / "made").exists()


FAULTS = {
    "no PEM": ("ca.pem", "nonsense", "holds no certificate"),
    "no key": ("ca.key", "nonsense", "is not a private key"),
    "a leaf": ("ca.pem", None, "does not belong to the certificate"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_ca_that_cannot_sign_is_one_line(case: str, tmp_path: Path) -> None:
    name, text, said = FAULTS[case]
    folder = tmp_path / "made"
    issue("shop", "--out", str(folder))
    (folder / name).write_text(text or (folder / "shop.pem").read_text())
    done = issue("pay", "--out", str(folder), code=1)
    assert len(done.stderr.splitlines()) == 1
    assert said in done.stderr
    assert not (folder / "pay.key").exists()


def test_half_a_ca_is_not_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "made"
    issue("shop", "--out", str(folder))
    (folder / "ca.key").unlink()
    done = issue("pay", "--out", str(folder), code=1)
    assert "ca.key is missing" in done.stderr
    assert not (folder / "pay.pem").exists()


def test_a_folder_that_others_may_read_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    done = issue("shop", "--out", str(tmp_path), code=1)
    assert f"chmod 700 {tmp_path}" in done.stderr
    assert contents(tmp_path) == {}
