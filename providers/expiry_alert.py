"""An alert before a certificate of Authenticated Origin Pulls ends, sent by Cloudflare.

API paths: POST and GET `/accounts/{account_id}/alerting/v3/policies`; GET, PUT and DELETE
`/accounts/{account_id}/alerting/v3/policies/{policy_id}`. Identity: Cloudflare's id of the policy.
In place: all but `account_id` and `level`, which replace. Create adopts a policy of the same name
and alert type, and refuses one that tells somebody else, without `overwrite`. Delete: the policy.
Cloudflare sends it 30 and 14 days before the end, for every zone of the account.
"""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
from pydantic import Field

from .api.account import Account
from .api.answers import Level, NotificationPolicy
from .api.errors import REFRESH_NEXT, CloudflareError, StillWaiting, Unanswered
from .api.polling import LIST_LAG
from .plugin.program import Key
from .plugin.provider import AccountInputs, AccountProvider, Props, Recorded, resource_props
from .plugin.resource import CloudflareResource
from .plugin.run import AccountRun
from .values.inputs import DestinationIds, Emails
from .values.text import short

ALERT_TYPES: dict[Level, str] = {
    "zone": "zone_aop_custom_certificate_expiration_type",
    "hostname": "hostname_aop_custom_certificate_expiration_type",
}
LEVELS_OF_TYPES = {alert_type: level for level, alert_type in ALERT_TYPES.items()}
# By Cloudflare's name of the mechanism: our input.
DESTINATIONS = {"email": "emails", "webhooks": "webhooks", "pagerduty": "pagerduty"}


class ExpiryAlertInputs(AccountInputs):
    """`account_id` and `level` replace; the rest changes in place."""

    level: Level
    policy_name: str = Field(min_length=1)
    emails: Emails = ()
    webhooks: DestinationIds = ()
    pagerduty: DestinationIds = ()
    enabled: bool = True
    overwrite: bool = False

    def policy(self, found: NotificationPolicy | None = None) -> NotificationPolicy:
        """What is wanted at Cloudflare; what is not managed here stays as it was found."""
        given = {name: getattr(self, field) for name, field in DESTINATIONS.items()}
        return NotificationPolicy(
            id=found.id if found else "",
            name=self.policy_name,
            alert_type=ALERT_TYPES[self.level],
            enabled=self.enabled,
            destinations={name: ids for name, ids in given.items() if ids},
            created=found.created if found else "",
            others=found.others if found else {},
        )


class ExpiryAlertProvider(AccountProvider[ExpiryAlertInputs]):
    """The life of an alert; Cloudflare's words for it is a notification policy."""

    model = ExpiryAlertInputs
    replaces = ("account_id", "level")

    def label(self, inputs: ExpiryAlertInputs, id_: str) -> str:
        return f"expiry alert {inputs.policy_name} of account {short(inputs.account_id)}"

    def want(self, run: AccountRun, inputs: ExpiryAlertInputs) -> None:
        run.notes.want(*_key(inputs))

    def is_wanted(self, run: AccountRun, recorded: Recorded[ExpiryAlertInputs]) -> bool:
        return run.notes.wants(*_key(recorded.inputs))

    def check_inputs(
        self, run: AccountRun, inputs: ExpiryAlertInputs, olds: Props
    ) -> tuple[Props, Sequence[str]]:
        if not any(getattr(inputs, field) for field in DESTINATIONS.values()):
            return {}, ["emails: nobody would be told. Give emails, webhooks or pagerduty."]
        return {}, []

    def create_object(self, run: AccountRun, inputs: ExpiryAlertInputs) -> tuple[str, Props]:
        found = _find(run, inputs)
        if found is None:
            return _create(run.account, inputs), _outputs(inputs)
        wanted = inputs.policy(found)
        if wanted != found:
            _refuse_foreign(found, wanted, inputs.overwrite)
            run.account.update_policy(wanted)
        run.say(f"{self.label(inputs, found.id)}: adopted policy {short(found.id)}.")
        return found.id, _outputs(inputs)

    def read_object(
        self, run: AccountRun, recorded: Recorded[ExpiryAlertInputs]
    ) -> tuple[ExpiryAlertInputs, Props] | None:
        found = run.account.policy(recorded.id)
        if found is None or found.alert_type not in LEVELS_OF_TYPES:
            return None
        live: Props = {
            "level": LEVELS_OF_TYPES[found.alert_type],
            "policy_name": found.name,
            "enabled": found.enabled,
            **{f: found.destinations.get(name, ()) for name, f in DESTINATIONS.items()},
        }
        inputs = recorded.inputs.model_copy(update=live)
        return inputs, _outputs(inputs)

    def update_object(
        self, run: AccountRun, inputs: ExpiryAlertInputs, recorded: Recorded[ExpiryAlertInputs]
    ) -> Props:
        found = run.account.policy(recorded.id)
        if found is None:
            raise CloudflareError("the policy is gone, deleted by somebody else", REFRESH_NEXT)
        wanted = inputs.policy(found)
        if found not in (wanted, recorded.inputs.policy(found)):
            name = self.label(inputs, recorded.id)
            run.say(f"{name}: was changed by somebody else; now as the program says.")
        if found != wanted:
            run.account.update_policy(wanted)
        return _outputs(inputs)

    def delete_object(self, run: AccountRun, recorded: Recorded[ExpiryAlertInputs]) -> None:
        run.account.delete_policy(recorded.id)


