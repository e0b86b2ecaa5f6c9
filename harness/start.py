"""Bringing a world up through the keeper, and taking it down: the processes, their settings files, their addresses."""

import os
import secrets
import sys
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

from harness import start_tracker
from harness.breaking.blast_radius import check as check_blast_radius
from harness.breaking.former import as_found, leave_as_found
from harness.children import evidence_folder, start_child
from harness.errors import BadInput
from harness.evidence import EvidenceWriter
from harness.foreign import names_org, read_foreign
from harness.keeping.keeper import Holder, start_keeper
from harness.network.needs import require_sites
from harness.network.site import Site
from harness.network.sites import made_by, peopled
from harness.org import Org, read_org
from harness.settings import RunSettings
from harness.world import Agent, CloudControl, Wire, World, WorldKind

QUEUE_NAME = "Chaos Queue"
# The control verb of the cloud that carries a fault out; sabotaging the fault means that the verb does nothing.
VERBS = {
    "schedule_publish": "publish_schedule",
    "channel_evicted": "evict_channels",
    "presence_restore_window": "presence_settings",
}


@dataclass(frozen=True)
class Started:
    """A world that is up. `secrets` are the values that must appear in no record of the run."""

    world: World
    world_file: Path
    keeper: Holder
    secrets: frozenset[str]
    as_found: list[dict[str, Any]]
    place: start_tracker.Place | None = None

    def take_down(self, unjudged: str = "") -> list[str]:
        """End every process and lease of the run; what was not in order is returned in words.

        With `unjudged`, the verdict is VOID for that reason until a judge says otherwise. The agents of an org get back
        the presence and the message from before the run.
        """
        problems: list[str] = []
        try:
            problems += self.keeper.finish(unjudged)
        finally:
            if self.place is not None:
                self.place.close()
            problems += leave_as_found(self.world, self.as_found)
        return problems


def new_run_folder(runs: Path, name: str) -> Path:
    """Make `runs/<id>`; `BadInput` if that cannot be written. The id comes from DESKSTORM_RUN if that is set."""
    given = os.environ.get("DESKSTORM_RUN")
    identity = given or f"{name}-{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}"
    folder = runs.absolute() / identity
    try:
        (folder / "evidence").mkdir(parents=True)
    except OSError as error:
        raise BadInput(f"runs folder {runs}", "a folder that can be written", error.strerror) from None
    return folder


def bring_up(
    settings: RunSettings,
    folder: Path,
    evidence: EvidenceWriter,
    stopped: Callable[[str], None],
    signal_number: int = 0,
) -> Started:
    """Start the keeper and everything that the world consists of, and wait until it is all there.

    `stopped(reason)` is called once, from a thread, if the keeper ends the run; this process gets `signal_number`
    then, if one is given. Anything that goes wrong is raised after the keeper has taken down what was up.
    """
    org = read_org(settings.world_file) if settings.world_file and names_org(settings.world_file) else None
    keeper = start_keeper(folder)
    try:
        keeper.hold_run(settings.longest_s, stopped, signal_number=signal_number)
        with ExitStack() as failed:
            if org:
                up = _around(in_its_world(settings), org, keeper, None, failed)
            else:
                up = _local_world(settings, keeper, failed)
            failed.pop_all()
        evidence.write("world.up", sources=list(up.sources))
        return Started(up.world, up.world_file, keeper, up.secrets, up.as_found, up.place)
    except BaseException:
        keeper.finish()
        raise


@dataclass(frozen=True)
class _Up:
    world: World
    world_file: Path
    secrets: frozenset[str]
    sources: tuple[str, ...]
    as_found: list[dict[str, Any]]
    place: start_tracker.Place | None


def _local_world(settings: RunSettings, keeper: Holder, failed: ExitStack) -> _Up:
    chance = Random(settings.seed)
    sites = made_by(keeper, settings.sites)
    people = _agents(settings.agents + 1, chance)
    agents, canary = people[:-1], people[-1]
    queue_id = _uuid(chance)
    client_secret, control_token = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
    client_id, desktop_client_id = _uuid(chance), _uuid(chance)
    cloud = start_child(
        keeper,
        "cloud",
        "simulator.cloud",
        {
            "agents": [vars(agent) for agent in people],
            "client_id": client_id,
            "client_secret": client_secret,
            "desktop_client_id": desktop_client_id,
            "queue": {"id": queue_id, "name": QUEUE_NAME},
            "seed": settings.seed,
            "time_scale": settings.time_scale,
            "evidence": str(evidence_folder(keeper)),
            "control_token": control_token,
            "tls": settings.tls,
            "tls_folder": str(keeper.state),
            "rate_limits": False,
            "sabotage": [VERBS[fault] for fault in settings.sabotage if fault in VERBS],
            **({"media_hosts": [site.gateway for site in sites]} if sites else {}),
            **start_tracker.cloud_settings(settings),
            **settings.cloud,
        },
    )
    org = Org(
        api=cloud["api"],
        login=cloud["login"],
        hosts=(urlsplit(cloud["api"]).netloc,),
        client_id=client_id,
        client_secret=client_secret,
        desktop_client_id=desktop_client_id,
        queue_id=queue_id,
        agents=agents,
        canary=canary,
        ca=cloud["ca"],
        time_scale=settings.time_scale,
        crowd=True,
    )
    control = CloudControl(cloud["control"], control_token)
    return _around(settings, org, keeper, control, failed, peopled(sites, agents))


def in_its_world(settings: RunSettings) -> RunSettings:
    """`settings` with the number of agents and the time scale that the world file of an org says.

    `BadInput` for too few agents, and for what only a cloud of ours can be told to do: an org would run another
    experiment than the one meant.
    """
    named = settings.world_file
    found = _in_org(settings, named) if named and names_org(named) else settings
    _check_tracker_defect(found)
    if found.agents < found.least_agents:
        raise BadInput("agents", f"at least {found.least_agents} for this experiment", found.agents)
    if found.sites:
        require_sites()
    return found


def _check_tracker_defect(settings: RunSettings) -> None:
    """A defect of the tracker that nobody has would make a healthy run of a defective one."""
    if start_tracker.is_trackers(settings.defect):
        if settings.tracker is None:
            raise BadInput("defect", "one of the desktops, for an experiment without a tracker", settings.defect)
        if read_foreign(settings.world_file) is not None:
            raise BadInput("defect", "none, or one of the desktops: the tracker is not ours", settings.defect)


def _in_org(settings: RunSettings, world_file: Path) -> RunSettings:
    where = f"an org ({world_file})"
    if settings.cloud:
        wanted = ", ".join(f"{key} {value}" for key, value in settings.cloud.items())
        raise BadInput("this experiment's world", f"a local one, whose cloud can be set to {wanted}", where)
    if settings.sites:
        raise BadInput(
            "this experiment's world", "a local one for its network sites, or on.interface in each fault", where
        )
    if told := [fault for fault in settings.sabotage if fault in VERBS]:
        raise BadInput(f"sabotage of {', '.join(told)}", "a local world, whose cloud can be told to", where)
    if settings.tracker is not None and read_foreign(world_file) is None:
        raise BadInput("this experiment's world", "a local one, or a world file that names a tracker too", where)
    org = read_org(world_file)
    return replace(settings, agents=len(org.agents), time_scale=org.time_scale)


