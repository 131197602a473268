"""The base of all providers: what is the same for every resource, once.

Pulumi's verbs (check, diff, create, read, update, delete) are here. They read what the engine hands
over, note what the program wants (law 8), name the object in errors, and turn every failure into
one line. A resource says only what is its own, in the hooks below them.

Pulumi's oddities end here too: values arrive with `__provider`, numbers as floats and unknowns as
objects, and errors would be shown as tracebacks (law 11).
"""

from __future__ import annotations

import functools
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar, cast

import pydantic
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)
from pulumi.output import Unknown as PulumiUnknown

from ..api.errors import REFRESH_NEXT, CloudflareError, about, line_of
from ..api.polling import QUOTA_WAIT
from ..api.quota import waits_at_most
from ..values.inputs import (
    UNKNOWN,
    AccountId,
    Inputs,
    TokenEnv,
    WaitSeconds,
    ZoneId,
    explain,
)
from ..values.text import one_line, redact
from . import process, session
from .run import AccountRun, Run, ZoneRun

Props = dict[str, Any]
VERBS = ("check", "diff", "create", "read", "update", "delete")
FOR_CHECK_ALONE = {"moved_from", "declared_in", "try_origins"}


class ZoneInputs(Inputs):
    """The inputs that every resource of a zone has; `zone_id` replaces.

    `moved_from` and `declared_in` are for check alone: state does not have them.
    """

    zone_id: ZoneId
    wait_seconds: WaitSeconds = 300
    token_env: TokenEnv | None = None
    moved_from: ZoneId | None = None
    declared_in: str | None = None


class AccountInputs(Inputs):
    """The inputs that every resource of an account has; `account_id` replaces."""

    account_id: AccountId
    wait_seconds: WaitSeconds = 300
    token_env: TokenEnv | None = None


Model = TypeVar("Model", bound=ZoneInputs | AccountInputs)
ARun = TypeVar("ARun", bound=Run)


@dataclass(frozen=True)
class Recorded(Generic[Model]):
    """What state holds of a resource: its id, its inputs, and all its outputs.

    An input that state lacks (imported, older, edited by hand) is UNKNOWN.
    """

    id: str
    inputs: Model
    outputs: Props = field(default_factory=dict)


class OneLineError(CloudflareError):
    """What the engine shows. A traceback names the module of any class but a builtin."""


OneLineError.__module__, OneLineError.__qualname__ = "builtins", "CloudflareError"


def _wait_seconds(given: Sequence[Any]) -> float:
    """How long the resource of a verb may wait: its inputs, or its state, come last."""
    props = given[-1] if given and isinstance(given[-1], Mapping) else {}
    seconds = props.get("wait_seconds")
    return seconds if isinstance(seconds, (int, float)) else QUOTA_WAIT


