"""What a resource writes into state about its provider is the same under every Python."""

from __future__ import annotations

import pickle
import sys

import dill  # type: ignore[import-untyped]
import pulumi
import pytest
from pulumi.dynamic.dynamic import serialize_provider as serialize_as_the_sdk
from pulumi.runtime.resource import _get_stack_trace

from providers import ZoneSetting
from providers.plugin.resource import CloudflareResource, serialize_provider
from providers.zone_setting import ZoneSettingProvider
from tests.conftest import ZONE


@pytest.mark.parametrize("protocol", [4, 5])
def test_a_resource_names_its_provider_by_the_same_bytes(monkeypatch, protocol):
    registered = []
    monkeypatch.setattr(pickle, "DEFAULT_PROTOCOL", protocol)
    monkeypatch.setattr(
        pulumi.CustomResource, "__init__", lambda _, *arguments: registered.append(arguments)
    )
    ZoneSetting("mode", zone_id=ZONE, setting="ssl", value="full")
    ((type_name, name, props, opts),) = registered
    assert (type_name, name, opts) == ("pulumi-python:dynamic/aop:ZoneSetting", "mode", None)
    assert props["__provider"] == serialize_provider(ZoneSettingProvider())
    assert props["setting"] == "ssl"


def test_the_bytes_are_those_of_the_sdk_up_to_python_3_13(monkeypatch):
    monkeypatch.setattr(pickle, "DEFAULT_PROTOCOL", 4)
    assert serialize_provider(ZoneSettingProvider()) == serialize_as_the_sdk(ZoneSettingProvider())


def test_the_plugin_reads_a_provider_that_another_python_wrote_by_protocol_5():
    written = pickle.dumps(ZoneSettingProvider(), 5)
    assert type(dill.loads(written)) is ZoneSettingProvider  # noqa: S301, as the SDK does


def test_a_resource_of_ours_is_a_dynamic_resource_of_the_sdk():
    assert issubclass(CloudflareResource, pulumi.dynamic.Resource)


def test_the_sdk_sees_no_calls_of_a_resource_and_tracebacks_are_whole_after_it(monkeypatch):
    seen = []

    class OfTheSdk:
        def __init__(self) -> None:
            seen.append(list(_get_stack_trace().frames))

    def __init__(*_):
        OfTheSdk()

    monkeypatch.setattr(pulumi.CustomResource, "__init__", __init__)
    ZoneSetting("mode", zone_id=ZONE, setting="ssl", value="full")
    assert seen == [[]]
    assert getattr(sys, "tracebacklimit", None) is None
