"""The history checker: a tracker that does it right never gets a finding, and each corruption gets the one it is."""

from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.observing.checker import (
    Answered,
    Finding,
    Kind,
    Outcome,
    Read,
    Record,
    Sent,
    Stay,
    Step,
    check,
    contradictions,
)

QUEUES = ("Billing", "Sales", "Support")


@dataclass
class Model:
    """A tracker that does it right: its state is a set of steps, and all it says follows from that."""

    steps: dict[str, set[Step]] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)

    def take(self, sent: Sent) -> None:
        known = self.steps.setdefault(sent.conversation, set())
        if not known >= set(sent.steps):
            self.versions[sent.conversation] = self.versions.get(sent.conversation, 0) + 1
        known |= set(sent.steps)

    def read(self, t: int, conversation: str, final: bool = False) -> Read:
        if conversation not in self.steps:
            return Read(t, t - 1, conversation, found=False, final=final)
        steps = tuple(sorted(self.steps[conversation]))
        version = self.versions.get(conversation, 0)
        return Read(t, t - 1, conversation, True, version, steps, final=final, **_told(steps))


def _told(steps: tuple[Step, ...]) -> dict[str, Any]:
    """Stays, bounces and current queue by the plainest way there is."""
    stays: list[list[Any]] = []
    bounces = 0
    for step in steps:
        mine = [stay for stay in stays if stay[0] == step.queue]
        lasting = [stay for stay in mine if stay[2] is None]
        if not step.enters and lasting:
            lasting[0][2] = step.at_ms
        elif not step.enters:
            stays.append([step.queue, None, step.at_ms])
        else:
            before = [s for s in steps if s.queue == step.queue and s < step]
            bounces += bool(before) and not before[-1].enters
            stays.append([step.queue, step.at_ms, None])
    current = next((str(stay[0]) for stay in reversed(stays) if stay[2] is None), None)
    shown = tuple(Stay(str(q), a, b, (b - a) / 1000 if a is not None and b is not None else None) for q, a, b in stays)
    return {"stays": shown, "bounces": bounces, "current": current, "tells_current": True, "open": True}


def history(seed: int, conversations: int = 3, visits: int = 4) -> list[Sent]:
    """What is sent of some conversations: one visit after the other, some to the same queue; the last may last."""
    dice = Random(seed)
    sent: list[Sent] = []
    for number in range(conversations):
        at_ms = dice.randrange(1_000, 5_000)
        for visit in range(dice.randint(1, visits)):
            queue = dice.choice(QUEUES)
            for enters in (True, False):
                at_ms += dice.randrange(1, 1_000)
                sent.append(Sent(0, f"d-{number}-{visit}-{enters}", f"c-{number}", (Step(at_ms, enters, queue),)))
        if dice.random() < 0.5:
            sent.pop()
        sent.append(Sent(0, f"d-{number}-end", f"c-{number}", ()))
    return sent


