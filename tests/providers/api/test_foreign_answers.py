"""Answers that Cloudflare would not give: one line each, bounded, and nothing leaves the state."""

from __future__ import annotations

import tracemalloc

import pytest

from providers.api.errors import CloudflareError, Unanswered
from providers.hostname_binding import HostnameBindingProvider
from tests.conftest import ZONE
from tests.providers.life import Life

SWITCH = "origin_tls_client_auth"
GATEWAYS = {
    "no route": {"text": '{"message": "no Route matched with those values"}'},
    "its own success": {"text": '{"success": true, "result": null}'},
    "a list": {"text": "[]"},
    "only codes": {"text": '{"errors": [{"code": 1553}]}'},
    "unknown code of Cloudflare's": {
        "text": '{"success": false, "errors": [{"code": 1999, "message": "Route not found"}]}'
    },
}


@pytest.fixture
def zone(new_run):
    return new_run().zone(ZONE, None)


def is_one_line(error: BaseException) -> bool:
    return str(error).isprintable() and len(str(error)) < 400


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_the_404_of_a_gateway_takes_nothing_out_of_the_state(
    sandbox, new_run, certificate, gateway
):
    new_run()
    life = Life(HostnameBindingProvider())
    life.up(zone_id=ZONE, hostname="app.example.com", cert_id=certificate().id, enabled=True)
    new_run()
    sandbox.fault("foreign", path="hostnames", times=0, **GATEWAYS[gateway])
    before = dict(life.outs)
    with pytest.raises(CloudflareError) as refreshed:
        life.refresh()
    with pytest.raises(CloudflareError) as deleted:
        life.destroy()
    assert is_one_line(refreshed.value)
    assert is_one_line(deleted.value)
    assert life.outs == before
    sandbox.clear_faults()
    assert life.refresh()


def test_a_foreign_answer_is_told_by_its_status(sandbox, zone):
    sandbox.fault("foreign", status=403, text='{"message": "forbidden"}', times=0)
    with pytest.raises(Unanswered, match=r"not Cloudflare's.*HTTP 403"):
        zone.setting(SWITCH)


STRANGE = {
    "deep": {"action": "foreign", "status": 200, "text": "[" * 200_000},
    "deep in an object": {"action": "foreign", "status": 200, "text": '{"a":' * 200_000},
    "errors is a number": {
        "action": "foreign",
        "status": 400,
        "text": '{"success": false, "errors": 5}',
    },
    "error_chain is a number": {
        "action": "foreign",
        "status": 400,
        "text": '{"success": false, "errors": [{"code": 1000, "error_chain": 7}]}',
    },
    "codes are lists": {
        "action": "foreign",
        "status": 400,
        "text": '{"success": false, "errors": [{"code": [1553], "message": {"a": 1}}, 5, null]}',
    },
    "control characters": {
        "action": "foreign",
        "status": 400,
        "text": '{"success": false, "errors": [{"code": 1, "message": "\\u001b[2J\\u202eno"}]}',
    },
}


@pytest.mark.parametrize("name", STRANGE)
def test_a_strange_answer_is_one_line(sandbox, zone, name):
    sandbox.fault(**STRANGE[name], times=0)
    with pytest.raises(CloudflareError) as told:
        zone.setting(SWITCH)
    assert is_one_line(told.value)


@pytest.mark.parametrize("pages", [1e12, "many", -1, True, [7]])
def test_the_number_of_pages_is_only_what_it_is_worth(sandbox, zone, pages):
    sandbox.fault("set_fields", fields={"result_info.total_pages": pages}, method="GET", times=0)
    assert len(zone.certificates("hostname")) == 1
    assert len(sandbox.journal()) <= 3


def test_pages_without_end_are_one_line(sandbox, zone):
    row = '{"id": "a", "certificate": "", "status": "active"}'
    text = f'{{"success": true, "result": [{row}], "result_info": {{"total_pages": 1e12}}}}'
    sandbox.fault("foreign", status=200, text=text, times=0)
    with pytest.raises(Unanswered, match="pages") as told:
        zone.certificates("hostname")
    assert is_one_line(told.value)
    assert len(sandbox.journal()) <= 60


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "gzip, gzip"])
def test_a_small_answer_that_becomes_a_large_one_is_refused_before_it_is_large(
    sandbox, zone, encoding
):
    sandbox.fault("bomb", encoding=encoding, bytes=100_000_000, times=0, method="GET")
    tracemalloc.start()
    with pytest.raises(Unanswered, match=r"larger than 8 MiB|encoded as") as told:
        zone.setting(SWITCH)
    largest = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert is_one_line(told.value)
    assert largest < 40_000_000


def test_a_compressed_answer_is_read(sandbox, zone):
    sandbox.fault("bomb", encoding="gzip", bytes=1_000_000, times=0, method="GET")
    assert zone.setting(SWITCH) == "off"


@pytest.mark.parametrize("size", [200_000, 20_000_000])
def test_a_head_beyond_reason_is_one_line(sandbox, zone, size):
    sandbox.fault("set_headers", headers={"x-long": "x" * size}, times=0)
    with pytest.raises(Unanswered) as told:
        zone.setting(SWITCH)
    assert is_one_line(told.value)


SURROUNDINGS = {
    "no such SSL_CERT_FILE": ({"SSL_CERT_FILE": "/nowhere/ca.pem"}, "SSL_CERT_FILE"),
    "SOCKS proxy": ({"HTTPS_PROXY": "socks5://127.0.0.1:1080"}, "SOCKS"),
    "proxy of no kind": ({"HTTPS_PROXY": "nonsense://127.0.0.1"}, "HTTPS_PROXY"),
}


@pytest.mark.parametrize("name", SURROUNDINGS)
def test_surroundings_that_cannot_work_are_told_with_the_next_step(monkeypatch, new_run, name):
    environ, told = SURROUNDINGS[name]
    for variable, value in environ.items():
        monkeypatch.setenv(variable, value)
    with pytest.raises(CloudflareError, match=told) as error:
        new_run(CLOUDFLARE_BASE_URL="").zone(ZONE, None)
    assert is_one_line(error.value)
    assert error.value.next_step
    assert not isinstance(error.value, Unanswered)


def test_an_authority_file_that_holds_none_is_told(monkeypatch, new_run, tmp_path):
    (tmp_path / "ca.pem").write_text("no certificate")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with pytest.raises(CloudflareError, match="SSL_CERT_FILE"):
        new_run(CLOUDFLARE_BASE_URL="").zone(ZONE, None)


@pytest.mark.parametrize("url", ["https://[::1", "https://a b", "https://a:99999", "https://a:x"])
def test_a_base_url_that_is_no_address_is_told(new_run, url):
    with pytest.raises(CloudflareError, match="CLOUDFLARE_BASE_URL") as error:
        new_run(CLOUDFLARE_BASE_URL=url).zone(ZONE, None)
    assert is_one_line(error.value)
    assert error.value.next_step
