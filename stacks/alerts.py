"""The expiry alerts of an environment: Cloudflare tells people before its certificates end."""

from __future__ import annotations

import pulumi

from providers import ExpiryAlert

from .config import AlertsConfig


def warn(alerts: AlertsConfig | None) -> list[ExpiryAlert]:
    """Makes an alert for each level of `aop:alerts`; none without that key.

    The name of the policy has the stack's: another stack of the same account has alerts of its own.
    """
    if alerts is None:
        return []
    stack = pulumi.get_stack()
    return [
        ExpiryAlert(
            f"{level}-certificates-end",
            account_id=alerts.account_id,
            level=level,
            policy_name=f"Origin pulls, {stack}: {level} certificates end",
            emails=alerts.emails,
            webhooks=alerts.webhooks,
            pagerduty=alerts.pagerduty,
            overwrite=alerts.overwrite,
            token_env=alerts.token_env,
        )
        for level in dict.fromkeys(alerts.levels)
    ]
