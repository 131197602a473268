"""What the resources are to Pulumi: state names their provider, in bytes that no Python changes.

The SDK pickles a provider by `pickle.DEFAULT_PROTOCOL`, which is 4 up to Python 3.13 and 5 from
3.14, and writes the result into each resource's state. Two people with different Pythons would
see every resource as changed. Every supported Python reads protocol 4.

State does not name the lines that made a resource. The SDK would note the whole stack of calls, the
folders of the machine and of its Python among it: half of a state of many hostnames, which the
engine writes anew for each of them.
"""

from __future__ import annotations

import base64
import contextlib
import pickle
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import pulumi
from pulumi.dynamic.dynamic import PROVIDER_KEY

from .provider import Provider

PROTOCOL = 4


def arguments(given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments among the `locals()` of a constructor, for the constructor that it extends."""
    return {name: value for name, value in given.items() if name not in ("self", "__class__")}


def serialize_provider(provider: Provider[Any, Any]) -> str:
    """The import path of the provider's class, as it stands in state: base64 of a pickle."""
    return base64.b64encode(pickle.dumps(provider, PROTOCOL)).decode()


class CloudflareResource(pulumi.dynamic.Resource):
    """The base of all resources."""

    def __init__(
        self,
        provider: Provider[Any, Any],
        name: str,
        props: dict[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        # The SDK's own constructor takes no serialized provider; this is the rest of it.
        with _calls_unseen():
            pulumi.CustomResource.__init__(
                self,
                f"pulumi-python:{self._resource_type_name}",
                name,
                {**props, PROVIDER_KEY: serialize_provider(provider)},
                opts,
            )


@contextlib.contextmanager
def _calls_unseen() -> Iterator[None]:
    """Within it the SDK sees one call of the stack, and notes none.

    Source: `_get_stack_trace` in pulumi/runtime/resource.py; `sys.tracebacklimit` of Python, which
    bounds `traceback.extract_stack`.
    """
    before = getattr(sys, "tracebacklimit", None)
    sys.tracebacklimit = 1
    try:
        yield
    finally:
        sys.tracebacklimit = before
