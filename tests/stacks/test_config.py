"""stacks/config.py: what a configuration may say, and how a mistake is told."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pulumi
import pytest

from stacks.config import load, parse

FILE = "stacks/Pulumi.dev.yaml"
PAIR = {"certificate": "file:a.pem", "private_key": "env:A_KEY"}
ZONE_ID = "023e105f4ecef8ad9ca31a8372d0c353"
WHOLE: dict[str, Any] = {
    "example.com": {
        "zone_id": ZONE_ID,
        "ssl": "full",
        "shared_certificate": True,
        "zone_certificate": PAIR,
        "hostname_certificates": {"shop": {**PAIR, "hostnames": ["shop.example.com"]}},
    }
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """WHOLE with one value of example.com replaced; the path is dotted."""
    zones = copy.deepcopy(WHOLE)
    place = zones["example.com"]
    *parents, last = path.split("/")
    for name in parents:
        place = place[name]
    place[last] = value
    return zones


def test_a_hostname_list_means_on_for_each_and_a_map_says_it_for_each() -> None:
    listed = parse(WHOLE, FILE).zones["example.com"]
    assert listed.hostname_certificates["shop"].hostnames == {"shop.example.com": "on"}
    mapped = changed(
        "hostname_certificates/shop/hostnames",
        {"Shop.Example.com.": False, "bücher.example.com": "on"},
    )
    assert parse(mapped, FILE).zones["example.com"].hostname_certificates["shop"].hostnames == {
        "shop.example.com": "off",
        "xn--bcher-kva.example.com": "on",
    }


def test_what_is_left_out_is_not_managed() -> None:
    zone = parse({"example.com": {"zone_id": ZONE_ID}}, FILE).zones["example.com"]
    assert (zone.ssl, zone.shared_certificate, zone.zone_certificate) == (None, None, None)
    assert zone.hostname_certificates == {}


def test_a_hostname_outside_the_zone_needs_the_word_external() -> None:
    zones = changed("hostname_certificates/shop/hostnames", ["shop.customer.example"])
    zones["example.com"]["hostname_certificates"]["shop"]["external"] = True
    zone = parse(zones, FILE).zones["example.com"]
    assert zone.hostname_certificates["shop"].external


HOSTNAMES = "hostname_certificates/shop/hostnames"
MISTAKES: dict[str, tuple[Any, str]] = {
    "no zones": ({}, "aop:zones is missing"),
    "zones as a list": ([{"example.com": {"zone_id": ZONE_ID}}], "aop:zones is a list"),
    "a key of a zone beside it": (
        {**WHOLE, "hostname_certificates": {"shop": PAIR}},
        "zones.hostname_certificates: is a key of a zone. Indent it",
    ),
    "a zone id that YAML reads as a number": (
        changed("zone_id", 12345678901234567890123456789012),
        ".zone_id: is a number, as YAML reads it. Put it in quotes.",
    ),
    "a variable of no name": (
        changed("zone_certificate/private_key", "env:SHOP-KEY"),
        ".private_key: has no name of an environment variable after env:",
    ),
    "an unknown key": (changed("shared", True), ".shared: is not known here"),
    "a key instead of a reference": (
        changed("zone_certificate/private_key", "-----BEGIN PRIVATE KEY-----\nMIGHAg"),
        ".zone_certificate.private_key: is not a reference",
    ),
    "a certificate instead of a file": (
        changed("zone_certificate/certificate", "-----BEGIN CERTIFICATE-----\nMIICd"),
        ".zone_certificate.certificate: is not a file",
    ),
    "ssl without TLS": (changed("ssl", "flexible"), "Cloudflare speaks no TLS to the origin"),
    "ssl off, as YAML reads it": (changed("ssl", False), "Cloudflare speaks no TLS to the origin"),
    "ssl of the dashboard": (changed("ssl", "Full (strict)"), ".ssl: is the dashboard's name"),
    "ssl of another word": (changed("ssl", "on"), ".ssl: is not one of the possible values"),
    "a switch of another word": (changed("shared_certificate", "yes"), "neither on nor off"),
    "one hostname twice in a list": (
        changed(HOSTNAMES, ["shop.example.com", "shop.example.com"]),
        "shop.example.com stands twice. Keep one.",
    ),
    "one hostname twice in a map": (
        changed(HOSTNAMES, {"shop.example.com": True, "SHOP.example.com": False}),
        "shop.example.com stands twice, the second time as SHOP.example.com",
    ),
    "a hostname under two certificates": (
        changed("hostname_certificates/more", {**PAIR, "hostnames": ["SHOP.example.com"]}),
        "shop.example.com stands under shop and under more",
    ),
    "a hostname that is a map": (changed(HOSTNAMES, [{"a": "b"}]), ".hostnames: entry 1 is a map"),
    "a hostname that is a number": (changed(HOSTNAMES, [42]), ".hostnames: entry 1 is not text"),
    "a hostname without its dash": (
        changed(HOSTNAMES, "-shop.example.com"),
        '.hostnames: is not a list of hostnames. Put "- " before each',
    ),
    "no hostnames": (
        changed(HOSTNAMES, None),
        ".hostnames: has no value. List the hostnames below it, or write [] for none.",
    ),
    "a hostname of one label in a list": (
        changed(HOSTNAMES, ["shop.example.com", "pasted-by-mistake"]),
        ".hostnames[1]: is a single label",
    ),
    "a certificate without a value": (
        changed("zone_certificate", None),
        ".zone_certificate: has no value. Give it one, or remove the line to take it away.",
    ),
    "certificates without a value": (
        changed("hostname_certificates", None),
        ".hostname_certificates: has no value",
    ),
    "a list without a value": (changed("allow_removal", None), ".allow_removal: has no value"),
    "a zone without a value": ({"example.com": None}, "is not a map"),
    "a passphrase in place of its name": (
        changed("zone_certificate/passphrase", "v1aQx0Zr8k"),
        ".zone_certificate.passphrase: is not a reference, and would be kept in plain text",
    ),
    "days of a word": (changed("warn_days", "soon"), ".warn_days: is not a number of days"),
    "a limit of none": (
        changed("max_hostname_certificates", 0),
        ".max_hostname_certificates: is not a whole number above 0",
    ),
    "a limit of a word": (
        changed("max_hostnames_per_certificate", "many"),
        ".max_hostnames_per_certificate: is not a whole number above 0",
    ),
    "two zones with one id": (
        {**WHOLE, "example.net": {"zone_id": ZONE_ID}},
        "example.com and example.net have the same zone_id",
    ),
    "one zone twice": (
        {**WHOLE, "EXAMPLE.com": {"zone_id": "1b2f4c8d6e0a49537c1d8e5f90a3b647"}},
        "example.com stands twice",
    ),
    "a token in place of its name": (
        changed("token_env", "v1aQx0Zr8kLm3NwYb5Tc7Ue9Df2Gh4Jp6Rs1Xz0V"),
        ".token_env: looks like a token itself",
    ),
}


@pytest.mark.parametrize(("zones", "told"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_one_line_with_file_key_and_no_value(zones: Any, told: str) -> None:
    with pytest.raises(pulumi.RunError) as raised:
        parse(zones, FILE)
    (line,) = str(raised.value).splitlines()
    assert line.startswith(f"{FILE}: ")
    assert told in line
    assert line.endswith((".", "how."))
    for secret in ("MIGHAg", "MIICd", "v1aQx0Zr8k"):
        assert secret not in line


ACCOUNT = "01a7362d577a6c3019a474fd6f485823"
ALERTS: dict[str, Any] = {"account_id": ACCOUNT, "emails": ["Team@example.com"]}
ALERT_MISTAKES: dict[str, tuple[Any, str]] = {
    "no value": (None, "alerts: has no value"),
    "a list": ([ALERTS], "alerts: is not a map"),
    "no account": ({"emails": ["a@example.com"]}, "alerts.account_id: is missing"),
    "an account by name": (ALERTS | {"account_id": "ours"}, "alerts.account_id: is not an Account"),
    "nobody": ({"account_id": ACCOUNT}, "alerts: nobody would be told. Give levels"),
    "a name": (ALERTS | {"emails": ["team"]}, "alerts.emails[0]: is not an e-mail address"),
    "addresses without a value": (ALERTS | {"emails": None}, "alerts.emails: has no value"),
    "one address": (ALERTS | {"emails": "a@example.com"}, "alerts.emails: is not a list"),
    "a webhook's URL": (
        ALERTS | {"webhooks": ["https://hooks.example.com/v1aQx0Zr8k"]},
        "alerts.webhooks[0]: is a URL, not the id",
    ),
    "no levels": (ALERTS | {"levels": []}, "alerts: nobody would be told"),
    "another level": (ALERTS | {"levels": ["global"]}, "alerts.levels[0]: is not one of"),
    "a misspelt key": (ALERTS | {"email": []}, "alerts.email: is not known here"),
}


@pytest.mark.parametrize(("alerts", "told"), ALERT_MISTAKES.values(), ids=ALERT_MISTAKES.keys())
def test_a_mistake_in_the_alerts_is_one_line_too(alerts: Any, told: str) -> None:
    with pytest.raises(pulumi.RunError) as raised:
        parse(WHOLE, FILE, alerts)
    (line,) = str(raised.value).splitlines()
    assert line.startswith(f"{FILE}: {told}")
    assert line.endswith((".", "?"))
    assert "v1aQx0Zr8k" not in line


def test_alerts_are_for_both_levels_unless_the_file_says_otherwise() -> None:
    assert parse(WHOLE, FILE).alerts is None
    both = parse(WHOLE, FILE, ALERTS).alerts
    assert both is not None
    assert (both.levels, both.emails) == (("zone", "hostname"), ("team@example.com",))
    one = parse(WHOLE, FILE, ALERTS | {"levels": ["hostname"]}).alerts
    assert one is not None
    assert one.levels == ("hostname",)


def test_several_mistakes_are_several_lines() -> None:
    zones = changed("zone_id", "example.com")
    zones["example.com"]["ssl"] = "off"
    with pytest.raises(pulumi.RunError) as raised:
        parse(zones, FILE)
    assert len(str(raised.value).splitlines()) == 2


def test_a_value_that_is_no_json_is_told_by_key_and_file() -> None:
    def no_json(key: str) -> Any:
        raise ValueError(key)

    with pytest.raises(pulumi.RunError, match="aop:zones is not a map from zone names to zones"):
        load(no_json)


def test_a_file_with_another_spelling_of_config_is_told_so(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text("# config: here\nConfig:\n  aop:zones: {}\n")
    with pytest.raises(pulumi.RunError, match="the file has Config:, and Pulumi reads config:"):
        parse(None, str(file))
