"""Faults on what services send each other: ordered, and seen by deliveries of the harness' own through the wire.

They go to `<receiver>/canary/<id>/...`, where the receiver says what arrived; their paths end as those of the real
deliveries do, so the wire treats them alike.
"""

import base64
import itertools
import json
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from harness.breaking.clearing import SLACK_MS, armed_faults, undo_arguments
from harness.breaking.fault import Breakage, carry_out, wire_run
from harness.breaking.wire import WireControl
from harness.errors import BadInput, DeskstormError, FaultNotCleared, FaultNotInForce, Unreachable
from harness.keeping.undo import Undo
from harness.runtime import Run
from harness.scope import Scope
from harness.trust import trust
from harness.waiting import Waited, pause, until
from harness.world import World

EVENTS, POINTS, ALERTS = "/eventbridge", "/api/v2/write", "/alerts/generic"
AT_ONCE = 8
SPACING_S = 0.02
LIMIT_S = 35.0
NORMAL_WITHIN_S = 5.0


@dataclass(frozen=True)
class Sent:
    """One delivery of the canary; `status` 0 is no answer."""

    number: int
    status: int
    ms: float


@dataclass(frozen=True)
class Trial:
    """What was sent, and what arrived of it: the numbers in order, None for what is none of ours any more."""

    sent: tuple[Sent, ...]
    arrived: tuple[int | None, ...]

    @property
    def repeated(self) -> list[int]:
        """What arrived more than once."""
        return sorted({number for number in self.arrived if number is not None and self.arrived.count(number) > 1})

    @property
    def spoilt(self) -> int:
        """How many arrivals are none of ours, or one too many."""
        whole = [number for number in self.arrived if number is not None]
        return len(self.arrived) - len(set(whole))

    @property
    def overtaken(self) -> list[int]:
        """What arrived after something that was sent later."""
        found = [number for number in self.arrived if number is not None]
        return sorted({first for place, first in enumerate(found) if any(n > first for n in found[:place])})

    @property
    def refused(self) -> list[int]:
        """What was not taken, and did not arrive either."""
        return [one.number for one in self.sent if not 200 <= one.status < 300 and one.number not in self.arrived]

    @property
    def longest_ms(self) -> float:
        """The slowest answer."""
        return max((one.ms for one in self.sent), default=0.0)

    def __str__(self) -> str:
        statuses = sorted({one.status for one in self.sent})
        return (
            f"{len(self.sent)} deliveries answered {statuses} within {self.longest_ms:.0f} ms, "
            f"{len(self.arrived)} arrived: {list(self.arrived)}"
        )


@dataclass(frozen=True)
class DeliveryOrder:
    """One fault on deliveries to paths that end like `kind`. `seen(trial)` is true of a trial that shows the fault;
    `expected` says the same in words. `parameters` are what the addon takes; `tries` is how many are sent at most."""

    fault: str
    pattern: str
    kind: str
    seconds: float
    parameters: Mapping[str, Any]
    seen: Callable[[Trial], bool]
    expected: str
    tries: int = AT_ONCE


