"""What one run's network layer has on this machine right now, told from what others have there."""

import json
import subprocess
from contextlib import suppress
from pathlib import Path

from harness.evidence import Evidence

NAMESPACES = Path("/run/netns")
LINKS = Path("/sys/class/net")
NFT = ("nft", "-j", "list", "tables")


def namespaces_of(evidence: Evidence) -> list[str]:
    """The namespaces that the run of this evidence was about to make."""
    return [str(entry["what"]).removeprefix("network namespace ") for entry in evidence.of("ground.held")]


def left_of(evidence: Evidence) -> list[str]:
    """The namespaces, links and nft tables that are there of the run, each in words. A qdisc goes with its link."""
    names = namespaces_of(evidence)
    left = [f"namespace {name}" for name in names if (NAMESPACES / name).exists()]
    links = {link for entry in evidence.of("ground.laid") for link in (entry["made"]["outer"], entry["made"]["inner"])}
    left += [f"link {link}" for link in LINKS.iterdir() if link.name in links or _alias(link) in names]
    leases = [str(entry["lease"]).replace("-", "_") for entry in evidence.of("lease.held")]
    if leases:
        tables = [one.get("table", {}).get("name", "") for one in json.loads(_said(NFT))["nftables"]]
        left += [f"nft table {table}" for table in tables if any(table.endswith(lease) for lease in leases)]
    return left


def _alias(link: Path) -> str:
    with suppress(OSError):
        return (link / "ifalias").read_text().strip().removeprefix("deskstorm ")
    return ""


def _said(argv: tuple[str, ...]) -> str:
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout
