"""Loss on the desktops' network, as it was measured and as it is."""

from dataclasses import replace

import pytest

from harness.errors import BadInput, NoEvidence
from harness.network.site import Site
from probes.path_loss_percent import path_loss_percent
from tests.harness.network.links import joined
from tests.probes.conftest import Scene


def measured(scene: Scene, second: float, place: str, when: str = "injected", lost: float = 0) -> None:
    scene.at(
        second,
        "chaos",
        "path.measured",
        fault="packet_loss",
        place=place,
        when=when,
        found={"to_desktops": {"lost_percent": lost}},
    )


def test_it_tells_the_worst_site_when_the_fault_was_last_seen_in_force(scene: Scene) -> None:
    measured(scene, 1, "site a", lost=50)
    measured(scene, 2, "site a", lost=2)
    measured(scene, 3, "site b", lost=3)
    measured(scene, 4, "site a", when="cleared", lost=0)
    assert path_loss_percent(fault="packet_loss", configuration=scene.configuration) == 3
    assert path_loss_percent(fault="packet_loss", site="a", configuration=scene.configuration) == 2


def test_what_was_not_measured_is_no_evidence(scene: Scene) -> None:
    measured(scene, 1, "site a", lost=2)
    sentence = "path_loss_percent: expected measurements of latency in force at site a, found none"
    with pytest.raises(NoEvidence, match=sentence):
        path_loss_percent(fault="latency", site="a", configuration=scene.configuration)
    with pytest.raises(NoEvidence, match="expected measurements of packet_loss in force, found none"):
        path_loss_percent("from_desktops", fault="packet_loss", configuration=scene.configuration)
    with pytest.raises(NoEvidence, match="expected a world with sites, found none"):
        path_loss_percent(configuration=scene.configuration)
    with pytest.raises(BadInput):
        path_loss_percent("both", configuration=scene.configuration)


@pytest.mark.world
def test_it_measures_now(scene: Scene) -> None:
    with joined(far_is_root=True) as link:
        ends = (link.far_link, link.near_link, link.far_address, link.near_address)
        scene.world = replace(scene.world, sites=(Site("a", link.near, *ends),))
        assert path_loss_percent(configuration=scene.configuration) == 0
