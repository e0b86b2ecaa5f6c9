"""Which faults there are, and which are in force: each under the id of its lease, with a time limit of its own."""

import asyncio
import importlib
import pkgutil
from collections.abc import Mapping
from typing import Any

import proxy_addons
from harness.errors import BadInput
from harness.scope import Scope
from proxy_addons.core.fault import AnyFault, Fault, Order, described, read_parameters
from proxy_addons.core.traffic import Traffic

NOT_FAULTS = frozenset({"__main__", "wire", "core"})
LONGEST_S = 86_400.0
HOOKS = ("request", "response", "handshake", "websocket_start", "websocket_message")


def discover() -> dict[str, type[AnyFault]]:
    """Every fault by its name: one class in one file of this package."""
    found: dict[str, type[AnyFault]] = {}
    for module in pkgutil.iter_modules(proxy_addons.__path__):
        if module.name in NOT_FAULTS:
            continue
        loaded = importlib.import_module(f"proxy_addons.{module.name}")
        own = [kind for kind in vars(loaded).values() if _is_fault(kind) and kind.__module__ == loaded.__name__]
        found.update({kind.name: kind for kind in own})
    return found


class Leases:
    """Arms and disarms. `hooked` says for each hook which faults in force want it: empty tuples cost nothing."""

    def __init__(self, traffic: Traffic, sabotage: frozenset[str]) -> None:
        self.faults = discover()
        self.hooked: dict[str, tuple[AnyFault, ...]] = dict.fromkeys(HOOKS, ())
        self._traffic = traffic
        self._sabotage = sabotage
        self._armed: dict[str, tuple[AnyFault, asyncio.TimerHandle]] = {}

    def arm(self, given: Mapping[str, Any]) -> None:
        """Put a fault in force; `BadInput` if anything about the order is wrong, and then nothing is armed."""
        order, kind = self._order(given)
        parameters = read_parameters(order.fault, kind.parameters_type, _object(given, "parameters"))
        acting: type[AnyFault] = Fault if order.fault in self._sabotage else kind
        fault = acting(order, parameters, self._traffic)
        timer = asyncio.get_running_loop().call_later(order.seconds, self._time_up, order.id)
        self._armed[order.id] = (fault, timer)
        self._hook()
        self._traffic.evidence.write(
            "fault.armed",
            fault=order.fault,
            id=order.id,
            scope=order.scope.as_json(),
            parameters=vars(parameters),
            seconds=order.seconds,
            seed=order.seed,
        )
        fault.armed()

    def disarm(self, id: str | None = None, fault: str | None = None, why: str = "order") -> list[str]:
        """Take back one lease, all of one fault, or all there are; the ids of those that were in force."""
        if fault is not None:
            self._known(fault)
        meant = [
            lease
            for lease, (armed, _) in self._armed.items()
            if id in (None, lease) and fault in (None, armed.order.fault)
        ]
        for lease in meant:
            armed, timer = self._armed.pop(lease)
            timer.cancel()
            self._hook()
            armed.end()
            self._traffic.evidence.write("fault.disarmed", fault=armed.order.fault, id=lease, why=why)
        return meant

    def state(self) -> list[dict[str, Any]]:
        """What is in force."""
        now = asyncio.get_running_loop().time()
        return [
            {
                "id": lease,
                "fault": fault.order.fault,
                "touched": fault.touched,
                "left_s": round(max(0.0, timer.when() - now), 3),
            }
            for lease, (fault, timer) in self._armed.items()
        ]

    def described(self) -> list[dict[str, Any]]:
        """Every fault with its help and parameters."""
        return [
            {"name": name, "help": _help(kind), "parameters": described(kind.parameters_type)}
            for name, kind in sorted(self.faults.items())
        ]

    def caller_left(self, connection: str) -> None:
        """A caller closed its connection."""
        for fault, _ in self._armed.values():
            fault.caller_left(connection)

    def _time_up(self, lease: str) -> None:
        self.disarm(lease, why="time")

    def _hook(self) -> None:
        armed = [fault for fault, _ in self._armed.values()]
        self.hooked = {
            hook: tuple(fault for fault in armed if getattr(type(fault), hook) is not getattr(Fault, hook))
            for hook in HOOKS
        }

    def _order(self, given: Mapping[str, Any]) -> tuple[Order, type[AnyFault]]:
        unknown = set(given) - {"do", "fault", "id", "scope", "parameters", "seconds", "seed"}
        if unknown:
            raise BadInput("arm", "fault, id, scope, parameters, seconds and seed", sorted(unknown)[0])
        kind = self._known(given.get("fault"))
        lease = given.get("id")
        if not isinstance(lease, str) or not lease:
            raise BadInput("id", "the id of a lease", lease)
        if lease in self._armed:
            raise BadInput("id", "a lease that is not in force yet", lease)
        seconds, seed = given.get("seconds"), given.get("seed", 0)
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= LONGEST_S:
            raise BadInput("seconds", f"more than 0 and at most {LONGEST_S:g} s", seconds)
        if isinstance(seed, bool) or not isinstance(seed, int):
            raise BadInput("seed", "a whole number", seed)
        scope = Scope.from_json(_object(given, "scope"))
        return Order(lease, kind.name, scope, float(seconds), seed), kind

    def _known(self, fault: object) -> type[AnyFault]:
        if not isinstance(fault, str) or fault not in self.faults:
            raise BadInput("fault", f"one of {', '.join(sorted(self.faults))}", fault)
        return self.faults[fault]


def _object(given: Mapping[str, Any], key: str) -> dict[str, Any]:
    found = given.get(key, {})
    if not isinstance(found, dict):
        raise BadInput(key, "an object", found)
    return found


def _is_fault(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, Fault) and kind is not Fault


def _help(kind: type[AnyFault]) -> str:
    return " ".join((kind.__doc__ or "").split("\n\n")[0].split())
