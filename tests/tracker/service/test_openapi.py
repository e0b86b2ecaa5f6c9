"""The service keeps to its own description: whatever it is asked, it answers as it says, and never with a 5xx."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection

from tests.tracker.running import Running, acd, running
from tests.tracker.service.test_service import NOW_MS
from tracker.service.openapi import document

pytestmark = pytest.mark.world

SCHEMA = schemathesis.openapi.from_dict(document())
OPERATIONS: list[Any] = [found.ok() for found in SCHEMA.get_all_operations()]  # type: ignore[union-attr]
DELIVERY = "POST /eventbridge"


@pytest.fixture(scope="module")
def tracker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A tracker that has something to tell."""
    with running(tmp_path_factory.mktemp("tracker")) as started:
        started.deliver(acd("c-1", "start", NOW_MS), acd("c-1", "end", NOW_MS + 5), {})
        started.deliver(acd("stuck", "start", NOW_MS - 400_000))
        yield started


def test_the_service_tells_its_description(tracker: Running) -> None:
    assert tracker.get("/openapi.json") == document()
    assert len(OPERATIONS) == 10


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_every_answer_is_as_described(tracker: Running, operation: Any, mode: GenerationMode) -> None:
    parameters = operation.query or operation.path_parameters or operation.body
    if mode is GenerationMode.NEGATIVE and not parameters:
        return  # there is nothing to get wrong

    @settings(max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        # Events of topics that are of no interest are no mistake, whatever they hold.
        excluded = [negative_data_rejection] if operation.label == DELIVERY else []
        case.call_and_validate(base_url=tracker.url, timeout=10, excluded_checks=excluded)

    ask()


def test_what_is_wrong_with_a_query_is_said(tracker: Running) -> None:
    case = SCHEMA["/api/v1/interactions"]["GET"].Case(query={"pageSize": 1000})
    assert case.call_and_validate(base_url=tracker.url).status_code == 400
