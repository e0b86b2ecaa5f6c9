"""Another window in which a lost connection's presence is restored."""

from typing import Any

from chaoslib.types import Configuration

from harness.breaking.clearing import undo_arguments
from harness.breaking.cloud_control import order
from harness.breaking.fault import Breakage, carry_out, clear
from harness.breaking.former import SETTINGS
from harness.breaking.limits import number
from harness.errors import BadInput, FaultNotInForce
from harness.keeping.undo import Undo
from harness.observing.api import Api
from harness.runtime import Run, run_of

__all__ = ["inject_presence_restore_window", "clear_presence_restore_window"]

FAULT = "presence_restore_window"
KEY = "restorePresenceSettings"
LEASE_S = 3600.0


def inject_presence_restore_window(
    restore_s: float = 60,
    restore_on_queue: bool = False,
    configuration: Configuration = None,
) -> dict[str, Any]:
    """Restore a presence only if the agent is back within `restore_s`, and On Queue only with `restore_on_queue`.

    A real org takes from 60 s to a day. Seen in force when the public API shows these settings.
    """
    number("restore_s", restore_s, 0, 86_400)
    if not isinstance(restore_on_queue, bool):
        raise BadInput("restore_on_queue", "true or false", restore_on_queue)
    run = run_of(configuration)
    wanted = {
        "enabled": True,
        "restoreTimeMilliseconds": round(run.scaled(restore_s) * 1000),
        "restoreOnQueueEnabled": restore_on_queue,
    }
    with Api(run.world) as api:
        former = api.get(SETTINGS)
        breakage = Breakage(
            fault=FAULT,
            seconds=LEASE_S,
            agents=[agent.id for agent in run.world.agents],
            expected=wanted,
            undo=Undo(
                "harness.breaking.former",
                "restore_presence_settings",
                {**undo_arguments(run.world, FAULT), "former": former},
            ),
            lives_in="cloud" if run.world.control else None,
        )

        def apply(lease: str) -> dict[str, Any]:
            _set(run, api, {**former, KEY: wanted}, restore_s)
            found = dict(api.get(SETTINGS).get(KEY) or {})
            if found != wanted:
                raise FaultNotInForce(FAULT, str(wanted), str(found))
            return found

        return carry_out(run, breakage, apply)


def clear_presence_restore_window(configuration: Configuration = None) -> dict[str, Any]:
    """Put the former settings back; nothing to do if they were not changed."""
    return clear(configuration, FAULT)


def _set(run: Run, api: Api, settings: dict[str, Any], restore_s: float) -> None:
    if run.world.control is None:
        api.call("PUT", SETTINGS, settings)
        return
    on_queue = settings[KEY]["restoreOnQueueEnabled"]
    order(run.world, "presence_settings", enabled=True, restore_s=restore_s, restore_on_queue=on_queue)
