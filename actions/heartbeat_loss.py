"""Notification sockets without heartbeats, while events still pass."""

from typing import Any

from chaoslib.types import Configuration

from actions._seen_on_socket import listening, seen_deaf_to_beats
from harness.breaking.aim import aim
from harness.breaking.fault import Order, clear, inject, wire_run

__all__ = ["inject_heartbeat_loss", "clear_heartbeat_loss"]

FAULT = "heartbeat_loss"


def inject_heartbeat_loss(
    agents: str = "",
    seconds: float = 60,
    configuration: Configuration = None,
) -> dict[str, Any]:
    """Take heartbeats and pongs (`channel.metadata`) off the notification sockets of `agents`, during `seconds`.

    Seen in force when the canary's own pings get no pong while its own events still come.
    """
    run = wire_run(configuration, FAULT, seconds)
    scope = aim(run.world, agents)
    return inject(run, Order(FAULT, scope, seconds, {}, seen_deaf_to_beats, listening))


def clear_heartbeat_loss(configuration: Configuration = None) -> dict[str, Any]:
    """Let heartbeats pass again; nothing to do if it is not in force."""
    return clear(configuration, FAULT)
