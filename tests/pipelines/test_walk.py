"""A week of a team: each command of the pipelines as it stands in the files, with the real CLI.

What the walk does not run: the preparation (the CLI and the packages, from the network), and
`make servers` and `make test`, which run this very test.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.cli.conftest import TIMES
from tests.cli.project import Done
from tests.pipelines.checkout import Clone
from tests.pipelines.files import GITHUB, Job, github, gitlab
from tests.pipelines.forge import TOKEN as FORGE_TOKEN
from tests.pipelines.forge import Forge
from tests.pipelines.origin import insisting
from tests.pki import Pair, ca_certificate, make
from tests.sandbox_server import TOKEN, SandboxProcess

pytestmark = [pytest.mark.cli, pytest.mark.slow, pytest.mark.timeout(420)]

ZONE = "2c3a5d9e7f1b4a648d2e9f60a1b4c758"
AOP = f"/zones/{ZONE}/origin_tls_client_auth"
PAY = "pay.example.org"
READ = "token-that-reads"
READS = ["SSL and Certificates Read", "Zone Settings Read", "Zone Read"]
NOT_WALKED = {"make servers", "make test"}
KEYS = {"zone": "AOP_ZONE_KEY", "pay": "AOP_PAY_KEY", "api": "AOP_API_KEY"}


class Team:
    """A clone, its forge, and the secrets of the forge's environments."""

    def __init__(self, folder: Path, kind: str, sandbox: SandboxProcess, forge: Forge) -> None:
        self.kind, self.sandbox, self.forge = kind, sandbox, forge
        self.clone = Clone(folder, sandbox)
        self.origin: dict[str, str] = {}
        self.labels: list[str] = []
        self.clone.write(".local/certificates/prod/ca.pem", ca_certificate())
        self.pairs = {name: make(f"{name}.prod") for name in KEYS}
        for name, pair in self.pairs.items():
            self.keeps(name, pair)
            old = f"private_key: file:.local/certificates/prod/{name}.key"
            self.clone.edit("stacks/Pulumi.prod.yaml", old, f"private_key: env:{KEYS[name]}")
        self.clone.shell("pulumi stack init prod")
        assert "encryptionsalt" in (self.clone.folder / "stacks/Pulumi.prod.yaml").read_text()
        sandbox.add_token("reads", READ, permissions=READS, zones=[ZONE])

    def keeps(self, name: str, pair: Pair) -> None:
        """A certificate in the repository; its key is a secret of `production`."""
        self.pairs[name] = pair
        self.clone.write(f".local/certificates/prod/{name}.pem", pair.certificate)

    def jobs(self, pipeline: str) -> list[Job]:
        if self.kind == "github":
            return github(GITHUB / "workflows" / f"{pipeline}.yml")
        names = {
            "pull-request": ("test", "preview", "gate", "comment"),
            "heal": ("heal-preview", "heal"),
        }
        return [job for job in gitlab() if job.name in names.get(pipeline, (pipeline,))]

    def secrets(self, environment: str) -> dict[str, str]:
        """What the forge gives to a job of the environment."""
        shared = {
            name: self.clone.environ[name]
            for name in ("PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE")
        }
        if environment == "watch":
            return {**shared, "CLOUDFLARE_API_TOKEN": READ}
        if environment in ("deploy", "renew"):
            keys = {KEYS[name]: pair.private_key for name, pair in self.pairs.items()}
            return {**shared, "CLOUDFLARE_API_TOKEN": TOKEN, **keys, **self.origin}
        return shared if environment == "preview" else {}

    def environ(self, job: Job, variables: Mapping[str, str]) -> dict[str, str]:
        """The variables of a job: on GitHub those that it names, on GitLab all of its
        environment's."""
        environment = job.raw.get("environment", "")
        name = environment["name"] if isinstance(environment, dict) else environment
        name = re.split(r"[/-]", name)[-1].removeprefix("${{ matrix.stack }}")
        secrets = self.secrets(name)
        machine = {
            key: value
            for key, value in self.clone.environ.items()
            if key not in (*self.secrets("deploy"),)
        }
        machine |= {
            "GITHUB_STEP_SUMMARY": str(self.clone.folder / "summary.md"),
            "GITHUB_OUTPUT": str(self.clone.folder / "output"),
            "RUNNER_TEMP": str(self.clone.folder.parent / "runner"),
            # The target branch: here it is the same as the branch.
            "BASE": str(self.clone.folder),
            "CI_MERGE_REQUEST_LABELS": ",".join(self.labels),
        }
        if self.kind == "gitlab":
            given = self.forge.environ if job.name == "comment" else {}
            return {**machine, **given, **variables, **secrets, "STACK": "prod"}
        runner = {k: v for k, v in self.forge.environ.items() if k not in ("GITHUB_TOKEN",)}
        values = {f"secrets.{k}": v for k, v in secrets.items()}
        values |= {f"vars.{k}": v for k, v in secrets.items()}
        values |= {
            "github.token": FORGE_TOKEN,
            "github.event.pull_request.number": "7",
            "matrix.stack": "prod",
            "inputs.stack": "prod",
            "join(github.event.pull_request.labels.*.name, ',')": ",".join(self.labels),
        }
        filled = {
            key: re.sub(r"\$\{\{ (.+?) \}\}", lambda m: values.get(m[1], ""), str(value))
            for key, value in variables.items()
        }
        return {**machine, **runner, **filled}

    def runs(self, pipeline: str, code: int = 0) -> Done:
        """All jobs in order; `code` is that of the command that judges: of the gate's, or the
        last. What follows it in other jobs, or `if: !cancelled()`, runs all the same."""
        steps = [
            (job, script, variables)
            for job in self.jobs(pipeline)
            for script, variables in job.scripts
            if not NOT_WALKED.issuperset(script.splitlines())
        ]
        judging = [step for step in steps if "--fail-on" in step[1]] or steps[-1:]
        found = Done(0, "", "")
        for step in steps:
            job, script, variables = step
            wanted = code if step is judging[0] else 0
            ended = self.clone.shell(script, wanted, self.environ(job, variables))
            found = ended if step is judging[0] else found
        return found


@pytest.mark.parametrize("kind", ["github", "gitlab"])
def test_a_week_of_pipelines(kind: str, tmp_path: Path) -> None:
    with SandboxProcess(*TIMES) as sandbox, Forge(kind) as forge:
        team = Team(tmp_path, kind, sandbox, forge)
        with insisting(tmp_path, team.pairs["pay"].certificate, PAY) as address:
            team.origin = {
                "ORIGIN_ADDRESS": address,
                "ORIGIN_HOSTNAME": PAY,
                "ORIGIN_HTTP_PORT": "9",
            }
            first_deployment(team)
        a_harmless_change(team)
        a_dangerous_change(team)
        watched(team)
        every = [*team.pairs.values()]
        shown = "".join(team.clone.told) + str(forge.comments)
        assert team.clone.leaks(every) == []
        assert not [secret for secret in (TOKEN, READ, FORGE_TOKEN) if secret in shown]


def first_deployment(team: Team) -> None:
    assert "The origin refuses everyone else, as far as was asked." in team.runs("deploy").text
    assert team.sandbox.presented("example.org", "pay.example.org")["level"] == "hostname"


def a_harmless_change(team: Team) -> None:
    """A certificate is renewed: one comment, which says so; the gate is open."""
    before = team.pairs["pay"]
    team.keeps("pay", make("pay.prod", days=700))
    team.sandbox.clear_journal()
    team.runs("pull-request")
    assert team.sandbox.journal() == [], "a preview asks Cloudflare nothing"
    (comment,) = team.forge.comments
    assert "pay.example.org" in comment["body"]
    assert "1 hostname changes certificate" in comment["body"].splitlines()[0]
    team.keeps("pay", before)


def a_dangerous_change(team: Team) -> None:
    """A hostname loses its certificate: the same comment says it, the gate is closed."""
    file = "stacks/Pulumi.prod.yaml"
    text = (team.clone.folder / file).read_text()
    team.clone.write(
        file,
        text.replace("zone_id: 2c3a", "allow_removal: [partners.example.org]\n      zone_id: 2c3a"),
    )
    team.clone.edit(file, "            - partners.example.org\n", "")
    done = team.runs("pull-request", code=1)
    assert "does not pass --fail-on" in done.err
    (comment,) = team.forge.comments
    assert "DANGER" in comment["body"].splitlines()[0]
    assert "partners.example.org" in comment["body"]
    accepted_but_not_for_more(team, comment["body"])
    team.clone.write(file, text)


def accepted_but_not_for_more(team: Team, body: str) -> None:
    """The label that the comment names opens the gate, until the next push loses more."""
    (label,) = set(re.findall(r"danger-accepted:[0-9a-f]{12}", body))
    team.labels = ["bug", label]
    team.runs("pull-request")
    assert "The gate is open" in team.forge.comments[0]["body"]
    file = "stacks/Pulumi.prod.yaml"
    team.clone.edit(file, "[partners.example.org]", "[partners.example.org, api-v2.example.org]")
    team.clone.edit(file, "            - api-v2.example.org\n", "")
    assert label not in team.runs("pull-request", code=1).err
    team.labels = []


def watched(team: Team) -> None:
    """Nights and Mondays: what others change, what ends, what is left over is found."""
    before = len(team.clone.told)
    team.runs("renew")
    assert "No certificate of this stack renews itself" in "".join(team.clone.told[before:])
    team.runs("expiry")
    done = team.runs("orphans", code=1)  # the sandbox is seeded with one in this zone
    assert "example.org" in done.out
    assert team.sandbox.zone("example.org")["hostname_certificates"], "nothing was deleted"
    team.sandbox.outside("PUT", f"{AOP}/settings", {"enabled": False})
    told = team.runs("drift", code=7).out
    assert "origin_tls_client_auth of example.org" in told
    assert "changed outside, and `pulumi up --refresh` does" in told
    healed(team)


def healed(team: Team) -> None:
    """By hand: the report says what comes back, and the next night is quiet."""
    before = len(team.clone.told)
    assert "1 zone gets a certificate" in team.runs("heal").out
    assert "example.org-origin_tls_client_auth updated" in "".join(team.clone.told[before:])
    team.runs("drift")
