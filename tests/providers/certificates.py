"""Steps of the tests of both certificate resources."""

from __future__ import annotations

from tests.conftest import ZONE


def given(pair, **more):
    return {
        "zone_id": ZONE,
        "certificate": pair.certificate,
        "private_key": pair.private_key,
        **more,
    }
