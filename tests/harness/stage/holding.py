"""A chaos process in small: holds a run with one child and one fault in force, and waits to be ended.

`python holding.py FOLDER FAULT_FILE '{"seconds": 30, "lease_s": 30, "signal": 0, "step": "confirmed"}'` prints one
JSON line when it got as far as `step` (held, leased, applied, confirmed), and one for each word of the keeper.
"""

import json
import os
import signal
import sys
from pathlib import Path

from harness.keeping.keeper import start_keeper
from harness.keeping.undo import Undo

CHILD = "import json, sys; print(json.dumps({'ready': 'child'}), flush=True); sys.stdin.read()"


def say(**words: object) -> None:
    """One line for the test, at once: another thread or a signal may have its own to say meanwhile."""
    os.write(1, f"{json.dumps(words)}\n".encode())


def main() -> None:
    """Go as far as `step`, then wait for the end of stdin and finish in order."""
    folder, fault, given = Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3])
    step = given.get("step", "confirmed")
    number = int(given.get("signal", 0))
    if number:
        signal.signal(number, lambda found, _: say(signal=found))
    keeper = start_keeper(folder)
    keeper.hold_run(float(given.get("seconds", 30)), stopped=lambda reason: say(stopped=reason), signal_number=number)
    child = keeper.spawn("child", [sys.executable, "-c", CHILD])
    if step != "held":
        lease = keeper.lease(
            "touching", Undo("touching", "clear_touching", {"path": str(fault)}), given.get("lease_s", 30)
        )
    if step in ("applied", "confirmed"):
        fault.touch()
    if step == "confirmed":
        keeper.confirm(lease)
    pids = {process["name"]: process["pid"] for process in keeper.in_force()["processes"]}
    say(
        reached=step,
        child=pids["child"],
        ready=child,
        keeper=json.loads((keeper.state / "keeper.json").read_text())["pid"],
    )
    sys.stdin.read()
    say(finished=keeper.finish())


if __name__ == "__main__":
    main()
