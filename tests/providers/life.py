"""One resource's life as the engine drives it: check, diff, then create, update or replace."""

from __future__ import annotations

from typing import Any

from providers.plugin import session
from providers.plugin.provider import Provider

Props = dict[str, Any]


class Life:
    """Holds what Pulumi's state would hold; `say` is what a person would do."""

    def __init__(self, provider: Provider[Any, Any]) -> None:
        self.provider = provider
        self.id = ""
        self.inputs: Props = {}
        self.outs: Props = {}
        self.pending: list[tuple[str, Props]] = []

    def check(self, **inputs: Any) -> Props:
        """The checked inputs; fails with the failures as text."""
        result = self.provider.check(dict(self.inputs), _as_values_arrive(inputs))
        faults = [failure.reason for failure in result.failures]
        assert all(failure.property == "" for failure in result.failures)
        if faults:
            raise AssertionError("\n".join(faults))
        return dict(result.inputs)

    def faults(self, **inputs: Any) -> list[str]:
        """What check refuses, one line each."""
        result = self.provider.check(dict(self.inputs), _as_values_arrive(inputs))
        return [failure.reason for failure in result.failures]

    def preview(self, **inputs: Any) -> tuple[set[str], list[str]]:
        """The names of the inputs that differ, and those that replace."""
        news = self.check(**inputs)
        result = self.provider.diff(self.id, dict(self.outs), news)
        assert result.changes is None
        differ = {k for k in {*news, *self.inputs} if news.get(k) != self.inputs.get(k)}
        return differ, list(result.replaces or [])

    def up(self, **inputs: Any) -> None:
        """Creates, updates, or replaces; the replaced one is deleted by `finish`."""
        news = self.check(**inputs)
        if not self.id:
            self._create(news)
            return
        replaces = self.provider.diff(self.id, dict(self.outs), news).replaces
        if replaces:
            self.replace(**inputs)
        elif news != self.inputs:
            self.outs = dict(self.provider.update(self.id, dict(self.outs), news).outs or {})
            self.inputs = news

    def replace(self, **inputs: Any) -> None:
        """Create before delete, as Pulumi does; also when nothing differs."""
        result = self.provider.check({}, _as_values_arrive(inputs))
        assert not result.failures
        old = (self.id, self.outs)
        self._create(dict(result.inputs))
        self.pending.append(old)

    def finish(self) -> None:
        """The final deletions of an `up`."""
        while self.pending:
            self.provider.delete(*self.pending[-1])
            self.pending.pop()

    def refresh(self) -> bool:
        """Reads; False when the resource is gone."""
        result = self.provider.read(self.id, dict(self.outs))
        self.id = result.id or ""
        if self.id:
            self.outs, self.inputs = dict(result.outs or {}), dict(result.inputs or {})
        else:
            self.outs, self.inputs = {}, {}
        return bool(self.id)

    def destroy(self) -> None:
        """Deletes the object in a run of its own, in which no program says what it wants."""
        session.current().notes.clear()
        session.current().account_notes.clear()
        self.drop()

    def drop(self) -> None:
        """Deletes the object at the end of an `up` whose program no longer has it."""
        self.provider.delete(self.id, dict(self.outs))
        self.id = ""

    def _create(self, news: Props) -> None:
        result = self.provider.create(news)
        self.id, self.outs, self.inputs = result.id, dict(result.outs or {}), news


def _as_values_arrive(inputs: Props) -> Props:
    """As values arrive: no None, numbers as floats, and the serialized provider among them."""
    sent = {name: float(v) if type(v) is int else v for name, v in inputs.items() if v is not None}
    return {**sent, "__provider": "address"}
