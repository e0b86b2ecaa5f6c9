"""Evidence -> what was measured on the desktops' own network while a fault of it was in force, and after it. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.evidence import Entry

WAYS = ("from_desktops", "to_desktops")


def is_on_network(expected: object) -> bool:
    """Whether a fault that was ordered so is one of the network."""
    return isinstance(expected, Mapping) and "ways" in expected


def order_in_words(expected: Mapping[str, Any]) -> tuple[str, str]:
    """Whom such a fault touches and which way, and with what parameters (as played)."""
    on, ways = expected.get("on") or {}, [str(way) for way in expected.get("ways") or ()]
    where = f"site {on['site']}" if "site" in on else str(on.get("interface") or "every site")
    limits = [f"{name} {', '.join(str(one) for one in on[name])}" for name in ("cidrs", "ports") if on.get(name)]
    way = "both ways" if set(ways) == set(WAYS) else ", ".join(one.replace("_", " ") for one in ways)
    shape = ", ".join(f"{name} {value}" for name, value in (expected.get("shape") or {}).items())
    return ", ".join([where, *limits, way]), shape


def measured(measurements: Sequence[Entry], fault: str, ordered: int, until: int | None) -> tuple[str, ...]:
    """What was measured for the order of `fault` at `ordered`, a sentence for each place and moment, up to its next
    order at `until` (nanoseconds)."""
    return tuple(
        f"{entry['place']}, {'cleared' if entry['when'] == 'cleared' else 'in force'}: {found_in_words(entry['found'])}"
        for entry in measurements
        if entry["fault"] == fault and entry.t >= ordered and (until is None or entry.t < until)
    )


def found_in_words(found: Mapping[str, Any]) -> str:
    """`connect 200.3 ms (15 tries); from desktops 1.9 % of 3,000 datagrams lost, 100.2 ms; ...`."""
    return "; ".join(_parts(found)) or "nothing was measured"


def _parts(found: Mapping[str, Any]) -> Iterator[str]:
    if found.get("reset"):
        yield f"{found.get('connections', 0)} connections reset, besides those of the proof"
    if found.get("connects"):
        yield _connects(found)
    for way in WAYS:
        if isinstance(found.get(way), Mapping):
            yield f"{way.replace('_', ' ')} {_one_way(found[way])}"


def _connects(found: Mapping[str, Any]) -> str:
    tries, failed, time = int(found["connects"]), int(found.get("failed") or 0), found.get("connect_ms")
    if time is None:
        return f"none of {tries} connects came about"
    return f"connect {time} ms (p50 of {tries}{f', {failed} failed' if failed else ''})"


def _one_way(heard: Mapping[str, Any]) -> str:
    words = [f"{heard.get('lost_percent')} % of {int(heard.get('datagrams') or 0):,} datagrams lost"]
    if heard.get("delay_ms") is not None:
        words.append(f"{heard['delay_ms']} ms")
    if heard.get("rate_kbit"):
        words.append(f"{float(heard['rate_kbit']):,.0f} kbit/s")
    shares = {"repeated_percent": "repeated", "spoilt_percent": "spoilt", "overtaking_percent": "overtaking"}
    return ", ".join([*words, *(f"{heard[name]} % {word}" for name, word in shares.items() if heard.get(name))])
