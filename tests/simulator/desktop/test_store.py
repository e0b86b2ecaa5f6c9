"""The desktops' local store."""

import stat
from pathlib import Path

from simulator.desktop.store import FILE, Store


def test_what_is_kept_is_there_for_its_agent_after_a_restart_without_a_close(tmp_path: Path) -> None:
    first = Store(tmp_path)
    first.keep("a", "draft:1", {"notes": "half"})
    first.keep("a", "wish", "ON_QUEUE")
    first.keep("a", "wish", None)
    first.keep("b", "wish", "BREAK")
    second = Store(tmp_path)
    assert second.of("a") == {"draft:1": {"notes": "half"}}
    assert second.of("b") == {"wish": "BREAK"}
    first.close()
    second.close()


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    Store(tmp_path).close()
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
