"""The stand-in for the peers: one request per hostname, and no waits.

As Terraform's provider does it: one PUT on create and update, one GET on refresh, one PUT on
destroy. Only the deletion of the certificate is kinder: it asks again while hostnames still show
the certificate, where Terraform fails. Standard library only, so that nothing of ours helps it.
"""

from __future__ import annotations

import json
import os
import time
import urllib.error
import urllib.request
from typing import Any

import pulumi
from pulumi.dynamic import (
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)

Props = dict[str, Any]


def call(method: str, path: str, body: Any = None) -> Any:
    """Sends a request; answers the `result`, or raises `RuntimeError` with Cloudflare's answer."""
    request = urllib.request.Request(  # noqa: S310  the address of the sandbox
        f"{os.environ['CLOUDFLARE_BASE_URL']}/{path}",
        json.dumps(body).encode() if body is not None else None,
        {
            "authorization": f"Bearer {os.environ['CLOUDFLARE_API_TOKEN']}",
            "content-type": "application/json",
        },
        method=method,
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            return json.load(answer)["result"]
    except urllib.error.HTTPError as error:
        raise RuntimeError(error.read().decode()) from None


class _ByReference(ResourceProvider):
    serialize_as_secret_always = False

    def __reduce__(self) -> Any:
        return (type(self), ())


class CertificateProvider(_ByReference):
    """POST, GET, DELETE."""

    def create(self, props: Props) -> CreateResult:
        path = f"zones/{props['zone_id']}/origin_tls_client_auth/hostnames/certificates"
        body = {name: props[name] for name in ("certificate", "private_key")}
        return CreateResult(call("POST", path, body)["id"], props)

    def diff(self, _id: str, _olds: Props, _news: Props) -> DiffResult:
        return DiffResult(replaces=["certificate"])

    def read(self, id_: str, props: Props) -> ReadResult:
        path = f"zones/{props['zone_id']}/origin_tls_client_auth/hostnames/certificates/{id_}"
        call("GET", path)
        return ReadResult(id_, props)

    def delete(self, id_: str, props: Props) -> None:
        path = f"zones/{props['zone_id']}/origin_tls_client_auth/hostnames/certificates/{id_}"
        for _ in range(60):
            try:
                call("DELETE", path)
                return
            except RuntimeError as error:
                if "1433" not in str(error):
                    raise
                time.sleep(1)


class BindingProvider(_ByReference):
    """Writes with a PUT of one entry, and reads with a GET of one hostname."""

    def _put(self, props: Props, enabled: bool | None) -> None:
        entry = {"hostname": props["hostname"], "cert_id": props["cert_id"], "enabled": enabled}
        path = f"zones/{props['zone_id']}/origin_tls_client_auth/hostnames"
        call("PUT", path, {"config": [entry]})

    def create(self, props: Props) -> CreateResult:
        self._put(props, True)
        return CreateResult(props["hostname"], props)

    def read(self, id_: str, props: Props) -> ReadResult:
        call("GET", f"zones/{props['zone_id']}/origin_tls_client_auth/hostnames/{id_}")
        return ReadResult(id_, props)

    def update(self, _id: str, _olds: Props, news: Props) -> UpdateResult:
        self._put(news, True)
        return UpdateResult(news)

    def delete(self, id_: str, props: Props) -> None:
        self._put(props, None)


class EmptyProvider(_ByReference):
    """Does nothing: what the engine and the SDK cost by themselves."""

    def create(self, props: Props) -> CreateResult:
        return CreateResult("empty", props)


class Certificate(Resource, module="bench", name="Certificate"):
    """A hostname certificate."""

    def __init__(self, name: str, props: Props, opts: pulumi.ResourceOptions | None = None):
        super().__init__(CertificateProvider(), name, props, opts)


class Binding(Resource, module="bench", name="Binding"):
    """One hostname."""

    def __init__(self, name: str, props: Props, opts: pulumi.ResourceOptions | None = None):
        super().__init__(BindingProvider(), name, props, opts)


class Empty(Resource, module="bench", name="Empty"):
    """Nothing."""

    def __init__(self, name: str, props: Props, opts: pulumi.ResourceOptions | None = None):
        super().__init__(EmptyProvider(), name, props, opts)
