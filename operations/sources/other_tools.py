"""What Terraform and pulumi-cloudflare hold in their states, as one kind of record.

Attributes are named as Terraform's Cloudflare provider names them, in versions 4 and 5:
https://registry.terraform.io/providers/cloudflare/cloudflare/latest/docs. pulumi-cloudflare is
bridged from that provider, with the same names in camelCase.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..command import Stop
from ..plan.takeover import OtherResource
from ..text import safe

PREFIX = "cloudflare_"
BRIDGED = re.compile(r"cloudflare:index/(\w+):\w+")
# By which Pulumi marks a secret in a state. sdk/go/common/resource/sig.
SIGNATURE = "4dabf18193072939515e22adb298388d"


def terraform(text: str, name: str) -> list[OtherResource]:
    """The resources of Cloudflare's provider in a state file (format 4) or `terraform show -json`.

    :raises Stop: when the text is neither.
    """
    data = _parse(text, name)
    if isinstance(data.get("resources"), list) and "serial" in data:
        found = list(_of_state(data["resources"]))
    elif isinstance(data.get("values"), dict):
        found = list(_of_show(data["values"].get("root_module") or {}))
    elif "format_version" in data:
        found = []
    else:
        raise Stop(
            f"{name}: this is no state of Terraform. Give terraform.tfstate, the output of"
            " `terraform state pull`, or that of `terraform show -json`."
        )
    return [r for r in found if r.kind]


def pulumi(text: str, name: str) -> list[OtherResource]:
    """The resources of pulumi-cloudflare in the output of `pulumi stack export`.

    :raises Stop: when the text is none, or its secrets are encrypted.
    """
    data = _parse(text, name)
    deployment = data.get("deployment")
    if not isinstance(deployment, dict):
        raise Stop(f"{name}: this is no stack. Give the output of `pulumi stack export`.")
    found = []
    for item in deployment.get("resources") or []:
        bridged = BRIDGED.fullmatch(str(item.get("type", "")))
        if bridged is None:
            continue
        values = _open({"id": item.get("id"), **(item.get("outputs") or {})}, name)
        urn = str(item.get("urn", ""))
        found.append(OtherResource("pulumi", urn, _snake(bridged[1]), _snake_keys(values)))
    return found


def _parse(text: str, name: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise Stop(f"{safe(name)}: this is not JSON of a state.")
    return data


def _of_state(resources: list[Any]) -> Iterator[OtherResource]:
    for item in resources:
        if item.get("mode") != "managed":
            continue
        base = ".".join(filter(None, (item.get("module"), item["type"], item["name"])))
        for instance in item.get("instances", []):
            key = instance.get("index_key")
            address = base if key is None else f"{base}[{json.dumps(key)}]"
            yield _terraform(address, item["type"], instance.get("attributes") or {})


def _of_show(module: Mapping[str, Any]) -> Iterator[OtherResource]:
    for item in module.get("resources", []):
        if item.get("mode") == "managed":
            yield _terraform(item["address"], item["type"], item.get("values") or {})
    for child in module.get("child_modules", []):
        yield from _of_show(child)


def _terraform(address: str, kind: str, values: Mapping[str, Any]) -> OtherResource:
    """`kind` is empty for what is not Cloudflare's."""
    is_ours = kind.startswith(PREFIX)
    return OtherResource("terraform", address, kind.removeprefix(PREFIX) if is_ours else "", values)


def _open(value: Any, name: str) -> Any:
    """A value without Pulumi's marks of secrets."""
    if isinstance(value, dict):
        if SIGNATURE in value:
            if "plaintext" not in value:
                raise Stop(
                    f"{name}: its secrets are encrypted. Take it with `pulumi stack export"
                    " --show-secrets`, and delete it when all is done."
                )
            return json.loads(value["plaintext"])
        return {key: _open(item, name) for key, item in value.items()}
    return [_open(item, name) for item in value] if isinstance(value, list) else value


def _snake(word: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", word).lower()


def _snake_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {_snake(key): _snake_keys(item) for key, item in value.items()}
    return [_snake_keys(item) for item in value] if isinstance(value, list) else value
