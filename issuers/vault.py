"""Vault and OpenBao: the PKI engine signs by `POST /v1/{mount}/sign/{role}`.

Source: https://developer.hashicorp.com/vault/api-docs/secret/pki#sign-certificate, and for the
logins .../auth/approle and .../auth/jwt; OpenBao's pages say the same.
"""

from __future__ import annotations

import ssl
from typing import Annotated

from pydantic import AfterValidator, model_validator

from . import https
from .issuer import (
    Issuer,
    IssuerError,
    Reference,
    References,
    Settings,
    Signed,
    SigningRequest,
    one_line,
)


def _path(value: str) -> str:
    if not value.strip("/") or any(c in value for c in "?#% \n") or ".." in value:
        raise ValueError("is not a path in Vault. Write one such as pki or team/pki.")
    return value.strip("/")


VaultPath = Annotated[str, AfterValidator(_path)]


class AppRole(Settings):
    """Login by AppRole; both parts are references."""

    role_id: Reference
    secret_id: Reference
    mount: VaultPath = "approle"


class JwtLogin(Settings):
    """Login with a pipeline's own token (OIDC); `jwt` leads to the token."""

    role: str
    jwt: Reference
    mount: VaultPath = "jwt"


class Vault(Issuer):
    """One of `token`, `approle` and `jwt` logs in; `root` is Vault's own TLS root, if private."""

    url: Annotated[str, AfterValidator(https.address)]
    role: VaultPath
    mount: VaultPath = "pki"
    namespace: str | None = None
    root: Reference | None = None
    token: Reference | None = None
    approle: AppRole | None = None
    jwt: JwtLogin | None = None

    @model_validator(mode="after")
    def _one_login(self) -> Vault:
        if sum(way is not None for way in (self.token, self.approle, self.jwt)) != 1:
            raise ValueError("needs one of token, approle and jwt to log in.")
        return self

    def sign(self, request: SigningRequest, references: References) -> Signed:
        body: dict[str, object] = {
            "csr": request.csr,
            "common_name": request.common_name,
            # A client certificate names a client, and no host that it would answer for.
            "exclude_cn_from_sans": True,
        }
        if request.life is not None:
            body["ttl"] = f"{int(request.life.total_seconds())}s"
        tls = self._tls(references)
        path = f"{self.mount}/sign/{self.role}"
        answer = self._post(path, body, tls, self._login(references, tls))
        certificate, above = answer.value("data", "certificate"), answer.value("data", "ca_chain")
        if not isinstance(certificate, str):
            raise self._refusal(path, answer)
        chain = above if isinstance(above, list) else [answer.value("data", "issuing_ca")]
        return Signed(certificate, tuple(text for text in chain if isinstance(text, str)))

    def authorities(self, references: References) -> tuple[str, ...]:
        tls = self._tls(references)
        self._login(references, tls)
        path = f"{self.mount}/ca/pem"
        url = f"{self.url}/v1/{path}"
        answer = https.request("GET", url, tls=tls, headers=self._namespace())
        if answer.status != 200 or not answer.text.strip():
            raise self._refusal(path, answer)
        return (answer.text,)

    def _login(self, references: References, tls: ssl.SSLContext) -> str:
        """A token: the given one, or that of a login, which ends by itself at its TTL."""
        if self.token is not None:
            return references.text(self.token)
        if self.approle is not None:
            mount = self.approle.mount
            body = {
                "role_id": references.text(self.approle.role_id),
                "secret_id": references.text(self.approle.secret_id),
            }
        else:
            assert self.jwt is not None  # noqa: S101 - _one_login has seen to it
            mount = self.jwt.mount
            body = {"role": self.jwt.role, "jwt": references.text(self.jwt.jwt)}
        path = f"auth/{mount}/login"
        answer = self._post(path, body, tls, None)
        token = answer.value("auth", "client_token")
        if not isinstance(token, str):
            raise self._refusal(path, answer)
        return token

    def _post(
        self,
        path: str,
        body: dict[str, object] | dict[str, str],
        tls: ssl.SSLContext,
        token: str | None,
    ) -> https.IssuerReply:
        headers = {**self._namespace(), **({"X-Vault-Token": token} if token else {})}
        answer = https.request("POST", f"{self.url}/v1/{path}", tls=tls, body=body, headers=headers)
        if answer.status != 200:
            raise self._refusal(path, answer)
        return answer

    def _namespace(self) -> dict[str, str]:
        return {"X-Vault-Namespace": self.namespace} if self.namespace else {}

    def _tls(self, references: References) -> ssl.SSLContext:
        return https.root_context(references.text(self.root) if self.root else None)

    def _refusal(self, path: str, answer: https.IssuerReply) -> IssuerError:
        listed = answer.value("errors")
        why = one_line("; ".join(map(str, listed))) if isinstance(listed, list) else ""
        advice = {
            403: "The token must be valid still, and its policy allow to update this path.",
            404: "Correct mount, role or namespace.",
            503: "Unseal it, or wait until it is.",
        }.get(answer.status, "The role must allow the common name, the kind of key and the days.")
        told = f" ({why})" if why else ""
        return IssuerError(f"{self.url}/v1/{path} answers {answer.status}{told}", advice)
