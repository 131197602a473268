"""A certificate together with its key, by the rules that `pulumi up` and `preflight` share."""

from __future__ import annotations

from pathlib import Path

import pytest

from providers.values.blocks import PemError
from providers.values.pair import certificate_findings, load_matching_key
from providers.values.pem import read_certificate
from providers.values.reference import UnreadableReference
from tests.providers.values.test_pem import NOW, pair, rsa_key


def test_what_refuses_a_new_certificate_refuses_none_that_the_stack_holds() -> None:
    ended = read_certificate(pair(starts=-9, days=-1).certificate)
    refusals, warnings = certificate_findings(ended, NOW, is_in_state=False)
    assert [refusal.partition(" on ")[0] for refusal in refusals] == ["expired"]
    assert warnings == []
    assert certificate_findings(ended, NOW, is_in_state=True) == ([], [])


def test_a_large_rsa_key_is_a_warning_and_no_refusal() -> None:
    large = read_certificate(pair(key=rsa_key(4104)).certificate)
    refusals, warnings = certificate_findings(large, NOW, is_in_state=False)
    assert refusals == []
    assert "4104 bits" in warnings[0]


@pytest.mark.parametrize("kind", ["text", "env", "file"])
def test_the_key_is_found_as_text_in_a_variable_and_in_a_file(kind: str, tmp_path: Path) -> None:
    key = pair().private_key
    (tmp_path / "a.key").write_text(key)
    given = {"text": key, "env": "env:A_KEY", "file": "file:a.key"}[kind]
    certificate = read_certificate(pair().certificate)
    assert load_matching_key(certificate, given, None, {"A_KEY": key}, tmp_path).pem == key


def test_the_key_of_another_certificate_is_refused_without_being_shown(tmp_path: Path) -> None:
    certificate, other = read_certificate(pair().certificate), pair(days=9).private_key
    with pytest.raises(PemError, match="does not belong to certificate") as told:
        load_matching_key(certificate, other, None, {}, tmp_path)
    assert not any(line in str(told.value) for line in other.splitlines()[1:-1])


def test_a_reference_that_leads_to_nothing_is_told_with_the_next_step(tmp_path: Path) -> None:
    certificate = read_certificate(pair().certificate)
    with pytest.raises(UnreadableReference) as told:
        load_matching_key(certificate, "env:A_KEY", None, {}, tmp_path)
    assert told.value.fact == "the environment variable A_KEY is not set"
    assert told.value.next_step == "Export the private key as A_KEY."
