"""`probe --issuer`: a folder with a CA, or an issuer of the stack's file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tests.operations.conftest import ZONE

from .test_probe import Files, Serving, at, run
from .test_probe import files as files
from .test_probe import serving as serving


def issued_by(files: Files, name: str = "corp") -> Path:
    """The stack's file where an issuer with that CA signs what is presented."""
    ca, zone = files.made / "ca.pem", {"zone_id": ZONE, "zone_certificate": {"issuer": name}}
    signs = {"certificate": f"file:{ca}", "key": f"file:{files.made}/ca.key"}
    issuers = {name: {"ca": f"file:{ca}", "ca_key": signs}}
    file = files.folder / "Pulumi.issued.yaml"
    config = {"aop:issuers": issuers, "aop:zones": {"example.com": zone}}
    file.write_text(yaml.safe_dump({"config": config}))
    return file


def test_an_issuer_of_the_stack_signs_what_proves(serving: Serving, files: Files) -> None:
    stack = ("--config", str(issued_by(files)))
    with serving("nginx") as port:
        done = run(*at(port, *stack, "--issuer", "corp", "--json"))
        without = run(*at(port, *stack), code=2)
    (address,) = json.loads(done.stdout)["addresses"]
    assert address["verdict"] == "refuses_others"
    assert "Issuer corp signed a certificate for this run; its log has it." in done.stderr
    left_out = {a["case"] for a in address["attempts"] if a["verdict"] == "left out"}
    assert left_out == {"same_ca", "expired", "server_auth"}
    assert "corp signs its certificate: --issuer has it sign another" in without.stderr
    assert "right_not_shown" in without.stdout


def test_an_issuer_that_signs_something_else_is_not_asked(files: Files) -> None:
    file = issued_by(files)
    text = file.read_text()
    config = yaml.safe_load(text)["config"]
    config["aop:issuers"]["other"] = config["aop:issuers"]["corp"]
    file.write_text(yaml.safe_dump({"config": config}))
    done = run(*at(9, "--config", str(file), "--issuer", "other"), code=3)
    assert "--issuer other signs nothing that is presented for shop.example.com" in done.stderr
    assert "issuer corp does" in done.stderr


def test_a_word_that_is_an_issuer_and_a_folder_is_refused(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = issued_by(files, "made")
    monkeypatch.chdir(files.folder)
    done = run(*at(9, "--config", str(file), "--issuer", "made"), code=3)
    assert "is an issuer of" in done.stderr
    assert "Write ./made for the folder" in done.stderr
    assert "Nothing is proven" in run(*at(9, "--issuer", "./made"), code=2).stdout
    (line,) = run(*at(9, "--issuer", "nobody"), code=3).stderr.splitlines()
    assert "is no folder" in line


def test_an_issuer_that_does_not_sign_is_told_on_one_line(files: Files) -> None:
    file = issued_by(files)
    (files.made / "ca.key").unlink()
    done = run(*at(9, "--config", str(file), "--issuer", "corp"), code=3)
    (line,) = done.stderr.splitlines()
    assert "issuer corp: " in line
    assert "ca.key" in line
