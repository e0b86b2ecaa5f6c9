"""The sites of a run: made through its keeper, and each given its part of the agents."""

from collections.abc import Sequence
from dataclasses import replace

from harness.keeping.lease import Holder, Undo
from harness.network.namespaces import new_name, new_run_hex
from harness.network.site import NAMES, Site
from harness.world import Agent

MAKING = "harness.network.namespaces"


def made_by(keeper: Holder, sites: int) -> tuple[Site, ...]:
    """So many sites, "a" first. The keeper takes them away after the last process of the run has ended."""
    run_hex = new_run_hex()
    return tuple(_made_by(keeper, site, new_name(site, run_hex)) for site in NAMES[:sites])


def peopled(sites: Sequence[Site], agents: Sequence[Agent]) -> tuple[Site, ...]:
    """The `sites` with the ids of `agents` dealt out, so that each has as many as the next, give or take one."""
    return tuple(
        replace(site, agents=tuple(agent.id for agent in agents[number :: len(sites)]))
        for number, site in enumerate(sites)
    )


def _made_by(keeper: Holder, site: str, namespace: str) -> Site:
    make = Undo(MAKING, "make", {"namespace": namespace, "site": site})
    undo = Undo(MAKING, "remove", {"namespace": namespace})
    return Site.from_json(keeper.lay_ground(f"network namespace {namespace}", make, undo))
