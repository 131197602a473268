"""`HostnameBinding` and `HostnameBindings`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from providers.hostname_binding import HostnameBindingProvider
from providers.hostname_bindings import HostnameBindingsProvider
from providers.values.text import short

from ...text import Text, Untrusted, count, fingerprint, join, text
from ..preview import Props, Resource
from .kind import (
    BoundHostname,
    Difference,
    Kind,
    Refreshed,
    Successors,
    as_map,
    inputs_but,
    known,
    takes_note,
)

# What an entry of a map, and a binding of its own, say of the certificate.
BOUND = ("cert_id", "enabled", "certificate_sha256")


class BindingKind(Kind):
    """What a binding and a map of bindings have in common."""

    concerns_hostnames = True
    # The inputs that `bindings` reads.
    inputs_of_bindings: tuple[str, ...]

    def follows(self, resource: Resource, successors: Successors) -> bool:
        old, new = resource.old, resource.new
        if old is None or new is None or resource.op != "update":
            return False
        before = {row.hostname: row for row in self.bindings(old)}
        after = {row.hostname: row for row in self.bindings(new)}
        rest = self.inputs_of_bindings
        return (
            before.keys() == after.keys()
            and inputs_but(old, *rest) == inputs_but(new, *rest)
            and all(_is_carried_on(row, after[name], successors) for name, row in before.items())
        )

    def steps(self, resource: Resource, zone: Untrusted) -> Iterator[Text]:
        # A binding that is replaced is another object: all of its hostnames are bound anew.
        old = resource.old if resource.op == "update" else None
        before = {row.hostname: row for row in self.bindings(old or {})}
        after = {row.hostname: row for row in self.bindings(resource.new or {})}
        name = Untrusted(resource.name)
        gone = sorted(set(before) - set(after))
        if gone:
            yield text("{name}: voids {who}", name=name, who=_hostnames(gone))
        moved: dict[tuple[str, str, bool], list[str]] = {}
        for hostname, row in after.items():
            if row != before.get(hostname):
                sha256 = known(row.sha256)
                cert_id = "" if sha256 else known(row.cert_id)
                moved.setdefault((sha256, cert_id, row.is_enabled), []).append(hostname)
        for (sha256, cert_id, is_enabled), hostnames in moved.items():
            template = "{name}: switches the certificate off for {who}"
            if is_enabled:
                template = "{name}: once {it} is active, binds {who}, waits until in force"
            is_known = sha256 or cert_id
            it = binding_words(sha256, cert_id, True) if is_known else ("the new certificate",)
            who = _hostnames(sorted(hostnames))
            yield text(template, name=name, it=it, who=who)
        if not gone and not moved:
            yield takes_note(resource)

    def undo_steps(self, resource: Resource, zone: Untrusted) -> Iterator[Text]:
        hostnames = sorted(row.hostname for row in self.bindings(resource.old or {}))
        yield text("{it}: voids {who}", it=Untrusted(resource.name), who=_hostnames(hostnames))

    def differences(self, found: Refreshed) -> Iterator[Difference]:
        resource, planned = found.resource, found.planned
        live = {row.hostname: row for row in self.bindings(resource.new or {})}
        program = self.bindings(planned.new or {}) if planned else []
        wanted = {row.hostname for row in program}
        for row in self.bindings(resource.old or {}):
            now = live.get(row.hostname)
            if now == row:
                continue
            would: Text = ("binds it again",) if row.hostname in wanted else ("leaves it so",)
            if planned is None or planned.op == "same":
                would = found.would
            yield Difference(
                resource,
                text("binding of {name}", name=Untrusted(row.hostname)),
                _certificate(row),
                _certificate(now) if now else ("not bound",),
                found.since,
                would,
                hostname=row.hostname,
            )


class HostnameBindingKind(BindingKind):
    """One hostname."""

    name = "HostnameBinding"
    provider = HostnameBindingProvider
    inputs_of_bindings = ("hostname", *BOUND)

    def bindings(self, props: Props) -> list[BoundHostname]:
        hostname = props.get("hostname")
        return [_row(hostname, props)] if isinstance(hostname, str) else []


class HostnameBindingsKind(BindingKind):
    """Many hostnames of a zone, each with the id of a certificate, or with that and more."""

    name = "HostnameBindings"
    provider = HostnameBindingsProvider
    inputs_of_bindings = ("bindings",)

    def bindings(self, props: Props) -> list[BoundHostname]:
        return [
            _row(hostname, item if isinstance(item, Mapping) else {"cert_id": item})
            for hostname, item in as_map(props.get("bindings")).items()
        ]


def _row(hostname: str, item: Props) -> BoundHostname:
    is_enabled = item.get("enabled") is not False
    return BoundHostname(hostname, item.get("cert_id"), is_enabled, item.get("certificate_sha256"))


def _is_carried_on(old: BoundHostname, new: BoundHostname, successors: Successors) -> bool:
    """Whether a hostname goes on with the same certificate, or with that one's successor."""
    if old == new:
        return True
    successor = successors.get(str(old.cert_id))
    return old.is_enabled == new.is_enabled and successor == known(new.cert_id)


def _certificate(row: BoundHostname) -> Text:
    return binding_words(known(row.sha256), str(row.cert_id), row.is_enabled)


def binding_words(sha256: str, cert_id: str, is_enabled: bool) -> Text:
    """`certificate 9f3a2b1c...`; by its id where the fingerprint is not known."""
    by_id: Text = (Untrusted(f"id {short(cert_id)}..."),)
    name = fingerprint(sha256) if sha256 else by_id
    return text("certificate {it}{off}", it=name, off="" if is_enabled else ", switched off")


def _hostnames(hostnames: list[str]) -> Text:
    number = f"{count(len(hostnames), 'hostname')}: " if len(hostnames) > 1 else ""
    return text("{number}{names}", number=number, names=join(Untrusted(h) for h in hostnames))
