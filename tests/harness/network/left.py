"""What one run's network layer has on this machine right now, told from what others have there."""

import json
import re
import subprocess
from contextlib import suppress
from os import geteuid
from pathlib import Path

from harness.evidence import Evidence

NAMESPACES = Path("/run/netns")
LINKS = Path("/sys/class/net")
NAMESPACE = "network namespace "
OF_RUNS_AND_TESTS = re.compile(r"ds[0-9a-f]{10}[ab]|dt[0-9a-f]{8}[nf]")
NFT = ("nft", "-j", "list", "tables")


def namespaces_of(evidence: Evidence) -> list[str]:
    """The namespaces that the run of this evidence was about to make."""
    held = [str(entry["what"]) for entry in evidence.of("ground.held")]
    return [what.removeprefix(NAMESPACE) for what in held if what.startswith(NAMESPACE)]


def left_of(evidence: Evidence) -> list[str]:
    """The namespaces, links and nft tables that are there of the run, each in words. A qdisc goes with its link."""
    names = namespaces_of(evidence)
    left = [f"namespace {name}" for name in names if (NAMESPACES / name).exists()]
    laid = [entry["made"] for entry in evidence.of("ground.laid") if str(entry["what"]).startswith(NAMESPACE)]
    links = {link for made in laid for link in (made["outer"], made["inner"])}
    left += [f"link {link}" for link in LINKS.iterdir() if link.name in links or _alias(link) in names]
    leases = [str(entry["lease"]).replace("-", "_") for entry in evidence.of("lease.held")]
    if leases and not geteuid():  # whoever else it is can have made none
        tables = [one.get("table", {}).get("name", "") for one in json.loads(_said(NFT))["nftables"]]
        left += [f"nft table {table}" for table in tables if any(table.endswith(lease) for lease in leases)]
    return left


def unnamed_by_us() -> set[str]:
    """The namespaces with a name that neither a run's site nor a link of the tests has."""
    return {path.name for path in NAMESPACES.glob("*") if not OF_RUNS_AND_TESTS.fullmatch(path.name)}


def _alias(link: Path) -> str:
    with suppress(OSError):
        return (link / "ifalias").read_text().strip().removeprefix("deskstorm ")
    return ""


def _said(argv: tuple[str, ...]) -> str:
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout
