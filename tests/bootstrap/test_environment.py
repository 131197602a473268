"""What child processes see of the user's own set-up: proxies, and nothing that leads away."""

from __future__ import annotations

from pathlib import Path

import pytest

from bootstrap.environment import clean, for_pulumi

THEIRS = {
    "PULUMI_ACCESS_TOKEN": "theirs",
    "CLOUDFLARE_API_TOKEN": "theirs",
    "PYTHONPATH": "theirs",
    "VIRTUAL_ENV": "theirs",
    "PIP_TARGET": "theirs",
}


@pytest.mark.parametrize("name", THEIRS)
def test_nothing_leads_to_the_users_accounts_or_packages(name: str) -> None:
    assert clean({name: "theirs", "HOME": "/home/me"}) == {"HOME": "/home/me"}


def test_proxies_and_package_indexes_stay() -> None:
    given = {"HTTPS_PROXY": "http://proxy:3128", "PIP_INDEX_URL": "https://index.example.com"}
    assert clean(given) == given


def test_a_cli_keeps_state_and_home_in_its_folder_and_is_first_on_path() -> None:
    environment = for_pulumi(Path("/somewhere"), Path("/cli"), {**THEIRS, "PATH": "/usr/bin"})
    assert "theirs" not in environment.values()
    assert environment["PATH"] == "/cli:/usr/bin"
    assert environment["PULUMI_HOME"] == "/somewhere/pulumi"
    assert environment["PULUMI_BACKEND_URL"] == "file:///somewhere/state?metadata=skip"
    assert environment["NO_PROXY"] == "127.0.0.1,localhost"
