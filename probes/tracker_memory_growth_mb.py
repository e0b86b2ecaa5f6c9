"""Whether the tracker's memory grows."""

from pathlib import Path

from chaoslib.types import Configuration

from harness.errors import CannotTell
from harness.keeping.lease import KeeperClient
from harness.observing.measuring import measuring

__all__ = ["tracker_memory_growth_mb"]

TRACKER = "tracker"


def tracker_memory_growth_mb(configuration: Configuration = None) -> float:
    """Resident megabytes of the tracker's process beyond those when this was first asked in this run; 0 then.

    A tracker that was started anew in between begins anew. One that the keeper does not hold cannot be measured.
    """
    look = measuring(configuration, "tracker_memory_growth_mb")
    processes = KeeperClient(look.run.world.keeper_socket).in_force()["processes"]
    pid = next((int(one["pid"]) for one in processes if one["name"] == TRACKER and one["alive"]), None)
    if pid is None:
        raise CannotTell(look.question, "the keeper", "it holds no process of a tracker that runs")
    resident = _resident_mb(pid)
    look.run.evidence.write("tracker.memory", pid=pid, resident_mb=resident)
    first = next(entry for entry in look.evidence().of("tracker.memory") if entry["pid"] == pid)
    return round(resident - float(first["resident_mb"]), 2)


def _resident_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    kilobytes = next(line for line in lines if line.startswith("VmRSS:")).split()[1]
    return round(int(kilobytes) / 1024, 2)
