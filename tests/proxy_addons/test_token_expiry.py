"""New tokens live for a short time, and say so."""

import pytest

from harness.waiting import until
from tests.proxy_addons.conftest import Desktop, RunningWire

pytestmark = pytest.mark.world


def test_a_new_token_says_how_short_it_lives_and_then_expires(wire: RunningWire, desktop: Desktop) -> None:
    lease = wire.arm("token_expiry", desktop.scope, expires_in_s=0.5)
    assert desktop.get().status_code == 200
    assert desktop.refresh().json()["expires_in"] == 0.5
    assert desktop.get().status_code == 200
    assert wire.touched(lease) == 1
    until(lambda: desktop.get().status_code == 401, "the token to expire", 20)
    assert desktop.get().json()["code"] == "bad.credentials"
    wire.control.disarm()
    assert desktop.get().status_code == 200


def test_a_life_of_whole_seconds_is_a_whole_number(wire: RunningWire, plain_desktop: Desktop) -> None:
    wire.arm("token_expiry", plain_desktop.scope, expires_in_s=60)
    expires_in = plain_desktop.refresh().json()["expires_in"]
    assert (expires_in, type(expires_in)) == (60, int)
