"""What becomes of deliveries beyond the bounds."""

import asyncio
import json
from pathlib import Path

from tests.tracker.running import acd
from tests.tracker.test_book import opened
from tracker.answer import Answer
from tracker.book import MOST_EVENTS
from tracker.envelope import read
from tracker.intake import FULL, Intake

T = 1_800_000_000_000


def test_a_conversation_with_very_many_events_takes_no_more_and_says_why(tmp_path: Path) -> None:
    async def test() -> None:
        async with opened(tmp_path) as tracker:
            intake = Intake(read, tracker.book, tracker.store)
            intake.open = True
            full = [acd("c-1", "start", T + number, visit=number) for number in range(MOST_EVENTS)]
            assert await intake.taken(json.dumps(full).encode()) == Answer(accepted=MOST_EVENTS)
            one_more = acd("c-1", "start", T - 1, visit=0)
            assert await intake.taken(json.dumps(one_more).encode()) == Answer(rejected=1)
            both = [one_more, acd("c-2", "start", T)]
            assert await intake.taken(json.dumps(both).encode()) == Answer(accepted=1, rejected=1)
            letters, total = await tracker.store.dead_letters(0, 10)
            assert total == 2
            assert {letter.reason for letter in letters} == {FULL}
            assert all("c-1" in letter.raw for letter in letters)
            assert await intake.taken(json.dumps(full[0]).encode()) == Answer(duplicates=1)
            assert await intake.taken(json.dumps(full[:5]).encode()) == Answer(duplicates=5)

    asyncio.run(test())


def steps(first: int, last: int) -> bytes:
    """A delivery of one conversation's entries and exits."""
    edges = ("start", "end")
    return json.dumps(
        [acd("c-1", edges[number % 2], T + number, visit=number // 2) for number in range(first, last)]
    ).encode()


def test_deliveries_are_taken_up_to_the_bound_also_at_once_and_in_any_order(tmp_path: Path) -> None:
    async def test() -> None:
        async with opened(tmp_path) as tracker:
            intake = Intake(read, tracker.book, tracker.store)
            intake.open = True
            bodies = [steps(1000, 1800), steps(0, 1000), steps(500, 1500), steps(1800, 2600)]
            answers = await asyncio.gather(*map(intake.taken, bodies))
            assert answers == [
                Answer(accepted=800), Answer(accepted=1000), Answer(duplicates=1000), Answer(accepted=200, rejected=600)
            ]  # fmt: skip
            assert tracker.ledger.version("c-1") == MOST_EVENTS
            assert (await tracker.store.dead_letters(0, 1))[1] == 600
            assert len(await tracker.store.events_of("c-1")) - 1000 == MOST_EVENTS  # the repetitions are kept as well

    asyncio.run(test())
