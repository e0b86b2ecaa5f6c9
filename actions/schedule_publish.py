"""A published schedule that flips the presence of many agents at once, several times."""

from functools import partial
from typing import Any

from chaoslib.types import Configuration

from harness.breaking.aim import agent_ids
from harness.breaking.canary import Canary
from harness.breaking.clearing import undo_arguments
from harness.breaking.cloud_control import order
from harness.breaking.fault import Breakage, carry_out, clear
from harness.breaking.former import presences as read_presences
from harness.breaking.former import set_presences
from harness.breaking.limits import number
from harness.breaking.presences import definition_id
from harness.errors import FaultNotInForce
from harness.keeping.undo import Undo
from harness.observing.api import Api
from harness.runtime import Run, run_of
from harness.waiting import Waited, pause, until

__all__ = ["inject_schedule_publish", "clear_schedule_publish"]

FAULT = "schedule_publish"
SEEN_WITHIN_S = 5.0
LEASE_S = 3600.0


def inject_schedule_publish(
    presences: str = "Meal, Available, Meal",
    spacing_s: float = 1,
    agents: str = "",
    configuration: Configuration = None,
) -> dict[str, Any]:
    """Set each of `presences` in turn for all `agents`, `spacing_s` apart, as a schedule publish does.

    Seen in force when the API shows the last of them for every agent, and the canary, which is flipped too, has heard
    of its own flip. Through the cloud's control API where there is one, else by bulk updates of the public API.
    """
    wanted = [name.strip() for name in str(presences).split(",")]
    definitions = [definition_id(name) for name in wanted]
    number("spacing_s", spacing_s, 0, 600)
    run = run_of(configuration)
    chosen = agent_ids(run.world, agents)
    # On queue the canary would be offered calls, and it answers none.
    flipped = chosen if definition_id("On Queue") in definitions else [*chosen, run.world.canary.id]
    with Api(run.world) as api, Canary(run.world, past_wire=True) as canary:
        canary.listen()
        former = read_presences(api, flipped)
        heard = _changes(former.get(canary.id), definitions)

        def apply(lease: str) -> dict[str, Any]:
            _publish(run, api, flipped, wanted, spacing_s)
            return _seen(api, flipped, definitions[-1]) | _heard(canary, heard)

        breakage = Breakage(
            fault=FAULT,
            seconds=LEASE_S,
            agents=chosen,
            expected={"presences": wanted, "spacing_s": spacing_s},
            undo=Undo(
                "harness.breaking.former", "restore_presences", {**undo_arguments(run.world, FAULT), "former": former}
            ),
            lives_in="cloud" if run.world.control else None,
        )
        return carry_out(run, breakage, apply)


def clear_schedule_publish(configuration: Configuration = None) -> dict[str, Any]:
    """Give every agent the presence from before the schedule; nothing to do if none was published."""
    return clear(configuration, FAULT)


def _publish(run: Run, api: Api, agents: list[str], wanted: list[str], spacing_s: float) -> None:
    if run.world.control is not None:
        answer = order(run.world, "publish_schedule", agents=agents, system_presences=wanted, spacing_s=spacing_s)
        pause(float(answer.get("ends_in_s", 0)))
        return
    for place, name in enumerate(wanted):
        if place:
            pause(run.scaled(spacing_s))
        set_presences(api, dict.fromkeys(agents, definition_id(name)))


def _seen(api: Api, agents: list[str], last: str) -> dict[str, Any]:
    found: dict[str, str] = {}

    def all_flipped() -> bool:
        found.update(read_presences(api, agents))
        return all(definition == last for definition in found.values())

    try:
        until(all_flipped, "the last presence of the schedule", SEEN_WITHIN_S, every_s=0.05)
    except Waited:
        others = sum(definition != last for definition in found.values())
        raise FaultNotInForce(FAULT, "the last presence for every agent", f"another for {others}") from None
    return {"agents": len(found)}


def _changes(former: str | None, definitions: list[str]) -> list[str]:
    """The presences that the canary must hear of: none if it is not flipped, and none that it had just before."""
    if former is None:
        return []
    return [new for old, new in zip([former, *definitions], definitions, strict=False) if new != old]


def _heard(canary: Canary, expected: list[str]) -> dict[str, Any]:
    for place, definition in enumerate(expected):
        if canary.hear(partial(_flips_to, definition), SEEN_WITHIN_S) is None:
            raise FaultNotInForce(FAULT, f"{len(expected)} flips that the canary hears of", str(place))
    return {"flips_heard_by_canary": len(expected)}


def _flips_to(definition: str, message: dict[str, Any]) -> bool:
    body = message.get("eventBody")
    shown = body.get("presenceDefinition") if isinstance(body, dict) else None
    return isinstance(shown, dict) and shown.get("id") == definition
