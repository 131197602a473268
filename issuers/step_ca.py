"""step-ca of Smallstep: a token of one of its JWK provisioners opens `POST /1.0/sign`.

Source: https://smallstep.com/docs/step-ca/provisioners/#jwk and api/sign.go of
github.com/smallstep/certificates.
"""

from __future__ import annotations

import ssl
import uuid
from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, model_validator

from . import https
from .issuer import Issuer, IssuerError, Reference, References, Signed, SigningRequest, one_line

TOKEN_LIFE = timedelta(minutes=5)
# `step crypto jwk create` derives with 600000 rounds; jwcrypto refuses more than 16384.
MOST_ROUNDS = 2_000_000
TOO_LONG = "more than the authorized maximum"


class StepCa(Issuer):
    """`root` pins the CA's TLS by file, or `fingerprint` by the root's SHA-256.

    `key` leads to the provisioner's private JWK, as JSON or encrypted (JWE) with `passphrase`.
    """

    url: Annotated[str, AfterValidator(https.address)]
    provisioner: str
    key: Reference
    passphrase: Reference | None = None
    root: Reference | None = None
    fingerprint: str | None = None

    @model_validator(mode="after")
    def _one_pin(self) -> StepCa:
        if (self.root is None) == (self.fingerprint is None):
            raise ValueError("needs root or fingerprint, not both, to know the CA by.")
        return self

    def sign(self, request: SigningRequest, references: References) -> Signed:
        body = {"csr": request.csr, "ott": self._token(request, references)}
        if request.life is not None:
            body["notAfter"] = f"{int(request.life.total_seconds())}s"
        url = f"{self.url}/1.0/sign"
        answer = https.request("POST", url, tls=self._tls(references), body=body)
        certificate, above = answer.value("crt"), answer.value("certChain")
        if answer.status != 201 or not isinstance(certificate, str):
            raise _refusal(url, answer)
        rest = above[1:] if isinstance(above, list) else []
        return Signed(certificate, tuple(text for text in rest if isinstance(text, str)))

    def authorities(self, references: References) -> tuple[str, ...]:
        self._jwk(references)
        tls = self._tls(references)
        found: list[str] = []
        for name in ("intermediates", "roots"):
            answer = https.request("GET", f"{self.url}/1.0/{name}", tls=tls)
            listed = answer.value("crts")
            if answer.status not in (200, 201) or not isinstance(listed, list):
                raise _refusal(f"{self.url}/1.0/{name}", answer)
            found += [text for text in listed if isinstance(text, str)]
        return tuple(found)

    def _tls(self, references: References) -> ssl.SSLContext:
        if self.root is not None:
            return https.root_context(references.text(self.root))
        fingerprint = str(self.fingerprint)
        url = f"{self.url}/1.0/root/{fingerprint.replace(':', '').lower()}"
        # What answers here is believed only when the fingerprint is the one that was given.
        unverified = ssl.create_default_context()
        unverified.check_hostname = False
        unverified.verify_mode = ssl.CERT_NONE
        root = https.request("GET", url, tls=unverified).value("ca")
        if not isinstance(root, str) or not https.is_root(root, fingerprint):
            raise IssuerError(
                f"{self.url} has no root with the fingerprint {fingerprint[:8]}",
                "Compare it with `step certificate fingerprint root_ca.crt` on the CA.",
            )
        return https.root_context(root)

    def _token(self, request: SigningRequest, references: References) -> str:
        """The one-time token: claims as the CA's JWK provisioner reads them, valid 5 minutes."""
        from jwcrypto.jwt import JWT

        key = self._jwk(references)
        now = int(request.now.timestamp())
        claims = {
            "aud": f"{self.url}/1.0/sign",
            "iss": self.provisioner,
            "sub": request.common_name,
            "sans": [request.common_name],
            "iat": now,
            "nbf": now,
            "exp": now + int(TOKEN_LIFE.total_seconds()),
            "jti": uuid.uuid4().hex,
        }
        algorithm = {"P-384": "ES384", "P-521": "ES512", "Ed25519": "EdDSA"}
        kid = key.get("kid") or key.thumbprint()
        head = {"alg": algorithm.get(key.get("crv"), "ES256"), "typ": "JWT", "kid": kid}
        token = JWT(header=head, claims=claims)
        token.make_signed_token(key)
        text: str = token.serialize()
        return text

    def _jwk(self, references: References) -> Any:
        from jwcrypto import jwa
        from jwcrypto.common import JWException
        from jwcrypto.jwe import JWE
        from jwcrypto.jwk import JWK

        text = references.text(self.key)
        passphrase = references.text(self.passphrase) if self.passphrase else None
        advice = "Give the provisioner's private JWK, and its passphrase where it is encrypted."
        try:
            if passphrase is not None:
                jwa.default_max_pbkdf2_iterations = MOST_ROUNDS
                box = JWE()
                box.deserialize(text)
                box.decrypt(JWK.from_password(passphrase))
                text = box.payload.decode()
            key = JWK.from_json(text)
            if not key.has_private:
                raise ValueError
        # Nothing of what was read may be told, and so nothing of the error.
        except (JWException, ValueError, TypeError, KeyError):
            raise IssuerError("the provisioner's key cannot be read", advice) from None
        return key


def _refusal(url: str, answer: https.IssuerReply) -> IssuerError:
    told = answer.value("message")
    why = f", {one_line(told)}" if isinstance(told, str) else ""
    advice = "The CA's log says why; provisioner, key, common name and days must be allowed there."
    if TOO_LONG in why:
        advice = "Ask for fewer days, or raise maxTLSCertDuration of the provisioner."
    return IssuerError(f"{url} answers {answer.status}{why}", advice)
