"""What one fault does to packets: plain numbers, and the words of tc's netem and tbf for them."""

from dataclasses import asdict, dataclass, fields
from typing import Any

from harness.network.target import Words

# Packets that netem may hold back at a time; its own default of 1000 would lose some of a busy link's.
NETEM_LIMIT = 20_000
LEAST_BURST = 3200
LEAST_QUEUE = 15_000
QUEUE_S = 0.25


@dataclass(frozen=True)
class Shape:
    """All zero is nothing. Times in milliseconds of this machine, shares in percent, the rate in bit/s.

    `burst` is the Gilbert-Elliott model as netem takes it: p, r, 1-h, 1-k; `reorder` is the share that overtakes what
    is delayed.
    """

    delay_ms: float = 0
    jitter_ms: float = 0
    delay_correlation: float = 0
    distribution: str = ""
    loss: float = 0
    burst: tuple[float, ...] = ()
    corrupt: float = 0
    duplicate: float = 0
    reorder: float = 0
    rate_bit: int = 0
    burst_bytes: int = 0

    @property
    def needs_netem(self) -> bool:
        """Whether anything but a rate is meant."""
        return any(getattr(self, field.name) for field in fields(self) if field.name not in ("rate_bit", "burst_bytes"))

    def as_json(self) -> dict[str, Any]:
        """What is not zero."""
        return {name: value for name, value in asdict(self).items() if value}

    @classmethod
    def from_json(cls, given: dict[str, Any]) -> "Shape":
        """Read what `as_json` wrote."""
        return cls(**{**given, "burst": tuple(given.get("burst", ()))})


def together(shapes: tuple[Shape, ...]) -> Shape:
    """Several faults on the same packets: the lowest rate counts, each other thing is of one of them. Who orders sees
    to it that only one of them delays."""
    merged: dict[str, Any] = {}
    for shape in shapes:
        merged |= shape.as_json()
    slowest = min((shape for shape in shapes if shape.rate_bit), key=lambda shape: shape.rate_bit, default=Shape())
    return Shape(**{**merged, "rate_bit": slowest.rate_bit, "burst_bytes": slowest.burst_bytes})


def netem(shape: Shape) -> Words:
    """The words after `netem`; none if it is not needed."""
    if not shape.needs_netem:
        return ()
    words = ["limit", str(NETEM_LIMIT)]
    if shape.delay_ms or shape.jitter_ms:
        words += ["delay", f"{shape.delay_ms:.3f}ms"]
        if shape.jitter_ms:
            words += [f"{shape.jitter_ms:.3f}ms", percent(shape.delay_correlation)]
            words += ["distribution", shape.distribution] if shape.distribution else []
    if shape.burst:
        words += ["loss", "gemodel", *(percent(value) for value in shape.burst)]
    elif shape.loss:
        words += ["loss", "random", percent(shape.loss)]
    for name in ("duplicate", "corrupt", "reorder"):
        if share := getattr(shape, name):
            words += [name, percent(share)]
    return tuple(words)


def tbf(shape: Shape) -> Words:
    """The words after `tbf`; none if there is no rate."""
    if not shape.rate_bit:
        return ()
    burst = burst_of(shape)
    queue = max(LEAST_QUEUE, round(shape.rate_bit / 8 * QUEUE_S)) + burst
    return ("rate", f"{shape.rate_bit}bit", "burst", str(burst), "limit", str(queue))


def burst_of(shape: Shape) -> int:
    """The bytes that may pass at once: as ordered, or 10 ms' worth, at least two packets'."""
    return shape.burst_bytes or max(LEAST_BURST, shape.rate_bit // 800)


def percent(value: float) -> str:
    """As tc takes it."""
    return f"{value:.6g}%"
