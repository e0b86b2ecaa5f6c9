"""Calls that connected desktops turn down."""

from probes.offers_declined import offers_declined
from tests.probes.conftest import A, B, Scene


def test_declining_without_a_connection_is_right_and_does_not_count(scene: Scene) -> None:
    scene.at(1, "crowd", "offer.declined", A, conversation="c-1", connected=True)
    scene.fault(5)
    scene.at(6, "crowd", "offer.declined", A, conversation="c-2", connected=False)
    assert offers_declined(configuration=scene.configuration) == 0


def test_declining_while_connected_counts(scene: Scene) -> None:
    scene.fault(5)
    scene.at(6, "crowd", "offer.declined", A, conversation="c-2", connected=True)
    scene.at(7, "crowd", "offer.declined", B, conversation="c-3", connected=True)
    assert offers_declined(configuration=scene.configuration) == 2
