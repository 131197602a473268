"""Steps of the tests of both issued certificates: a CA whose key a variable holds, and a life."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from issuers import References, Signed, SigningRequest, authority
from issuers.ca_key import CaKey
from providers.issued_hostname_certificate import IssuedHostnameCertificateProvider
from providers.issued_zone_certificate import IssuedZoneCertificateProvider
from tests.conftest import ZONE
from tests.providers.life import Life

PROVIDERS = {"zone": IssuedZoneCertificateProvider, "hostname": IssuedHostnameCertificateProvider}
NAME = "aop.test.example.com.shop"


@dataclass(frozen=True)
class Authority:
    """A CA of `ca_key`; `environ` leads to its files' contents."""

    identity: authority.Identity
    name: str = "TEST_CA"

    @classmethod
    def make(cls, now: datetime, common_name: str = "Origin pull CA") -> Authority:
        return cls(authority.make_ca(authority.common_name(common_name), now))

    @property
    def pem(self) -> str:
        return self.identity.pem

    @property
    def environ(self) -> dict[str, str]:
        return {f"{self.name}_PEM": self.pem, f"{self.name}_KEY": self.identity.key_pem}

    def given(self, **more: Any) -> dict[str, Any]:
        """The inputs of a certificate that this CA signs for 90 days."""
        references = {"certificate": f"env:{self.name}_PEM", "key": f"env:{self.name}_KEY"}
        return {
            "zone_id": ZONE,
            "issuer_name": "internal",
            "issuer_settings": {"ca_key": references},
            "ca": self.pem,
            "common_name": NAME,
            **more,
        }

    def leaf(self, now: datetime, days: float = 90, common_name: str = NAME) -> authority.Identity:
        """What somebody who has the CA's key can make."""
        ends = now + timedelta(days=days)
        return authority.make_leaf(
            self.identity, authority.common_name(common_name), ends, starts=now
        )


class Stingy(CaKey):
    """Signs for 90 days, whatever is asked for."""

    def sign(self, request: SigningRequest, references: References) -> Signed:
        return super().sign(replace(request, life=None), references)


class IssuedLife(Life):
    """The same, where a preview says that a replacement is due although no input differs."""

    def reasons(self, **inputs: Any) -> list[str]:
        """What the engine would replace for; empty while nothing is due."""
        news = self.check(**inputs)
        return list(self.provider.diff(self.id, dict(self.outs), news).replaces or [])

    def force(self, **inputs: Any) -> None:
        """`up --replace URN`: the engine calls no diff, and check without what state holds."""
        self.replace(**inputs)
