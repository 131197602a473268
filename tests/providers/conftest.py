"""Fixtures of the provider tests."""

from __future__ import annotations

import pytest

from providers.hostname_certificate import HostnameCertificateProvider
from tests.conftest import ZONE
from tests.pki import make
from tests.providers.life import Life


@pytest.fixture
def certificate(sandbox):
    """Makes a further hostname certificate of this stack; answers with its resource."""

    def upload(settled=True) -> Life:
        pair = make()
        made = Life(HostnameCertificateProvider())
        made.up(zone_id=ZONE, certificate=pair.certificate, private_key=pair.private_key)
        if settled:
            sandbox.advance(60)
        return made

    return upload