def _around(
    settings: RunSettings,
    org: Org,
    keeper: Holder,
    control: CloudControl | None,
    failed: ExitStack,
    sites: tuple[Site, ...] = (),
) -> _Up:
    """Start what stands around a cloud: wire and validator, then the crowd, which needs the wire's address.

    With `sites` there is one crowd in each. `failed` is told what must be let go of if the world does not come up.
    """
    wire_token = secrets.token_urlsafe(24)
    world_file = keeper.state / "world.json"
    world = World(
        kind=WorldKind.LOCAL if control else WorldKind.ORG,
        run=keeper.run,
        folder=str(keeper.folder),
        keeper_socket=str(keeper.socket),
        api=org.api,
        login=org.login,
        client_id=org.client_id,
        client_secret=org.client_secret,
        desktop_client_id=org.desktop_client_id,
        agents=org.agents,
        canary=org.canary,
        queue_id=org.queue_id,
        time_scale=org.time_scale,
        seed=settings.seed,
        ca=org.ca,
        control=control,
        queues=tuple(queue["id"] for queue in start_tracker.further_queues(settings)) if control else (),
        sites=sites,
        sabotage=settings.sabotage,
    )
    found: list[dict[str, Any]] = []
    if world.kind is WorldKind.ORG:
        check_blast_radius(world)
        found = as_found(world)
    world.write(world_file)
    with ThreadPoolExecutor(2) as pool:
        validator = pool.submit(
            keeper.spawn,
            "validator",
            [sys.executable, "-m", "harness.observing.validator", "--world", str(world_file)],
        )
        place = start_tracker.prepare(settings, keeper)
        wire_settings = _wire_settings(settings, org, keeper, wire_token) | {"listen": [s.gateway for s in sites]}
        if place is not None:
            failed.callback(place.close)
            wire_settings["hosts"] += place.hosts
            wire_settings["fronts"] = place.fronts(org.api, org.login)
        wire = start_child(keeper, "wire", "proxy_addons", wire_settings)
        crowd_url = None
        if sites:
            urls = pool.map(lambda site: _crowd_at(site, settings, org, keeper, wire), sites)
            sites = tuple(replace(site, crowd_url=url) for site, url in zip(sites, urls, strict=True))
            crowd_url = sites[0].crowd_url
        elif org.crowd:
            crowd_url = str(
                start_child(keeper, "crowd", "simulator.desktop", _crowd(settings, org, keeper, wire))["url"]
            )
        validator.result()
    complete = World(
        **{
            **vars(world),
            "wire": Wire(
                *(wire["proxy"], wire["control_host"], wire["control_port"], wire_token, wire["ca"], wire["proxies"]),
                metrics=wire["metrics"],
            ),
            "crowd_url": crowd_url,
            "sites": sites,
            "receiver": place.receiver if place else None,
        }
    )
    if place is not None:
        complete = replace(complete, tracker=start_tracker.start(place, settings, keeper, complete, wire["fronts"]))
    complete.write(world_file)
    return _Up(complete, world_file, _secrets_of(complete), _sources(complete), found, place)


def _wire_settings(settings: RunSettings, org: Org, keeper: Holder, token: str) -> dict[str, Any]:
    return {
        "evidence": str(evidence_folder(keeper)),
        "control_token": token,
        "confdir": str(keeper.state / "wire"),
        "upstream_ca": org.ca,
        "hosts": list(org.hosts),
        "time_scale": org.time_scale,
        "seed": settings.seed,
        "sabotage": [fault for fault in settings.sabotage if fault not in VERBS],
    }


def _crowd(settings: RunSettings, org: Org, keeper: Holder, wire: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "agents": [vars(agent) for agent in org.agents],
        "api": org.api,
        "login": org.login,
        "desktop_client_id": org.desktop_client_id,
        "proxy": wire["proxy"],
        "ca": wire["ca"],
        "time_scale": org.time_scale,
        "seed": settings.seed,
        "evidence": str(evidence_folder(keeper)),
        "store": str(keeper.state),
        "queue_id": org.queue_id,
        "defect": None if start_tracker.is_trackers(settings.defect) else settings.defect,
        **settings.crowd,
    }


def _crowd_at(site: Site, settings: RunSettings, org: Org, keeper: Holder, wire: Mapping[str, Any]) -> str:
    """Start the crowd of `site`; where its status endpoint is."""
    name = f"crowd-{site.name}"
    crowd = _crowd(settings, org, keeper, wire) | {
        "agents": [vars(agent) for agent in org.agents if agent.id in site.agents],
        "proxy": wire["proxies"][site.gateway],
        "store": str(keeper.state / name),
        "name": name,
        "namespace": site.namespace,
    }
    return str(start_child(keeper, name, "simulator.desktop", crowd)["url"])


def _sources(world: World) -> tuple[str, ...]:
    named = ["keeper", "wire", "validator"]
    if world.control:
        named.append("cloud")
    if world.crowd_url:
        named.append("crowd")
    if world.receiver:
        named.append("receiver")
    return tuple(named)


def _secrets_of(world: World) -> frozenset[str]:
    tokens = {agent.refresh_token for agent in (*world.agents, world.canary)}
    tokens |= {world.client_secret} | ({world.wire.token} if world.wire else set())
    tokens |= {world.receiver.token} if world.receiver else set()
    tokens |= {world.tracker.token} if world.tracker and world.tracker.token else set()
    return frozenset(tokens | ({world.control.token} if world.control else set()))


def _agents(count: int, chance: Random) -> tuple[Agent, ...]:
    names = [f"Agent {number + 1}" for number in range(count - 1)] + ["Canary"]
    return tuple(Agent(_uuid(chance), name, secrets.token_urlsafe(24)) for name in names)


def _uuid(chance: Random) -> str:
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))
