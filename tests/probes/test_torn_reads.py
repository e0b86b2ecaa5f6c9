"""Answers that contradict themselves."""

from contextlib import ExitStack

import pytest

from harness.errors import NoEvidence
from harness.observing.told import as_fields, read_of
from harness.observing.tracker import view_of
from harness.world import Dialect
from probes.torn_reads import torn_reads
from tests.probes.conftest import Scene
from tests.probes.tracked import BILLING, health, with_tracker


def watched(scene: Scene, bounces: int) -> None:
    """An answer about a conversation that entered Billing twice."""
    answer = health((BILLING, 1_000, 2_000), (BILLING, 3_000, None), state={"bounce_count": bounces})
    read = read_of("c-1", view_of("c-1", answer, Dialect.GENESYS), asked=1, t=2)
    scene.at(4, "chaos", "tracker.read", **as_fields(read))


def test_answers_that_do_not_agree_with_themselves_are_counted(scene: Scene, handles: ExitStack) -> None:
    with_tracker(scene, handles)
    watched(scene, bounces=1)
    assert torn_reads(at_least=1, configuration=scene.configuration) == 0
    watched(scene, bounces=0)
    assert torn_reads(at_least=1, configuration=scene.configuration) == 1


def test_too_few_answers_are_nothing_to_measure(scene: Scene, handles: ExitStack) -> None:
    with_tracker(scene, handles)
    watched(scene, bounces=1)
    with pytest.raises(NoEvidence, match="at least 2 watched answers, found 1"):
        torn_reads(at_least=2, configuration=scene.configuration)
