"""What an answer of the API must look like: the project's own schema, and the official document's
where `../shared` lies beside the checkout."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import httpx
from jsonschema import Draft202012Validator

from sandbox import API_PREFIX
from sandbox.records import STATUSES

SHARED = Path(__file__).resolve().parents[3] / "shared" / "reference"
OFFICIAL = SHARED / "aop-openapi.json"

TEXT = {"type": "string"}
UUID = {"type": "string", "pattern": r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"}
TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,5}[1-9])?Z$"}
STATUS = {"enum": list(STATUSES)}
PEM = {
    "type": "string",
    "pattern": r"^-----BEGIN CERTIFICATE-----\n([A-Za-z0-9+/=]{1,64}\n)+"
    r"-----END CERTIFICATE-----\n$",
}


def record(**fields: Any) -> dict[str, Any]:
    """An object with exactly these fields."""
    return {
        "type": "object",
        "properties": fields,
        "required": sorted(fields),
        "additionalProperties": False,
    }


def array(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item}


FACTS = {
    "certificate": PEM,
    "expires_on": TIME,
    "issuer": TEXT,
    "serial_number": {"type": "string", "pattern": r"^\d+$"},
    "signature": {
        "type": "string",
        "pattern": r"^(SHA\d+-RSA(PSS)?|ECDSA-SHA\d+|Ed25519|ML-DSA-(44|65|87))$",
    },
}
CERTIFICATE = record(id=UUID, status=STATUS, uploaded_on=TIME, **FACTS)
ROW_FIELDS: dict[str, Any] = {
    "cert_id": UUID,
    "created_at": TIME,
    "enabled": {"type": ["boolean", "null"]},
    "hostname": TEXT,
    "status": STATUS,
    "updated_at": TIME,
}
BINDING_ROW = record(**ROW_FIELDS)
BINDING = record(
    cert_status=STATUS, cert_uploaded_on=TIME, cert_updated_at=TIME, **ROW_FIELDS, **FACTS
)
SWITCH = record(enabled={"type": "boolean"})
SETTING_FIELDS: dict[str, Any] = {
    "editable": {"type": "boolean"},
    "modified_on": {"anyOf": [TIME, {"type": "null"}]},
}
SETTING = {
    "oneOf": [
        record(id={"const": "tls_client_auth"}, value={"enum": ["on", "off"]}, **SETTING_FIELDS),
        record(
            id={"const": "ssl"},
            certificate_status=TEXT,
            validation_errors=array({}),
            value={"enum": ["off", "flexible", "full", "strict", "origin_pull"]},
            **SETTING_FIELDS,
        ),
    ]
}
ZONE = {"type": "object", "required": ["id", "name", "status", "account", "plan"]}
DNS_RECORD = {
    "type": "object",
    "required": ["id", "name", "type", "content", "proxiable", "proxied", "ttl"],
    "properties": {"id": TEXT, "name": TEXT, "proxied": {"type": "boolean"}},
}
TOKEN = record(id=TEXT, status={"enum": ["active", "disabled", "expired"]})
IDS = array(record(id=TEXT))
POLICY = record(
    id=UUID,
    name=TEXT,
    alert_type=TEXT,
    description=TEXT,
    enabled={"type": "boolean"},
    mechanisms={
        "type": "object",
        "properties": {"email": IDS, "webhooks": IDS, "pagerduty": IDS},
        "additionalProperties": False,
    },
    filters={"type": "object"},
    created=TIME,
    modified=TIME,
)
ALERTS = {
    "type": "object",
    "additionalProperties": array(
        record(type=TEXT, display_name=TEXT, description=TEXT, filter_options=array({}))
    ),
}
ELIGIBLE = {
    "type": "object",
    "additionalProperties": array(
        record(
            eligible={"type": "boolean"},
            ready={"type": "boolean"},
            type={"enum": ["email", "webhook", "pagerduty"]},
        )
    ),
}
PAGE = record(
    **{
        name: {"type": "integer"}
        for name in ("count", "page", "per_page", "total_count", "total_pages")
    }
)
CERTIFICATES = {"anyOf": [array(CERTIFICATE) | {"minItems": 1}, {"type": "null"}]}

ERROR = {
    "type": "object",
    "required": ["success", "errors"],
    "properties": {
        "success": {"const": False},
        "messages": {"const": []},
        "result": {"type": "null"},
        "errors": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["code", "message"],
                "properties": {"code": {"type": "integer"}, "message": TEXT},
            },
        },
    },
    "additionalProperties": False,
}

ZONE_PATH = r"/zones/[^/]+"
# Of another part of the API than the document is an excerpt of.
ALERTING = "/accounts/[^/]+/alerting/v3"
ELSEWHERE = ZONE_PATH + "(/dns_records)?|" + ALERTING + "/.*"
BASE = ZONE_PATH + "/origin_tls_client_auth"
# An envelope without `result`.
NO_RESULT: dict[str, Any] = {}
# (method, path) -> the schema of `result`; the first that fits.
RESULTS: list[tuple[str, str, dict[str, Any]]] = [
    ("GET", BASE, CERTIFICATES),
    ("POST", BASE, CERTIFICATE),
    ("GET PUT", BASE + "/settings", SWITCH),
    ("GET", BASE + "/hostnames", array(BINDING_ROW)),
    ("PUT", BASE + "/hostnames", array(BINDING)),
    ("GET", BASE + "/hostnames/certificates", CERTIFICATES),
    ("POST", BASE + "/hostnames/certificates", CERTIFICATE),
    ("GET DELETE", BASE + "/hostnames/certificates/[^/]+", CERTIFICATE),
    ("GET", BASE + "/hostnames/[^/]+", BINDING),
    ("GET DELETE", BASE + "/[^/]+", CERTIFICATE),
    ("GET PATCH", ZONE_PATH + "/settings/[^/]+", SETTING),
    ("GET", ZONE_PATH + "/dns_records", array(DNS_RECORD)),
    ("GET", "/zones", array(ZONE)),
    ("GET", ZONE_PATH, ZONE),
    ("GET", "/user/tokens/verify", TOKEN),
    ("GET", "/accounts/[^/]+/tokens/verify", TOKEN),
    ("GET", ALERTING + "/policies", array(POLICY)),
    ("POST", ALERTING + "/policies", record(id=UUID)),
    ("GET", ALERTING + "/policies/[^/]+", POLICY),
    ("PUT", ALERTING + "/policies/[^/]+", record(id=UUID)),
    ("DELETE", ALERTING + "/policies/[^/]+", NO_RESULT),
    ("GET", ALERTING + "/available_alerts", ALERTS),
    ("GET", ALERTING + "/destinations/eligible", ELIGIBLE),
    ("GET", ALERTING + "/destinations/(webhooks|pagerduty)", array(record(id=TEXT, name=TEXT))),
]


def check(response: httpx.Response) -> None:
    """Fails when an answer of the API is not as documented."""
    path = response.request.url.path.removeprefix(API_PREFIX)
    body = response.json()
    assert re.fullmatch(r"[0-9a-f]{16}-[A-Z]{3}", response.headers["cf-ray"])
    assert re.fullmatch(r'"default";r=\d+;t=\d+', response.headers["ratelimit"])
    assert re.fullmatch(r'"default";q=\d+;w=\d+', response.headers["ratelimit-policy"])
    assert "private_key" not in response.text
    assert "PRIVATE KEY" not in response.text
    check_own(response.request.method, path, response.status_code, body)
    if OFFICIAL.exists() and not re.fullmatch(ELSEWHERE, path):
        check_official(response.request.method, path, response.status_code, body)


def check_own(method: str, path: str, status: int, body: Any) -> None:
    if status != 200:
        Draft202012Validator(ERROR).validate(body)
        return
    result = next(
        schema
        for methods, pattern, schema in RESULTS
        if method in methods.split() and re.fullmatch(pattern, path)
    )
    fields: dict[str, Any] = {
        "success": {"const": True},
        "errors": {"const": []},
        "messages": {"const": []},
        **({} if result is NO_RESULT else {"result": result}),
    }
    Draft202012Validator(
        {
            "type": "object",
            "required": sorted(fields),
            "properties": fields | {"result_info": PAGE},
            "additionalProperties": False,
        }
    ).validate(body)


def check_official(method: str, path: str, status: int, body: Any) -> None:
    """Against the OpenAPI document; paths that it does not have must be refused."""
    document = official()
    best = sorted(
        (name for name in document["paths"] if _fits(name, path)), key=lambda name: name.count("{")
    )
    operation = document["paths"][best[0]].get(method.lower()) if best else None
    if operation is None:
        assert status in (404, 405)
        return
    answers = operation["responses"]
    answer = answers.get(str(status)) or answers[f"{status // 100}XX"]
    schema = answer["content"]["application/json"]["schema"]
    Draft202012Validator(schema | {"components": document["components"]}).validate(body)


@lru_cache(maxsize=1)
def official() -> dict[str, Any]:
    document: dict[str, Any] = _nullable(json.loads(OFFICIAL.read_text()))
    return document


def _fits(name: str, path: str) -> bool:
    return re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", name), path) is not None


def _nullable(node: Any) -> Any:
    """OpenAPI 3.0's `nullable` in the words of JSON Schema."""
    if isinstance(node, list):
        return [_nullable(item) for item in node]
    if not isinstance(node, dict):
        return node
    converted = {key: _nullable(value) for key, value in node.items()}
    if converted.pop("nullable", False) is True:
        return {"anyOf": [converted, {"type": "null"}]}
    return converted
