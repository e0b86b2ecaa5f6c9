"""Proof at a named interface, where nobody of ours is on the other side: connects to a witness, and counters of the
rules through which they went."""

import math
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from harness.errors import BadInput, FaultNotInForce
from harness.network.meter import Connects, connect_ms
from harness.network.place import Place, Way
from harness.network.proof import Chance, connect_words, least_delay_ms, loss
from harness.network.rules import counters
from harness.network.shape import Shape
from harness.network.shell import Shell, ToolFailed
from harness.network.tc import Part, classes, differences, ours
from harness.waiting import pause

# A real service is on the other side: few connects, few at once.
CONNECTS, AT_ONCE = 20, 4
WITHIN_S = 3.0
# Where everything is lost a few say as much.
HOPELESS_CONNECTS, HOPELESS_WITHIN_S = 2, 1.0
# The middle of twenty connects with a jitter can be chance; that of sixty is not.
FOR_A_DELAY = 3 * CONNECTS
# Until a packet is lost; of so many expected losses, none happens in one of a million cases.
EXPECTED_LOSSES = 14.0
MOST = 3000
LOOK_S = 20.0
LOOK_EVERY_S = 0.1


class Witness:
    """Whoever answers TCP connects at `place.witness`."""

    def __init__(self, place: Place, fault: str) -> None:
        assert place.witness is not None  # noqa: S101 - only places with one are looked at this way
        self._fault = fault
        self._place = place
        self.address = place.witness

    def connects(self, count: int = CONNECTS, within_s: float = WITHIN_S) -> Connects:
        """A few connects."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            found = list(pool.map(lambda _: connect_ms(self._place.namespace, self.address, within_s), range(count)))
        times = tuple(time for time in found if time is not None)
        return Connects(times, len(found) - len(times))

    def proved(self, own: Shape, shapes: Mapping[Way, Shape], before: Connects) -> dict[str, Any]:
        """What connects took, and what the rules counted meanwhile, where `own` is ordered for each of the ways of
        `shapes`; these are what connects suffer altogether.

        Raises `FaultNotInForce` unless packets pass the rules of each way; and, of a loss, some are dropped there, of a
        loss of everything no connect comes about; and, of a delay, connects take as much longer than `before`.
        """
        at_first = {way: counters(self._place.ends[way]) for way in shapes}
        hopeless = any(shape.loss == 100 for shape in shapes.values())
        connects = self.connects(HOPELESS_CONNECTS, HOPELESS_WITHIN_S) if hopeless else self.connects()
        most = FOR_A_DELAY if hopeless else max(FOR_A_DELAY, _for_a_loss(loss(own)))
        deadline = time.monotonic() + LOOK_S
        while wanting := self._wanting(own, shapes, at_first) or _not_as_ordered(own, shapes, before, connects):
            if time.monotonic() > deadline or len(connects.times_ms) + connects.failed >= most:
                raise FaultNotInForce(self._fault, *wanting)
            connects += self.connects(HOPELESS_CONNECTS, HOPELESS_WITHIN_S) if hopeless else self.connects()
        return {**connect_words(connects), "counters": self._counted(at_first)}

    def passed(self, chosen: Sequence[Way]) -> dict[str, Any]:
        """The same for rules that are for UDP, which connects do not pass: the voice of a call in hand has to."""
        at_first = {way: counters(self._place.ends[way]) for way in chosen}
        connects = self.connects()
        deadline = time.monotonic() + WITHIN_S
        while wanting := self._wanting(Shape(), dict.fromkeys(chosen, Shape()), at_first):
            if time.monotonic() > deadline:
                raise FaultNotInForce(self._fault, *wanting)
            pause(LOOK_EVERY_S)
        return {**connect_words(connects), "counters": self._counted(at_first)}

    def read_back(self, parts: Mapping[Way, Sequence[Part]]) -> None:
        """`FaultNotInForce` if tc does not say of each end what is ordered there."""
        for way, ordered in parts.items():
            end = self._place.ends[way]
            try:
                problems = differences(classes(ordered, end.outgoing), ours(Shell(end.namespace).qdiscs(end.interface)))
            except ToolFailed as error:
                problems = [error.found]
            if problems:
                raise FaultNotInForce(self._fault, f"on {end} what was ordered", "; ".join(problems))

    def _wanting(
        self, own: Shape, shapes: Mapping[Way, Shape], at_first: Mapping[Way, Mapping[str, int]]
    ) -> tuple[str, str] | None:
        """What the rules have not counted yet: expected and found."""
        counted = self._counted(at_first)
        # Whose words do not get there is not answered.
        unheard = shapes.get(Way.FROM_DESKTOPS, Shape()).loss == 100
        ways = [way for way in shapes if way is Way.FROM_DESKTOPS or not unheard]
        if unseen := [way for way in ways if not any(counted[way].values())]:
            return f"packets that pass its rules {' and '.join(unseen)}", "none"
        if (own.loss or own.burst) and (kept := [way for way in ways if not counted[way]["dropped"]]):
            return f"packets that its rules drop {' and '.join(kept)}", str(counted)
        return None

    def _counted(self, at_first: Mapping[Way, Mapping[str, int]]) -> dict[str, dict[str, int]]:
        """What the rules have counted since `at_first`."""
        return {str(way): _since(first, counters(self._place.ends[way])) for way, first in at_first.items()}


def affordable(fault: str, chance: Chance) -> None:
    """`BadInput` for a loss that so few connects do not show."""
    if (enough := _for_a_loss(chance)) > MOST:
        least = 100 * chance.share * enough / MOST
        expected = f"at least {least:.3g} %, to be seen within {MOST} connects at a named interface"
        raise BadInput(f"the share of {fault}", expected, 100 * chance.share)


def _for_a_loss(chance: Chance) -> int:
    """How many connects show a loss; 0 for none."""
    return math.ceil(EXPECTED_LOSSES * chance.clustering / chance.share) if chance.share else 0


def _not_as_ordered(
    own: Shape, shapes: Mapping[Way, Shape], before: Connects, connects: Connects
) -> tuple[str, str] | None:
    """What of `own` is not seen in `connects`: expected and found. `before` had what else is in force already."""
    if own.loss == 100 and connects.times_ms:
        return "no connection to the witness", str(connect_words(connects))
    # What overtakes is not held back: of a reordering, connects do not tell.
    ordered = 0 if own.reorder else least_delay_ms(own) * len(shapes)
    if ordered <= 0:
        return None
    if connects.p50_ms is None or before.p50_ms is None:
        return f"connects that take {ordered:.1f} ms longer", "none that come about"
    longer = connects.p50_ms - before.p50_ms
    return None if longer >= ordered else (f"connects that take {ordered:.1f} ms longer", f"{longer:.1f} ms")


def _since(first: Mapping[str, int], last: Mapping[str, int]) -> dict[str, int]:
    return {name: last[name] - first[name] for name in last}
