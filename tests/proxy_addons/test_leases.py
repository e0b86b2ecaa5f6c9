"""Arming, disarming and the time limit, without a proxy around."""

import asyncio
from typing import Any

from harness.evidence import read
from harness.waiting import eventually
from proxy_addons.core.leases import HOOKS, Leases
from proxy_addons.core.traffic import Traffic

ORDER: dict[str, Any] = {"fault": "ws_drop", "id": "one", "scope": {}, "parameters": {}, "seconds": 60, "seed": 1}


def test_only_the_hooks_that_a_fault_wants_are_called(traffic: Traffic) -> None:
    async def run() -> None:
        made = Leases(traffic, frozenset())
        assert not any(made.hooked[hook] for hook in HOOKS)
        made.arm(ORDER)
        assert [hook for hook in HOOKS if made.hooked[hook]] == ["websocket_message"]
        made.disarm("one")
        assert not any(made.hooked[hook] for hook in HOOKS)

    asyncio.run(run())


def test_a_sabotaged_fault_wants_no_hook(traffic: Traffic) -> None:
    async def run() -> None:
        made = Leases(traffic, frozenset({"ws_drop"}))
        made.arm(ORDER)
        assert [armed["fault"] for armed in made.state()] == ["ws_drop"]
        assert not any(made.hooked[hook] for hook in HOOKS)

    asyncio.run(run())


def test_a_fault_ends_when_its_time_is_up(traffic: Traffic) -> None:
    async def run() -> None:
        made = Leases(traffic, frozenset())
        made.arm({**ORDER, "seconds": 0.05})
        await eventually(lambda: not made.state(), "the fault to end", 20)

    asyncio.run(run())
    found = read(traffic.evidence.path.parent).of("fault.armed", "fault.disarmed")
    assert [(e.kind, e.get("why")) for e in found] == [("fault.armed", None), ("fault.disarmed", "time")]


def test_the_order_is_in_the_evidence(traffic: Traffic) -> None:
    async def run() -> None:
        Leases(traffic, frozenset()).arm({**ORDER, "parameters": {"rate": 0.5}, "scope": {"agents": ["a"]}})

    asyncio.run(run())
    armed = read(traffic.evidence.path.parent).of("fault.armed")[0]
    assert armed["parameters"] == {"rate": 0.5}
    assert armed["scope"]["agents"] == ["a"]
    assert (armed["seconds"], armed["seed"]) == (60, 1)
