"""The pipelines as data: their jobs, in the order of a day, and the commands of each.

GitHub runs a `run` with `bash --noprofile --norc -eo pipefail`, GitLab the lines of `before_script`
and `script` together, in the image's bash with `set -eo pipefail`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

PIPELINES = Path(__file__).resolve().parent.parent.parent / "pipelines"
GITHUB = PIPELINES / "github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
ACTION = GITHUB / "actions" / "prepare" / "action.yml"
GITLAB = PIPELINES / "gitlab" / ".gitlab-ci.yml"
# GitLab's words for what is no job.
GLOBAL = {"stages", "workflow", "variables", "default"}
STACKS = PIPELINES / "stacks.json"


@dataclass(frozen=True)
class Job:
    """`scripts` in order; `variables` as written, with ${{ }} in them."""

    name: str
    scripts: list[tuple[str, dict[str, str]]]
    prepares: bool
    raw: Mapping[str, Any] = field(default_factory=dict)


def load(path: Path) -> dict[str, Any]:
    """YAML 1.1 reads `on` as true: GitHub does not."""
    data: dict[Any, Any] = yaml.safe_load(path.read_text())
    return {"on" if key is True else key: value for key, value in data.items()}


def github(path: Path) -> list[Job]:
    """The jobs of a workflow, in the order in which they stand there."""
    workflow = load(path)
    found = []
    for name, job in workflow["jobs"].items():
        shared = {**workflow.get("env", {}), **job.get("env", {})}
        scripts = [
            (step["run"], {**shared, **step.get("env", {})})
            for step in job["steps"]
            if "run" in step
        ]
        prepares = any(step.get("uses") == "./.github/actions/prepare" for step in job["steps"])
        found.append(Job(name, scripts, prepares, job))
    return found


def gitlab() -> list[Job]:
    """The jobs of .gitlab-ci.yml, with what they extend."""
    data = load(GITLAB)
    found = []
    for name, raw in data.items():
        if name in GLOBAL or name.startswith("."):
            continue
        job = extend(data, raw)
        scripts = [("\n".join(job["script"]), dict(data["variables"]))]
        found.append(Job(name, scripts, "before_script" in job, job))
    return found


def extend(data: Mapping[str, Any], job: Mapping[str, Any]) -> dict[str, Any]:
    base = data.get(job.get("extends", ""))
    return {**(extend(data, base) if base else {}), **job}


def preparation() -> dict[str, str]:
    """What each forge runs before the commands: the CLI and the packages, from the network."""
    action = "\n".join(step["run"] for step in load(ACTION)["runs"]["steps"])
    data = load(GITLAB)
    lines = [*data[".prepare"]["before_script"], *data["gate"]["before_script"]]
    return {"github": action, "gitlab": "\n".join(lines)}


def commands() -> Iterator[tuple[str, str]]:
    """Where, and the text of every script of both forges."""
    for path in WORKFLOWS:
        for job in github(path):
            yield from ((f"{path.name}/{job.name}", script) for script, _ in job.scripts)
    for job in gitlab():
        yield from ((f"gitlab/{job.name}", script) for script, _ in job.scripts)


def verbs(text: str) -> set[str]:
    """The verbs of `python -m operations` in a text."""
    return set(re.findall(r"-m operations ([a-z]+)", text))


def targets(text: str) -> set[str]:
    """The make targets in a text: at the start of a line, a prompt before it or not."""
    return set(re.findall(r"^(?:\$ )?make ([a-z-]+)", text, re.MULTILINE))
