"""Origins that still speak TLS 1.0 and 1.1, which visitors may choose."""

from __future__ import annotations

import importlib
import ssl
from collections.abc import Callable
from typing import Any

import pytest

from origins import ProbeReport, connection
from origins.attempt import NO_TLS, UNREACHABLE, Answer
from origins.report import REFUSES_OTHERS

from .servers import free_port
from .test_probe import HAPROXY, codes
from .test_request import REFUSER, guard

probe_module = importlib.import_module("origins.probe")  # `origins.probe` is its function
Probed = Callable[..., ProbeReport]
Faulty = Callable[..., Any]

pytestmark = pytest.mark.skipif(
    not (ssl.HAS_TLSv1 and ssl.HAS_TLSv1_1), reason="this Python's TLS has neither 1.0 nor 1.1"
)
OLD = "ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3; ssl_ciphers ALL:@SECLEVEL=0;"


def in_old_versions(text: str) -> str:
    return text.replace("ssl_protocols TLSv1.2 TLSv1.3;", OLD)


@pytest.mark.parametrize("version", ["TLSv1", "TLSv1.1"])
def test_an_origin_that_guards_only_newer_versions_is_open(
    version: str, faulty: Faulty, probed: Probed
) -> None:
    with faulty("nginx", in_old_versions(guard(f"$ssl_protocol = {version}"))) as port:
        report = probed(port)
    assert report.verdict == "open", report.table()
    name = {"TLSv1": "1.0", "TLSv1.1": "1.1"}[version]
    assert f"without a certificate over TLS {name}" in report.findings[0].message


def test_an_origin_that_refuses_in_old_versions_too_is_proven(
    faulty: Faulty, probed: Probed
) -> None:
    with faulty("nginx", in_old_versions(REFUSER + guard(""))) as port:
        report = probed(port)
    assert report.verdict == REFUSES_OTHERS, report.table()
    assert "over TLS 1.0, 1.1, 1.2 and 1.3." in report.covers[0]
    assert report.refuses_in_handshake == ()
    assert max(map(len, report.table().split("\n"))) <= 80


def test_an_origin_that_refuses_in_the_handshake_of_old_versions_is_proven(
    faulty: Faulty, probed: Probed
) -> None:
    verify = " ca-file <<CA>> verify required ssl-min-ver TLSv1.0 ciphers ALL:@SECLEVEL=0"
    with faulty("haproxy", HAPROXY.format(verify=verify)) as port:
        report = probed(port)
    assert report.verdict == REFUSES_OTHERS, report.table()
    assert report.refuses_in_handshake == ("1.0", "1.1", "1.2", "1.3")
    assert "cookies" not in " ".join(report.covers)
    told = " ".join(report.table().split())
    assert "Over TLS 1.0, 1.1, 1.2 and 1.3 strangers are refused under this name in the" in told


def test_a_wrong_certificate_that_passes_in_an_old_version_is_found(
    faulty: Faulty, probed: Probed
) -> None:
    text = guard("$open_to = TLSv1.1:FAILED", "optional_no_ca").replace(
        ' set $open "";',
        ' set $open ""; set $open_to $ssl_protocol:NONE;'
        " if ($ssl_client_verify ~ FAILED) { set $open_to $ssl_protocol:FAILED; }",
    )
    with faulty("nginx", in_old_versions(text)) as port:
        report = probed(port)
    assert (report.verdict, codes(report)[0]) == ("open", "accepts_wrong"), report.table()


def test_versions_that_this_machine_does_not_have_are_said_not_to_be_asked(
    faulty: Faulty, probed: Probed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(connection.OLD_VERSIONS, "1.0")
    cannot = Answer(UNREACHABLE, f"{NO_TLS}: no protocols available")
    real = probe_module.ask
    monkeypatch.setattr(probe_module, "ask", lambda q: cannot if q.version == "1.1" else real(q))
    with faulty("nginx", REFUSER + guard("")) as port:
        report = probed(port)
    assert report.verdict == REFUSES_OTHERS, report.table()
    assert "TLS 1.0 and 1.1, in which this machine's TLS cannot ask" in report.covers[-1]


def test_an_origin_that_is_silent_in_an_old_version_is_not_proven(
    faulty: Faulty, probed: Probed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A firewall, or a busy machine: nobody knows what would have come."""
    silent, real = Answer(UNREACHABLE, "no answer in time"), probe_module.ask
    monkeypatch.setattr(probe_module, "ask", lambda q: silent if q.version == "1.0" else real(q))
    with faulty("nginx", REFUSER + guard("")) as port:
        report = probed(port)
    assert report.verdict == "unproven", report.table()


def test_where_nothing_listens_no_version_is_called_refused(probed: Probed) -> None:
    report = probed(free_port())
    assert {a.verdict for a in report.of("none")} == {UNREACHABLE}, report.table()
