import json

import pytest
from websockets.exceptions import ConnectionClosed

from harness.errors import BadInput, FaultNotInForce
from tests.actions.conftest import Client, Live, pong

pytestmark = pytest.mark.world


def test_sockets_are_warned_and_closed(live: Live, client: Client) -> None:
    socket = client.socket()
    with live.fault("closing_notice", notice_s=5) as found:
        assert found["seen"]["notice"] == "v2.system.socket_closing"
        topics = []
        with pytest.raises(ConnectionClosed):
            while True:
                topics.append(json.loads(socket.recv(timeout=3))["topicName"])
        assert "v2.system.socket_closing" in topics
    assert pong(client.socket())


def test_it_is_not_believed_without_being_seen(sabotaged: Live) -> None:
    assert str(sabotaged.refuses(FaultNotInForce, "closing_notice")).startswith(
        "closing_notice is not in force: expected "
    )


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"agents": "nobody"}, "found 'nobody'"),
        ({"agents": "0 %"}, "above 0 %"),
        ({"seconds": 0}, "seconds: expected a number from 1"),
        ({"notice_s": 0}, "notice_s"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_touched(
    live: Live, parameters: dict[str, object], says: str
) -> None:
    assert says in str(live.refuses(BadInput, "closing_notice", **parameters))
