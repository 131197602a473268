"""What a stack holds, from its export."""

from __future__ import annotations

import json
from typing import Any

import pytest

from operations.command import Stop
from operations.sources.state import failure, read
from tests.operations.plans import TYPES, ZONE, urn
from tests.pki import make


def export(*resources: dict[str, Any]) -> str:
    return json.dumps({"version": 3, "deployment": {"resources": list(resources)}})


def resource(kind: str, name: str, **outputs: Any) -> dict[str, Any]:
    outputs = {"zone_id": ZONE, **outputs}
    return {"type": TYPES + kind, "urn": urn(kind, name), "id": "an-id", "outputs": outputs}


def test_certificates_are_found_by_level_with_their_fingerprint() -> None:
    pair = make()
    held = read(
        export(
            resource("ZoneCertificate", "zone", certificate_sha256="a" * 64, expires_on="2027"),
            resource("HostnameCertificate", "app", certificate=pair.certificate),
            resource("ZoneSetting", "ssl", value="strict"),
        ),
        "prod",
    )
    found = [(c.stack, c.name, c.level, c.sha256) for c in held.certificates]
    assert found == [
        ("prod", "zone", "zone", "a" * 64),
        ("prod", "app", "hostname", pair.sha256),
    ]
    assert held.ids == {"an-id"}


def test_what_is_issued_or_waits_for_its_deletion_is_told_from_the_rest() -> None:
    held = read(
        export(
            resource("IssuedZoneCertificate", "zone", certificate=make().certificate),
            {**resource("HostnameCertificate", "app", certificate_sha256="b" * 64), "delete": True},
        ),
        "prod",
    )
    assert [(bool(c.renews_on), c.is_going) for c in held.certificates] == [
        (True, False), (False, True)
    ]  # fmt: skip
    assert [c.name for c in held.certificates_of(ZONE)] == ["zone"]


def test_settings_bindings_and_the_names_of_tokens_are_the_states_picture_of_a_zone() -> None:
    held = read(
        export(
            resource("ZoneSetting", "ssl", setting="ssl", value="strict", token_env="OWN_TOKEN"),
            resource("HostnameCertificate", "app", certificate_sha256="b" * 64),
            resource("HostnameBinding", "one", hostname="one.example.com", cert_id="an-id"),
            {"type": "cloudflare:index:X", "urn": "urn", "outputs": {"zone_id": "f" * 32}},
        ),
        "prod",
    )
    zone = held.zone(ZONE)
    assert (zone.ssl, zone.own) == ("strict", None)
    assert zone.hostnames["one.example.com"].certificate.sha256 == "b" * 64
    assert held.token_envs == {ZONE: "OWN_TOKEN"}
    assert set(held.zones) == {ZONE}, "what another package holds is nobody's zone here"


def test_hostnames_are_found_in_bindings_and_in_maps() -> None:
    entry = {"cert_id": "c", "enabled": True}
    held = read(
        export(
            resource("HostnameBinding", "one", hostname="one.example.com", **entry),
            resource("HostnameBindings", "many", bindings={"two.example.com": entry}),
        ),
        "prod",
    )
    assert held.hostnames == {(ZONE, "one.example.com"), (ZONE, "two.example.com")}


def test_a_resource_of_somebody_else_is_passed_over() -> None:
    theirs = {"type": "aws:s3/bucket:Bucket", "urn": "urn", "outputs": {"certificate": "x"}}
    assert read(export(theirs), "prod").certificates == ()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"deployment": null}', "[" * 100_000])
def test_what_is_no_export_is_one_line_with_the_next_step(text: str) -> None:
    with pytest.raises(Stop, match=r"Give the output of `pulumi stack export`\."):
        read(text, "prod")


def test_a_failed_preview_is_told_by_the_engines_error_and_never_by_a_piece_of_json() -> None:
    told = "stacks/Pulumi.dev.yaml: ca: the CA did not sign the certificate."
    output = json.dumps(
        {
            "config": {"directives": "# NGINX: an error page\nserver {"},
            "diagnostics": [
                {"severity": "warning", "message": "warning: soon"},
                {"severity": "error", "message": f"<{{%reset%}}>error: {told}<{{%reset%}}>\n"},
            ],
        },
        indent=4,
    )
    assert failure(output, "") == failure(output, "error: preview failed") == told


def test_a_failure_without_json_is_told_by_the_line_that_names_an_error() -> None:
    assert (
        failure("", "warning: old\nerror: incorrect passphrase\n") == "error: incorrect passphrase"
    )
    assert failure("", "") == ""


def test_what_waits_for_its_deletion_holds_no_hostname_and_no_setting() -> None:
    setting = resource("ZoneSetting", "ssl", setting="ssl", value="strict")
    bound = resource("HostnameBinding", "one", hostname="one.example.com", cert_id="an-id")
    held = read(export(*({**item, "delete": True} for item in (setting, bound))), "prod")
    assert held.hostnames == set()
    assert held.zone(ZONE).ssl is None
