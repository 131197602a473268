"""The probe against real servers, with the faults that people really make."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from origins import ClientCertificate, Origin, ProbeReport
from origins.attempt import ACCEPTED, LEFT_OUT, REFUSED, UNREACHABLE
from origins.connection import VERSIONS

from . import servers
from .conftest import Running
from .pki import Folder

Probed = Callable[..., ProbeReport]
Make = Callable[..., Origin]


def codes(report: ProbeReport) -> list[str]:
    return [finding.code for finding in report.findings]


NGINX_TLS = (
    "listen <<LISTEN>> ssl; ssl_protocols TLSv1.2 TLSv1.3;"
    " ssl_certificate <<CERT>>; ssl_certificate_key <<KEY>>;"
)
NGINX_VERIFY = "ssl_client_certificate <<CA>>; ssl_verify_client on;"
NGINX_APP = "location / { proxy_pass http://<<APP>>; }"
NGINX_TO_HTTPS = "return 301 https://$host$request_uri;"
HAPROXY = """
    defaults
        mode http
        timeout client 5s
        timeout connect 5s
        timeout server 5s
    frontend all
        bind <<LISTEN>> ssl crt <<CERT>>{verify}
        default_backend app
    backend app
        server app <<APP>>
"""
APACHE = """
    <VirtualHost *:<<PORT>>>
        ServerName shop.example.com
        SSLEngine on
        SSLCertificateFile <<CERT>>
        SSLCertificateKeyFile <<KEY>>
        SSLCACertificateFile <<CA>>
        ProxyPass / http://<<APP>>/
        {verify}
    </VirtualHost>
"""
CADDY = """
    https://:<<PORT>> {{
        tls <<CERT>> <<KEY>> {{
            {verify}
        }}
        reverse_proxy <<APP>>
    }}
