"""Which credentials a request carries, and to which address it may go."""

from __future__ import annotations

import pytest

from providers.api.credentials import base_url, credentials
from providers.api.errors import CloudflareError, NoCredentials
from tests.conftest import TOKEN


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({}, "CLOUDFLARE_API_TOKEN is not set"),
        ({"CLOUDFLARE_API_TOKEN": TOKEN, "CLOUDFLARE_API_KEY": "k"}, "both"),
        ({"CLOUDFLARE_API_TOKEN": "two words"}, "no header can carry"),
        ({"CLOUDFLARE_EMAIL": "me@example.com"}, "CLOUDFLARE_API_TOKEN is not set"),
    ],
    ids=["none", "both", "two words", "half a pair"],
)
def test_unusable_credentials_are_told_without_their_value(environ, told):
    with pytest.raises(NoCredentials, match=told) as error:
        credentials(environ, None)
    assert "two words" not in str(error.value)


def test_a_token_of_its_own_never_falls_back_to_another():
    with pytest.raises(NoCredentials, match="OTHER_TOKEN is not set"):
        credentials({"CLOUDFLARE_API_TOKEN": TOKEN}, "OTHER_TOKEN")
    assert credentials({"OTHER_TOKEN": "abc\n"}, "OTHER_TOKEN") == {"authorization": "Bearer abc"}


def test_the_older_pair_is_sent_as_the_2020_page_has_it():
    """2020 page: X-Auth-Email and X-Auth-Key."""
    pair = {"CLOUDFLARE_EMAIL": "me@example.com", "CLOUDFLARE_API_KEY": "0123456789abcdef"}
    assert credentials(pair, None) == {
        "x-auth-email": "me@example.com",
        "x-auth-key": "0123456789abcdef",
    }


@pytest.mark.parametrize(
    ("url", "is_good"),
    [
        ("https://api.cloudflare.com/client/v4/", True),
        ("https://proxy.example.com/v4", True),
        ("http://127.0.0.1:8080/client/v4", True),
        ("http://localhost:8080", True),
        ("http://[::1]:8080", True),
        ("http://api.cloudflare.com/client/v4", False),
        ("http://127.0.0.1.example.com", False),
        ("https://user:password@api.cloudflare.com", False),
        ("ftp://127.0.0.1", False),
        ("nonsense", False),
    ],
)
def test_plain_http_is_for_loopback_only(url, is_good):
    if is_good:
        assert base_url({"CLOUDFLARE_BASE_URL": url}) == url.rstrip("/")
    else:
        with pytest.raises(CloudflareError, match="not an https address"):
            base_url({"CLOUDFLARE_BASE_URL": url})
