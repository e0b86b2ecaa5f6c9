"""What was measured on the desktops' network: when a fault was seen in force or cleared, or now."""

from collections.abc import Iterator, Mapping
from typing import Any

from harness.errors import NoEvidence
from harness.evidence import Evidence
from harness.network.meter import Meter
from harness.network.place import Way
from harness.network.proof import CONNECT_WITHIN_S, CONNECTS, connect_words, words
from harness.observing.measuring import Measuring

DATAGRAMS = 500


def measured_on_paths(look: Measuring, figure: str, fault: str, site: str) -> list[Any]:
    """One `figure` of each link that is meant: "connect_ms", or "from_desktops" or "to_desktops" with its
    `{"lost_percent", "delay_ms", ...}`.

    With `fault`, those of its last injection; without, measured now. `site` is a site's name, "" for all. Raises
    `NoEvidence` if there is nothing.
    """
    links = _of_injection(look.evidence(), fault, site) if fault else _now(look, site)
    found = [link[figure] for link in links if figure in link]
    if not found:
        expected = f"measurements of {fault} in force" if fault else "a world with sites"
        raise NoEvidence(look.question, f"{expected}{f' at site {site}' if site else ''}", "none")
    return found


def _of_injection(evidence: Evidence, fault: str, site: str) -> Iterator[Mapping[str, Any]]:
    last: dict[str, Mapping[str, Any]] = {}
    for entry in evidence.of("path.measured"):
        meant = not site or entry["place"] == f"site {site}"
        if meant and entry["fault"] == fault and entry["when"] == "injected":
            last[str(entry["place"])] = entry["found"]
    yield from last.values()


def _now(look: Measuring, site: str) -> Iterator[Mapping[str, Any]]:
    for one in look.run.world.sites:
        if site in ("", one.name):
            with Meter(one.namespace, one.address, one.gateway) as meter:
                heard = {way: meter.datagrams(way is Way.FROM_DESKTOPS, DATAGRAMS) for way in Way}
                connects = meter.connects(CONNECTS, CONNECT_WITHIN_S)
            yield {**connect_words(connects), **{str(way): words(one_way) for way, one_way in heard.items()}}
