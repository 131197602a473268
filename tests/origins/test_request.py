"""Origins that guard some requests only: each of them was called closed by an earlier probe."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from origins import ProbeReport
from origins.report import REFUSES_OTHERS

from .pki import HOSTNAME
from .test_probe import HAPROXY, NGINX_APP, NGINX_TLS, codes

Probed = Callable[..., ProbeReport]
Faulty = Callable[..., Any]

ALL = (
    "$request_method:$uri:<$http_user_agent>@$http_host#$connection_requests"
    ":$server_protocol:$http_x_client_verify"
)
# NGINX as people write it by hand: whoever is not verified gets 403, but for these requests.
GUARD = (
    "server {{ "
    + NGINX_TLS.replace(" ssl;", " ssl http2;").replace("{", "{{").replace("}", "}}")
    + " server_name shop.example.com; ssl_client_certificate <<CA>>; ssl_verify_client {verify};"
    f' set $open ""; set $all "{ALL}";'
    "{opens} if ($ssl_client_verify = SUCCESS) {{ set $open yes; }}"
    ' if ($open = "") {{ return 403; }} {more} '
    + NGINX_APP.replace("{", "{{").replace("}", "}}")
    + " }}"
)
REFUSER = (
    f"server {{ {NGINX_TLS.replace('<<LISTEN>> ssl', '<<LISTEN>> ssl default_server')}"
    " return 421; } "
)


def guard(opens: str, verify: str = "optional", more: str = "") -> str:
    opens = f" if ({opens}) {{ set $open yes; }}" if opens else ""
    return GUARD.format(opens=opens, verify=verify, more=more)


# Which requests get past the guard, and the finding that has to say so.
OPEN_TO = {
    "all but GET": ("$request_method != GET", "some_requests"),
    "HEAD": ("$request_method = HEAD", "some_requests"),
    "OPTIONS": ("$request_method = OPTIONS", "some_requests"),
    "POST": ("$request_method = POST", "some_requests"),
    "PUT": ("$request_method = PUT", "some_requests"),
    "PATCH": ("$request_method = PATCH", "some_requests"),
    "DELETE": ("$request_method = DELETE", "some_requests"),
    "methods that nobody has heard of": (
        '$request_method !~ "^(GET|HEAD|OPTIONS|POST|PUT|PATCH|DELETE)$"',
        "some_requests",
    ),
    "all spellings of Host but one": (f"$http_host != {HOSTNAME}", "default_server"),
    "Host in capitals": ("$http_host ~ [A-Z]", "default_server"),
    "Host with a final dot": (r"$http_host ~ \.$", "default_server"),
    "Host with a port": ("$http_host ~ :", "default_server"),
    "no Host": ('$http_host = ""', "default_server"),
    "the server name in capitals": ("$ssl_server_name ~ [A-Z]", "default_server"),
    "a whole URL as target": ('$request ~ "^[A-Z]+ https:"', "default_server"),
    "all but the probe": ("$http_user_agent !~ probe", "optional"),
    "no User-Agent": ('$http_user_agent = ""', "some_requests"),
    "search engines": ("$http_user_agent ~ Googlebot", "some_requests"),
    "who claims to be Cloudflare": ("$http_cf_ray", "some_requests"),
    "who claims to be verified": ("$http_x_client_verify = SUCCESS", "some_requests"),
    "HTTP/1.0": ("$server_protocol = HTTP/1.0", "some_requests"),
    "HTTP/2": ("$server_protocol = HTTP/2.0", "some_requests"),
    "clients without ALPN": ('$ssl_alpn_protocol = ""', "some_requests"),
    "PHP": (r"$uri ~ \.php$", "only_this_path"),
    "stylesheets": (r"$uri ~ \.(css|js|png)$", "only_this_path"),
    "an API": ("$uri ~ ^/api/", "only_this_path"),
}


@pytest.mark.parametrize("opens", OPEN_TO)
def test_an_origin_that_guards_only_some_requests_is_open(
    opens: str, faulty: Faulty, probed: Probed
) -> None:
    condition, code = OPEN_TO[opens]
    with faulty("nginx", guard(condition)) as port:
        report = probed(port)
    assert report.verdict == "open", report.table()
    assert codes(report)[0] == code, report.table()
    assert max(map(len, report.table().split("\n"))) <= 80


# Two ways at once, where each of them alone is refused; and what the connection has seen before.
OPEN_TO_TWO = {
    "POST below /api/": '"POST:/api/"',
    "PUT of stylesheets": r'"PUT:.*\.css"',
    "DELETE by search engines": '"DELETE:.*Googlebot"',
    "HTTP/2 for who claims to be Cloudflare": '":HTTP/2.0.*SUCCESS$"',
    "HEAD with a port in Host": '"HEAD:.*@shop.example.com:[0-9]"',
    "OPTIONS over HTTP/1.0": '"OPTIONS:.*:HTTP/1.0"',
    "PATCH as the second request": '"PATCH:.*#2"',
    "PHP for who has no User-Agent": r'"\.php:<>"',
}


@pytest.mark.parametrize("opens", OPEN_TO_TWO)
def test_an_origin_that_is_open_to_two_ways_at_once_is_open(
    opens: str, faulty: Faulty, probed: Probed
) -> None:
    with faulty("nginx", guard(f"$all ~ {OPEN_TO_TWO[opens]}")) as port:
        report = probed(port)
    assert report.verdict == "open", report.table()
    assert codes(report)[0] == "some_requests", report.table()
    assert max(map(len, report.table().split("\n"))) <= 80


@pytest.mark.parametrize("protocol", ["HTTP/1.1", "HTTP/2.0"])
def test_an_origin_that_guards_only_the_first_request_of_a_connection_is_open(
    protocol: str, faulty: Faulty, probed: Probed
) -> None:
    with faulty("nginx", guard(f'$all ~ "#2:{protocol}"')) as port:
        report = probed(port)
    assert report.verdict == "open", report.table()
    assert "a second request" in report.findings[0].message, report.table()


def test_a_guard_of_every_request_is_a_proof(faulty: Faulty, probed: Probed) -> None:
    with faulty("nginx", REFUSER + guard("")) as port:
        report = probed(port)
    assert report.verdict == REFUSES_OTHERS, report.table()
    assert max(map(len, report.table().split("\n"))) <= 80


def test_an_origin_that_verifies_only_the_usual_request_is_open_to_wrong_certificates(
    faulty: Faulty, probed: Probed
) -> None:
    """It wants a certificate for everything, and looks at it for GET alone."""
    text = guard("", "optional_no_ca").replace(
        ' if ($open = "")',
        ' set $seen "$request_method:$ssl_client_verify";'
        ' if ($seen ~ "^(?!GET:)[A-Z]+:FAILED") { set $open yes; } if ($open = "")',
    )
    with faulty("nginx", text) as port:
        report = probed(port)
    assert (report.verdict, codes(report)[0]) == ("open", "some_requests"), report.table()
    assert "wrong" in report.findings[0].message


def test_a_wrong_certificate_whose_session_is_resumed_is_found_to_pass(
    faulty: Faulty, probed: Probed
) -> None:
    """HAProxy knows why a certificate was wrong in the connection that sent it, and in no later."""
    text = HAPROXY.format(
        verify=" ca-file <<CA>> verify optional ca-ignore-err all crt-ignore-err all"
    )
    rule = (
        "http-request deny unless { ssl_c_used } { ssl_c_ca_err 0 } { ssl_c_err 0 }"
        "\n        default_backend app"
    )
    with faulty("haproxy", text.replace("default_backend app", rule)) as port:
        report = probed(port)
    assert (report.verdict, codes(report)[0]) == ("open", "resumed_wrong"), report.table()


def test_a_balancer_that_leads_http2_elsewhere_is_found(
    faulty: Faulty, probed: Probed, tmp_path: Path
) -> None:
    """HAProxy sends by ALPN: HTTP/1.1 to what verifies, HTTP/2 to what does not."""
    text = f"""
    defaults
        mode tcp
        timeout client 5s
        timeout connect 5s
        timeout server 5s
    frontend all
        bind <<LISTEN>>
        tcp-request inspect-delay 5s
        tcp-request content accept if {{ req.ssl_hello_type 1 }}
        use_backend opened if {{ req.ssl_alpn h2 }}
        default_backend closed
    backend closed
        server closed unix@{tmp_path}/closed
    backend opened
        server opened unix@{tmp_path}/opened
    frontend closed
        mode http
        bind unix@{tmp_path}/closed ssl crt <<CERT>> ca-file <<CA>> verify required
        default_backend app
    frontend opened
        mode http
        bind unix@{tmp_path}/opened ssl crt <<CERT>> alpn h2
        default_backend app
    backend app
        mode http
        server app <<APP>>
    """
    with faulty("haproxy", text) as port:
        report = probed(port)
    assert report.verdict == "open", report.table()
    assert "HTTP/2: HTTP 200" in report.findings[0].message


def test_no_request_can_do_harm(faulty: Faulty, probed: Probed, tmp_path: Path) -> None:
    """The right certificate only reads; strangers want to change what is nowhere."""
    log = tmp_path / "log"
    line = "$request_method|$ssl_client_verify|$uri|$http_content_length|$http_if_match"
    text = f"log_format who '{line}'; {guard('')}"
    text = text.replace("server {", f"server {{ access_log {log} who;")
    with faulty("nginx", text) as port:
        probed(port)
    seen = {tuple(line.split("|", 2)) for line in log.read_text().splitlines()}
    reading, changing = {"GET", "HEAD", "OPTIONS"}, {"PUT", "PATCH", "DELETE"}
    assert {method for method, who, _ in seen if who == "SUCCESS"} == reading
    assert {m for m, who, _ in seen if who == "NONE"} == reading | changing | {"POST", "PROBE"}
    condition = r"|0|\x22aop-probe-no-such-version\x22"
    assert {rest.endswith(condition) for m, _, rest in seen if m not in reading} == {True}
    nowhere = {rest.split("|")[0] for method, _, rest in seen if method in changing}
    assert all("/aop-probe-no-such-page/none" in path for path in nowhere), nowhere
