"""`UploadLedger`: the note of what the program is about to upload."""

from __future__ import annotations

from collections.abc import Iterator

from providers.plugin.provider import Props as Inputs
from providers.upload_ledger import UploadLedgerProvider
from providers.values.inputs import SUBJECT

from ...text import Text, Untrusted, fingerprint, join, plain, text
from ..preview import Props, Resource
from .kind import ABSENT, Difference, Kind, Refreshed, as_map, known


class UploadLedgerKind(Kind):
    """The ledger's state also has what a run that was cut off has uploaded."""

    name = "UploadLedger"
    provider = UploadLedgerProvider

    def subjects(self, props: Inputs) -> set[str]:
        return {entry for entry in _fingerprints(props) if entry.startswith(SUBJECT)}

    def steps(self, resource: Resource, zone: Untrusted) -> Iterator[Text]:
        name = Untrusted(resource.name)
        noted = _fingerprints(resource.new or {}) - _fingerprints(resource.old or {})
        if not noted:
            yield from self.undo_steps(resource, zone)
            return
        in_order = sorted(noted, key=lambda entry: (entry.startswith(SUBJECT), entry))
        which = join(Untrusted(_name_of(entry)) for entry in in_order)
        template = "{name}: notes in state what the program uploads: {which}"
        yield text(template, name=name, which=which)

    def undo_steps(self, resource: Resource, zone: Untrusted) -> Iterator[Text]:
        template = "{name}: deletes what a run that was cut off has left, if anything"
        yield text(template, name=Untrusted(resource.name))

    def differences(self, found: Refreshed) -> Iterator[Difference]:
        old, new = found.resource.old or {}, found.resource.new or {}
        for sha256 in sorted(_fingerprints(new) - _fingerprints(old)):
            template = "certificate {it} of {zone}, left by a run that was cut off"
            what = text(template, it=fingerprint(sha256), zone=found.zone)
            would: Text = ("deletes it once nothing shows it",)
            yield Difference(found.resource, what, ABSENT, ("uploaded",), found.since, would)


def _name_of(entry: str) -> str:
    """The subject of what an issuer will sign, else the beginning of the fingerprint."""
    return entry if entry.startswith(SUBJECT) else plain(fingerprint(entry))


def _fingerprints(props: Props) -> set[str]:
    levels = (as_map(props.get(f"{level}_certificates")) for level in ("zone", "hostname"))
    return {known(sha256) for level in levels for sha256 in level.values()}
