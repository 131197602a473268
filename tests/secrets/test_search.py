"""The canary's canary: a secret that is leaked on purpose is found, and nothing else is."""

from __future__ import annotations

import base64
import gzip

import pytest

from tests.pki import make
from tests.secrets.canary import KINDS, Canary, forms_of, hits, key_canary

TOKEN = "canary-token-5f0c9b7e2d41a86f3b9e0d7c4a1f6e82"
FORMS = list(forms_of(make()))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_key_is_found_in_every_form(kind, form):
    pair, canary = key_canary(kind)
    leak = forms_of(pair)[form]
    assert canary.is_found_in(b"before " + leak + b" after")


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_public_is_no_leak(kind):
    pair, canary = key_canary(kind)
    public = pair.certificate.encode()
    der = base64.b64decode("".join(pair.certificate.splitlines()[1:-1]))
    for shown in (public, base64.b64encode(public), base64.b64encode(der), pair.sha256.encode()):
        assert not canary.is_found_in(shown)
    assert not canary.is_found_in(make("another").private_key.encode())


@pytest.mark.parametrize("before", ["", "x", "xx", "bearer: "])
def test_a_token_is_found_as_it_is_and_within_base64(before):
    canary = Canary.of_token("token", TOKEN)
    assert canary.is_found_in(f"Authorization: Bearer {TOKEN}".encode())
    assert canary.is_found_in(base64.b64encode(f"{before}{TOKEN}\n".encode()))
    assert not canary.is_found_in(b"canary-token-of-somebody-else")


def test_files_texts_and_packed_files_are_looked_through_and_key_files_are_not(tmp_path):
    pair, canary = key_canary("P-256")
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "log").write_text(f"value={pair.private_key!r}")
    (tmp_path / "a" / "state.json.gz").write_bytes(gzip.compress(pair.private_key.encode()))
    (tmp_path / "zone.key").write_text(pair.private_key)
    found = hits([canary], tmp_path, "nothing", pair.private_key)
    places = {"a/b/log", "a/state.json.gz (unpacked)", "text 1"}
    assert set(found) == {f"P-256 in {place}" for place in places}
