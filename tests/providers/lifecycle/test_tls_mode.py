"""Nothing is switched on while Cloudflare speaks no TLS to the origin."""

from __future__ import annotations

import pytest

from providers.api.errors import CloudflareError
from providers.zone_setting import ZoneSettingProvider
from tests.conftest import ZONE
from tests.providers.life import Life
from tests.providers.settings import SHARED, set_outside, value_of

pytestmark = pytest.mark.usefixtures("new_run")


@pytest.fixture
def life() -> Life:
    return Life(ZoneSettingProvider())


@pytest.mark.parametrize("mode", ["off", "flexible"])
def test_switching_on_is_refused_while_cloudflare_speaks_no_tls_to_the_origin(sandbox, life, mode):
    set_outside(sandbox, SHARED, "off")
    set_outside(sandbox, "ssl", mode)
    with pytest.raises(CloudflareError, match=f"the SSL mode of zone 023e105f is {mode}"):
        life.up(zone_id=ZONE, setting=SHARED, value="on")
    assert value_of(sandbox, SHARED) == "off"


def test_require_tls_false_makes_the_refusal_a_warning(sandbox, life, heard):
    set_outside(sandbox, SHARED, "off")
    set_outside(sandbox, "ssl", "flexible")
    life.up(zone_id=ZONE, setting=SHARED, value="on", require_tls=False)
    assert value_of(sandbox, SHARED) == "on"
    assert heard.has("warning:", "SSL mode", "flexible")


def test_the_mode_that_this_run_sets_counts_for_the_switch(sandbox, life):
    set_outside(sandbox, SHARED, "off")
    set_outside(sandbox, "ssl", "flexible")
    mode = Life(ZoneSettingProvider())
    with pytest.raises(CloudflareError):
        life.up(zone_id=ZONE, setting=SHARED, value="on")
    mode.up(zone_id=ZONE, setting="ssl", value="full")
    life.up(zone_id=ZONE, setting=SHARED, value="on")
