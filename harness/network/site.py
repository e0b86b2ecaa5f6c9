"""A site: a part of the crowd behind a network link of its own. Plain values."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any

NAMES = "ab"
# Set aside for tests of network devices (RFC 2544), so nobody's real addresses are in there.
RANGE = IPv4Network("198.18.0.0/15")
LINKS = RANGE.num_addresses // 4


@dataclass(frozen=True)
class Site:
    """A network namespace whose one link to the rest is a veth pair: `outer` in the root namespace, with the address
    `gateway`, and `inner` inside, with `address`. `agents` are the ids of those whose desktops live in there.

    Egress of `inner` is what comes from the desktops, egress of `outer` what goes to them. `crowd_url` is where the
    site's desktops say what they show, past the link; None until they are up.
    """

    name: str
    namespace: str
    outer: str
    inner: str
    gateway: str
    address: str
    agents: tuple[str, ...] = ()
    crowd_url: str | None = None

    @classmethod
    def on_link(cls, name: str, namespace: str, number: int) -> "Site":
        """The site `name` on link `number` (0 to `LINKS` - 1) of the range, which says its interfaces and addresses."""
        low = RANGE[4 * number]
        return cls(name, namespace, f"ds{number:04x}out", f"ds{number:04x}in", str(low + 1), str(low + 2))

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> "Site":
        """Read what `dataclasses.asdict` wrote; TypeError or KeyError for anything else."""
        return cls(**{**given, "agents": tuple(given["agents"])})
