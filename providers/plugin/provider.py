"""Pulumi's oddities, in one place: what every provider does before and after its own work.

Values arrive with `__provider`, numbers as floats and unknowns as objects; errors would be shown
as tracebacks; the plugin serves four calls at once and outlives a killed CLI. Each oddity was
seen on the real engine; the version is pinned in requirements.txt.
"""

from __future__ import annotations

import functools
import os
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import pydantic
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    ResourceProvider,
)
from pulumi.output import Unknown as PulumiUnknown

from ..api.errors import CloudflareError, EngineGone
from ..values.inputs import UNKNOWN, Inputs, explain
from ..values.text import one_line, redact
from . import session

Props = dict[str, Any]
Model = TypeVar("Model", bound=Inputs)

WORKERS = 64
VERBS = ("check", "diff", "create", "read", "update", "delete")


class Told(CloudflareError):
    """What the engine gets to show. A traceback names the module of any class but a builtin."""


Told.__module__, Told.__qualname__ = "builtins", "CloudflareError"


class Provider(ResourceProvider):
    """The base of all providers: pickled by reference, without attributes, errors on one line."""

    serialize_as_secret_always = False

    def __reduce__(self) -> tuple[type[Provider], tuple[()]]:
        # Constant bytes in state: code edits give no diff, and thousands of resources work.
        return (type(self), ())

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for verb in VERBS:
            if verb in cls.__dict__:
                setattr(cls, verb, _edge(cls.__dict__[verb]))

    def configure(self, req: ConfigureRequest) -> None:
        """Called once for each provider class and process, in a worker thread of the plugin."""
        # Without this the person at the terminal sees the whole traceback, twice.
        sys.tracebacklimit = 0
        widen_pool()
        watch_engine(sys.argv)


def _edge(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Decodes what comes in, encodes what goes out, and turns every failure into one line."""

    @functools.wraps(verb)
    def wrapped(self: Provider, *args: Any) -> Any:
        try:
            result = verb(self, *(_decode(arg) for arg in args))
        except CloudflareError as error:
            # A server, or a proxy, may quote what it was sent.
            raise Told(redact(str(error), session.current().secrets())) from None
        except Exception as error:
            raise _unexpected(verb.__name__, error) from None
        except (SystemExit, KeyboardInterrupt) as error:
            # Only Exception reaches the engine; anything else would hang the call for ever.
            raise _unexpected(verb.__name__, error) from None
        for part in ("inputs", "outs"):
            if getattr(result, part, None) is not None:
                setattr(result, part, _encode(getattr(result, part)))
        return result

    return wrapped


def _unexpected(verb: str, error: BaseException) -> Told:
    secrets = session.current().secrets()
    # The traceback limit of `configure` counts for the engine's view only.
    frames = traceback.TracebackException.from_exception(error, limit=50).format()
    print(redact("".join(frames), secrets), file=sys.stderr, flush=True)
    told = redact(one_line(f"{type(error).__name__}: {error}"), secrets)[:300]
    return Told(
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


def checked(
    model: type[Model],
    news: Props,
    rules: Callable[[Model], tuple[Props, Sequence[str]]],
) -> CheckResult:
    """The result of check: normalised inputs without defaults, or one failure for each fault.

    `rules(inputs)` answers with what check adds to the inputs, and with further faults.
    Failures are tied to no property: the engine prints the value of a named one, secrets too.
    """
    try:
        inputs = model.model_validate(news)
    except pydantic.ValidationError as error:
        return CheckResult(news, [CheckFailure("", line) for line in explain(error)])
    added, faults = rules(inputs)
    if faults:
        return CheckResult(news, [CheckFailure("", one_line(fault)) for fault in faults])
    return CheckResult({**dump(inputs), **added}, [])


def dump(inputs: Inputs) -> Props:
    """Inputs as state holds them: defaults left out, so that naming one is no change."""
    return inputs.model_dump(exclude_defaults=True)


def inputs_of(model: type[Model], props: Props) -> Model:
    """The inputs within outputs or checked inputs; what the provider computed is left out."""
    known = {name: value for name, value in props.items() if name in model.model_fields}
    return model.model_validate(known)


def widen_pool() -> bool:
    """Lets the plugin serve more than four calls at once; False where the SDK has changed.

    The pool is reached through the worker's own thread. 40 creates of half a second take 4 s
    instead of 7 s at the default parallelism; without it everything works, only slower.
    """
    try:
        executor = threading.current_thread()._args[0]()  # type: ignore[attr-defined]
        executor._max_workers = max(executor._max_workers, WORKERS)
        # Calls that came before wait in the queue, and the pool counts on its first threads for
        # them: a destroy, which begins with many calls at once, would keep to four for good.
        for _ in range(executor._work_queue.qsize()):
            executor._adjust_thread_count()
    except (AttributeError, IndexError, TypeError):
        return False
    return True


def watch_engine(argv: Sequence[str]) -> None:
    """Stops all writing, and soon the process, once the engine that started it is gone.

    A killed CLI leaves the plugin alive, and a second `pulumi up` would then meet its writes.
    The engine's address is the plugin's first argument.
    """
    host, _, port = (argv[1] if len(argv) > 1 else "").rpartition(":")
    if not host or not port.isdigit() or _watching.is_set():
        return
    _watching.set()
    address = (host.strip("[]"), int(port))

    def raise_if_engine_gone() -> None:
        if not is_listening(address):
            raise EngineGone

    session.current().stop_with(raise_if_engine_gone)
    watch = functools.partial(end_with, lambda: is_listening(address), time.sleep, os._exit)
    threading.Thread(target=watch, daemon=True).start()


_watching = threading.Event()


def is_listening(address: tuple[str, int]) -> bool:
    """Whether somebody answers there; a busy machine is given some time."""
    try:
        with socket.create_connection(address, timeout=2):
            return True
    except ConnectionError:
        return False
    except OSError:
        return True


def end_with(
    is_there: Callable[[], bool], sleep: Callable[[float], None], end: Callable[[int], Any]
) -> None:
    """Looks once a second; ends the process some seconds after nobody is there any more."""
    while is_there():
        sleep(1)
    # A request under way is given time to be answered; no further one begins.
    sleep(3)
    end(0)
