"""What was said and delivered, as records of a history."""

from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import CannotTell
from harness.evidence import Evidence, EvidenceWriter, read
from harness.observing.checker import Answered, Outcome, Read, Sent, Stay, Step
from harness.observing.told import acknowledged, answers, as_fields, read_of, records
from harness.observing.tracker import TrackerView, Transition, Visit

STEP = Step(1_000, True, "billing")
VIEW = TrackerView(
    conversation="c-1",
    queue="billing",
    tells_queue=True,
    bounces=0,
    transitions=(Transition("enter", "billing", 1_000),),
    visits=(Visit("billing", 1_000, None, None),),
    version=1,
    open=True,
)


def evidence(folder: Path, *answered: Read) -> Evidence:
    """One delivery that was cut off and came again, and some answers."""
    writer = EvidenceWriter(folder, "chaos")
    about = {"delivery": "d-1", "conversation": "c-1"}
    writer.write("delivery.invoked", **about, attempt=1, steps=[list(STEP)])
    writer.write("delivery.unknown", **about, status=0)
    for answer in answered:
        writer.write("tracker.read", **as_fields(answer))
    writer.write("delivery.invoked", **about, attempt=2, steps=[list(STEP)])
    writer.write("delivery.ok", **about, status=200)
    writer.close()
    return read(folder)


def test_an_answer_comes_back_from_the_evidence_as_it_was(tmp_path: Path) -> None:
    answer = read_of("c-1", VIEW, asked=5, t=9)
    assert answer.steps == (STEP,)
    assert answer.stays == (Stay("billing", 1_000, None, None),)
    assert (answer.current, answer.tells_current, answer.open, answer.version) == ("billing", True, True, 1)
    assert answers(evidence(tmp_path, answer))[0]._replace(t=9) == answer


def test_an_answer_that_tells_no_transitions_is_nothing_to_check() -> None:
    with pytest.raises(CannotTell, match="the tracker cannot tell transitions"):
        read_of("c-1", replace(VIEW, transitions=None, visits=None), asked=5, t=9)


def test_not_found_is_an_answer_too(tmp_path: Path) -> None:
    assert not answers(evidence(tmp_path, read_of("c-1", None, asked=5, t=9)))[0].found


def test_the_history_holds_made_up_conversations_alone_and_the_final_answers_last(tmp_path: Path) -> None:
    other = read_of("c-2", VIEW, asked=5, t=9)
    final = read_of("c-1", VIEW, asked=5, t=9, final=True)
    found = records(evidence(tmp_path, read_of("c-1", VIEW, asked=5, t=9), other), [final])
    assert [type(record) for record in found] == [Sent, Answered, Read, Sent, Answered, Read]
    assert [record.outcome for record in found if isinstance(record, Answered)] == [Outcome.UNKNOWN, Outcome.OK]
    assert found[-1] == final


def test_acknowledged_deliveries_are_counted_once(tmp_path: Path) -> None:
    assert acknowledged(evidence(tmp_path)) == {"c-1": 1}
