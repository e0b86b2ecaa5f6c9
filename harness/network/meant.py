"""What a network fault is ordered with: the run, the links that are meant, the ways, and what the machine must have."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.breaking.fault import LONGEST_S, Breakage
from harness.breaking.limits import number
from harness.keeping.undo import Undo
from harness.network.ability import require
from harness.network.place import Place, Way, places, ways
from harness.runtime import Run, run_of

# The argument by which an undo tells whoever measures afterwards where its fault was ordered.
ON = "on"


@dataclass(frozen=True)
class Meant:
    """An order that was found good. `on` is as it was given, with the witness's address instead of its name: who clears
    needs no name service, which may be cut off."""

    run: Run
    fault: str
    seconds: float
    places: tuple[Place, ...]
    ways: tuple[Way, ...]
    on: Mapping[str, Any]

    @property
    def sabotaged(self) -> bool:
        """Whether the fault shall say that it is in force and do nothing; only the path can tell then."""
        return self.fault in self.run.world.sabotage

    def breakage(self, expected: Mapping[str, Any], module: str, function: str, **told: Any) -> Breakage:
        """What its lease and the evidence are told: `expected` beside where and which way; the undo is
        `module.function`, told `folder` (of the run's state), `fault`, `on`, the lease and what else is given."""
        arguments = {"folder": str(folder_of(self.run)), "fault": self.fault, ON: dict(self.on), **told}
        return Breakage(
            fault=self.fault,
            seconds=self.seconds,
            agents=[agent for place in self.places for agent in place.agents],
            expected={**expected, "ways": list(self.ways), "on": dict(self.on)},
            undo=Undo(module, function, arguments),
        )

    def measured(self, place: Place, found: Mapping[str, Any]) -> None:
        """Leave in the evidence what was measured at a place while the fault was in force."""
        self.run.evidence.write("path.measured", fault=self.fault, place=place.name, when="injected", found=dict(found))


def meant(
    configuration: Mapping[str, Any] | None,
    fault: str,
    needs: Iterable[str],
    direction: str,
    seconds: float,
    on: Mapping[str, Any] | None,
) -> Meant:
    """The order of `fault`; `BadInput` for what is off in it, or what this machine lacks; nothing is touched."""
    number("seconds", seconds, 1, LONGEST_S)
    chosen = ways(direction)
    run = run_of(configuration)
    links = places(run.world, fault, on)
    require(fault, {*needs, *over_ifb(needs, chosen, any(place.witness for place in links))})
    told = dict(on or {})
    if links[0].witness:
        told["witness"] = "{}:{}".format(*links[0].witness)
    return Meant(run, fault, seconds, tuple(links), chosen, told)


def over_ifb(needs: Iterable[str], chosen: Iterable[Way], at_interface: bool) -> tuple[str, ...]:
    """What rules at a named interface need besides: what it receives is shaped on an ifb."""
    return ("ifb",) if at_interface and "htb" in needs and Way.TO_DESKTOPS in chosen else ()


def folder_of(run: Run) -> Path:
    """The run's private state."""
    return Path(run.world.keeper_socket).parent
