"""What was changed outside: Cloudflare has something else than the stack's state says. Pure.

Plain `pulumi up` trusts the state, so that what others changed stays until a refresh. `drift`,
`preflight` and `coverage` say so in the same words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from providers.api.zone_requests import AOP

from ..text import Text, Untrusted, fingerprint, text, zone_name
from .held import HeldState
from .kinds import ABSENT, binding_words
from .live import LiveZone
from .presented import BindingFacts, CertificateFacts


@dataclass(frozen=True)
class OutsideChange:
    """`what` was changed: state says `state`, Cloudflare has `live`; `would` is what a refresh
    mends. `hostname` is that of a binding, else ""."""

    what: Text
    state: Text
    live: Text
    would: str
    hostname: str = ""

    @property
    def words(self) -> Text:
        """One sentence, with the next step."""
        template = "{what}: the state says {state}, Cloudflare has {live}: {outside}."
        return text(
            template,
            what=self.what,
            state=self.state,
            live=self.live,
            outside=changed_outside(self.would),
        )


def changed_outside(would: str) -> str:
    """The words for what is ours and was changed by somebody else, with what sets it right."""
    return f"changed outside, and `pulumi up --refresh` {would}"


def is_as_held(live: BindingFacts | None, held: BindingFacts) -> bool:
    """Whether a hostname shows what the state says of that hostname."""
    return (
        live is not None
        and live.enabled == held.enabled
        and live.certificate.cert_id.lower() == held.certificate.cert_id.lower()
    )


def changes(zone: LiveZone, ours: HeldState, wanted: Mapping[str, str]) -> Iterator[OutsideChange]:
    """What of a zone is this stack's and was changed outside, and is not as wanted by chance.

    :param wanted: SHA-256 of the configured certificates, by the label of their pair.
    """
    yield from _settings(zone, ours)
    yield from _certificates(zone, ours, set(wanted.values()))
    yield from _bindings(zone, ours, wanted)


def _settings(zone: LiveZone, ours: HeldState) -> Iterator[OutsideChange]:
    held, live, config = ours.zone(zone.config.zone_id), zone.facts, zone.config
    has_own = config.zone_certificate is not None
    for setting, state, now, wanted in (
        ("ssl", held.ssl, live.ssl, config.ssl),
        ("tls_client_auth", held.shared, live.shared, config.shared_certificate),
        (AOP, held.own, live.own, "on" if has_own else None),
    ):
        if None not in (state, now, wanted) and now not in (state, wanted):
            what = text("{setting} of {zone}", setting=setting, zone=_name(zone))
            yield OutsideChange(what, (str(state),), (Untrusted(str(now)),), "sets it back")


def _certificates(zone: LiveZone, ours: HeldState, wanted: set[str]) -> Iterator[OutsideChange]:
    there = {record.id for records in zone.certificates.values() for record in records}
    for held in ours.certificates_of(zone.config.zone_id):
        is_wanted = bool(held.renews_on) or held.sha256 in wanted
        if held.cert_id not in there and is_wanted:
            what = text("certificate {it} of {zone}", it=Untrusted(held.name), zone=_name(zone))
            yield OutsideChange(what, fingerprint(held.sha256), ABSENT, "makes it again")


def _bindings(
    zone: LiveZone, ours: HeldState, wanted: Mapping[str, str]
) -> Iterator[OutsideChange]:
    configured = {
        hostname: (switch == "on", wanted.get(label, ""))
        for label, pair in zone.config.hostname_certificates.items()
        for hostname, switch in pair.hostnames.items()
    }
    for hostname, held in sorted(ours.zone(zone.config.zone_id).hostnames.items()):
        now = zone.facts.hostnames.get(hostname)
        aim = configured.get(hostname)
        if is_as_held(now, held) or (now and aim == (now.enabled, now.certificate.sha256)):
            continue
        yield OutsideChange(
            text("binding of {name}", name=Untrusted(hostname)),
            _words(held),
            _words(now) if now else ("not bound",),
            "binds it again" if aim else "leaves it so",
            hostname,
        )


def _words(facts: BindingFacts) -> Text:
    certificate: CertificateFacts = facts.certificate
    return binding_words(certificate.sha256, certificate.cert_id, facts.enabled)


def _name(zone: LiveZone) -> Untrusted:
    return zone_name(zone.name, zone.config.zone_id)
