"""A transaction is all or nothing, and whatever ends it leaves a connection that can begin the next."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tracker.transaction import transaction

SCHEMA = """
PRAGMA foreign_keys=ON;
CREATE TABLE kept (number INTEGER PRIMARY KEY, text TEXT);
CREATE TABLE owed (number INTEGER REFERENCES kept (number) DEFERRABLE INITIALLY DEFERRED);
"""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(tmp_path / "file.sqlite", isolation_level=None)) as found:
        found.executescript(SCHEMA)
        yield found


def kept(database: sqlite3.Connection) -> list[int]:
    return [number for (number,) in database.execute("SELECT number FROM kept ORDER BY number")]


def goes_on(database: sqlite3.Connection) -> bool:
    """Whether the next transaction keeps what it is given, and that alone."""
    with transaction(database):
        database.execute("INSERT INTO kept VALUES (9, '')")
    return kept(database) == [9]


def test_what_fails_inside_leaves_nothing(database: sqlite3.Connection) -> None:
    with pytest.raises(KeyError), transaction(database):
        database.execute("INSERT INTO kept VALUES (1, '')")
        raise KeyError
    assert goes_on(database)


def test_a_commit_that_fails_leaves_nothing(database: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.IntegrityError), transaction(database):
        database.execute("INSERT INTO kept VALUES (1, '')")
        database.execute("INSERT INTO owed VALUES (2)")
    assert goes_on(database)


def test_a_full_disk_leaves_nothing(database: sqlite3.Connection) -> None:
    (pages,) = database.execute("PRAGMA page_count").fetchone()
    database.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(sqlite3.OperationalError, match="full"), transaction(database):
        database.execute("INSERT INTO kept VALUES (1, ?)", ("x" * 100_000,))
    assert goes_on(database)
