"""`operations import --terraform-state` and `--pulumi-state`: what another tool managed.

The states are written as the providers' schemas say, versions 4 and 5 of Terraform's and version 6
of pulumi-cloudflare, with keys that are made at run time.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from operations.plan.takeover import OtherResource, read, removed_blocks
from operations.render.takeover_files import write
from operations.sources import other_tools
from tests.pki import Pair, make

ZONE = "023e105f4ecef8ad9ca31a8372d0c353"
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}


@pytest.fixture(scope="module")
def pairs() -> dict[str, Pair]:
    return {"zone": make("zone"), "app": make("app")}


def pair(made: Pair) -> dict[str, str]:
    return {"certificate": made.certificate, "private_key": made.private_key, "zone_id": ZONE}


def version_4(pairs: Mapping[str, Pair]) -> list[tuple[str, str, dict[str, Any]]]:
    """https://registry.terraform.io/providers/cloudflare/cloudflare/4.52.0/docs"""
    kind = "cloudflare_authenticated_origin_pulls"
    app = {"id": "c2", "status": "active", "type": "per-hostname", **pair(pairs["app"])}
    zone = {"id": "c1", "status": "active", "type": "per-zone", **pair(pairs["zone"])}
    one = {"id": "x", "zone_id": ZONE, "enabled": True}
    by_app = {**one, "hostname": "app.example.com", "authenticated_origin_pulls_certificate": "c2"}
    by_zone = {**one, "hostname": None, "authenticated_origin_pulls_certificate": "c1"}
    override = {"id": ZONE, "zone_id": ZONE, "settings": [{"ssl": "strict", "brotli": "on"}]}
    return [
        (f"{kind}_certificate", "zone", zone),
        (f"{kind}_certificate", "app", app),
        (kind, "app", by_app),
        (kind, "zone", by_zone),
        (kind, "shared", one),
        ("cloudflare_zone_settings_override", "all", override),
        ("cloudflare_record", "www", {"id": "r", "zone_id": ZONE}),
    ]


def version_5(pairs: Mapping[str, Pair]) -> list[tuple[str, str, dict[str, Any]]]:
    """https://registry.terraform.io/providers/cloudflare/cloudflare/5.22.0/docs"""
    kind = "cloudflare_authenticated_origin_pulls"
    entry = {"hostname": "app.example.com", "cert_id": "c2", "enabled": True}
    app = {"id": "c2", "status": "active", **pair(pairs["app"])}
    zone = {"id": "c1", "certificate_id": "c1", "enabled": True, **pair(pairs["zone"])}
    setting = {"id": "ssl", "setting_id": "ssl", "zone_id": ZONE, "value": "strict"}
    shared = {**setting, "id": "tls_client_auth", "setting_id": "tls_client_auth", "value": "on"}
    return [
        (f"{kind}_certificate", "zone", zone),
        (f"{kind}_hostname_certificate", "app", app),
        (kind, "app", {"zone_id": ZONE, "config": [entry]}),
        (f"{kind}_settings", "zone", {"id": ZONE, "zone_id": ZONE, "enabled": True}),
        ("cloudflare_zone_setting", "ssl", setting),
        ("cloudflare_zone_setting", "shared", shared),
        ("cloudflare_zone_setting", "http3", {**setting, "setting_id": "http3", "value": "on"}),
    ]


# The fields of the resources beside `id`, as the schemas of the providers have them: read in
# pulumi_cloudflare 5.49.1, which bridges version 4, and 6.23.1, which bridges version 5.
CERTIFICATE_FIELDS = {
    "certificate", "expires_on", "issuer", "private_key", "serial_number", "signature", "status",
    "uploaded_on", "zone_id",
}  # fmt: skip
SCHEMA_4 = {
    "authenticated_origin_pulls": {
        "authenticated_origin_pulls_certificate", "enabled", "hostname", "zone_id",
    },
    "authenticated_origin_pulls_certificate": CERTIFICATE_FIELDS | {"type"},
    "zone_settings_override": {
        "initial_settings", "initial_settings_read_at", "readonly_settings", "settings", "zone_id",
        "zone_status", "zone_type",
    },
}  # fmt: skip
SCHEMA_5 = {
    "authenticated_origin_pulls": CERTIFICATE_FIELDS
    | {"cert_id", "cert_status", "cert_updated_at", "cert_uploaded_on", "config", "created_at"}
    | {"enabled", "hostname", "updated_at"},
    "authenticated_origin_pulls_certificate": CERTIFICATE_FIELDS | {"certificate_id", "enabled"},
    "authenticated_origin_pulls_hostname_certificate": CERTIFICATE_FIELDS,
    "authenticated_origin_pulls_settings": {"enabled", "zone_id"},
    "zone_setting": {
        "editable", "enabled", "modified_on", "setting_id", "time_remaining", "value", "zone_id",
    },
}  # fmt: skip


