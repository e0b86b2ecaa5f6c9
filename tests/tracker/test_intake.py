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

    asyncio.run(test())
