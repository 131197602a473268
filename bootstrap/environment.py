"""Environments for child processes: nothing of the user's own set-up reaches them by accident."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

# PULUMI_* and CLOUDFLARE_* would lead a demo or a test to the user's real accounts. The Python
# ones change what is imported; PYTHONDONTWRITEBYTECODE alone makes each CLI call 0.6 s slower,
# because the SDK is compiled anew in each of its three Python processes.
FOREIGN_PREFIXES = ("PULUMI_", "CLOUDFLARE_")
FOREIGN = {
    "PYTHONPATH",
    "PYTHONHOME",
    "PYTHONSAFEPATH",
    "PYTHONSTARTUP",
    "PYTHONWARNINGS",
    "PYTHONOPTIMIZE",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONPYCACHEPREFIX",
    "VIRTUAL_ENV",
    "PIP_TARGET",
    "PIP_PREFIX",
    "PIP_ROOT",
    "PIP_USER",
    "PIP_NO_COMPILE",
    "PIP_REQUIRE_VIRTUALENV",
    "PIP_CONSTRAINT",
    "PIP_REQUIREMENT",
    "PIP_NO_DEPS",
}

# Beside each state file Pulumi writes another, not atomically, and reads nothing once that one is
# empty: a CLI that is killed in that instant leaves "failed to load checkpoint: EOF".
# Source: gocloud.dev/blob/fileblob, attrs.go and the option `metadata=skip`.
WITHOUT_SIDECARS = "?metadata=skip"


def clean(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment without the variables above. Proxies and package indexes stay."""
    given = os.environ if environ is None else environ
    return {
        name: value
        for name, value in given.items()
        if name not in FOREIGN and not name.startswith(FOREIGN_PREFIXES)
    }


def for_pulumi(work: Path, cli: Path, environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a CLI in folder `cli` that keeps its state and home in folder `work`.

    Source: https://www.pulumi.com/docs/iac/cli/environment-variables/
    """
    kept = clean(environ)
    return {
        **kept,
        "PATH": os.pathsep.join((str(cli), kept.get("PATH", os.defpath))),
        "PULUMI_HOME": str(work / "pulumi"),
        "PULUMI_BACKEND_URL": f"file://{work / 'state'}{WITHOUT_SIDECARS}",
        "PULUMI_CONFIG_PASSPHRASE": "",
        "PULUMI_CREDENTIAL_STORE": "plaintext",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
        # A lost stack configuration then takes the salt from the state, not a new one.
        "PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER": "true",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        # The API of these runs is on loopback, where no proxy leads.
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }
