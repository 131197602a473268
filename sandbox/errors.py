"""The API's errors: code, HTTP status, text and the shape of the envelope around them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

BARE = "bare"
WITHOUT_RESULT = "without_result"
FULL = "full"


class ApiError(Exception):
    """A refusal by the API. `shape` says which keys its envelope has: BARE is success and errors
    only, WITHOUT_RESULT adds messages, FULL adds `result: null`."""

    def __init__(
        self,
        status: int,
        errors: list[dict[str, Any]],
        shape: str = WITHOUT_RESULT,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(errors[0]["message"])
        self.status = status
        self.errors = errors
        self.shape = shape
        self.headers = headers or {}

    def envelope(self) -> dict[str, Any]:
        body: dict[str, Any] = {"success": False, "errors": self.errors}
        if self.shape != BARE:
            body["messages"] = []
        if self.shape == FULL:
            body["result"] = None
        return body


@dataclass(frozen=True)
class Refusal:
    """A row of the table of errors; calling it makes the error to raise."""

    code: int
    status: int
    message: str
    shape: str = WITHOUT_RESULT

    def __call__(self, message: str | None = None) -> ApiError:
        return ApiError(
            self.status, [{"code": self.code, "message": message or self.message}], self.shape
        )


CERT_ID_REQUIRED = Refusal(1404, 400, "Certificate ID required")
ALREADY_EXISTS = Refusal(1406, 400, "This certificate already exists for this zone.")
UNPARSABLE = Refusal(1408, 400, "Unable to parse certificate")
ONLY_LEAF = Refusal(1412, 400, "Only leaf certificate is allowed.")
PENDING_DELETION = Refusal(1414, 400, "The certificate is pending deletion")
ALREADY_DELETED = Refusal(1414, 400, "Certificate is already deleted.")
INVALID_CERT_ID = Refusal(
    1415, 400, "Certificate ID in request is either invalid or the certificate has been deleted"
)
IN_USE = Refusal(1433, 400, "The certificate is in use")
PENDING_DEPLOYMENT = Refusal(1434, 400, "Cannot delete resource while in pending deployment state.")
HOSTNAME_CERTIFICATE_NOT_FOUND = Refusal(1551, 404, "Hostname certificate not found")
ZONE_CERTIFICATE_NOT_FOUND = Refusal(1552, 404, "Zone certificate not found")
HOSTNAME_NOT_FOUND = Refusal(1553, 404, "The setting for this hostname not found")
CONFLICT = Refusal(1000, 409, "conflict")

AUTHENTICATION = Refusal(10000, 403, "Authentication error", BARE)
UNAUTHORIZED = Refusal(9109, 403, "Unauthorized to access requested resource", FULL)
NO_CREDENTIALS = Refusal(
    9106, 400, "Missing X-Auth-Key, X-Auth-Email or Authorization headers", FULL
)
NOT_A_USER_TOKEN = Refusal(1000, 401, "Invalid API Token", FULL)
METHOD_NOT_ALLOWED = Refusal(10405, 405, "Method not allowed for this authentication scheme", FULL)

UNKNOWN_SETTING = Refusal(1006, 400, "Unrecognized zone setting name", FULL)
INVALID_SETTING = Refusal(1007, 400, "Invalid value for zone setting", FULL)
NOT_EDITABLE = Refusal(1015, 400, "Not allowed to edit zone setting", FULL)

# Codes that the published material does not give: 1490 to 1494 are the sandbox's own.
KEY_UNPARSABLE = Refusal(1490, 400, "Unable to parse private key")
KEY_MISMATCH = Refusal(1491, 400, "The private key does not match the certificate")
TOO_MANY_CERTIFICATES = Refusal(1492, 400, "Maximum number of hostname certificates reached")
TOO_MANY_BINDINGS = Refusal(1493, 400, "Maximum number of hostnames for this certificate reached")
INVALID_REQUEST = Refusal(1494, 400, "The request is not valid")
# Likewise for notifications: 17901 to 17905.
POLICY_NOT_FOUND = Refusal(17901, 404, "Notification policy not found", FULL)
UNKNOWN_ALERT_TYPE = Refusal(17902, 400, "The alert type is not available", FULL)
NO_SUCH_DESTINATION = Refusal(17903, 400, "The account has no such destination", FULL)
NOT_ELIGIBLE = Refusal(17904, 400, "The account is not eligible for this mechanism", FULL)
INVALID_POLICY = Refusal(17905, 400, "The policy is not valid", FULL)


def invalid_headers(code: int, detail: str) -> ApiError:
    chain = [{"code": code, "message": detail}]
    return ApiError(
        400, [{"code": 6003, "message": "Invalid request headers", "error_chain": chain}], FULL
    )


def no_route(path: str) -> ApiError:
    text = f"Could not route to {path}, perhaps your object identifier is invalid?"
    return ApiError(
        404,
        [{"code": 7003, "message": text}, {"code": 7000, "message": "No route for that URI"}],
        FULL,
    )


def throttling(seconds: int) -> ApiError:
    message = "Please wait and consider throttling your request speed"
    return ApiError(429, [{"code": 971, "message": message}], FULL, {"Retry-After": str(seconds)})
