"""Orders to a cloud of ours over its control API; a real org has none."""

from typing import Any

import httpx

from harness.breaking.limits import whole
from harness.errors import BadInput, Unreachable
from harness.trust import trust
from harness.world import World

LIMIT_S = 10.0


def queue_number(world: World, number: int) -> str:
    """The id of queue `number` of `world`: 0 is the chaos queue, the others are those without agents."""
    queues = (world.queue_id, *world.queues)
    return queues[whole("queue", number, 0, len(queues) - 1)]


def order(world: World, verb: str, **given: Any) -> dict[str, Any]:
    """Carry out one control verb; its JSON answer. `BadInput` in a world without a control API."""
    if world.control is None:
        raise BadInput(f"{verb} in this world", "a local world, whose cloud can be told to", "a cloud that is not ours")
    url = f"{world.control.url}/{verb}"
    headers = {"Authorization": f"Bearer {world.control.token}"}
    try:
        answer = httpx.post(
            url, json=given, headers=headers, verify=trust(url, world.ca), timeout=LIMIT_S, trust_env=False
        )
    except httpx.HTTPError as error:
        raise Unreachable("the cloud's control API", url, f"{type(error).__name__} {error}") from None
    if not answer.is_success:
        raise Unreachable("the cloud's control API", url, f"status {answer.status_code} {answer.text[:200]}")
    return dict(answer.json())