"""
ANY = "client_auth {\n mode require\n }"

FAULTS = {
    "nginx verifies nothing": (
        "nginx",
        f"server {{ {NGINX_TLS} {NGINX_APP} }}",
        "verifies_nothing",
    ),
    "nginx is still optional": (
        "nginx",
        f"server {{ {NGINX_TLS} {NGINX_VERIFY.replace('on', 'optional')} {NGINX_APP} }}",
        "optional",
    ),
    "nginx asks and checks only that there is one": (
        "nginx",
        f"server {{ {NGINX_TLS} ssl_verify_client optional_no_ca; if ($ssl_client_verify = NONE)"
        f" {{ return 403; }} {NGINX_APP} }}",
        "accepts_wrong",
    ),
    "nginx has another default server": (
        "nginx",
        f"server {{ {NGINX_TLS} {NGINX_APP} }} server {{ {NGINX_TLS} server_name"
        f" shop.example.com; {NGINX_VERIFY} {NGINX_APP} }}",
        "default_server",
    ),
    "apache verifies nothing": ("apache", APACHE.format(verify=""), "verifies_nothing"),
    "apache is still optional": (
        "apache",
        APACHE.format(verify="SSLVerifyClient optional"),
        "optional",
    ),
    "apache has another default server": (
        "apache",
        APACHE.format(verify="").replace("shop.", "www.")
        + APACHE.format(verify="SSLVerifyClient require"),
        "default_server",
    ),
    "haproxy verifies nothing": ("haproxy", HAPROXY.format(verify=""), "verifies_nothing"),
    "haproxy is still optional": (
        "haproxy",
        HAPROXY.format(verify=" ca-file <<CA>> verify optional"),
        "optional",
    ),
    "caddy verifies nothing": ("caddy", CADDY.format(verify=""), "verifies_nothing"),
    "caddy takes any certificate": ("caddy", CADDY.format(verify=ANY), "accepts_wrong"),
}


@pytest.mark.parametrize(("server", "text", "code"), FAULTS.values(), ids=FAULTS.keys())
def test_an_open_origin_is_found_and_named(
    server: str, text: str, code: str, faulty: Callable[..., Any], probed: Probed
) -> None:
    with faulty(server, text) as port:
        report = probed(port)
    assert report.verdict == "open", report.table()
    opening = [finding.code for finding in report.findings if finding.means == "open"]
    assert opening == [code], report.table()


LOCATION = "<Location />\nSSLVerifyClient require\nSSLVerifyDepth 1\n</Location>"


def test_an_apache_that_asks_only_in_a_location_refuses_cloudflare_over_tls_1_3(
    faulty: Callable[..., Any], probed: Probed
) -> None:
    with faulty("apache", APACHE.format(verify=LOCATION)) as port:
        report = probed(port)
    assert {a.tls: a.verdict for a in report.of("right")} == {"1.2": ACCEPTED, "1.3": REFUSED}
    assert report.verdict == "refuses_cloudflare", report.table()
    assert "asks_in_location" in codes(report)
    assert "move it to the virtual host" in report.findings[0].message


def test_it_is_found_without_the_right_certificate_too(
    faulty: Callable[..., Any], probed: Probed, clients: dict[str, ClientCertificate]
) -> None:
    with faulty("apache", APACHE.format(verify=LOCATION)) as port:
        report = probed(port, given={"other_ca": clients["other_ca"]})
    assert "asks_in_location" in codes(report), report.table()


def test_a_default_server_with_another_page_is_no_proof(
    faulty: Callable[..., Any], probed: Probed
) -> None:
    text = (
        f"server {{ {NGINX_TLS} return 200 welcome; }} server {{ {NGINX_TLS} server_name"
        f" shop.example.com; {NGINX_VERIFY} {NGINX_APP} }}"
    )
    with faulty("nginx", text) as port:
        report = probed(port)
        unknown = probed(port, given={})
    # An application may write each host's name into its page.
    assert report.verdict == "unproven", report.table()
    assert "perhaps of the application" in report.findings[0].message
    # Without the right certificate nobody knows what the application answers.
    assert unknown.verdict == "open", unknown.table()


def test_a_default_server_that_answers_404_refuses(
    faulty: Callable[..., Any], probed: Probed
) -> None:
    text = (
        f"server {{ {NGINX_TLS} return 404; }} server {{ {NGINX_TLS} server_name"
        f" shop.example.com; {NGINX_VERIFY} {NGINX_APP} }}"
    )
    with faulty("nginx", text) as port:
        report = probed(port)
    assert {a.verdict for a in report.of("other_host", "ip_host")} == {REFUSED}
    assert report.verdict == "refuses_others", report.table()


OTHER_PAGES = {
    "all pages": (NGINX_APP, NGINX_APP, "open", "default_server"),
    "a page that is not there": (
        "location = / { return 200 app; } location / { return 404 none; }",
        "location / { return 404 none; }",
        "unproven",
        "unclear",
    ),
}


@pytest.mark.parametrize("pages", OTHER_PAGES)
def test_a_default_server_that_refuses_only_the_first_page_is_no_proof(
    pages: str, faulty: Callable[..., Any], probed: Probed
) -> None:
    """What is not there is answered by the application too, as it answers the right certificate."""
    own, others, verdict, code = OTHER_PAGES[pages]
    text = (
        f"server {{ {NGINX_TLS} location = / {{ return 421; }} {others} }}"
        f" server {{ {NGINX_TLS} server_name shop.example.com; {NGINX_VERIFY} {own} }}"
    )
    with faulty("nginx", text) as port:
        report = probed(port)
    assert report.verdict == verdict, report.table()
    assert codes(report)[0] == code


@pytest.mark.parametrize(
    "refuses",
    [
        NGINX_VERIFY.replace("on;", "optional;")
        + " if ($ssl_client_verify != SUCCESS) { return 403; }",
        NGINX_VERIFY,
    ],
    ids=["403", "400"],
)
def test_a_refusal_with_the_page_of_the_application_is_open(
    refuses: str, faulty: Callable[..., Any], probed: Probed
) -> None:
    """NGINX keeps the status of a refusal whose `error_page` leads to the application."""
    page = "error_page 403 495 496 @page; location @page { proxy_pass http://<<APP>>; }"
    with faulty("nginx", f"server {{ {NGINX_TLS} {page} {refuses} {NGINX_APP} }}") as port:
        report = probed(port)
    assert report.verdict == "open", report.table()
    assert codes(report)[0] == "optional"


def test_plain_http_that_is_busy_proves_nothing(faulty: Callable[..., Any], probed: Probed) -> None:
    plain = servers.free_port()
    text = (
        f"server {{ listen 127.0.0.1:{plain}; return 503; }}"
        f" server {{ {NGINX_TLS} {NGINX_VERIFY} {NGINX_APP} }}"
    )
    with faulty("nginx", text) as port:
        report = probed(port, http_port=plain)
    assert report.verdict == "unproven", report.table()


def test_plain_http_that_refuses_with_the_page_of_the_application_is_open(
    faulty: Callable[..., Any], probed: Probed
) -> None:
    plain = servers.free_port()
    text = (
        f"server {{ listen 127.0.0.1:{plain}; error_page 403 @page; return 403;"
        " location @page { proxy_pass http://<<APP>>; } }"
        f" server {{ {NGINX_TLS} {NGINX_VERIFY} {NGINX_APP} }}"
    )
    with faulty("nginx", text) as port:
        report = probed(port, http_port=plain)
    assert (report.verdict, codes(report)[0]) == ("open", "plain_http"), report.table()


def test_one_open_version_of_tls_is_enough_to_be_open(
    faulty: Callable[..., Any], probed: Probed
) -> None:
    text = (
        f"server {{ {NGINX_TLS} {NGINX_VERIFY.replace('on', 'optional')}"
        " set $open $ssl_protocol$ssl_client_verify;"
        f' if ($open = "TLSv1.3NONE") {{ return 403; }} {NGINX_APP} }}'
    )
    with faulty("nginx", text) as port:
        report = probed(port)
    found = {a.tls: a.verdict for a in report.of("none")}
    assert (found["1.2"], found["1.3"]) == (ACCEPTED, REFUSED)
    assert report.verdict == "open"
    assert "over TLS 1.2, although it asks" in report.findings[0].message


def test_a_version_that_is_not_offered_is_left_out(
    faulty: Callable[..., Any], probed: Probed
) -> None:
    text = f"server {{ {NGINX_TLS} {NGINX_VERIFY} {NGINX_APP} }}"
    with faulty("nginx", text.replace("TLSv1.2 ", "")) as port:
        report = probed(port)
    found = {a.tls: a.verdict for a in report.of("none")}
    assert (found["1.2"], found["1.3"]) == (LEFT_OUT, REFUSED)
    assert report.verdict == "refuses_others", report.table()


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (NGINX_TO_HTTPS, REFUSED),
        ("return 301 http://other.example.com/;", ACCEPTED),
        ("return 444;", REFUSED),
        (f"if ($request_method = POST) {{ return 405; }} {NGINX_TO_HTTPS}", REFUSED),
        (NGINX_APP, ACCEPTED),
    ],
    ids=["redirect to https", "redirect elsewhere", "closes", "no other method", "application"],
)
def test_plain_http_counts(
    answer: str, verdict: str, faulty: Callable[..., Any], probed: Probed
) -> None:
    plain = servers.free_port()
    text = (
        f"server {{ listen 127.0.0.1:{plain}; {answer} }}"
        f" server {{ {NGINX_TLS} {NGINX_VERIFY} {NGINX_APP} }}"
    )
    with faulty("nginx", text) as port:
        report = probed(port, http_port=plain)
    found = [a for a in report.of("plain_http") if not a.title.endswith(f" {report.port}")]
    assert {a.verdict for a in found} == {verdict}
    assert report.verdict == ("open" if verdict == ACCEPTED else "refuses_others")
    assert ("plain_http" in codes(report)) == (verdict == ACCEPTED)


@pytest.mark.parametrize(
    "condition",
    [
        "$request_method = GET",
        "$http_user_agent ~ Chrome",
        "$http_host = shop.example.com",
        "$uri !~ ^/api/",
    ],
    ids=["method", "visitor", "spelling", "path"],
)
def test_plain_http_that_is_redirected_only_for_some_is_open(
    condition: str, faulty: Callable[..., Any], probed: Probed
) -> None:
    plain = servers.free_port()
    sends_away = f"if ({condition}) {{ return 301 https://$host$request_uri; }}"
    text = (
        f"server {{ listen 127.0.0.1:{plain}; {sends_away} {NGINX_APP} }}"
        f" server {{ {NGINX_TLS} {NGINX_VERIFY} {NGINX_APP} }}"
    )
    with faulty("nginx", text) as port:
        report = probed(port, http_port=plain)
    assert report.verdict == "open"
    assert codes(report)[0] == "plain_http"
    assert max(map(len, report.table().split("\n"))) <= 80


def test_an_origin_with_the_wrong_bundle_refuses_cloudflare(
    started: Running, probed: Probed, folder: Folder
) -> None:
    with started("nginx", authorities=folder.next_root.pem) as origin:
        report = probed(origin.port)
    assert report.verdict == "refuses_cloudflare"
    assert codes(report) == ["refuses_right"]


def test_a_pin_that_does_not_hold_is_found(started: Running, probed: Probed) -> None:
    with started("nginx") as origin:
        assert codes(probed(origin.port)) == ["any_of_the_ca"]
        report = probed(origin.port, pinned=True)
    assert (report.verdict, codes(report)) == ("open", ["pin_fails"])


def test_an_origin_whose_own_certificate_is_not_trusted_is_not_asked(
    started: Running, probed: Probed, folder: Folder
) -> None:
    with started("nginx") as origin:
        report = probed(origin.port, server_ca=folder.file("ca.pem"))
        taken = probed(origin.port, server_ca=None, verify_server=False)
    assert report.verdict == "unproven"
    assert "--server-ca" in report.findings[0].message
    assert "--any-server" in report.findings[0].message
    usual = [a for a in report.of("none", "right") if a.tls in VERSIONS]
    assert {a.verdict for a in usual} == {UNREACHABLE}
    assert taken.verdict == "refuses_others"


def test_without_the_right_certificate_nothing_is_proven(started: Running, probed: Probed) -> None:
    with started("nginx") as origin:
        report = probed(origin.port, given={})
    assert (report.verdict, codes(report)) == ("unproven", ["right_not_shown"])
    assert "--certificate and --key" in report.findings[0].message
    assert {a.verdict for a in report.of("none", "no_sni", "other_host")} == {REFUSED}
    assert {a.verdict for a in report.of("right", "other_ca")} == {LEFT_OUT}


def test_nothing_listens_is_no_proof(probed: Probed) -> None:
    report = probed(servers.free_port())
    assert (report.verdict, codes(report)) == ("unproven", ["unreachable"])
