"""An account as Cloudflare holds it: its notification policies, read and written.

API paths below `/accounts/{account_id}`: `alerting/v3/policies` and `alerting/v3/policies/{id}`.
"""

from __future__ import annotations

from ..values.text import short
from .answers import NotificationPolicy
from .client import Client
from .codes import Code
from .errors import Refused, Unanswered, about
from .runtime import Runtime


class Account:
    """One account, seen through one token."""

    def __init__(self, client: Client, account_id: str, runtime: Runtime) -> None:
        self.account_id = account_id
        self.runtime = runtime
        self._client = client
        self._policies = f"accounts/{account_id}/alerting/v3/policies"

    def __str__(self) -> str:
        return f"account {short(self.account_id)}"

    def policies(self) -> list[NotificationPolicy]:
        """The notification policies that the list shows, oldest first; lists lag."""
        with about(f"notification policies of {self}"):
            reply = self._client.get(self._policies)
            if reply.result is not None and not isinstance(reply.result, list):
                raise Unanswered("Cloudflare's answer is no list")
            if (reply.info.get("total_pages") or 1) != 1:
                raise Unanswered("Cloudflare's list has several pages, which is not documented")
        found = [NotificationPolicy.read(item) for item in reply.result or []]
        return sorted(
            (p for p in found if p is not None), key=lambda policy: (policy.created, policy.id)
        )

    def policy(self, policy_id: str) -> NotificationPolicy | None:
        """One policy by id, as it is now; None when gone."""
        try:
            reply = self._client.get(f"{self._policies}/{policy_id}")
        except Refused as refused:
            if self._is_gone(policy_id, refused):
                return None
            raise
        found = NotificationPolicy.read(reply.result)
        if found is None:
            raise Unanswered(f"Cloudflare's answer about policy {short(policy_id)} has no id")
        return found

    def create_policy(self, policy: NotificationPolicy) -> str:
        """POST; the new id. The caller knows what to do when the request is unanswered."""
        result = self._client.post(self._policies, policy.body()).result
        policy_id = result.get("id") if isinstance(result, dict) else None
        if not isinstance(policy_id, str):
            raise Unanswered("Cloudflare's answer to the new policy has no id")
        return policy_id

    def update_policy(self, policy: NotificationPolicy) -> None:
        """PUT of the whole policy: whether a field that is left out stays is not documented."""
        self._client.put(f"{self._policies}/{policy.id}", policy.body())

    def delete_policy(self, policy_id: str) -> None:
        """DELETE; a policy that is gone already is no error."""
        try:
            self._client.delete(f"{self._policies}/{policy_id}")
        except Refused as refused:
            if not self._is_gone(policy_id, refused):
                raise

    def _is_gone(self, policy_id: str, refused: Refused) -> bool:
        """Whether a refusal by id means that the policy is gone.

        No code for it is documented, and a 404 alone proves nothing: the list has to agree.
        """
        if refused.status != 404 or refused.has(Code.NO_ROUTE, Code.NO_ROUTE_FOR_URI):
            return False
        return all(policy.id != policy_id for policy in self.policies())
