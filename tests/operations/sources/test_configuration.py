"""The file of a stack, as verbs read that."""

from __future__ import annotations

from pathlib import Path

import pytest

from operations.command import Stop
from operations.sources.configuration import load, project_name
from tests.operations.conftest import Stack


@pytest.mark.parametrize("stack_name", ["prod", "organization/aop/prod"])
def test_a_subject_has_the_name_of_the_stack_that_the_program_sees(
    stack_name: str, stack: Stack
) -> None:
    stack.issues("shop", "shop.example.com")
    (zone,) = load(stack_name, stack.write()).zones.values()
    (shop,) = zone.issued().values()
    assert shop.common_name == "aop.prod.example.com.shop"


@pytest.mark.parametrize("text", ["", "runtime: python\n", "name: 1\n"])
def test_a_project_without_a_name_is_one_line(text: str, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text(text)
    with pytest.raises(Stop, match="has no name"):
        project_name(tmp_path)
