"""Certificates in files: the leaf alone, or all authorities, and never the key beside them."""

from __future__ import annotations

from pathlib import Path

import pytest

from providers.values.certificate_file import authorities_in_file, leaf_in_file
from providers.values.reference import UnreadableReference
from tests import pki
from tests.providers.values.test_pem import pair


def test_the_leaf_of_a_file_comes_without_its_chain_and_its_key(tmp_path: Path) -> None:
    whole = pki.ca_certificate() + pair().private_key + pair().certificate
    (tmp_path / "whole.pem").write_text(whole)
    assert leaf_in_file("whole.pem", tmp_path) == pair().certificate


def test_a_file_without_one_leaf_comes_as_it_is_and_without_its_key(tmp_path: Path) -> None:
    two = pair().certificate + pair(days=9).certificate
    (tmp_path / "two.pem").write_text(two)
    assert leaf_in_file("two.pem", tmp_path) == two
    (tmp_path / "two.pem").write_text(pair().private_key + two)
    assert leaf_in_file("two.pem", tmp_path) == two


def test_all_authorities_of_a_file_come_without_a_key(tmp_path: Path) -> None:
    both = pki.ca_certificate() + pki.ca_certificate(pki.another_authority("Another CA"))
    (tmp_path / "cas.pem").write_text(pair().private_key + both)
    assert authorities_in_file("cas.pem", tmp_path) == both


@pytest.mark.parametrize("read", [leaf_in_file, authorities_in_file])
def test_a_file_that_is_not_there_is_told(read: object, tmp_path: Path) -> None:
    assert callable(read)
    with pytest.raises(UnreadableReference, match=r"the certificate no\.pem cannot be read"):
        read("no.pem", tmp_path)