class Deliveries:
    """The canary's own deliveries through the wire; `with Deliveries(world) as canary:`."""

    def __init__(self, world: World, kind: str) -> None:
        if world.wire is None or world.receiver is None:
            raise BadInput("this world", "one with a wire and a receiver of alerts and points", "one without")
        self.id = uuid.uuid4().hex
        self._receiver = world.receiver
        self._url = f"{world.receiver.url}/canary/{self.id}{kind}"
        self._numbers = itertools.count()
        checked = trust(world.receiver.url, world.wire.ca)
        self._through = httpx.Client(proxy=world.wire.proxy, verify=checked, timeout=LIMIT_S, trust_env=False)
        self._past = httpx.Client(verify=checked, timeout=LIMIT_S, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._through.close()
        self._past.close()

    def try_out(self, count: int = AT_ONCE, quiet_s: float = 0.1) -> Trial:
        """Send `count` deliveries, each a moment after the one before and none waiting for another, and look after all
        are answered and a quiet moment has passed."""
        first = next(self._numbers)
        for _ in range(count - 1):
            next(self._numbers)
        with ThreadPoolExecutor(count) as pool:
            asked = []
            for number in range(first, first + count):
                asked.append(pool.submit(self._send, number))
                pause(SPACING_S)
            sent = tuple(one.result() for one in asked)
        pause(quiet_s)
        return Trial(sent, tuple(n for n in self._arrived() if n is None or n >= first))

    def _send(self, number: int) -> Sent:
        started = time.monotonic()
        try:
            status = self._through.post(self._url, json=event(self.id, number)).status_code
        except httpx.HTTPError:
            status = 0
        return Sent(number, status, (time.monotonic() - started) * 1000)

    def _arrived(self) -> list[int | None]:
        url = f"{self._receiver.url}/canary/{self.id}"
        try:
            answer = self._past.get(url, headers={"Authorization": f"Bearer {self._receiver.token}"}).raise_for_status()
        except httpx.HTTPError as error:
            raise Unreachable("the receiver", url, f"{type(error).__name__} {error}") from None
        return [self._number(base64.b64decode(one["body"])) for one in answer.json()["arrivals"]]

    def _number(self, body: bytes) -> int | None:
        try:
            found = json.loads(body)
            number = int(str(found["id"]).removeprefix(f"{self.id}-"))
        except (ValueError, TypeError, KeyError):
            return None
        return number if found == event(self.id, number) else None


def event(canary: str, number: int) -> dict[str, Any]:
    """The canary's event: shaped like a real one, of a conversation and a queue that do not exist."""
    conversation = f"canary-{canary}"
    moment = "2026-01-01T00:00:00.000Z"
    return {
        "version": "0",
        "id": f"{canary}-{number}",
        "detail-type": "v2.detail.events.conversation.{id}.acd.start",
        "source": "aws.partner/genesys.com/cloud/canary/deskstorm",
        "time": "2026-01-01T00:00:00Z",
        "detail": {
            "topicName": f"v2.detail.events.conversation.{conversation}.acd.start",
            "version": "2",
            "eventBody": {"eventTime": 1_767_225_600_000, "conversationId": conversation, "queueId": "canary"},
            "timestamp": moment,
        },
    }


def delivery_run(configuration: Mapping[str, Any] | None, fault: str, seconds: float) -> Run:
    """The run that a fault on deliveries is ordered in; `BadInput` if its world has no wire or no receiver."""
    run = wire_run(configuration, fault, seconds)
    if run.world.receiver is None:
        raise BadInput(f"{fault} in this world", "a world with a tracker and what it sends to", "one without")
    return run


def inject_on_deliveries(run: Run, order: DeliveryOrder) -> dict[str, Any]:
    """Hold a lease, arm the wire, and see the fault in deliveries of our own; if that fails nothing stays in force.

    Returns what `harness.breaking.fault.inject` does, without agents.
    """
    undo = Undo(
        "harness.breaking.deliveries",
        "undo_on_deliveries",
        {**undo_arguments(run.world, order.fault), "kind": order.kind},
    )
    expected = {"parameters": dict(order.parameters), "path": order.pattern, "seconds": order.seconds}
    breakage = Breakage(order.fault, order.seconds, [], expected, undo, lives_in="wire")
    return carry_out(run, breakage, lambda lease: _armed_and_seen(run, order, lease))


def undo_on_deliveries(world_file: str, fault: str, kind: str) -> dict[str, Any]:
    """Disarm `fault` and see deliveries arrive once each, whole, in order and at once; may be called twice."""
    world = World.read(Path(world_file))
    assert world.wire is not None  # noqa: S101 - only worlds with a wire have faults on it
    with WireControl(world.wire) as wire:
        disarmed = wire.disarm(fault=fault)
    armed = armed_faults(world)
    if fault in armed:
        raise FaultNotCleared(fault, "nothing of it on the wire", "still armed")
    looked = f"not looked, still in force: {', '.join(sorted(armed))}" if armed else _looked(world, fault, kind)
    return {"disarmed": disarmed, "wire": "gone", "canary": looked}


def _looked(world: World, fault: str, kind: str) -> str:
    trials: list[Trial] = []

    def normal() -> bool:
        trials.append(canary.try_out(3, quiet_s=0.05))
        numbers = [one.number for one in trials[-1].sent]
        taken = all(200 <= one.status < 300 for one in trials[-1].sent)
        return taken and list(trials[-1].arrived) == numbers and trials[-1].longest_ms <= SLACK_MS

    with Deliveries(world, kind) as canary:
        try:
            until(normal, "normal deliveries", NORMAL_WITHIN_S)
        except (Waited, DeskstormError) as error:
            found = str(trials[-1]) if trials else str(error)
            raise FaultNotCleared(fault, "each delivery once, whole, in order and at once", found) from error
    return str(trials[-1])


def _armed_and_seen(run: Run, order: DeliveryOrder, lease: str) -> dict[str, Any]:
    world = run.world
    assert world.wire is not None  # noqa: S101 - `delivery_run` refused a world without one
    with WireControl(world.wire) as wire, Deliveries(world, order.kind) as canary:
        scope = Scope(path=order.pattern)
        wire.arm(order.fault, lease, scope, order.parameters, run.scaled(order.seconds), world.seed)
        trial, touched = _seen(canary, order, lambda: _touched(wire, lease))
    if not touched:
        raise FaultNotInForce(order.fault, "deliveries that the wire has touched", f"none, though {trial}")
    return {"deliveries": str(trial), "touched": touched}


def _touched(wire: WireControl, lease: str) -> int:
    return next((found.touched for found in wire.state() if found.id == lease), 0)


def _seen(canary: Deliveries, order: DeliveryOrder, touched: Callable[[], int]) -> tuple[Trial, int]:
    """The trial that shows the fault, which another one may look like: so the wire must have touched it too."""
    shown = None
    for _ in range(0, order.tries, AT_ONCE):
        trial = canary.try_out()
        shown = trial if order.seen(trial) else shown
        if shown and (count := touched()):
            return shown, count
    if shown:
        return shown, 0
    raise FaultNotInForce(order.fault, order.expected, str(trial))