@pytest.mark.parametrize(("made", "schema"), [("version_4", SCHEMA_4), ("version_5", SCHEMA_5)])
def test_the_fixtures_have_only_fields_that_the_providers_have(
    pairs: dict[str, Pair], made: str, schema: dict[str, set[str]]
) -> None:
    resources = {"version_4": version_4, "version_5": version_5}[made](pairs)
    known = [r for r in resources if r[0] != "cloudflare_record"]
    assert {kind.removeprefix("cloudflare_") for kind, _, _ in known} == set(schema)
    for kind, name, values in known:
        assert set(values) <= schema[kind.removeprefix("cloudflare_")] | {"id"}, name


def state_file(resources: list[tuple[str, str, dict[str, Any]]]) -> str:
    """terraform.tfstate, format 4."""
    listed = [
        {
            "mode": "managed",
            "type": kind,
            "name": name,
            "provider": 'provider["registry.terraform.io/cloudflare/cloudflare"]',
            "instances": [{"schema_version": 0, "attributes": values}],
        }
        for kind, name, values in resources
    ]
    return json.dumps({"version": 4, "serial": 7, "lineage": "x", "resources": listed})


def show_json(resources: list[tuple[str, str, dict[str, Any]]]) -> str:
    """`terraform show -json`, everything in a module."""
    listed = [
        {
            "address": f"module.edge.{kind}.{name}",
            "mode": "managed",
            "type": kind,
            "name": name,
            "values": values,
        }
        for kind, name, values in resources
    ]
    module = {"child_modules": [{"address": "module.edge", "resources": listed}]}
    return json.dumps({"format_version": "1.0", "values": {"root_module": module}})


def camel(word: str) -> str:
    first, *others = word.split("_")
    return first + "".join(map(str.title, others))


def pulumi_export(resources: list[tuple[str, str, dict[str, Any]]], opened: bool = True) -> str:
    """`pulumi stack export --show-secrets` of pulumi-cloudflare: 5 bridges version 4, 6 version 5.

    The bridge calls a list in the plural, and a block that occurs at most once is an object.
    """

    def value(name: str, given: Any) -> Any:
        if name == "private_key":
            return {
                **SECRET,
                **({"plaintext": json.dumps(given)} if opened else {"ciphertext": "x"}),
            }
        if isinstance(given, list):
            items = [{camel(k): v for k, v in item.items()} for item in given]
            return items[0] if name == "settings" else items
        return given

    listed = []
    for kind, name, values in resources:
        word = camel(kind.removeprefix("cloudflare_"))
        type_ = f"cloudflare:index/{word}:{word[0].upper()}{word[1:]}"
        plural = {"config": "configs"}
        outputs = {camel(plural.get(k, k)): value(k, v) for k, v in values.items()}
        urn = f"urn:pulumi:old::edge::{type_}::{name}"
        listed.append({"urn": urn, "type": type_, "id": values.get("id"), "outputs": outputs})
    return json.dumps({"version": 3, "deployment": {"resources": listed}})


def read_all(form: str, pairs: Mapping[str, Pair]) -> list[OtherResource]:
    if form == "v4":
        return other_tools.terraform(state_file(version_4(pairs)), "a")
    if form == "v5":
        return other_tools.terraform(state_file(version_5(pairs)), "a")
    if form == "show":
        return other_tools.terraform(show_json(version_5(pairs)), "a")
    if form == "pulumi 5":
        return other_tools.pulumi(pulumi_export(version_4(pairs)), "a")
    return other_tools.pulumi(pulumi_export(version_5(pairs)), "a")


FORMS = ("v4", "v5", "show", "pulumi 5", "pulumi 6")


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_state_says_the_same_of_the_zone(
    form: str, pairs: dict[str, Pair], tmp_path: Path
) -> None:
    write(read(read_all(form, pairs)), "live", tmp_path, "file", False, lambda _: "example.com")
    made = yaml.safe_load((tmp_path / "Pulumi.live.yaml").read_text())["config"]["aop:zones"]
    assert made == {
        "example.com": {
            "zone_id": ZONE,
            "ssl": "strict",
            "shared_certificate": "on",
            "zone_certificate": {
                "certificate": f"file:{tmp_path}/certificates/example.com-zone.pem",
                "private_key": f"file:{tmp_path}/keys/example.com-zone.key",
            },
            "hostname_certificates": {
                "app": {
                    "certificate": f"file:{tmp_path}/certificates/example.com-app.pem",
                    "private_key": f"file:{tmp_path}/keys/example.com-app.key",
                    "hostnames": {"app.example.com": "on"},
                }
            },
        }
    }