def _guarded_call(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Decodes what comes in, encodes what goes out, and turns every failure into one line."""

    @functools.wraps(verb)
    def guarded(self: Provider[Any, Any], *args: Any) -> Any:
        try:
            given = [_decode(arg) for arg in args]
            with waits_at_most(_wait_seconds(given)):
                result = verb(self, *given)
        except CloudflareError as error:
            # A server, or a proxy, may quote what it was sent.
            told = line_of(error, REFRESH_NEXT)
            raise OneLineError(redact(told, session.current().secrets())) from None
        except Exception as error:
            raise _defect(verb.__name__, error) from None
        except (SystemExit, KeyboardInterrupt) as error:
            # Only Exception reaches the engine; anything else would hang the call for ever.
            raise _defect(verb.__name__, error) from None
        for part in ("inputs", "outs"):
            if getattr(result, part, None) is not None:
                setattr(result, part, _encode(getattr(result, part)))
        return result

    return guarded


class Provider(ResourceProvider, Generic[Model, ARun]):
    """The base of all providers: pickled by reference, without attributes, errors on one line.

    A subclass names its `model` of inputs, the inputs that replace, and the outputs that check
    adds to the inputs so that a preview shows them (law 3). Below are `ZoneProvider` and
    `AccountProvider`: each says where its objects are, and opens that place for a verb.
    """

    serialize_as_secret_always = False

    model: ClassVar[type[ZoneInputs | AccountInputs]]
    place: ClassVar[str]
    replaces: ClassVar[tuple[str, ...]]
    shown_in_preview: ClassVar[tuple[str, ...]] = ()

    def __reduce__(self) -> tuple[type[Provider[Model, ARun]], tuple[()]]:
        # Constant bytes in state: code edits give no diff, and thousands of resources work.
        return (type(self), ())

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for verb in VERBS:
            if verb in cls.__dict__:
                setattr(cls, verb, _guarded_call(cls.__dict__[verb]))

    def configure(self, req: ConfigureRequest) -> None:
        """Called once for each provider class and process, in a worker thread of the plugin."""
        # Without this the person at the terminal sees the whole traceback, twice.
        sys.tracebacklimit = 0
        process.write_no_core()
        process.load_no_plugins_of_pydantic()
        process.widen_pool()
        process.watch_engine(sys.argv)

    # Pulumi's verbs

    @_guarded_call
    def check(self, olds: Props, news: Props) -> CheckResult:
        """Normalised inputs without defaults, or one failure for each fault.

        Failures are tied to no property: the engine prints the value of a named one, secrets too.
        """
        try:
            inputs = self._inputs(news)
        except pydantic.ValidationError as error:
            return CheckResult(news, [CheckFailure("", line) for line in explain(error)])
        run = self._run(inputs)
        added, faults = self.check_inputs(run, inputs, olds)
        self.want(run, inputs)
        if isinstance(inputs, ZoneInputs):
            # In another zone nothing is as before: what else there is to say would lead astray.
            faults = _unannounced_move(inputs, olds) or faults
        if faults:
            return CheckResult(news, [CheckFailure("", one_line(fault)) for fault in faults])
        return CheckResult({**to_state(inputs), **added}, [])

    @_guarded_call
    def diff(self, id_: str, olds: Props, news: Props) -> DiffResult:
        """What replaces; what else differs is for the engine to show, and changes in place."""
        run = self.open(olds.get(self.place, UNKNOWN), None)
        replaces = [name for name in self.replaces if self.differs(name, olds, news)]
        self.note_state(run, id_, olds, news)
        return DiffResult(changes=None, replaces=replaces)

    @_guarded_call
    def create(self, props: Props) -> CreateResult:
        """Makes the object, or adopts what is there as wanted (law 5)."""
        inputs = self._read_state("", props).inputs
        with about(self.label(inputs, "")):
            id_, outputs = self.create_object(self._run(inputs), inputs)
        return CreateResult(id_, {**to_state(inputs), **outputs})

    @_guarded_call
    def read(self, id_: str, props: Props) -> ReadResult:
        """Live values; an empty id for what is gone (law 6)."""
        recorded = self._read_state(id_, props)
        with about(self.label(recorded.inputs, id_)):
            found = self.read_object(self._run(recorded.inputs), recorded)
        if found is None:
            return ReadResult("", {})
        live, outputs = found
        shown = {name: outputs[name] for name in self.shown_in_preview}
        kept = {name: value for name, value in to_state(live).items() if value is not UNKNOWN}
        return ReadResult(id_, {**kept, **outputs}, {**kept, **shown})

    @_guarded_call
    def update(self, id_: str, olds: Props, news: Props) -> UpdateResult:
        """Sets what is wanted, and returns all outputs (law 6)."""
        inputs = self._read_state(id_, news).inputs
        with about(self.label(inputs, id_)):
            outputs = self.update_object(self._run(inputs), inputs, self._read_state(id_, olds))
        return UpdateResult({**to_state(inputs), **outputs})

    @_guarded_call
    def delete(self, id_: str, props: Props) -> None:
        """Removes the object, unless another resource of the program wants it (laws 7 and 8)."""
        recorded = self._read_state(id_, props)
        run, label = self._run(recorded.inputs), self.label(recorded.inputs, id_)
        with about(label):
            if self.is_wanted(run, recorded):
                run.say(f"{label}: kept, another resource of this program holds it now.")
            else:
                self.delete_object(run, recorded)

    # What a resource says of itself

    def label(self, inputs: Model, id_: str) -> str:
        """How errors and messages call the object: "binding app.example.com of zone 023e105f".

        `id_` is empty before the object was made.
        """
        raise NotImplementedError

    def open(self, place: str, token_env: str | None) -> ARun:
        """What a verb is handed: the zone or the account with this id, as this run sees it."""
        raise NotImplementedError

    def want(self, run: ARun, inputs: Model) -> None:
        """Notes which objects the program wants."""

    def is_wanted(self, run: ARun, recorded: Recorded[Model]) -> bool:
        """Whether another resource of the program wants the object that state holds here."""
        return False

    def check_inputs(self, run: ARun, inputs: Model, olds: Props) -> tuple[Props, Sequence[str]]:
        """What check adds to the inputs, and the faults that no type tells; asks nobody (law 4)."""
        return {}, []

    def differs(self, name: str, olds: Props, news: Props) -> bool:
        """Whether an input that replaces means something else now."""
        return bool(olds.get(name) != news.get(name))

    def note_state(self, run: ARun, id_: str, olds: Props, news: Props) -> None:
        """Notes what state says, before anything is created or deleted."""

    def create_object(self, run: ARun, inputs: Model) -> tuple[str, Props]:
        """The new id, and the outputs beside the inputs."""
        raise NotImplementedError

    def read_object(self, run: ARun, recorded: Recorded[Model]) -> tuple[Model, Props] | None:
        """The inputs with live values, and the outputs beside them; None when gone."""
        raise NotImplementedError

    def update_object(self, run: ARun, inputs: Model, recorded: Recorded[Model]) -> Props:
        """The outputs beside the inputs."""
        raise NotImplementedError

    def delete_object(self, run: ARun, recorded: Recorded[Model]) -> None:
        """Removes the object; returns when nothing of it is left."""
        raise NotImplementedError

    def _inputs(self, props: Props) -> Model:
        return self.model.model_validate(props)  # type: ignore[return-value]

    def _read_state(self, id_: str, props: Props) -> Recorded[Model]:
        return Recorded(id_, from_state(self.model, props), props)  # type: ignore[arg-type]

    def _run(self, inputs: Model) -> ARun:
        return self.open(getattr(inputs, self.place), inputs.token_env)


class ZoneProvider(Provider[Model, ZoneRun]):
    """The base for objects of a zone."""

    place = "zone_id"
    replaces: ClassVar[tuple[str, ...]] = ("zone_id",)

    def open(self, place: str, token_env: str | None) -> ZoneRun:
        """The zone."""
        return session.current().zone_run(place, token_env)


class AccountProvider(Provider[Model, AccountRun]):
    """The base for objects of an account."""

    place = "account_id"
    replaces: ClassVar[tuple[str, ...]] = ("account_id",)

    def open(self, place: str, token_env: str | None) -> AccountRun:
        """The account."""
        return session.current().account_run(place, token_env)


def _unannounced_move(inputs: ZoneInputs, olds: Props) -> list[str]:
    """The fault of a `zone_id` that is neither the one in state nor announced as new."""
    old, new = olds.get("zone_id"), inputs.zone_id
    if inputs.moved_from in (None, UNKNOWN) or new is UNKNOWN:
        return []
    if old in (None, UNKNOWN, new, inputs.moved_from):
        return []
    where = f" of {inputs.declared_in}" if inputs.declared_in else ""
    fact = f"state knows this zone as {old}, and here stands {new}: everything would move there"
    next_step = f"Correct the id; if the zone has moved, write moved_from: {old} beside it."
    return [f"zone_id{where}: {fact}. {next_step}"]


def to_state(inputs: Inputs) -> Props:
    """Inputs as state holds them: defaults left out, so that naming one is no change."""
    return inputs.model_dump(exclude_defaults=True, exclude=FOR_CHECK_ALONE)


def from_state(model: type[Model], props: Props) -> Model:
    """The inputs within outputs or checked inputs; what the provider computed is left out.

    What is missing there is UNKNOWN: a verb that does not use the field goes on without it.
    """
    known = {name: value for name, value in props.items() if name in model.model_fields}
    try:
        return cast(Model, model.model_validate(known))
    except pydantic.ValidationError as error:
        missing = [fault["loc"] for fault in error.errors() if fault["type"] == "missing"]
    try:
        return cast(Model, model.model_validate(_with_unknown(known, missing)))
    except pydantic.ValidationError as error:
        raise CloudflareError(
            f"state holds what cannot be read: {' '.join(explain(error))}",
            "Correct it with `pulumi state edit`, or delete it there and import it again.",
        ) from None


def _with_unknown(props: Any, paths: Sequence[tuple[int | str, ...]]) -> Any:
    """A copy in which UNKNOWN stands at each of the paths."""
    if () in paths:
        return UNKNOWN
    if not isinstance(props, Mapping):
        return props
    names = dict.fromkeys([*props, *(path[0] for path in paths)])
    return {
        name: _with_unknown(props.get(name), [path[1:] for path in paths if path[0] == name])
        for name in names
    }


def resource_props(model: type[Inputs], given: Mapping[str, Any], *outputs: str) -> Props:
    """What a resource hands to Pulumi: its arguments, which `given` holds, and its outputs."""
    return {name: given[name] for name in model.model_fields} | dict.fromkeys(outputs)


def _defect(verb: str, error: BaseException) -> OneLineError:
    secrets = session.current().secrets()
    # The traceback limit of `configure` counts for the engine's view only.
    frames = traceback.TracebackException.from_exception(error, limit=50).format()
    print(redact("".join(frames), secrets), file=sys.stderr, flush=True)
    told = redact(one_line(f"{type(error).__name__}: {error}"), secrets)[:300]
    return OneLineError(
        f"unexpected failure in {verb}: {told}",
        "This is a defect of this project: the traceback above belongs into a report.",
    )


def _decode(value: Any) -> Any:
    if isinstance(value, PulumiUnknown):
        return UNKNOWN
    if isinstance(value, Mapping):
        return {k: _decode(v) for k, v in value.items() if k != "__provider"}
    if isinstance(value, list):
        return [_decode(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _encode(value: Any) -> Any:
    if value is UNKNOWN:
        return PulumiUnknown()  # type: ignore[no-untyped-call]
    if isinstance(value, Mapping):
        return {k: _encode(v) for k, v in value.items() if v is not None}
    if isinstance(value, (list, tuple)):
        return [_encode(item) for item in value]
    return value