def run(seed: int, orderly: bool = False) -> tuple[list[Record], Model]:
    """The records of a run of the model: shuffled, repeated, cut off, and read in between; and the model at its end."""
    dice, model = Random(seed), Model()
    sent = history(seed)
    if not orderly:
        dice.shuffle(sent)
        sent += dice.sample(sent, len(sent) // 3)
    records: list[Record] = []
    t = 0
    unknown: list[Sent] = []
    for delivery in sent:
        t += 10
        records.append(delivery._replace(t=t))
        applied = orderly or dice.random() < 0.9
        if applied:
            model.take(delivery)
        if dice.random() < 0.3:
            records.append(model.read(t + 5, delivery.conversation))
        if not applied or (not orderly and dice.random() < 0.1):
            records.append(Answered(t + 7, delivery.delivery, Outcome.UNKNOWN))
            unknown.append(delivery)
        else:
            records.append(Answered(t + 7, delivery.delivery, Outcome.OK))
    for delivery in unknown:
        t += 10
        model.take(delivery)
        records += [delivery._replace(t=t), Answered(t + 1, delivery.delivery, Outcome.OK)]
    for conversation in sorted(model.steps):
        records.append(model.read(t + 100, conversation, final=True))
    return records, model


def kinds(findings: list[Finding]) -> set[Kind]:
    return {finding.kind for finding in findings}


@given(st.integers(0, 2**32))
def test_a_tracker_that_does_it_right_never_gets_a_finding(seed: int) -> None:
    records, _ = run(seed)
    assert check(records) == []


def corrupted(records: list[Record], kind: Kind, seed: int) -> list[Record] | None:
    """The run with one thing wrong, or None if it holds nothing that could be."""
    dice = Random(seed)
    reads = [
        place for place, record in enumerate(records) if isinstance(record, Read) and record.steps and record.final
    ]
    if not reads:
        return None
    place = dice.choice(reads)
    read = records[place]
    assert isinstance(read, Read) and read.steps
    steps = read.steps
    if kind is Kind.LOST:
        kept = tuple(step for step in steps if step != dice.choice(steps)) if len(steps) > 1 else ()
        if kept == steps:
            kept = steps[1:]
        changed = read._replace(steps=kept, **_told(kept))
    elif kind is Kind.INVENTED:
        more = tuple(sorted((*steps, Step(steps[-1].at_ms + 5, True, "Nowhere"))))
        changed = read._replace(steps=more, **_told(more))
    elif kind is Kind.REPEATED:
        changed = read._replace(steps=(*steps, steps[0]))
    elif kind is Kind.WENT_BACK:
        later = read._replace(t=read.t + 10, asked=read.t + 5, version=(read.version or 0) - 1)
        return [*records, later]
    elif kind is Kind.FORGOTTEN:
        return [*records, Read(read.t + 10, read.t + 5, read.conversation, found=False)]
    elif kind is Kind.WRONG:
        changed = read._replace(bounces=(read.bounces or 0) + 1)
    else:
        return None
    return [*records[:place], changed, *records[place + 1 :]]


@pytest.mark.parametrize("kind", [Kind.LOST, Kind.INVENTED, Kind.REPEATED, Kind.WENT_BACK, Kind.FORGOTTEN, Kind.WRONG])
@given(seed=st.integers(0, 2**32))
def test_each_corruption_gets_its_finding(kind: Kind, seed: int) -> None:
    records, _ = run(seed)
    changed = corrupted(records, kind, seed)
    assert changed is None or kind in kinds(check(changed))


@pytest.mark.parametrize("tells_version", [False, True])
@given(seed=st.integers(0, 2**32))
def test_an_answer_that_lacks_what_was_told_before_went_back(tells_version: bool, seed: int) -> None:
    """A replica that lags behind, or a replay that is half done: the version may grow all the same."""
    dice, model, records = Random(seed), Model(), list[Record]()
    t = 0
    states = [model.read(0, "c-0")]
    for delivery in history(seed, conversations=1):
        t += 10
        model.take(delivery)
        records += [delivery._replace(t=t), Answered(t + 1, delivery.delivery, Outcome.OK)]
        states.append(model.read(0, "c-0"))
        version = t if tells_version else None
        records.append(states[-1]._replace(t=t + 3, asked=t + 2, version=version))
        stale = dice.choice(states[1:])
        gone = set(states[-1].steps or ()) - set(stale.steps or ())
        again = stale._replace(t=t + 6, asked=t + 4, version=version)
        found = check([*records, again, states[-1]._replace(t=t + 9, asked=t + 8, version=version, final=True)])
        assert [(one.kind, one.t) for one in found] == [(Kind.WENT_BACK, t + 6)] * len(gone)
        assert check([*records, again._replace(asked=0)]) == []


@given(st.integers(0, 2**32))
def test_an_answer_that_mixes_two_states_is_torn(seed: int) -> None:
    """Bounces, visits and queue of the state before a delivery, transitions of the state after it."""
    model = Model()
    records: list[Record] = []
    sent = [one for one in history(seed, conversations=1) if one.steps]
    t = 0
    for delivery in sent[:-1]:
        t += 10
        model.take(delivery)
        records += [delivery._replace(t=t), Answered(t + 1, delivery.delivery, Outcome.OK)]
    before = model.read(t + 12, "c-0")
    model.take(sent[-1])
    after = model.read(t + 12, "c-0")
    mixed = after._replace(stays=before.stays or (), bounces=before.bounces or 0, current=before.current)
    records += [sent[-1]._replace(t=t + 10), mixed, Answered(t + 20, sent[-1].delivery, Outcome.OK)]
    assert kinds(check(records)) == {Kind.TORN}
    records[-2] = after
    assert check(records) == []


BILLING = (
    Step(1_000, True, "Billing"),
    Step(2_000, False, "Billing"),
    Step(3_000, True, "Billing"),
    Step(4_000, False, "Billing"),
)


def billing() -> list[Record]:
    """Conversation c-17 enters and leaves Billing twice, all of it acknowledged."""
    records: list[Record] = []
    for number, step in enumerate(BILLING):
        records += [Sent(number * 10, str(number), "c-17", (step,)), Answered(number * 10 + 1, str(number), Outcome.OK)]
    return records


def final(steps: tuple[Step, ...], **more: Any) -> Read:
    return Read(200, 100, "c-17", True, 4, steps, final=True, **more)


def test_a_lost_entry_is_told_in_the_words_of_the_conversation() -> None:
    found = check([*billing(), final((BILLING[0], BILLING[1], BILLING[3]))])
    assert [str(one) for one in found] == [
        "lost: conversation c-17 entered Billing at 3000: that was acknowledged, and is gone; "
        "it left Billing twice but entered once"
    ]


@pytest.mark.parametrize(
    ("read", "words"),
    [
        (final((*BILLING, BILLING[0])), "entered Billing at 1000: that is told twice, and happened once"),
        (final((*BILLING, Step(5_000, True, "Sales"))), "entered Sales at 5000, which nobody delivered"),
        (final(BILLING, bounces=3), "has 3 bounces it says, but its transitions tell of 1 bounce"),
        (
            final(BILLING, current="Billing", tells_current=True),
            "is in Billing it says, but by its transitions it is not",
        ),
        (
            final(BILLING, stays=(Stay("Billing", 1_000, 2_000, 1.0), Stay("Billing", 3_000, 4_000, 7.0))),
            "stayed 7 s in Billing it says, but came and went 1 s apart",
        ),
        (final(BILLING, stays=()), "visited nothing it says, but its transitions tell of Billing, Billing"),
        (Read(200, 100, "c-17", False, final=True), "is unknown, though 4 steps of it were acknowledged"),
    ],
)
def test_what_is_wrong_is_said_in_words(read: Read, words: str) -> None:
    assert [finding.words for finding in check([*billing(), read])] == [words]


def test_what_was_refused_or_cut_off_need_not_be_there() -> None:
    records = billing()
    records[-1] = Answered(31, "3", Outcome.UNKNOWN)
    assert check([*records, final(BILLING[:3])]) == []
    assert check([*records, final(BILLING)]) == []


def test_answers_that_overlap_may_come_in_any_order() -> None:
    older = Read(300, 100, "c-17", True, 3, BILLING[:3])
    newer = Read(250, 200, "c-17", True, 4, BILLING)
    assert check([*billing(), newer, older]) == []
    assert kinds(check([*billing(), newer, older._replace(asked=260)])) == {Kind.WENT_BACK}


def test_what_was_told_and_is_gone_is_said_in_the_words_of_the_conversation() -> None:
    told = Read(110, 100, "c-17", True, steps=BILLING)
    lagging = Read(130, 120, "c-17", True, steps=(BILLING[0], BILLING[1], BILLING[3]))
    found = check([*billing(), told, lagging, final(BILLING)])
    assert [str(one) for one in found] == [
        "went back: conversation c-17 entered Billing at 3000: that was told before, and is gone; "
        "it left Billing twice but entered once"
    ]
    assert [one.kind for one in check([*billing(), told, final(lagging.steps or ())])] == [Kind.LOST]


def test_not_found_may_overlap_with_an_answer_that_found() -> None:
    unknown = Read(300, 100, "c-17", False)
    known = Read(250, 200, "c-17", True, steps=BILLING)
    assert check([*billing(), known, unknown]) == []
    assert kinds(check([*billing(), known, unknown._replace(asked=260)])) == {Kind.FORGOTTEN}


def test_in_and_out_at_one_moment_is_one_visit_and_no_bounce() -> None:
    steps = (Step(1_000, True, "Billing"), Step(1_000, False, "Billing"), Step(2_000, True, "Billing"))
    stays = (Stay("Billing", 1_000, 1_000, 0.0), Stay("Billing", 2_000, None, None))
    read = Read(10, 5, "c-17", True, 3, steps, stays, bounces=1, current="Billing", tells_current=True, open=True)
    assert contradictions(read, complete=True) == []


def test_while_events_are_missing_nobody_says_which_exit_ends_which_entry() -> None:
    """Two stays by different participants, of which the first exit has not come yet."""
    steps = (Step(1_000, True, "Billing"), Step(3_000, True, "Billing"), Step(4_000, False, "Billing"))
    stays = (Stay("Billing", 1_000, None, None), Stay("Billing", 3_000, 4_000, 1.0))
    read = Read(10, 5, "c-17", True, 3, steps, stays, bounces=0, current="Billing", tells_current=True, open=True)
    assert contradictions(read) == []
    only_exit = read._replace(steps=(steps[0], steps[2]), stays=(stays[0], Stay("Billing", None, 4_000, None)))
    assert contradictions(only_exit) == []


def test_an_exit_whose_entry_is_missing_ends_no_later_stay() -> None:
    steps = (Step(1_000, False, "Billing"), Step(3_000, True, "Billing"))
    stays = (Stay("Billing", None, 1_000, None), Stay("Billing", 3_000, None, None))
    read = Read(10, 5, "c-17", True, 2, steps, stays, bounces=1, current="Billing", tells_current=True, open=True)
    assert contradictions(read, complete=True) == []
    assert contradictions(read._replace(current=None)) == ["is in no queue it says, but by its transitions in Billing"]