class ExpiryAlert(CloudflareResource, module="aop", name="ExpiryAlert"):
    """A notification policy: Cloudflare tells people before certificates of a level end.

    E-mail addresses are personal data and stand in state in plain text, unless the program hands
    them over as a Pulumi secret; the ids of webhooks and of PagerDuty services are no secrets.

    :param name: Pulumi's name of the resource.
    :param account_id: the Account ID, 32 hexadecimal digits. Replaces.
    :param level: `zone` or `hostname`: of which certificates Cloudflare tells. Replaces.
    :param policy_name: the policy's name at Cloudflare; default `name`. In place.
    :param emails: addresses. In place, as all that follow.
    :param webhooks: ids of webhooks that the account has.
    :param pagerduty: ids of PagerDuty services that the account has.
    :param enabled: whether Cloudflare sends anything. Default True.
    :param overwrite: whether create may take over a policy of the same name that tells somebody
        whom the program does not name. Default False.
    :param wait_seconds: the longest wait for the request quota; default 300.
    :param token_env: name of the environment variable with the token for this account.
    """

    account_id: pulumi.Output[str]
    level: pulumi.Output[str]
    policy_name: pulumi.Output[str]
    alert_type: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        account_id: pulumi.Input[str],
        level: pulumi.Input[str],
        policy_name: pulumi.Input[str] | None = None,
        emails: pulumi.Input[Sequence[pulumi.Input[str]]] = (),
        webhooks: pulumi.Input[Sequence[pulumi.Input[str]]] = (),
        pagerduty: pulumi.Input[Sequence[pulumi.Input[str]]] = (),
        enabled: pulumi.Input[bool] | None = None,
        overwrite: pulumi.Input[bool] | None = None,
        wait_seconds: pulumi.Input[float] | None = None,
        token_env: str | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        policy_name = name if policy_name is None else policy_name
        props = resource_props(ExpiryAlertInputs, locals(), "alert_type")
        super().__init__(ExpiryAlertProvider(), name, props, opts)


def _key(inputs: ExpiryAlertInputs) -> Key:
    return "policy", inputs.level, inputs.policy_name


def _outputs(inputs: ExpiryAlertInputs) -> Props:
    return {"alert_type": ALERT_TYPES[inputs.level]}


def _find(run: AccountRun, inputs: ExpiryAlertInputs) -> NotificationPolicy | None:
    """The policy of the same name and alert type; the oldest, when there are several."""
    same = [p for p in run.account.policies() if _is_same(p, inputs)]
    if len(same) > 1:
        run.warn(
            f"{len(same)} notification policies are called {inputs.policy_name} in"
            f" {run.account}; this stack takes {short(same[0].id)}. Delete the others."
        )
    return same[0] if same else None


def _is_same(policy: NotificationPolicy, inputs: ExpiryAlertInputs) -> bool:
    wanted = inputs.policy()
    return (policy.name, policy.alert_type) == (wanted.name, wanted.alert_type)


def _create(account: Account, inputs: ExpiryAlertInputs) -> str:
    try:
        return account.create_policy(inputs.policy())
    except Unanswered as unanswered:
        # It may have been made: a second one of the same name would tell everybody twice.
        def look(_: float) -> str | None:
            return next((p.id for p in account.policies() if _is_same(p, inputs)), None)

        seconds = min(LIST_LAG, inputs.wait_seconds)
        try:
            return account.runtime.poll(look, "the new policy to be listed", seconds, "")
        except StillWaiting:
            raise unanswered from None


def _refuse_foreign(
    found: NotificationPolicy, wanted: NotificationPolicy, may_overwrite: bool
) -> None:
    """Refuses to take an alert away from somebody: who is told now has to be told afterwards."""
    missing = sum(
        len(set(ids) - set(wanted.destinations.get(name, ())))
        for name, ids in found.destinations.items()
    )
    is_switched_off = found.enabled and not wanted.enabled
    if may_overwrite or not (missing or is_switched_off):
        return
    what = "is switched on"
    if missing:
        what = f"tells {missing} whom the program does not name"
    raise CloudflareError(
        f"policy {short(found.id)} has this name already and {what}",
        "Give another policy_name, or set overwrite to take it over.",
    )
