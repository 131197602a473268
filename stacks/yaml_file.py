"""The text of a stack file as YAML, with a fault told by file, line and next step.

The Pulumi CLI reads the file before the program runs, and names neither file nor the right line;
`make`, by `python -m stacks.yaml_file FILE`, and the verbs of operations read it first.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import yaml

# What PyYAML says of a fault, and what its author has meant.
NEXT_STEPS = {
    "'\\t'": "Indent with spaces, not with a tab.",
    "tab": "Indent with spaces, not with a tab.",
    "alias": "Put a text that begins with * or & in quotes.",
    "mapping values are not allowed": (
        "Indent the line as its neighbours, or put a text that has a colon and a blank in quotes."
    ),
}
ANY_OTHER = "Correct the line, or the one before it."


class NotYaml(ValueError):
    """The file is not YAML that Pulumi takes; one line that names file, line and next step."""


class _Loader(yaml.SafeLoader):
    """As `yaml.safe_load`, but of two keys of one name none wins: Pulumi refuses such a file."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                raise yaml.constructor.ConstructorError(
                    problem=f"the key {key.value} stands twice", problem_mark=key.start_mark
                )
            seen.add(str(key.value))
        return super().construct_mapping(node, deep)


def read(path: Path) -> Any:
    """What the file holds.

    :raises OSError: where the file cannot be read.
    :raises NotYaml: where it is no YAML.
    """
    try:
        # S506: the loader is a safe one.
        return yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506
    except UnicodeDecodeError:
        raise NotYaml(f"{path}: the file is not UTF-8. Save it as UTF-8.") from None
    except yaml.YAMLError as error:
        raise NotYaml(_fault(path, error)) from None


def _fault(path: Path, error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    where = f"{path}, line {mark.line + 1}" if mark else str(path)
    said = [getattr(error, name, None) for name in ("context", "problem")]
    fact = " ".join((", ".join(filter(None, said)) or str(error)).split())
    step = next((step for part, step in NEXT_STEPS.items() if part in fact), ANY_OTHER)
    if "stands twice" in fact:
        step = "Keep one."
    return f"{where}: this is not YAML: {fact}. {step}"


if __name__ == "__main__":
    try:
        read(Path(sys.argv[1]))
    except NotYaml as fault:
        sys.exit(str(fault))
