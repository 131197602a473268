"""PEM blocks in a text of any size, and what a text is that holds none."""

from __future__ import annotations

import time

import pytest

from providers.values.blocks import (
    Block,
    certificates_alone,
    find_blocks,
    holds_private_key,
    text_of,
)
from providers.values.pem import read_certificate_file
from tests.providers.values.test_pem import PIECES, block, der_of, outcome, pair, to_base64


@pytest.mark.parametrize("part", ["-", "-----BEGIN ", "\\", PIECES[0], PIECES[1], " ", "A"])
def test_megabytes_of_nonsense_are_refused_at_once(part: str) -> None:
    start = time.process_time()
    outcome(part * (3_000_000 // len(part)))
    assert time.process_time() - start < 3


def test_a_key_in_a_certificates_file_never_comes_out_again() -> None:
    read = read_certificate_file(pair().private_key + pair().certificate)
    assert read.pem == pair().certificate
    for line in pair().private_key.split("\n")[1:-2]:
        assert line not in repr(read) + read.pem


def test_every_block_is_found_in_its_order_whatever_stands_between() -> None:
    text = f"a title\n{block('CERTIFICATE', 'AAAA')}between\n{block('PRIVATE KEY', 'BBBB')}"
    found = [Block("CERTIFICATE", "\nAAAA\n"), Block("PRIVATE KEY", "\nBBBB\n")]
    assert find_blocks(text) == found
    assert find_blocks(to_base64(text)) == found


def test_a_block_without_its_end_is_found_without_a_body() -> None:
    assert find_blocks(block("PRIVATE KEY")[:40]) == [Block("PRIVATE KEY", "-")]
    assert holds_private_key(block("PRIVATE KEY")[:40])


def test_certificates_alone_are_left_of_a_file_with_a_key() -> None:
    kept = certificates_alone(pair().private_key + pair().certificate)
    assert kept == pair().certificate
    assert certificates_alone(pair().certificate + "text after it") == (
        pair().certificate + "text after it"
    )


def test_of_a_file_with_keys_alone_an_empty_block_is_left() -> None:
    kept = certificates_alone(pair().private_key)
    assert [(found.label, found.body.strip()) for found in find_blocks(kept)] == [
        ("PRIVATE KEY", "")
    ]


def test_contents_that_are_no_text_become_their_base64() -> None:
    assert text_of(pair().certificate.encode()) == pair().certificate
    assert text_of(der_of(pair())) == to_base64(der_of(pair()))
    assert text_of(b"a\0b") == to_base64(b"a\0b")
