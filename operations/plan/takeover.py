"""What another tool manages, in the words of this project, and what makes that tool forget. Pure.

Neither tool's state is changed here, and nothing at Cloudflare: the next `pulumi up` finds each
certificate by its fingerprint, each binding and switch by its value, and adopts it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from providers.lifecycle.tls_mode import WITHOUT_TLS
from providers.values import pem
from providers.values.text import short

OURS = re.compile(r"authenticated_origin_pulls(_\w+)?|zone_settings?(_override)?")
SWITCHES = ("tls_client_auth", "ssl")
Tool = Literal["terraform", "pulumi"]


@dataclass(frozen=True)
class OtherResource:
    """`address` is Terraform's address or Pulumi's URN; `kind` is without `cloudflare_`; `values`
    are named as Terraform's provider names them."""

    tool: Tool
    address: str
    kind: str
    values: Mapping[str, Any]


@dataclass
class OtherCertificate:
    """`label` names its files and its entry; `hostnames` show it, on or off."""

    label: str
    certificate: str
    key: str
    hostnames: dict[str, str] = field(default_factory=dict)


@dataclass
class OtherZone:
    """What the other tool wants of one zone."""

    zone_id: str
    settings: dict[str, str] = field(default_factory=dict)
    zone_certificates: dict[str, OtherCertificate] = field(default_factory=dict)
    hostname_certificates: dict[str, OtherCertificate] = field(default_factory=dict)
    bindings: dict[str, tuple[str, bool]] = field(default_factory=dict)
    is_on: bool | None = None


@dataclass
class Takeover:
    """`taken` are the resources that the other tool has to forget; `notes` is what has no
    counterpart here, and why."""

    zones: dict[str, OtherZone] = field(default_factory=dict)
    taken: list[OtherResource] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read(resources: Iterable[OtherResource]) -> Takeover:
    """All that the states say about Authenticated Origin Pulls, by zone."""
    made = Takeover()
    for resource in resources:
        if not OURS.fullmatch(resource.kind):
            continue
        zone_id = str(resource.values.get("zone_id") or "")
        take = KINDS.get(resource.kind)
        why = "its kind has no counterpart here"
        if take is not None and zone_id:
            why = take(made.zones.setdefault(zone_id, OtherZone(zone_id)), resource)
        if why:
            made.notes.append(f"{resource.address}: {why}")
        else:
            made.taken.append(resource)
    made.zones = {key: zone for key, zone in made.zones.items() if _holds_something(zone)}
    for zone in made.zones.values():
        _bind(zone, made.notes)
    return made


def _holds_something(zone: OtherZone) -> bool:
    certificates = zone.zone_certificates or zone.hostname_certificates
    return bool(zone.settings or certificates or zone.bindings) or zone.is_on is not None


def _take_certificate(zone: OtherZone, resource: OtherResource) -> str:
    """Version 4 has one kind for both levels, with a `type`; version 5 has the zone's only."""
    values = resource.values
    return _keep(zone, values, values.get("type") == "per-hostname")


def _take_hostname_certificate(zone: OtherZone, resource: OtherResource) -> str:
    return _keep(zone, resource.values, True)


def _keep(zone: OtherZone, values: Mapping[str, Any], is_hostname: bool) -> str:
    text = str(values.get("certificate") or "")
    identifier = str(values.get("certificate_id") or values.get("id") or "")
    try:
        parsed = pem.read_certificate(text)
    except ValueError:
        return "its certificate is not in the state: `operations import ZONE` reads it"
    place = zone.hostname_certificates if is_hostname else zone.zone_certificates
    label = "zone" if not is_hostname else f"certificate-{short(parsed.sha256)}"
    place[identifier] = OtherCertificate(label, parsed.pem, str(values.get("private_key") or ""))
    return ""


def _take_binding(zone: OtherZone, resource: OtherResource) -> str:
    """One kind for a hostname's binding, the zone's switch, and the shared certificate."""
    values = resource.values
    # Pulumi's bridge has the plural.
    entries = _blocks(values.get("config") or values.get("configs"))
    if named := [entry for entry in entries if entry.get("hostname")]:
        for entry in named:
            _add_binding(zone, entry)
    elif values.get("hostname"):
        _add_binding(zone, values)
    elif values.get("authenticated_origin_pulls_certificate"):
        zone.is_on = bool(values.get("enabled"))
    else:
        zone.settings["tls_client_auth"] = "on" if values.get("enabled") else "off"
    return ""


def _blocks(value: Any) -> list[Mapping[str, Any]]:
    """A block that occurs at most once is an object in Pulumi's bridge, a list in Terraform."""
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, Mapping)]


def _add_binding(zone: OtherZone, values: Mapping[str, Any]) -> None:
    shown = values.get("cert_id") or values.get("authenticated_origin_pulls_certificate")
    zone.bindings[str(values["hostname"])] = (str(shown), values.get("enabled") is not False)


def _take_switch(zone: OtherZone, resource: OtherResource) -> str:
    zone.is_on = bool(resource.values.get("enabled"))
    return ""


