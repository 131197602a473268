"""What the verbs must know of a kind of resource: a new kind says here only what is its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi.dynamic.dynamic import serialize_provider

from providers.api.answers import Level
from providers.plugin.provider import Props as Inputs
from providers.plugin.provider import Provider

from ...text import Text, Untrusted, join, text
from ..presented import CertificateFacts, ZoneFacts
from ..preview import TYPES, Props, Resource, is_unknown

ABSENT: Text = ("nothing",)
WOULD: Mapping[str, Text] = {
    "update": ("sets it back",),
    "create": ("makes it again",),
    "replace": ("replaces it",),
    "delete": ("deletes it",),
    "same": ("nothing: the program agrees with Cloudflare",),
}
# By the ids of certificates that are renewed those of their successors, "" while not known.
Successors = Mapping[str, str]


@dataclass(frozen=True)
class BoundHostname:
    """What a resource says of a hostname; the id and the fingerprint may not be known yet."""

    hostname: str
    cert_id: object
    is_enabled: bool
    sha256: object


@dataclass(frozen=True)
class Refreshed:
    """A resource that differs from Cloudflare, and what the plan would do with that resource.

    `since` is when state was written, RFC 3339; `zone` is how people call the zone.
    """

    resource: Resource
    planned: Resource | None
    since: str
    zone: Untrusted

    @property
    def would(self) -> Text:
        """What `pulumi up --refresh` would do, in words."""
        if self.planned is None:
            return ("nothing: the program does not have it",)
        return WOULD.get(self.planned.op, ("something that is not known here",))


@dataclass(frozen=True)
class Difference:
    """`what` differs: state says `state`, Cloudflare has `live`. `since` is when state was last
    known to agree, RFC 3339; `hostname` and `setting` say where Cloudflare knows more."""

    resource: Resource
    what: Text
    state: Text
    live: Text
    since: str
    would: Text
    hostname: str = ""
    setting: str = ""


@dataclass(frozen=True)
class Deletion:
    """A resource that the plan deletes, its certificate, and its zone before and after."""

    resource: Resource
    certificate: CertificateFacts
    before: ZoneFacts
    after: ZoneFacts


class Kind:
    """A kind of resource. What is not overridden does not concern that kind.

    `name` is the last word of the type, `level` that of the certificates which the kind holds;
    `concerns_hostnames`: a gap in such a resource reaches the hostnames that it names;
    `is_object`: Cloudflare has something of its own for it; `is_of_zone`: its objects are in a
    zone; `renews_itself`: an issuer signs its certificates; `takes_over` is what happens when
    `overwrite` is on.
    """

    name = ""
    is_object = True
    is_of_zone = True
    renews_itself = False
    takes_over = "hostnames that show somebody else's certificate are taken over"
    level: Level | None = None
    concerns_hostnames = False
    provider: type[Provider[Any, Any]]

    def certificate(self, resource: Resource, props: Props) -> CertificateFacts | None:
        """The certificate that these inputs hold."""
        return None

    def subjects(self, props: Inputs) -> set[str]:
        """`CN=NAME` of each certificate that an issuer signs for the resource."""
        return set()

    def bindings(self, props: Props) -> list[BoundHostname]:
        """The hostnames that these inputs bind."""
        return []

    def warned_level(self, props: Props) -> Level | None:
        """The level of the certificates before whose end somebody is told, as these inputs say."""
        return None

    def add(self, zone: ZoneFacts, props: Props, certificate: CertificateFacts | None) -> None:
        """Adds to a zone what these inputs provide, besides bindings."""

    def take_away(
        self, zone: ZoneFacts, props: Props, certificate: CertificateFacts | None
    ) -> None:
        """The opposite of `add`."""

    def leave(self, zone: ZoneFacts, resource: Resource) -> None:
        """Adds what a deleted resource leaves behind."""

    def steps(self, resource: Resource, zone: Untrusted) -> Iterator[Text]:
        """What is done for a resource that is created, updated or replaced."""
        raise NotImplementedError

    def undo_steps(self, resource: Resource, zone: Untrusted) -> Iterator[Text]:
        """What is done for a resource that is deleted or replaced."""
        raise NotImplementedError

    def differences(self, found: Refreshed) -> Iterator[Difference]:
        """What Cloudflare has otherwise than state says."""
        raise NotImplementedError

    def is_renewal(self, resource: Resource) -> bool:
        """Whether the plan replaces a certificate because it is due, and changes nothing else."""
        return False

    def follows(self, resource: Resource, successors: Successors) -> bool:
        """Whether the plan only puts successors in the places of renewed certificates here."""
        return False

    def deletion_dangers(self, deletion: Deletion) -> Iterator[Text]:
        """Who still needs a certificate that the plan deletes."""
        yield from ()

    def import_entry(
        self, name: str, identifier: str, parent: str, inputs: Inputs, outputs: Inputs
    ) -> dict[str, Any]:
        """The resource in a file for `pulumi import`."""
        reference = {"__provider": serialize_provider(self.provider())}
        return {
            "type": f"{TYPES}{self.name}",
            "name": name,
            "id": identifier,
            "parent": parent,
            "inputs": {**inputs, **reference},
            "outputs": {**outputs, **reference},
        }


def known(value: object) -> str:
    """A text of the plan; "" for what is unknown before `up`, and for anything else."""
    return value if isinstance(value, str) and not is_unknown(value) else ""


def as_map(value: object) -> Mapping[str, Any]:
    """A map of the plan; empty for anything else."""
    return value if isinstance(value, Mapping) else {}


def inputs_but(props: Props | None, *names: str) -> dict[str, Any]:
    """The inputs that a program gives, without those named."""
    given = (props or {}).items()
    return {key: value for key, value in given if key not in names and not key.startswith("__")}


def changed_keys(resource: Resource) -> Text:
    """The names of the properties that change."""
    return join(Untrusted(key) for key in resource.changed)


def takes_note(resource: Resource) -> Text:
    """The step of a resource whose change sends nothing to Cloudflare."""
    keys = changed_keys(resource) or ("its options",)
    return text("{name}: takes note of {it}", name=Untrusted(resource.name), it=keys)
