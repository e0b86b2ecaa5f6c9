"""A fault in small, for the keeper's tests: it is in force while a file exists. The keeper imports this by name."""

import threading
from pathlib import Path


def clear_touching(path: str, lease: str = "") -> None:
    """Take the file away, see it gone, and leave a line that says so."""
    fault = Path(path)
    fault.unlink(missing_ok=True)
    if fault.exists():
        raise RuntimeError(f"{fault.name} is still there")
    with (fault.parent / "cleared").open("a") as record:
        record.write(f"{fault.name} {lease}\n")


def touch(path: str) -> list[str]:
    """Make the file; what is in its folder then. Where there is one already, nothing is made."""
    Path(path).touch(exist_ok=False)
    return sorted(found.name for found in Path(path).parent.iterdir())


def clear_quietly(path: str) -> None:
    """Take the file away, and write nothing."""
    Path(path).unlink(missing_ok=True)


def clear_second_time(path: str) -> None:
    """Fail once, then work."""
    tried = Path(f"{path}.tried")
    if not tried.exists():
        tried.touch()
        raise RuntimeError("not this time")
    clear_touching(path)


def clear_never(path: str) -> None:
    """Never work."""
    raise RuntimeError(f"{Path(path).name} stays")


def clear_hanging(path: str) -> None:
    """Never come back."""
    threading.Event().wait()