def _take_setting(zone: OtherZone, resource: OtherResource) -> str:
    setting, value = resource.values.get("setting_id"), resource.values.get("value")
    if setting not in SWITCHES:
        return f"the setting {setting} is not this project's: leave it where it is"
    zone.settings[setting] = str(value)
    return ""


def _take_override(zone: OtherZone, resource: OtherResource) -> str:
    """Reads the two settings that matter; the resource holds others too and stays with its tool."""
    for settings in _blocks(resource.values.get("settings")):
        for name in SWITCHES:
            if settings.get(name):
                zone.settings[name] = str(settings[name])
    return (
        "it holds other settings too, so it is not forgotten: take"
        f" {' and '.join(SWITCHES)} out of it before the next `up`"
    )


Take = Callable[[OtherZone, OtherResource], str]
KINDS: dict[str, Take] = {
    "authenticated_origin_pulls": _take_binding,
    "authenticated_origin_pulls_certificate": _take_certificate,
    "authenticated_origin_pulls_hostname_certificate": _take_hostname_certificate,
    "authenticated_origin_pulls_settings": _take_switch,
    "zone_setting": _take_setting,
    "zone_settings_override": _take_override,
}


def _bind(zone: OtherZone, notes: list[str]) -> None:
    """Bindings to their certificates, which are then called after their first hostname."""
    unused = [*zone.zone_certificates.values()][: -1 if zone.is_on else None]
    notes += [
        f"zone certificate {short(pem.read_certificate(c.certificate).sha256)} of {zone.zone_id}"
        f" is not in force{'' if zone.is_on else ', for the switch is off'}: it is left out"
        for c in unused
    ]
    for hostname, (cert_id, enabled) in sorted(zone.bindings.items()):
        shown = zone.hostname_certificates.get(cert_id)
        if shown is None:
            notes.append(f"{hostname}: its certificate {cert_id} is in none of the states")
        else:
            shown.hostnames[hostname] = "on" if enabled else "off"
    labels = {"zone", "hostnames", "uploads", *SWITCHES}
    for certificate in zone.hostname_certificates.values():
        first = re.sub(r"[^a-z0-9-]", "-", min(certificate.hostnames, default="").split(".")[0])
        if first and first not in labels:
            certificate.label = first
        labels.add(certificate.label)


def configuration(zone: OtherZone, name: str, place: str, keys: str) -> dict[str, Any]:
    """The value of the zone in `aop:zones`.

    :param place: the folder of the files, as the configuration names it.
    :param keys: `file` or `secret`: where a key that the state holds goes.
    """
    made: dict[str, Any] = {"zone_id": zone.zone_id}
    if (mode := zone.settings.get("ssl")) and mode not in WITHOUT_TLS:
        made["ssl"] = mode
    if "tls_client_auth" in zone.settings:
        made["shared_certificate"] = zone.settings["tls_client_auth"]
    for certificate in [*zone.zone_certificates.values()][-1:] if zone.is_on else []:
        made["zone_certificate"] = _files(certificate, name, place, keys)
    entries: dict[str, dict[str, Any]] = {}
    for certificate in zone.hostname_certificates.values():
        entry: dict[str, Any] = {**_files(certificate, name, place, keys)}
        entry["hostnames"] = certificate.hostnames
        if any(h != name and not h.endswith(f".{name}") for h in certificate.hostnames):
            entry["external"] = True
        entries[certificate.label] = entry
    return made | ({"hostname_certificates": entries} if entries else {})


def _files(certificate: OtherCertificate, name: str, place: str, keys: str) -> dict[str, str]:
    stem = f"{name}-{certificate.label}"
    if not certificate.key:
        key = "env:AOP_KEY_" + re.sub(r"[^A-Z0-9]+", "_", stem.upper())
    else:
        key = f"secret:{secret_name(stem)}" if keys == "secret" else f"file:{place}/keys/{stem}.key"
    return {"certificate": f"file:{place}/certificates/{stem}.pem", "private_key": key}


def secret_name(stem: str) -> str:
    """The name of a key in the stack's own configuration."""
    return re.sub(r"[^A-Za-z0-9-]", "-", stem)


def removed_blocks(taken: Sequence[OtherResource]) -> str:
    """Terraform forgets, and destroys nothing: https://developer.hashicorp.com/terraform/language
    /block/removed, 1.7 and newer. A block names a whole resource, not one of its instances."""
    addresses = dict.fromkeys(
        re.sub(r"\[[^\]]*\]", "", r.address) for r in taken if r.tool == "terraform"
    )
    block = "removed {{\n  from = {}\n\n  lifecycle {{\n    destroy = false\n  }}\n}}\n"
    return "\n".join(block.format(address) for address in addresses)


def forget_lines(taken: Sequence[OtherResource]) -> list[str]:
    """The commands that do the same in any version."""
    verbs = {"terraform": "terraform state rm", "pulumi": "pulumi state delete --yes"}
    return [f"{verbs[r.tool]} {shlex.quote(r.address)}" for r in taken]
