"""The texts for the four servers: what must stand in them, and what never may."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from origins import Origin, Pin, bundle, chain_depth, configuration, pin

from . import servers
from .pki import Folder

PIN = Pin("a" * 64, "b" * 40, "c" * 40)
KNOWN: dict[str, Any] = {
    "hostname": "shop.example.com",
    "certificate": "/etc/ssl/shop.pem",
    "private_key": "/etc/ssl/shop.pem.key",
    "client_ca": "/etc/ssl/origin-pull-ca.pem",
}


def text(server: str, folder: Folder | None = None, **known: Any) -> str:
    authorities = bundle(folder.root.pem) if folder else ""
    return configuration(server, Origin(**{**KNOWN, "authorities": authorities, **known}))


def test_the_text_for_nginx_is_what_a_person_would_write() -> None:
    assert text("nginx", pins=(PIN,), crl="/etc/ssl/crl.pem", header="X-Verified") == (
        Path(__file__).with_name("nginx_on.conf").read_text()
    )


INJECTIONS = {
    "quote": '/a"b',
    "new line": "/a\nb",
    "trailing new line": "/a\n",
    "variable": "/a/$host",
    "placeholder": "/a/{env.HOME}",
    "environment": "/a/%{ENV}",
    "comment": "/a#b",
    "semicolon": "/a;b",
    "backslash": "/a\\b",
    "relative": "a.pem",
    "nothing": "",
    "trailing space": "/a ",
}


@pytest.mark.parametrize("field", ["certificate", "private_key", "client_ca", "crl", "log"])
@pytest.mark.parametrize("value", INJECTIONS.values(), ids=INJECTIONS.keys())
def test_a_path_cannot_say_anything_but_a_path(field: str, value: str) -> None:
    with pytest.raises(ValueError, match=rf"^{field}: .*absolute path") as raised:
        Origin(**{**KNOWN, field: value})
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("hostname", "shop.example.com;"),
        ("hostname", "shop example.com"),
        ("hostname", "*.example.com"),
        ("hostname", "shop.example.com\n"),
        ("hostname", "-shop.example.com"),
        ("hostname", "käse.example"),
        ("hostname", "a" * 64 + ".example"),
        ("hostname", ""),
        ("hostname", "192.0.2.1"),
        ("upstream", "127.0.0.1"),
        ("upstream", "127.0.0.1:0"),
        ("upstream", "127.0.0.256:80"),
        ("upstream", "127.0.0.1:99999"),
        ("upstream", "127.0.0.1:80; return 200"),
        ("upstream", "http://127.0.0.1:80"),
        ("upstream", "[fe80::1%eth0]:80\n"),
        ("upstream", "[fe80::1%eth0]:80"),
        ("upstream", "[fe80::1%;return]:80"),
        ("address", "fe80::1%eth0"),
        ("address", "fe80::1%lo; } server { listen 1; "),
        ("address", "localhost"),
        ("address", "127.0.0.1:443"),
        ("port", 0),
        ("port", 65536),
        ("depth", 0),
        ("stage", "off"),
        ("max_body", "20 m"),
        ("max_body", "0"),
        ("max_body", -1),
        ("max_body", "1m; deny all"),
        ("max_body", "9999999g"),
        ("acme", "webroot"),
        ("acme", "/var/www/../\n"),
        ("acme", '/var/"; }'),
        ("acme", "127.0.0.1"),
        ("acme", "127.0.0.1:80/x"),
        ("acme_port", 0),
        ("header", "X-Verified: yes"),
        ("header", "X Verified"),
        ("header", "X-Verified\n"),
    ],
    ids=repr,
)
def test_what_cannot_be_written_is_refused_on_one_line(field: str, value: Any) -> None:
    with pytest.raises(ValueError, match=rf"^{field}: ") as raised:
        Origin(**{**KNOWN, field: value})
    assert "\n" not in str(raised.value)


# Quoted in each text, a path may hold a space.
PATHS = ("certificate", "private_key", "client_ca", "crl", "log", "acme")
PIECES = (
    '"', "'", "\\", "\n", "\r", ";", "#", "{", "}", "$host", "${host}", "%{ENV}x", "%", "`", "\0",
    " ", "<", ">", "|", "*", "{env.HOME}", "{{", "\t", "\u2028", "\u00e9", "(", "^", "&", "!",
)  # fmt: skip
FIELDS = {
    "hostname": "shop.example.com",
    "certificate": "/etc/ssl/shop.pem",
    "private_key": "/etc/ssl/shop.pem.key",
    "client_ca": "/etc/aop/ca.pem",
    "crl": "/etc/aop/crl.pem",
    "log": "/var/log/shop.log",
    "upstream": "127.0.0.1:8080",
    "address": "127.0.0.1",
    "header": "X-Verified",
    "acme": "/var/www/acme",
    "max_body": "20m",
}


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("where", ["{0}{1}", "{1}{0}", "{0}{1}x", "/{1}/{0}", "[::1{1}]:80"])
def test_no_character_that_means_something_to_a_server_enters_a_text(
    field: str, where: str
) -> None:
    for piece in PIECES:
        value = where.format(FIELDS[field], piece)
        if piece == " " and field in PATHS and value[0] == "/" and value[-1] != " ":
            continue
        with pytest.raises(ValueError, match=f"^{field}: ") as raised:
            Origin(**(KNOWN | FIELDS | {field: value}))
        assert len(str(raised.value).splitlines()) == 1


def test_a_pin_is_hexadecimal() -> None:
    with pytest.raises(ValueError, match=r"^pin: sha1 is not 40"):
        Pin("a" * 64, "b" * 39 + ")", "c" * 40)


def test_a_hostname_is_written_in_lower_case_without_its_dot() -> None:
    assert Origin(**{**KNOWN, "hostname": "Shop.Example.COM."}).hostname == "shop.example.com"


def test_a_server_of_another_name_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^server: 'iis' is none of nginx, apache"):
        configuration("iis", Origin(**KNOWN))


@pytest.mark.parametrize(
    ("depth", "nginx", "apache"), [(1, 1, 1), (2, 1, 2), (3, 2, 3)], ids=["root", "one", "two"]
)
def test_nginx_does_not_count_the_root_and_apache_does(depth: int, nginx: int, apache: int) -> None:
    assert f"ssl_verify_depth {nginx};" in text("nginx", depth=depth)
    assert f"SSLVerifyDepth {apache}\n" in text("apache", depth=depth)


STAGES = {
    "nginx optional": ("nginx", {"stage": "optional"}, "ssl_verify_client optional;"),
    "nginx on": ("nginx", {}, "ssl_verify_client on;"),
    "apache optional": ("apache", {"stage": "optional"}, "SSLVerifyClient optional_no_ca"),
    "apache on": ("apache", {}, "%{SSL_CLIENT_VERIFY} != 'SUCCESS'"),
    "apache closed": ("apache", {"readable": False}, "SSLVerifyClient require"),
    "haproxy optional": ("haproxy", {"stage": "optional"}, "crt-ignore-err all"),
    "haproxy on": ("haproxy", {}, "deny_status 403"),
    "haproxy closed": ("haproxy", {"readable": False}, "verify required"),
    "caddy optional": ("caddy", {"stage": "optional"}, "mode verify_if_given"),
    "caddy on": ("caddy", {}, "403"),
    "caddy closed": ("caddy", {"readable": False}, "mode require_and_verify"),
}


@pytest.mark.parametrize(("server", "known", "says"), STAGES.values(), ids=STAGES.keys())
def test_the_stage_stands_in_the_text(
    server: str, known: dict[str, Any], says: str, folder: Folder
) -> None:
    assert says in text(server, folder, **known)


@pytest.mark.parametrize("server", servers.PROGRAMS)
def test_at_the_optional_stage_nobody_is_refused_by_the_text(server: str, folder: Folder) -> None:
    assert "403" not in text(server, folder, stage="optional", pins=(PIN,))


PINNED = {
    "nginx": PIN.sha1,
    "apache": PIN.pem_sha1,
    "haproxy": PIN.sha256,
    "caddy": PIN.sha256,
    "caddy-2.8": PIN.sha256,
}


@pytest.mark.parametrize("server", servers.PROGRAMS)
@pytest.mark.parametrize("stage", ["optional", "on"])
def test_the_pin_stands_in_the_text(server: str, stage: str, folder: Folder) -> None:
    assert PINNED[server] in text(server, folder, stage=stage, pins=(PIN,))


@pytest.mark.parametrize("server", servers.PROGRAMS)
def test_every_spelling_of_the_header_is_taken_away_from_visitors(
    server: str, folder: Folder
) -> None:
    written = text(server, folder)
    for spelling in ("X_Client_Verify", "X-Client_Verify", "X_Client-Verify", "X-Client-Verify"):
        assert spelling in written


@pytest.mark.parametrize("server", servers.PROGRAMS)
def test_the_default_host_knows_no_application(server: str) -> None:
    written = text(server, hostname=None, client_ca="")
    assert "127.0.0.1:8080" not in written
    assert "X-Client-Verify" not in written


def test_an_ipv6_address_is_written_in_brackets(folder: Folder) -> None:
    known: dict[str, Any] = {"address": "2001:db8::1", "upstream": "[::1]:8080"}
    assert "listen [2001:db8::1]:443 ssl;" in text("nginx", **known)
    assert "<VirtualHost [2001:db8::1]:443>" in text("apache", **known)
    assert "bind [2001:db8::1]:443 ssl" in text("haproxy", **known)
    assert "bind 2001:db8::1\n" in text("caddy", folder, **known)


def test_a_star_listens_on_both_families(folder: Folder) -> None:
    assert re.search(r"listen 443 ssl;\s+listen \[::\]:443 ssl;", text("nginx"))
    assert "bind [::]:443 v4v6 ssl" in text("haproxy")
    assert "<VirtualHost *:443>" in text("apache")
    assert "bind" not in text("caddy", folder)


def test_caddy_gets_every_authority_because_it_read_only_the_first_of_a_file(
    folder: Folder,
) -> None:
    both = bundle(folder.root.pem, folder.next_root.pem)
    assert text("caddy", authorities=both).count("trusted_ca_cert ") == 2
    assert re.findall(
        r"trust_pool|trust_der|trusted_ca_cert", text("caddy-2.8", authorities=both)
    ) == [
        "trust_pool",
        "trust_der",
        "trust_der",
    ]
    with pytest.raises(ValueError, match=r"^authorities: .*origins\.bundle"):
        text("caddy")


def test_caddy_has_no_revocation_lists_and_says_what_to_do(folder: Folder) -> None:
    with pytest.raises(ValueError, match=r"^crl: .*Use pins"):
        text("caddy", folder, crl="/etc/ssl/crl.pem")


def test_haproxy_finds_the_key_only_beside_its_certificate() -> None:
    assert text("haproxy", private_key="/etc/ssl/shop.pem")
    with pytest.raises(ValueError, match=r"^private_key: .*Put it there"):
        text("haproxy", private_key="/etc/ssl/shop.key")


def test_a_log_shows_the_outcome_of_the_verification(folder: Folder) -> None:
    assert "$ssl_client_verify" in text("nginx", log="/var/log/shop.log").partition("server {")[0]
    assert "%{SSL_CLIENT_VERIFY}x" in text("apache", log="/var/log/shop.log")
    assert "verify=%[ssl_c_verify]" in text("haproxy", log="/dev/log")
    assert 'output file "/var/log/shop.log"' in text("caddy", folder, log="/var/log/shop.log")


def test_depth_and_pin_come_from_the_real_chain(folder: Folder) -> None:
    chain = folder.below.pem + folder.intermediate.pem
    depth = chain_depth(chain, bundle(folder.root.pem))
    assert "SSLVerifyDepth 2\n" in text("apache", depth=depth, pins=(pin(chain),))
