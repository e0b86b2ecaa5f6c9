"""Tokens in use are refused, new ones pass, sockets are told and closed."""

import json

import pytest
from websockets.exceptions import ConnectionClosed

from harness.scope import Scope
from tests.proxy_addons.conftest import Desktop, RunningWire, heard

pytestmark = pytest.mark.world


def test_the_token_in_use_is_refused_and_a_new_one_passes(wire: RunningWire, desktop: Desktop) -> None:
    lease = wire.arm("token_revoked", desktop.scope)
    answer = desktop.get()
    assert (answer.status_code, answer.json()["code"]) == (401, "bad.credentials")
    assert wire.touched(lease) == 1
    assert desktop.refresh().status_code == 200
    assert desktop.get().status_code == 200


def test_refreshes_are_refused_too_if_that_was_ordered(wire: RunningWire, plain_desktop: Desktop) -> None:
    wire.arm("token_revoked", plain_desktop.scope, refresh_refused=True)
    answer = plain_desktop.refresh()
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    wire.control.disarm()
    assert plain_desktop.refresh().status_code == 200


def test_open_sockets_are_told_and_closed(wire: RunningWire, desktop: Desktop) -> None:
    socket, _ = desktop.open_socket()
    wire.arm("token_revoked", desktop.scope)
    notice = json.loads(heard(socket, 1)[0])
    assert notice["topicName"] == "v2.system.token_revoked"
    assert notice["eventBody"]["reason"] == "user_tokens_revoked"
    assert notice["eventBody"]["userId"] == desktop.agent
    with pytest.raises(ConnectionClosed):
        socket.recv(timeout=5)


def test_tokens_of_others_still_pass(wire: RunningWire, plain_desktop: Desktop) -> None:
    wire.arm("token_revoked", Scope(agents=("somebody else",)), refresh_refused=True)
    assert plain_desktop.get().status_code == 200
    assert plain_desktop.refresh().status_code == 200
