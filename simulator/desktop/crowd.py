"""Many desktops in one process."""

import asyncio
import contextlib
import random
from dataclasses import replace
from pathlib import Path

from harness.evidence import EvidenceWriter
from harness.waiting import Waited, eventually
from simulator.desktop import defects
from simulator.desktop.core import Identity, Wishes
from simulator.desktop.events import LogIn
from simulator.desktop.facts import spelt
from simulator.desktop.link import Link
from simulator.desktop.phone import Phones
from simulator.desktop.session import Session
from simulator.desktop.settings import CrowdSettings
from simulator.desktop.shell import Desktop
from simulator.desktop.store import Store
from simulator.desktop.timings import Timings

AT_ONCE = 20


class Crowd:
    """The desktops by agent id. Raises `BadInput` for an unknown defect."""

    def __init__(self, settings: CrowdSettings) -> None:
        kind = defects.load(settings.defect) if settings.defect else Session
        real = replace(Timings(), auto_answer_s=settings.auto_answer_s, auto_wrapup_s=settings.auto_wrapup_s)
        self.settings = settings
        self.timings = real.scaled(settings.time_scale)
        self.evidence = EvidenceWriter(Path(settings.evidence), "crowd", file=settings.name)
        self._store = Store(Path(settings.store))
        self._link = Link(settings.api, settings.login, settings.proxy, settings.ca, self.timings.connect_timeout_s)
        self._phones = Phones(self.timings, settings.time_scale, settings.seed, self.evidence)
        self.desktops = {agent.id: self._desktop(kind, agent.id, agent.refresh_token) for agent in settings.agents}
        self._starting: asyncio.Task[None] | None = None

    def _desktop(self, kind: type[Session], agent: str, refresh_token: str) -> Desktop:
        settings = self.settings
        extra = (f"v2.routing.queues.{settings.queue_id}.users",) if settings.forbidden_topic else ()
        session = kind(
            Identity(agent, refresh_token, settings.desktop_client_id),
            self.timings,
            random.Random(f"{settings.seed}:{agent}"),
            Wishes(spelt(settings.presence), settings.queue_id, extra),
            self._store.of(agent),
        )
        return Desktop(session, self._link, self._store, self.evidence, self._phones)

    def start(self) -> None:
        """Log all desktops in, spread over the stagger time."""
        self._starting = asyncio.get_running_loop().create_task(self._log_in_all())

    async def _log_in_all(self) -> None:
        step = self.settings.stagger_s * self.settings.time_scale / len(self.desktops)
        for desktop in self.desktops.values():
            desktop.happen(LogIn())
            await asyncio.sleep(step)  # waits: the pace of the stagger
            # A crowd that starts on a slow machine must not become a storm; one that is refused starts all the same.
            with contextlib.suppress(Waited):
                await eventually(lambda: self._link.under_way < AT_ONCE, "requests to end", within_s=1.0)

    async def stop(self) -> None:
        """End all desktops at once, as a crash would, and close what they share."""
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.gather(self._starting, return_exceptions=True)
        await asyncio.gather(*(desktop.stop() for desktop in self.desktops.values()))
        await self._link.close()
        self._store.close()
        self.evidence.close()
