"""Resources that are not in the table: told by their name and type, never dropped."""

from __future__ import annotations

from collections.abc import Iterator

from ...text import Text, Untrusted, text
from ..preview import Resource
from .kind import ABSENT, Difference, Kind, Refreshed, changed_keys

OPS = {"create": "is created", "update": "changes"}


class OtherKind(Kind):
    """A resource of this project whose kind is not known here, or of another package."""

    def steps(self, resource: Resource, zone: Untrusted) -> Iterator[Text]:
        verb = OPS.get(resource.op, "is replaced")
        yield text("{name}: {verb}", name=Untrusted(resource.name), verb=verb)

    def undo_steps(self, resource: Resource, zone: Untrusted) -> Iterator[Text]:
        if resource.op == "delete":
            yield text("{name}: is deleted", name=Untrusted(resource.name))

    def differences(self, found: Refreshed) -> Iterator[Difference]:
        resource = found.resource
        keys = changed_keys(resource)
        yield Difference(
            resource,
            text(
                "{name}, a {type} that is not known here",
                name=Untrusted(resource.name),
                type=Untrusted(resource.kind or resource.type),
            ),
            ("there",),
            ABSENT if resource.new is None else text("other {keys}", keys=keys or ("values",)),
            found.since,
            found.would,
        )


class ComponentKind(OtherKind):
    """A component: it holds resources, and Cloudflare has nothing of its own for it."""

    is_object = False

    def steps(self, resource: Resource, zone: Untrusted) -> Iterator[Text]:
        yield from ()

    def undo_steps(self, resource: Resource, zone: Untrusted) -> Iterator[Text]:
        yield from ()
