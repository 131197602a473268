"""The output `origins`: by hostname, what the server behind it needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pulumi
import pytest

from origins import bundle, cloudflare_ca, pin
from stacks.config import parse
from stacks.origin import directives, to_try
from tests.origins import servers
from tests.origins.pki import SERVER_AUTH
from tests.origins.pki import make as certificate
from tests.pki import another_authority, ca_certificate, make

FILE = "stacks/Pulumi.test.yaml"
ZONE_ID = "023e105f4ecef8ad9ca31a8372d0c353"
OTHER = another_authority("The CA before")


@pytest.fixture
def zone(tmp_path: Path) -> dict[str, Any]:
    """Levels for three hostnames of example.com and an NGINX before all of them."""
    for name in ("zone", "shop"):
        (tmp_path / f"{name}.pem").write_text(make(name).certificate)
    (tmp_path / "ca.pem").write_text(ca_certificate())
    (tmp_path / "other.pem").write_text(ca_certificate(OTHER))

    def pair(name: str) -> dict[str, str]:
        files = {"certificate": f"file:{tmp_path}/{name}.pem", "ca": f"file:{tmp_path}/ca.pem"}
        return {**files, "private_key": "env:KEY"}

    return {
        "zone_id": ZONE_ID,
        "zone_certificate": pair("zone"),
        "hostname_certificates": {
            "shop": {
                **pair("shop"),
                "hostnames": {"shop.example.com": "on", "bare.example.com": "off"},
            }
        },
        "origin": {"server": "nginx", "stage": True, "hostnames": ["www.example.com"]},
    }


def told(zone: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return directives(parse({"example.com": zone}, FILE).zones, FILE)


def test_each_hostname_that_is_presented_a_certificate_has_directives_and_the_cas(
    zone: dict[str, Any],
) -> None:
    found = told(zone)
    assert {name: it["level"] for name, it in found.items()} == {
        "shop.example.com": "hostname",
        "example.com": "zone",
        "www.example.com": "zone",
    }
    for name, it in found.items():
        assert (it["server"], it["stage"]) == ("nginx", "on")
        assert it["bundle"] == bundle(ca_certificate())
        assert f"server_name {name};" in it["directives"]
        assert f'ssl_client_certificate "{it["client_ca"]}";' in it["directives"]


def test_the_shared_certificate_is_trusted_by_cloudflares_ca(zone: dict[str, Any]) -> None:
    del zone["zone_certificate"]
    found = told(zone | {"shared_certificate": "on"})
    assert found["www.example.com"]["level"] == "global"
    assert found["www.example.com"]["bundle"] == bundle(cloudflare_ca.read())
    assert found["shop.example.com"]["bundle"] == bundle(ca_certificate())


def test_both_cas_are_trusted_during_a_change(zone: dict[str, Any], tmp_path: Path) -> None:
    zone["origin"]["also_trust"] = [f"file:{tmp_path}/other.pem", "cloudflare"]
    both = bundle(ca_certificate(), ca_certificate(OTHER), cloudflare_ca.read())
    assert {it["bundle"] for it in told(zone).values()} == {both}


def test_without_an_origin_nothing_is_exported_and_no_ca_is_wanted(zone: dict[str, Any]) -> None:
    del zone["origin"], zone["zone_certificate"]["ca"]
    assert told(zone) == {}


def test_a_hostname_is_exported_once(zone: dict[str, Any]) -> None:
    zone["hostname_certificates"]["shop"]["hostnames"]["example.com"] = "on"
    zone["origin"]["hostnames"] += ["shop.example.com"]
    assert [name for name in told(zone) if name == "example.com"] == ["example.com"]
    assert told(zone)["example.com"]["level"] == "hostname"


MISTAKES: dict[str, tuple[str, Any, str]] = {
    "no CA": (
        "zone_certificate/ca",
        None,
        "the origin of example.com: which CA signed its zone certificate? Give ca: file:PATH",
    ),
    "another CA": ("zone_certificate/ca", "file:{}/other.pem", "the origin would refuse it"),
    "a leaf as CA": ("zone_certificate/ca", "file:{}/shop.pem", "is no CA"),
    "no file": ("zone_certificate/ca", "file:{}/gone.pem", "gone.pem cannot be read"),
    "no certificate": ("zone_certificate", None, "example.com presents no certificate"),
    "off": ("origin/hostnames", ["bare.example.com"], "bare.example.com is off"),
    "no zone": ("origin/hostnames", ["a.example.edu"], "is in none of its zones"),
    "no server": ("origin/server", "iis", 'zones["example.com"].origin.server: is not one of'),
    "no stage": ("origin/stage", False, 'zones["example.com"].origin.stage: is not one of'),
    "a directive": ("origin/upstream", "a; deny all", "the origin of shop.example.com: upstream: "),
    "no such hostname": (
        "origin/stages",
        {"pay.example.com": "on"},
        "origin.stages: pay.example.com is no hostname of this origin",
    ),
    "a log that ends a string": ("origin/log", '/a"; deny all', "shop.example.com: log: "),
    "a list for Caddy": ("origin/crl", "relative.pem", "shop.example.com: crl: "),
    "no size": ("origin/max_body", "20 MB", "shop.example.com: max_body: '20 MB' is not a size"),
    "no answerer": ("origin/acme", "web/root", "shop.example.com: acme: 'web/root' is neither"),
    "a way out": ("origin/acme", "/var/www;", "shop.example.com: acme: '/var/www;' is neither"),
    "a header of two": ("origin/header", "X: Y", "shop.example.com: header: "),
    "no depth": ("origin/depth", 0, "shop.example.com: depth: 0 CAs above a certificate"),
    "a port beyond": ("origin/port", 70000, "shop.example.com: port: 70000 is not a port"),
    "a pin too many": ("origin/pin_also", ["file:{}/shop.pem"], "pin_also: it adds to pin"),
    "an emptied log": ("origin/log", [], "origin.log: "),
    "no reference": ("origin/also_trust", ["old.pem"], "origin.also_trust[0]: is not a file"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_one_line_that_names_hostname_and_file(
    case: str, zone: dict[str, Any], tmp_path: Path
) -> None:
    path, value, said = MISTAKES[case]
    place, (*parents, last) = zone, path.split("/")
    for name in parents:
        place = place[name]
    if value is None:
        del place[last]
    else:
        place[last] = value.format(tmp_path) if isinstance(value, str) else value
    with pytest.raises(pulumi.RunError) as caught:
        told(zone)
    assert said in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_one_file_cannot_hold_different_cas_for_two_hostnames(
    zone: dict[str, Any], tmp_path: Path
) -> None:
    own = make("other", issuer=OTHER)
    (tmp_path / "zone.pem").write_text(own.certificate)
    zone["zone_certificate"]["ca"] = f"file:{tmp_path}/other.pem"
    zone["origin"]["client_ca"] = "/etc/aop/ca.pem"
    with pytest.raises(pulumi.RunError, match=r"origin\.client_ca: .* trust different CAs"):
        told(zone)
    zone["origin"]["client_ca"] = "/etc/aop/{hostname}.pem"
    assert told(zone)["example.com"]["client_ca"] == "/etc/aop/example.com.pem"


def test_the_exported_directives_log_who_came_at_the_stage_optional(zone: dict[str, Any]) -> None:
    zone["origin"]["stages"] = {"www.example.com": "optional"}
    found = told(zone)
    assert "access_log" not in found["shop.example.com"]["directives"]
    log = 'access_log "/var/log/nginx/www.example.com-aop.log"'
    assert log in found["www.example.com"]["directives"]
    assert found["www.example.com"]["stage"] == "optional"


def test_exported_directives_have_what_the_keys_say(zone: dict[str, Any], tmp_path: Path) -> None:
    keys = {"pin": True, "crl": "/etc/aop/lists.pem", "depth": 3, "header": "X-Verified"}
    zone["origin"] |= {**keys, "log": "/var/log/{hostname}.log", "pin_also": []}
    text = told(zone)["shop.example.com"]["directives"]
    shop = pin((tmp_path / "shop.pem").read_text())
    for line in (shop.sha1, 'ssl_crl "/etc/aop/lists.pem";', "ssl_verify_depth 2;", "X-Verified"):
        assert line in text
    assert 'access_log "/var/log/shop.example.com.log"' in text


@pytest.mark.parametrize("name", ["shop.example.com", "_my_shop.example.com", "bücher.example.com"])
@pytest.mark.parametrize("server", servers.PROGRAMS)
def test_a_real_server_accepts_the_directives_once_its_files_are_there(
    server: str, name: str, zone: dict[str, Any], tmp_path: Path
) -> None:
    zone["hostname_certificates"]["shop"]["hostnames"] = [name]
    name = name.replace("bücher", "xn--bcher-kva")
    own = certificate(name, usage=SERVER_AUTH, names=(name,))
    (tmp_path / "own.pem").write_text(own.pem)
    (tmp_path / "own.pem.key").touch(mode=0o600)
    (tmp_path / "own.pem.key").write_text(own.key_pem)
    files = {"server_certificate": f"{tmp_path}/own.pem", "server_key": f"{tmp_path}/own.pem.key"}
    log = {} if server == "haproxy" else {"log": f"{tmp_path}/{{hostname}}.log"}
    stages = {"stages": {name: "optional"}}
    zone["origin"] |= {"server": server, **files, **log, **stages}
    found = told(zone)[name]
    (tmp_path / "trusted.pem").write_text(found["bundle"])
    text = found["directives"].replace(found["client_ca"], f"{tmp_path}/trusted.pem")
    servers.check(server, tmp_path / server, text)


@pytest.mark.parametrize("missing", ["server", "stage"])
def test_server_and_stage_are_needed_for_directives_alone(
    zone: dict[str, Any], missing: str
) -> None:
    zone["origin"]["try"] = ["10.0.0.5:443"]
    del zone["origin"][missing]
    zone["origin"]["log"] = "/var/log/aop.log"
    with pytest.raises(pulumi.RunError, match=rf"origin: {missing} is missing. Add it"):
        told(zone)
    zone["origin"] = {"try": ["10.0.0.5:443"], "try_unreachable": "warn"}
    assert told(zone) == {}


def test_each_certificate_asks_the_origins_for_a_hostname_that_presents_it(
    zone: dict[str, Any],
) -> None:
    zone["origin"]["try"] = ["10.0.0.5:443", "[2001:DB8::5]:443"]
    config = parse({"example.com": zone}, FILE).zones["example.com"]
    own, shop = config.zone_certificate, config.hostname_certificates["shop"]
    assert own is not None
    assert to_try("example.com", config, own) == {
        "addresses": ["10.0.0.5:443", "[2001:db8::5]:443"],
        "hostname": "example.com",
        "unreachable": "error",
    }
    asked = to_try("example.com", config, shop)
    assert asked is not None
    assert asked["hostname"] == "shop.example.com"


def test_a_hostname_that_is_switched_off_is_not_asked_for(zone: dict[str, Any]) -> None:
    zone["origin"]["try"] = ["10.0.0.5:443"]
    entry = zone["hostname_certificates"]["shop"]
    entry["hostnames"] = {"shop.example.com": "off", "pay.example.com": "on"}
    config = parse({"example.com": zone}, FILE).zones["example.com"]
    asked = to_try("example.com", config, config.hostname_certificates["shop"])
    assert asked is not None
    assert asked["hostname"] == "pay.example.com"
    entry["hostnames"] = {"shop.example.com": "off"}
    config = parse({"example.com": zone}, FILE).zones["example.com"]
    assert to_try("example.com", config, config.hostname_certificates["shop"]) is None


def test_an_address_that_cannot_be_asked_is_named_in_the_stack_file(zone: dict[str, Any]) -> None:
    zone["origin"]["try"] = ["origin.internal:443"]
    with pytest.raises(pulumi.RunError, match=r"origin\.try\[0\]: is not an IP address and a port"):
        told(zone)
