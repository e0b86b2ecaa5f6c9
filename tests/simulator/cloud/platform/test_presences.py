"""The fixed presences and their three spellings."""

import pytest

from simulator.cloud.caller import ApiError
from simulator.cloud.platform.presences import Presence, presence_named, presence_with_id


def test_on_queue_has_three_spellings() -> None:
    on_queue = Presence.ON_QUEUE
    assert [on_queue.label, on_queue.compact, on_queue.value] == ["On Queue", "OnQueue", "ON_QUEUE"]
    assert [on_queue.spelt(like) for like in ("On Queue", "OnQueue", "ON_QUEUE")] == ["On Queue", "OnQueue", "ON_QUEUE"]


@pytest.mark.parametrize("spelling", ["On Queue", "OnQueue", "ON_QUEUE", "on queue"])
def test_a_presence_is_known_in_each_spelling(spelling: str) -> None:
    assert presence_named(spelling) is Presence.ON_QUEUE


def test_the_ids_are_those_of_every_organization() -> None:
    assert Presence.AVAILABLE.id == "6a3af858-942f-489d-9700-5f9bcdcdae9b"
    assert Presence.ON_QUEUE.id == "e08eaf1b-ee47-4fa9-a231-1200e284798f"
    assert presence_with_id("ccf3c10a-aa2c-4845-8e8d-f59fa48c58e5") is Presence.OFFLINE
    assert len({presence.id for presence in Presence}) == 10


def test_an_unknown_presence_is_refused() -> None:
    with pytest.raises(ApiError) as refused:
        presence_named("Reserved")
    assert (refused.value.status, "Reserved" in refused.value.message) == (400, True)
    with pytest.raises(ApiError) as unknown:
        presence_with_id("nobody")
    assert (unknown.value.status, unknown.value.code) == (400, "invalid.presence.definition")
