"""The desktops' local store: what must survive a restart, in one SQLite file for a whole crowd."""

import json
import sqlite3
from pathlib import Path
from typing import Any

FILE = "desktops.sqlite"


class Store:
    """Named JSON values for each agent. Every change is on disk when `keep` returns; the file is its owner's alone."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / FILE
        path.touch(mode=0o600)
        self._database = sqlite3.connect(path, isolation_level=None)
        # A killed process loses nothing in WAL mode; only a power cut could lose the newest changes.
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS kept (agent TEXT, name TEXT, value TEXT NOT NULL, PRIMARY KEY (agent, name))"
        )

    def keep(self, agent: str, name: str, value: Any) -> None:
        """Store `value` under `name`; None forgets it."""
        if value is None:
            self._database.execute("DELETE FROM kept WHERE agent = ? AND name = ?", (agent, name))
        else:
            row = (agent, name, json.dumps(value))
            self._database.execute("INSERT OR REPLACE INTO kept VALUES (?, ?, ?)", row)

    def of(self, agent: str) -> dict[str, Any]:
        """All that is kept for `agent`."""
        rows = self._database.execute("SELECT name, value FROM kept WHERE agent = ?", (agent,))
        return {name: json.loads(value) for name, value in rows}

    def close(self) -> None:
        """Fold the log into the file and close it."""
        self._database.close()
