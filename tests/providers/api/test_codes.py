"""Cloudflare's codes by meaning."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from providers.api.codes import PERMISSIONS, Code, advice, means_deleted, means_gone
from providers.api.errors import Refused
from tests.conftest import ACCOUNT, ZONE

PROJECT = Path(__file__).resolve().parents[3]
AOP = f"zones/{ZONE}/origin_tls_client_auth"
# The requests that this project makes, by the permission that each of them needs.
NEEDED = {
    ("GET", f"accounts/{ACCOUNT}/alerting/v3/policies"): "Notifications: Read",
    ("DELETE", f"accounts/{ACCOUNT}/alerting/v3/policies/1"): "Notifications: Edit",
    ("GET", AOP): "SSL and Certificates: Read",
    ("PUT", f"{AOP}/hostnames"): "SSL and Certificates: Edit",
    ("PUT", f"{AOP}/settings"): "SSL and Certificates: Edit",
    ("GET", f"zones/{ZONE}/settings/ssl"): "Zone Settings: Read",
    ("PATCH", f"zones/{ZONE}/settings/tls_client_auth"): "Zone Settings: Edit",
    ("GET", f"zones/{ZONE}/dns_records"): "DNS: Read",
    ("GET", "zones"): "Zone: Read",
    ("GET", f"zones/{ZONE}"): "Zone: Read",
}


@pytest.mark.parametrize(("method", "path"), NEEDED, ids=str)
@pytest.mark.parametrize(("status", "codes"), [(403, [9109]), (401, []), (400, [10000])])
def test_a_missing_permission_is_named_as_the_dashboard_calls_it(method, path, status, codes):
    told = advice(method, path, status, codes)
    place = "account" if path.startswith("accounts/") else "zone"
    permission = f"{place.capitalize()} > {NEEDED[method, path]} for this {place}"
    assert f"permission {permission}" in told


def test_each_permission_is_reached_by_a_request():
    first = [
        next(name for part, name in PERMISSIONS if re.search(part, path)) for _, path in NEEDED
    ]
    assert set(first) == {name for _, name in PERMISSIONS}


def test_an_address_that_leads_nowhere_names_the_id_to_look_at():
    assert "zone_id" in advice("GET", AOP, 404, [7003])
    assert "account_id" in advice("GET", f"accounts/{ACCOUNT}/alerting/v3/policies", 404, [7003])


def test_a_token_of_no_form_is_told_before_its_permission():
    assert "not the form" in advice("GET", AOP, 403, [9106, 10000])


@pytest.mark.parametrize("code", [1551, 1552, 1553])
def test_gone_is_what_cloudflare_calls_so(code):
    assert means_gone(Refused(404, [code], "not found"))


@pytest.mark.parametrize("codes", [[], [7003], [7003, 1553], [1000], [1414]], ids=str)
def test_a_404_alone_or_of_the_address_says_of_nothing_that_it_is_gone(codes):
    assert not means_gone(Refused(404, codes, "no such route"))


def test_a_second_delete_finds_the_certificate_gone():
    assert means_deleted(Refused(400, [1414], "pending deletion"))
    assert means_deleted(Refused(400, [], "Certificate is already deleted."))
    assert not means_deleted(Refused(400, [1433], "in use"))


def test_the_numbers_stand_in_the_table_only():
    numbers = "|".join(str(code.value) for code in Code if code.value != 1000)
    listed = subprocess.run(
        [
            "git",
            "grep",
            "--untracked",
            "-nEw",
            numbers,
            "--",
            "providers",
            "operations",
            "stacks",
            "origins",
        ],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert {line.partition(":")[0] for line in listed if ".py:" in line} == {
        "providers/api/codes.py"
    }
