"""Connect times on the desktops' network, as they were measured and as they are."""

from dataclasses import replace

import pytest

from harness.errors import NoEvidence
from harness.network.site import Site
from probes.path_connect_ms import path_connect_ms
from tests.harness.network.links import joined
from tests.probes.conftest import Scene


def measured(scene: Scene, second: float, place: str, when: str = "injected", ms: float | None = 0) -> None:
    scene.at(second, "chaos", "path.measured", fault="packet_loss", place=place, when=when, found={"connect_ms": ms})


def test_it_tells_the_slowest_site_in_real_world_milliseconds(scene: Scene) -> None:
    measured(scene, 1, "site a", ms=20)
    measured(scene, 2, "site b", ms=10)
    assert path_connect_ms("packet_loss", configuration=scene.configuration) == 20 / scene.world.time_scale
    assert path_connect_ms("packet_loss", "b", configuration=scene.configuration) == 10 / scene.world.time_scale


def test_no_connect_at_all_is_for_ever(scene: Scene) -> None:
    measured(scene, 1, "site a", ms=None)
    assert path_connect_ms("packet_loss", configuration=scene.configuration) == 999_999_000


def test_what_was_not_measured_is_no_evidence(scene: Scene) -> None:
    with pytest.raises(NoEvidence, match="path_connect_ms: expected measurements of latency in force, found none"):
        path_connect_ms("latency", configuration=scene.configuration)


@pytest.mark.world
def test_it_measures_now(scene: Scene) -> None:
    with joined(far_is_root=True) as link:
        ends = (link.far_link, link.near_link, link.far_address, link.near_address)
        scene.world = replace(scene.world, sites=(Site("a", link.near, *ends),))
        assert 0 < path_connect_ms(configuration=scene.configuration) < 1000
