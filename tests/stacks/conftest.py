"""The stacks are run as the tests of tests/cli are."""

from tests.cli.conftest import project, sandbox, start

__all__ = ["project", "sandbox", "start"]
