"""What human agents do at their desktops, through the crowd's status endpoint."""

from functools import cache
from typing import Any

import httpx

from harness.errors import BadInput, Unreachable
from harness.runtime import Run
from harness.waiting import Waited, until
from harness.world import World

LIMIT_S = 10.0
LOOK_EVERY_S = 0.2


def desktops(world: World) -> dict[str, dict[str, Any]]:
    """What each desktop shows now, by agent."""
    urls = world.crowd_urls or (None,)
    return {str(row["agent"]): row for url in urls for row in _call(url, "GET", "/desktops", None).json()}


def do_at(world: World, agent: str, deed: str, body: dict[str, Any] | None = None) -> str:
    """Let the agent do something at its desktop; empty, or why that was not possible."""
    answer = _call(world.crowd_url_of(agent), "POST", f"/desktops/{agent}/{deed}", body or {})
    return "" if answer.is_success else answer.text[:200]


def asking_for_wrapup(run: Run, agents: list[str], within_s: float) -> list[str]:
    """Those of `agents` whose desktops ask for a wrap-up, as soon as there are some and nobody has joined them since
    the last look; [] if there are none within `within_s` real-world seconds. Without any, those who ask now."""
    before: list[str] = []

    def asking() -> list[str]:
        nonlocal before
        shown = desktops(run.world)
        found = [agent for agent in agents if ((shown.get(agent) or {}).get("wrapup") or {}).get("state") == "draft"]
        settled, before = found == before, found
        return found if settled or not within_s else []

    try:
        return until(asking, "desktops that ask for a wrap-up", run.scaled(within_s), every_s=LOOK_EVERY_S)
    except Waited:
        return []


def _call(crowd: str | None, method: str, path: str, body: dict[str, Any] | None) -> httpx.Response:
    if crowd is None:
        raise BadInput("desktops in this world", "a world with desktops of ours", "none")
    try:
        return _client().request(method, crowd + path, json=body)
    except httpx.HTTPError as error:
        raise Unreachable("the crowd", crowd + path, f"{type(error).__name__} {error}") from None


@cache
def _client() -> httpx.Client:
    # One for all calls: each new client reads the system's certificates, which takes longer than a call.
    return httpx.Client(timeout=LIMIT_S, trust_env=False)
