"""Proof at a named interface, where nobody of ours is on the other side: connects to a witness, and counters of the
rules through which they went."""

import socket
import time
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from typing import Any

from harness.errors import BadInput, FaultNotInForce
from harness.network.meter import Connects, connect_ms
from harness.network.place import Place, Way
from harness.network.proof import connect_words
from harness.network.rules import counters
from harness.network.shape import Shape
from harness.waiting import pause

# A real service is on the other side: few connects, one after the other.
CONNECTS = 20
WITHIN_S = 3.0
LOOK_EVERY_S = 0.1


class Witness:
    """Whoever answers TCP connects at `place.witness`; `BadInput` if the place's rules would not touch them."""

    def __init__(self, place: Place, fault: str) -> None:
        assert place.witness is not None  # noqa: S101 - only places with one are looked at this way
        self._fault = fault
        self._place = place
        self.address = resolved(*place.witness)
        if not _covers(place, self.address):
            expected = f"a host and port inside {', '.join(place.target.cidrs) or 'everything'} and the ports given"
            raise BadInput("on.witness", expected, "{}:{}".format(*self.address))

    def connects(self, count: int = CONNECTS) -> Connects:
        """A few connects."""
        found = [connect_ms(self._place.namespace, self.address, WITHIN_S) for _ in range(count)]
        times = tuple(time for time in found if time is not None)
        return Connects(times, len(found) - len(times))

    def proved(self, shapes: Mapping[Way, Shape], before: Connects) -> dict[str, Any]:
        """What connects took, and what the rules counted meanwhile; raises `FaultNotInForce` if connects do not take as
        much longer as ordered, or did not pass through the rules of each way."""
        at_first = {way: counters(self._place.ends[way]) for way in shapes}
        connects = self.connects()
        # Connects do not pass rules that are for UDP: there the voice of a call in hand has to.
        deadline = time.monotonic() + WITHIN_S
        while unseen := [way for way, found in self._counted(at_first).items() if not any(found.values())]:
            if time.monotonic() > deadline:
                raise FaultNotInForce(self._fault, f"packets that pass its rules {' and '.join(unseen)}", "none")
            pause(LOOK_EVERY_S)
        ordered = sum(shape.delay_ms - shape.jitter_ms for shape in shapes.values())
        longer = (connects.p50_ms or 0) - (before.p50_ms or 0)
        if ordered > 0 and connects.p50_ms is not None and longer < 0.9 * ordered:
            raise FaultNotInForce(self._fault, f"connects that take {ordered:.1f} ms longer", f"{longer:.1f} ms")
        return {
            **connect_words(connects),
            "counters": {str(way): found for way, found in self._counted(at_first).items()},
        }

    def _counted(self, at_first: Mapping[Way, Mapping[str, int]]) -> dict[Way, dict[str, int]]:
        """What the rules have counted since `at_first`."""
        return {way: _since(first, counters(self._place.ends[way])) for way, first in at_first.items()}


def _since(first: Mapping[str, int], last: Mapping[str, int]) -> dict[str, int]:
    return {name: last[name] - first[name] for name in last}


def resolved(host: str, port: int) -> tuple[str, int]:
    """The IPv4 address and the port of a host; `BadInput` if it cannot be resolved."""
    try:
        return str(socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_STREAM)[0][4][0]), port
    except OSError as error:
        raise BadInput("on.witness", "a host that can be resolved", f"{host}: {error.strerror}") from None


def _covers(place: Place, address: tuple[str, int]) -> bool:
    target = place.target
    inside = not target.cidrs or any(ip_address(address[0]) in ip_network(cidr) for cidr in target.cidrs)
    return inside and (not target.ports or any(low <= address[1] <= high for low, high in target.ports))
