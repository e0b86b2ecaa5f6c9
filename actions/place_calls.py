"""Customers call the chaos queue."""

from typing import Any

from chaoslib.types import Configuration

from harness.breaking.canary import Canary
from harness.breaking.cloud_control import order, queue_number
from harness.breaking.limits import number, whole
from harness.errors import Unreachable
from harness.observing.api import Api, segment
from harness.runtime import Run, run_of
from harness.waiting import pause

__all__ = ["place_calls"]

CALLS = "/api/v2/conversations/calls"


def place_calls(
    count: int = 1, spacing_s: float = 0, queue: int = 0, configuration: Configuration = None
) -> dict[str, Any]:
    """Place `count` calls into a queue, `spacing_s` apart; `{"conversations": [ids]}`, all known to the cloud.

    `queue` 0 is the chaos queue, where agents answer; 1 and more are those of a world with a tracker that nobody works
    in, where calls wait. A local cloud is told that customers call; elsewhere the canary calls the chaos queue.
    """
    whole("count", count, 1, 1000)
    number("spacing_s", spacing_s, 0, 600)
    run = run_of(configuration)
    queue_id = queue_number(run.world, queue)
    conversations = _told(run, count, spacing_s, queue_id) if run.world.control else _called(run, count, spacing_s)
    with Api(run.world) as api:
        for conversation in conversations:
            api.get(f"/api/v2/conversations/{segment(conversation)}")
            run.evidence.write("call.placed", conversation=conversation)
    return {"conversations": conversations}


def _told(run: Run, count: int, spacing_s: float, queue_id: str) -> list[str]:
    placed = []
    for number_of_call in range(count):
        if number_of_call:
            pause(run.scaled(spacing_s))
        answer = order(run.world, "place_call", queue_id=queue_id)
        if "conversationId" not in answer:
            raise Unreachable("the caller", run.world.api, f"no conversation came of a call: {answer}")
        placed.append(str(answer["conversationId"]))
    return placed


def _called(run: Run, count: int, spacing_s: float) -> list[str]:
    placed = []
    with Canary(run.world) as canary:
        for number_of_call in range(count):
            if number_of_call:
                pause(run.scaled(spacing_s))
            answer = canary.request_directly("POST", CALLS, {"callQueueId": run.world.queue_id})
            if not answer.normal:
                raise Unreachable("the caller", run.world.api + CALLS, str(answer))
            placed.append(str(answer.json["id"]))
    return placed
