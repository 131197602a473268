"""Whether Cloudflare speaks TLS to the origin at all: without it no certificate is presented.

Source: "Authenticated Origin Pull does not work in SSL mode Off (not secure) or Flexible",
https://developers.cloudflare.com/ssl/origin-configuration/authenticated-origin-pull/
"""

from __future__ import annotations

from ..api.errors import CloudflareError
from ..plugin.run import ZoneRun

# From the weakest to the strongest.
MODES = ("off", "flexible", "full", "strict", "origin_pull")
WITHOUT_TLS = MODES[:2]


def is_lowered(old: str | None, new: str | None) -> bool:
    """Whether the SSL mode becomes a weaker one; False where a mode is not known."""
    return old in MODES and new in MODES and MODES.index(new) < MODES.index(old)


def require_tls_to_origin(run: ZoneRun, is_required: bool) -> None:
    """Refuses, or with `is_required` False warns, while the zone's SSL mode is off or flexible.

    Only a warning too when the token may not read the mode. Configuration Rules can set the mode
    for single hostnames, which is what `require_tls=False` is for.
    """
    zone = run.zone
    mode = zone.ssl_mode()
    if mode is None:
        run.warn(
            f"{zone}: the token may not read the SSL mode (Zone > Zone Settings: Read), so it was"
            " not verified that Cloudflare speaks TLS to the origin."
        )
    elif mode in WITHOUT_TLS:
        fact = f"the SSL mode of {zone} is {mode}, so Cloudflare presents no certificate"
        if is_required:
            raise CloudflareError(
                fact,
                'Set the mode to full or strict first (ZoneSetting with setting="ssl"), or give'
                " require_tls=False where a Configuration Rule sets it for the hostname.",
            )
        run.warn(f"{fact}, except where a Configuration Rule sets another mode.")
