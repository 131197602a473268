"""The command line: verbs, examples, one-line errors, colours on a terminal only."""

from __future__ import annotations

import difflib
import importlib
from typing import Any

import click
import pulumi

from providers.api.errors import CloudflareError, line_of
from providers.values.inputs import normalise_hostname
from providers.values.text import one_line
from stacks.config import PROJECT

from .text import TRY_AGAIN, safe

# Where each verb is; imported when it is asked for.
VERBS = {
    "report": "a plan for a pull request: what happens to which hostname, what is dangerous",
    "preflight": "before `pulumi up`: token, zones, SSL modes, limits, foreign bindings, keys",
    "coverage": "what Cloudflare presents for each hostname now, why, until when",
    "expiry": "certificates by days left",
    "drift": "what was changed at Cloudflare, and what `pulumi up` would do about it",
    "renew": "what is due of the certificates that renew themselves, and nothing else",
    "import": "what a zone has already, as an import file, a program and a configuration",
    "orphans": "certificates that nothing shows and no stack holds",
    "origin": "the configuration of NGINX, Apache, HAProxy or Caddy for a hostname",
    "probe": "whether an origin refuses everyone but Cloudflare, by asking it",
    "issue": "a private CA and client certificates, for those who have no PKI",
}
# `import` is a word of the language: its verb has a file of another name.
MODULES = {"import": "import_zone"}
LONGEST = 600


class Stop(click.ClickException):
    """An expected failure, told in one line on stderr."""

    def __init__(self, line: str, exit_code: int = 1) -> None:
        super().__init__(safe(one_line(line), LONGEST))
        # click declares it for the class and reads it from the instance.
        vars(self)["exit_code"] = exit_code


def hostname_argument(text: str) -> str:
    """Reads the hostname in the spelling that the configuration has; `ValueError` on one line."""
    try:
        return normalise_hostname(text)
    except ValueError as error:
        raise ValueError(f"hostname: {error}") from None


class Verb(click.Command):
    """A verb: its expected failures are one line. `failure` is the exit code for them.

    Above 2 it is the code for wrong options and arguments too, where 2 means something else.
    """

    def __init__(self, *args: Any, failure: int = 1, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.failure = failure

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        try:
            return super().make_context(*args, **kwargs)
        except click.UsageError as error:
            if self.failure > error.exit_code:
                raise Stop(error.format_message(), self.failure) from None
            raise

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except Stop as stop:
            raise stop if stop.exit_code != 1 else Stop(stop.message, self.failure) from None
        except CloudflareError as error:
            raise Stop(line_of(error, TRY_AGAIN), self.failure) from None
        except pulumi.RunError as error:
            raise Stop(str(error), self.failure) from None
        except OSError as error:
            what = f"{error.filename}: " if error.filename else ""
            raise Stop(f"{what}{error.strerror or type(error).__name__}", self.failure) from None


class Verbs(click.Group):
    """The verbs, each in a module of its own."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        module = importlib.import_module(f"operations.verbs.{MODULES.get(cmd_name, cmd_name)}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with the verb that is meant, if one is near."""
        near = difflib.get_close_matches(args[0], VERBS, 1)
        if args[0] not in VERBS and near:
            ctx.fail(f"No such command '{safe(args[0])}'. Did you mean '{near[0]}'?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))


@click.group(
    cls=Verbs,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(
    (PROJECT / "VERSION").read_text().strip(),
    prog_name="cloudflare-aop",
    message="%(prog)s %(version)s",
)
def operations() -> None:
    """What people and pipelines run around `pulumi up`.

    The token is read from CLOUDFLARE_API_TOKEN, or from the variable that token_env names.
    """


def examples(*lines: str) -> str:
    """The end of a verb's help."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)
