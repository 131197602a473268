"""The states of Terraform and pulumi-cloudflare as one kind of record."""

from __future__ import annotations

import json
from typing import Any

import pytest

from operations.command import Stop
from operations.sources.other_tools import SIGNATURE, pulumi, terraform

VALUES = {"zone_id": "023e105f4ecef8ad9ca31a8372d0c353", "enabled": True}
KIND = "authenticated_origin_pulls_settings"


def test_a_state_file_and_show_name_the_same_resources() -> None:
    instances = [{"index_key": "a", "attributes": VALUES}]
    base = {"mode": "managed", "type": f"cloudflare_{KIND}", "name": "own"}
    state = {"serial": 1, "resources": [{**base, "module": "module.m", "instances": instances}]}
    address = f'module.m.cloudflare_{KIND}.own["a"]'
    module = {"resources": [{**base, "address": address, "values": VALUES}]}
    show = {"format_version": "1.0", "values": {"root_module": {"child_modules": [module]}}}
    for data in (state, show):
        (found,) = terraform(json.dumps(data), "a file")
        assert (found.address, found.kind, found.values) == (address, KIND, VALUES)


def test_what_is_read_or_belongs_to_another_provider_is_passed_over() -> None:
    resources: list[dict[str, Any]] = [
        {"mode": "data", "type": "cloudflare_zone", "name": "z", "instances": [{}]},
        {"mode": "managed", "type": "aws_s3_bucket", "name": "b", "instances": [{}]},
    ]
    assert terraform(json.dumps({"serial": 1, "resources": resources}), "a file") == []


def bridge(value: Any) -> str:
    kind = "cloudflare:index/authenticatedOriginPullsCertificate"
    base = {"type": f"{kind}:AuthenticatedOriginPullsCertificate", "urn": "urn", "id": "an-id"}
    item = {**base, "outputs": {"privateKey": value}}
    return json.dumps({"deployment": {"resources": [item]}})


def test_names_of_pulumi_cloudflare_become_those_of_terraform() -> None:
    (found,) = pulumi(bridge({SIGNATURE: "secret", "plaintext": '"a key"'}), "a file")
    assert found.kind == "authenticated_origin_pulls_certificate"
    assert found.values == {"id": "an-id", "private_key": "a key"}


def test_encrypted_secrets_are_asked_for_in_plain_text() -> None:
    with pytest.raises(Stop, match="--show-secrets"):
        pulumi(bridge({SIGNATURE: "secret", "ciphertext": "v1:x"}), "a file")


@pytest.mark.parametrize("read", [terraform, pulumi])
@pytest.mark.parametrize("text", ["", "[]", '{"a": 1}', "[" * 100_000])
def test_what_is_no_state_is_one_line(read: Any, text: str) -> None:
    with pytest.raises(Stop, match=r"^a file: this is no"):
        read(text, "a file")
