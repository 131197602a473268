"""A stack file that is not YAML is told by its line, before Pulumi tells less of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from stacks.yaml_file import NotYaml, read

# case: text, the line at fault, what the sentence says
FAULTS = {
    "a tab": ("config:\n  aop:zones:\n\texample.com: {}\n", 3, "spaces, not with a tab"),
    "a wildcard": (
        "config:\n  hostnames:\n    - *.example.com\n",
        3,
        "begins with * or & in quotes",
    ),
    "a colon": ("config:\n  certificate: file: x\n", 2, "a colon and a blank in quotes"),
    "a line too far in": ("config:\n  zone_id: a\n   ssl: full\n", 3, "Indent the line as its"),
    "indented too little": ("config:\n    a: 1\n  b: 2\n", 3, "Correct the line"),
    "a key twice": ("config:\n  a: 1\n  b: 2\n  a: 3\n", 4, "the key a stands twice. Keep one."),
    "an open bracket": ("config: [1\n", 2, "Correct the line"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_fault_is_one_line_with_file_line_and_next_step(case: str, tmp_path: Path) -> None:
    text, line, step = FAULTS[case]
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_text(text)
    with pytest.raises(NotYaml) as caught:
        read(path)
    told = str(caught.value)
    assert told.startswith(f"{path}, line {line}: this is not YAML: ")
    assert step in told
    assert told.isprintable()


def test_what_is_not_utf_8_is_told_so(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_bytes(b"config: \xff\n")
    with pytest.raises(NotYaml, match="not UTF-8"):
        read(path)


def test_the_files_of_the_project_are_read() -> None:
    for path in Path(__file__).parents[2].glob("stacks/Pulumi.*.yaml"):
        assert read(path)["config"]
