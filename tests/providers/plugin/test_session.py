"""What a plugin process shares: one client for each set of credentials."""

from __future__ import annotations

import pytest

from providers.api.errors import NoCredentials
from providers.plugin.session import Session

ENVIRON = {"CLOUDFLARE_API_TOKEN": "token-of-the-zone", "OTHER_TOKEN": "token-of-the-other"}


def test_one_client_for_each_variable_that_names_a_token() -> None:
    run = Session(ENVIRON)
    assert run.client(None) is run.client(None)
    assert run.client("OTHER_TOKEN") is not run.client(None)
    run.close()


def test_a_variable_that_is_not_set_is_never_another_token() -> None:
    with pytest.raises(NoCredentials, match="UNSET_TOKEN is not set"):
        Session(ENVIRON).client("UNSET_TOKEN")