@pytest.mark.parametrize("form", FORMS)
def test_keys_are_files_for_the_owner_alone_and_nowhere_else(
    form: str, pairs: dict[str, Pair], tmp_path: Path
) -> None:
    written, steps = write(
        read(read_all(form, pairs)), "live", tmp_path, "file", False, lambda _: "example.com"
    )
    keys = sorted((tmp_path / "keys").iterdir())
    assert [path.read_text() for path in keys] == [
        pairs["app"].private_key,
        pairs["zone"].private_key,
    ]
    assert {path.stat().st_mode & 0o777 for path in keys} == {0o600}
    others = [path for path in tmp_path.rglob("*") if path.is_file() and path not in keys]
    shown = "".join(path.read_text() for path in others) + str(written) + str(steps)
    assert "PRIVATE KEY" not in shown
    for made in pairs.values():
        assert made.private_key.splitlines()[2] not in shown


def test_keys_may_go_into_the_stacks_own_secrets(pairs: dict[str, Pair], tmp_path: Path) -> None:
    _, steps = write(
        read(read_all("v5", pairs)),
        "live",
        tmp_path,
        "secret",
        False,
        lambda _: "example.com",
        "--terraform-state a.tfstate",
    )
    assert "private_key: secret:example-com-app" in (tmp_path / "Pulumi.live.yaml").read_text()
    assert (
        "python -m operations import --terraform-state a.tfstate --key example.com-app"
        " | pulumi config set --stack live --secret aop:example-com-app"
    ) in steps
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not [path for path in written if "PRIVATE KEY" in path.read_text()]


def test_what_has_no_counterpart_is_named_and_stays_with_its_tool(pairs: dict[str, Pair]) -> None:
    old, new = read(read_all("v4", pairs)), read(read_all("v5", pairs))
    assert [note.split(":")[0] for note in old.notes] == ["cloudflare_zone_settings_override.all"]
    assert [note.split(":")[0] for note in new.notes] == ["cloudflare_zone_setting.http3"]
    named = {r.address for made in (old, new) for r in made.taken}
    assert not named & {"cloudflare_zone_settings_override.all", "cloudflare_zone_setting.http3"}


def test_several_states_are_read_as_one(pairs: dict[str, Pair], tmp_path: Path) -> None:
    parts = version_5(pairs)
    resources = [
        *other_tools.terraform(state_file(parts[:2]), "a"),
        *other_tools.terraform(show_json(parts[2:]), "b"),
    ]
    assert read(resources).zones == read(read_all("v5", pairs)).zones


def test_encrypted_secrets_are_asked_for_in_plain_text(pairs: dict[str, Pair]) -> None:
    with pytest.raises(Exception, match="--show-secrets"):
        other_tools.pulumi(pulumi_export(version_5(pairs), opened=False), "old.json")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 4}'])
def test_what_is_no_state_is_one_line(text: str) -> None:
    for reads in (other_tools.terraform, other_tools.pulumi):
        with pytest.raises(Exception, match="given: this is no") as stopped:
            reads(text, "given")
        assert "\n" not in str(stopped.value)


def test_a_bound_certificate_that_no_state_holds_is_named(pairs: dict[str, Pair]) -> None:
    only = [r for r in read_all("v5", pairs) if r.kind == "authenticated_origin_pulls"]
    assert read(only).notes == ["app.example.com: its certificate c2 is in none of the states"]


@pytest.mark.skipif(shutil.which("terraform") is None, reason="needs terraform 1.7 or newer")
def test_terraform_forgets_by_the_blocks_and_destroys_nothing(tmp_path: Path) -> None:
    """With the one resource that is built in: a provider would come from the network."""

    def terraform(*arguments: str) -> str:
        done = subprocess.run(
            ["terraform", *arguments, "-no-color"],
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    (tmp_path / "main.tf").write_text('resource "terraform_data" "app" {\n  count = 2\n}\n')
    terraform("init")
    terraform("apply", "-auto-approve")
    listed = terraform("state", "list").split()
    assert listed == ["terraform_data.app[0]", "terraform_data.app[1]"]
    blocks = removed_blocks([OtherResource("terraform", name, "", {}) for name in listed])
    (tmp_path / "main.tf").write_text(blocks)
    assert "0 destroyed" in terraform("apply", "-auto-approve")
    assert terraform("state", "list") == ""
