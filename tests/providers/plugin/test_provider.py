"""What every provider does around its own work: values, errors, the pool, the engine's end."""

from __future__ import annotations

import traceback
from typing import Any

import pytest
from pulumi.dynamic import CheckResult, CreateResult
from pulumi.output import Unknown

from providers.api.errors import CloudflareError, Refused
from providers.hostname_bindings import HostnameBindingsInputs
from providers.plugin import provider as base
from providers.values.inputs import UNKNOWN
from providers.zone_setting import ZoneSettingProvider
from tests.conftest import TOKEN, ZONE

PRIVATE = "-----BEGIN PRIVATE KEY-----\nMIIabcdefgh\n-----END PRIVATE KEY-----"


class Probe(base.Provider[Any, Any]):
    """A provider that does what the test says."""

    def __init__(self, act):
        self.act = act

    def check(self, _olds, news):
        return CheckResult(self.act(news), [])

    def create(self, props):
        return CreateResult("id", self.act(props))


def test_whole_floats_arrive_as_integers_and_the_serialized_provider_not_at_all():
    seen = {}

    def keep(props):
        seen.update(props)
        return {}

    Probe(keep).create(
        {"n": 3.0, "half": 0.5, "list": [1.0, {"m": 2.0}], "on": True, "__provider": "x"}
    )
    assert seen == {"n": 3, "half": 0.5, "list": [1, {"m": 2}], "on": True}
    assert type(seen["n"]) is int


def test_unknown_values_pass_through_check_also_nested():
    inputs = Probe(lambda props: props).check({}, {"a": Unknown(), "b": {"c": [Unknown()]}}).inputs
    assert isinstance(inputs["a"], Unknown)
    assert isinstance(inputs["b"]["c"][0], Unknown)


def test_unknown_values_are_kept_by_a_real_check(new_run):
    news = {"zone_id": Unknown(), "setting": "ssl", "value": Unknown()}
    result = ZoneSettingProvider().check({}, news)
    assert not result.failures
    assert isinstance(result.inputs["zone_id"], Unknown)


def raise_(error):
    raise error


@pytest.mark.parametrize(
    "error",
    [
        Refused(400, [1415], "no such\n certificate", ray="8f2c"),
        ValueError("boom\nboom"),
        SystemExit(3),
        KeyboardInterrupt(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_every_failure_reaches_the_engine_as_one_line(error, capsys):
    with pytest.raises(CloudflareError) as told:
        Probe(lambda _: raise_(error)).create({})
    last = traceback.format_exception_only(told.type, told.value)
    assert len(last) == 1
    assert last[0].startswith("CloudflareError: ")
    assert last[0].count("\n") == 1
    assert ("Traceback" in capsys.readouterr().err) is not isinstance(error, CloudflareError)


def test_an_unexpected_failure_is_told_without_keys_and_tokens(new_run, capsys):
    new_run()
    error = ValueError(f"{PRIVATE} and {TOKEN}")
    with pytest.raises(CloudflareError) as told:
        Probe(lambda _: raise_(error)).create({})
    shown = str(told.value) + capsys.readouterr().err
    assert "MIIabcdefgh" not in shown
    assert TOKEN not in shown
    assert "defect of this project" in shown


def test_a_checked_input_is_itself_again(new_run):
    """What check returned may come back as `news`: `preview --save-plan` relies on it."""
    provider = ZoneSettingProvider()
    first = provider.check({}, {"zone_id": ZONE, "setting": "ssl", "value": "FULL"}).inputs
    assert provider.check(first, first).inputs == first


def test_unknown_is_one_object():
    assert UNKNOWN is not None
    assert repr(UNKNOWN) == "UNKNOWN"


def test_what_state_lacks_is_unknown_also_inside_a_map():
    inputs = base.from_state(
        HostnameBindingsInputs,
        {"zone_id": ZONE, "bindings": {"app.example.com": {"enabled": True}}},
    )
    assert inputs.bindings["app.example.com"].cert_id is UNKNOWN
    assert base.from_state(HostnameBindingsInputs, {}).bindings is UNKNOWN


def test_what_cannot_be_read_in_state_is_told_in_one_line_with_the_way_out():
    with pytest.raises(CloudflareError, match="state holds what cannot be read") as told:
        base.from_state(HostnameBindingsInputs, {"zone_id": "nonsense", "bindings": {}})
    assert "pulumi state edit" in str(told.value)
    assert "\n" not in str(told.value)


def test_a_delete_that_another_resource_takes_over_is_said_and_asks_nobody(sandbox, new_run, heard):
    new_run()
    given = {"zone_id": ZONE, "setting": "ssl", "value": "full", "on_destroy": "strict"}
    provider = ZoneSettingProvider()
    provider.check({}, given)
    provider.delete(f"{ZONE}/ssl", given)
    assert heard.has("setting ssl of zone", "kept, another resource of this program holds it now")
    assert not sandbox.journal()


OTHER = "1b2f4c8d6e0a49537c1d8e5f90a3b647"


@pytest.mark.parametrize(
    ("moved_from", "is_refused"), [(None, False), (OTHER, True), (ZONE, False)]
)
def test_a_zone_id_changes_only_from_the_one_that_moved_from_names(
    new_run, moved_from: str | None, is_refused: bool
) -> None:
    olds = {"zone_id": ZONE, "setting": "ssl", "value": "full"}
    news = {**olds, "zone_id": OTHER, "declared_in": "the file"}
    result = ZoneSettingProvider().check(
        olds, news if moved_from is None else {**news, "moved_from": moved_from}
    )
    assert [failure.reason[:19] for failure in result.failures] == (
        ["zone_id of the file"] if is_refused else []
    )
    assert is_refused or not {"moved_from", "declared_in"} & set(result.inputs)
