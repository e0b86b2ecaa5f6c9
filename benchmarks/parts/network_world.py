"""A run with one network site and nothing in it: the real keeper, the real link, and the real actions on it, without
cloud, wire and crowd."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.keeping.keeper import start_keeper
from harness.network.site import Site
from harness.network.sites import made_by
from harness.runtime import WORLD_KEY
from harness.world import Agent, World, WorldKind

LONGEST_S = 1800.0
NOBODY = Agent("", "", "")


@dataclass(frozen=True)
class EmptyRun:
    """The site, and the configuration that the actions are called with. Times are real ones."""

    site: Site
    configuration: dict[str, str]


@contextmanager
def empty_run(folder: Path) -> Iterator[EmptyRun]:
    """A run whose results go to `folder`; its site is gone afterwards, also if this process is killed."""
    keeper = start_keeper(folder)
    keeper.hold_run(LONGEST_S)
    try:
        (site,) = made_by(keeper, 1)
        world = World(
            kind=WorldKind.LOCAL,
            run=keeper.run,
            folder=str(folder),
            keeper_socket=str(keeper.socket),
            api="",
            login="",
            client_id="",
            client_secret="",
            desktop_client_id="",
            queue_id="",
            agents=(),
            canary=NOBODY,
            time_scale=1.0,
            seed=1,
            sites=(site,),
        )
        path = keeper.state / "world.json"
        world.write(path)
        yield EmptyRun(site, {WORLD_KEY: str(path)})
    finally:
        keeper.finish()
