"""Notification channels that are gone, as if their agents had opened a 21st."""

from typing import Any

from chaoslib.types import Configuration

from harness.breaking.aim import agent_ids
from harness.breaking.canary import CHANNELS, Canary
from harness.breaking.clearing import undo_arguments
from harness.breaking.cloud_control import order
from harness.breaking.fault import Breakage, carry_out, clear
from harness.errors import BadInput, FaultNotInForce
from harness.keeping.undo import Undo
from harness.runtime import run_of
from harness.waiting import Waited, until

__all__ = ["inject_channel_evicted", "clear_channel_evicted"]

FAULT = "channel_evicted"
SEEN_WITHIN_S = 5.0
LEASE_S = 3600.0


def inject_channel_evicted(agents: str = "", configuration: Configuration = None) -> dict[str, Any]:
    """Remove the notification channels of `agents` at the cloud. Only a local world can be told to.

    Seen in force when the cloud knows the canary's own channel no more (404).
    """
    run = run_of(configuration)
    if run.world.control is None:
        raise BadInput(
            f"{FAULT} in this world", "a local world, whose cloud can be told to", "a cloud that is not ours"
        )
    chosen = agent_ids(run.world, agents)
    breakage = Breakage(
        fault=FAULT,
        seconds=LEASE_S,
        agents=chosen,
        expected={"agents": len(chosen)},
        undo=Undo("harness.breaking.clearing", "see_normal", undo_arguments(run.world, FAULT)),
        lives_in="cloud",
    )
    with Canary(run.world) as canary:
        canary.listen()

        def apply(lease: str) -> dict[str, Any]:
            order(run.world, "evict_channels", agents=[*chosen, canary.id])
            return _seen(canary)

        return carry_out(run, breakage, apply)


def clear_channel_evicted(configuration: Configuration = None) -> dict[str, Any]:
    """See that channels can be opened again; nothing to do if none were evicted."""
    return clear(configuration, FAULT)


def _seen(canary: Canary) -> dict[str, Any]:
    path = f"{CHANNELS}/{canary.channel}"

    def gone() -> bool:
        return canary.request_directly("HEAD", path).status == 404

    try:
        until(gone, "the channel to be gone", SEEN_WITHIN_S, every_s=0.05)
    except Waited:
        raise FaultNotInForce(FAULT, "404 for the canary's channel", "a channel that is still there") from None
    return {"channel_status": 404}
