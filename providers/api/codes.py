"""Cloudflare's error codes by meaning: the only place where their numbers stand.

One row for each code: number, name, whether it means that the object is gone, how a request that
was refused so may be repeated, and what the reader is to do next. Codes are per service: what is
said here holds for the endpoints of Authenticated Origin Pulls, zone settings, and credentials.
Sources: https://developers.cloudflare.com/api/, and recorded answers of the live API.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable

from .errors import Refused
from .polling import FRESH_TOKEN, THROTTLED, Retry

CHECK_CREDENTIALS = "The token has not the form of a Cloudflare token: check CLOUDFLARE_API_TOKEN."
CHECK_ZONE = "Check zone_id: it is the Zone ID on the zone's overview page."
CHECK_ACCOUNT = "Check account_id: it is the Account ID on the account's overview page."
NEED_PERMISSION = (
    "The token needs the permission {scope} > {name}: {right} for this {place},"
    " and must be neither revoked nor expired nor limited to other addresses."
)
UNKNOWN_CREDENTIALS = (
    "Cloudflare knows no such token: it was revoked, deleted or rolled, or it is limited to other"
    " addresses. Put a valid one into the variable."
)


class Code(enum.IntEnum):
    """A code of Cloudflare's; it is its number, so `refused.has(Code.CERTIFICATE_IN_USE)`."""

    is_gone: bool
    retry: Retry | None
    next_step: str

    def __new__(
        cls, number: int, is_gone: bool = False, retry: Retry | None = None, next_step: str = ""
    ) -> Code:
        """A row: the number, whether the object is gone, the repetition, the next step."""
        row = int.__new__(cls, number)
        row._value_ = number
        row.is_gone, row.retry, row.next_step = is_gone, retry, next_step
        return row

    # uploads and deletions of certificates
    CERTIFICATE_EXISTS = 1406  # also while the same certificate is being deleted
    CERTIFICATE_UNREADABLE = 1408
    CERTIFICATE_NOT_A_LEAF = 1412
    CERTIFICATE_BEING_DELETED = 1414  # the answer to a second DELETE
    CERTIFICATE_IN_USE = 1433
    CERTIFICATE_DEPLOYING = 1434
    HOSTNAME_CERTIFICATE_NOT_FOUND = 1551, True
    ZONE_CERTIFICATE_NOT_FOUND = 1552, True

    # bindings
    CERTIFICATE_ID_REQUIRED = 1404
    NO_SUCH_CERTIFICATE = 1415  # never there, deleted, or of the other level
    BINDING_NOT_FOUND = 1553, True

    # zone settings
    SETTING_UNKNOWN = 1006
    SETTING_INVALID = 1007
    SETTING_NOT_EDITABLE = 1015
    SETTING_NOT_AVAILABLE = 1057

    # credentials and addresses
    TOKEN_OF_AN_ACCOUNT = 1000  # asked for at the address of users' tokens
    HEADERS_INVALID = 6003, False, None, CHECK_CREDENTIALS
    KEY_FORM_INVALID = 6103, False, None, CHECK_CREDENTIALS
    TOKEN_FORM_INVALID = 6111, False, None, CHECK_CREDENTIALS
    CREDENTIALS_MISSING = 9106, False, None, CHECK_CREDENTIALS
    UNAUTHORIZED = 9109, False, None, NEED_PERMISSION
    # A token that was just made is refused so for some seconds.
    NOT_AUTHENTICATED = 10000, False, FRESH_TOKEN, NEED_PERMISSION
    # They speak of the zone: nothing in it is gone when the zone id is wrong.
    NO_ROUTE = 7003, False, None, CHECK_ZONE
    NO_ROUTE_FOR_URI = 7000, False, None, CHECK_ZONE
    QUOTA_EXCEEDED = 971, False, THROTTLED
    QUOTA_EXCEEDED_BEFORE_2025 = 10100, False, THROTTLED


# The next step where the status alone tells it.
STATUSES = {
    401: NEED_PERMISSION,
    403: NEED_PERMISSION,
    409: "Somebody else changes this zone's certificates at the same time; run again.",
    429: "Cloudflare allows 1,200 requests in 5 minutes for everything a user does; wait.",
}
# Which paths need which permission, as the dashboard calls it; the first that matches counts.
# Source: the permission groups of each operation in Cloudflare's API reference.
PERMISSIONS = (
    (r"^zones/[^/]+/origin_tls_client_auth\b", "SSL and Certificates"),
    (r"^zones/[^/]+/settings/", "Zone Settings"),
    (r"^zones/[^/]+/dns_records\b", "DNS"),
    (r"^zones(/[^/]+)?$", "Zone"),
    (r"^accounts/[^/]+/alerting/", "Notifications"),
)
ONLY_READ = ("Zone", "DNS")
ACCOUNTS = "accounts/"
# It needs no permission: any token that is known may ask whether it is active.
VERIFY = "tokens/verify"


def rows(codes: Iterable[int]) -> list[Code]:
    """The rows of the codes that are known, in the order of the table."""
    numbers = set(codes)
    return [code for code in Code if code in numbers]


def means_gone(refused: Refused) -> bool:
    """Whether Cloudflare said "no such object". No status says so alone: a proxy has 404s too."""
    return any(code.is_gone for code in rows(refused.codes)) and not refused.has(
        Code.NO_ROUTE, Code.NO_ROUTE_FOR_URI
    )


def means_deleted(refused: Refused) -> bool:
    """Whether the answer to a DELETE says that the object is gone, or is on its way."""
    is_repeated = refused.has(Code.CERTIFICATE_BEING_DELETED) or "already deleted" in refused.text
    return is_repeated or means_gone(refused)


def advice(method: str, path: str, status: int, codes: Iterable[int]) -> str:
    """The next step for an answer; empty where there is none.

    A code says more than a status, and what is wrong with the token more than its permission.
    """
    steps = [code.next_step for code in rows(codes) if code.next_step]
    steps += [STATUSES[status]] if status in STATUSES else []
    step = min(steps, key=_ORDER.index, default="")
    if step == CHECK_ZONE and path.startswith(ACCOUNTS):
        return CHECK_ACCOUNT
    if step == NEED_PERMISSION and path.endswith(VERIFY):
        return UNKNOWN_CREDENTIALS
    return step if step != NEED_PERMISSION else _permission(method, path)


_ORDER = (CHECK_CREDENTIALS, NEED_PERMISSION, CHECK_ZONE, STATUSES[409], STATUSES[429])


def _permission(method: str, path: str) -> str:
    for pattern, name in PERMISSIONS:
        if re.search(pattern, path):
            right = "Read" if method == "GET" or name in ONLY_READ else "Edit"
            scope = "Account" if path.startswith(ACCOUNTS) else "Zone"
            return NEED_PERMISSION.format(scope=scope, place=scope.lower(), name=name, right=right)
    return ""
