"""How many records a second the history checker takes, and whether ten times as many take ten times as long.

`python -m benchmarks.history_checker [--conversations N]` prints a table and a JSON line, and exits 1 if a claim is
missed. The history is of realistic interactions: each event delivered and acknowledged, each conversation read in the
middle and at the end. What is measured is processor time, for the machine may have other things to do.
"""

import argparse
import gc
import json
import sys
import time
from collections.abc import Iterator

from harness.breaking.interactions import Interaction, interactions
from harness.observing.checker import Answered, Outcome, Read, Record, Sent, Stay, Step, check

REACH_PER_S = 500_000
MOST_RATIO = 1.3
QUEUES = tuple(f"queue-{number}" for number in range(6))
TIMES = 10


def history(conversations: int) -> list[Record]:
    """The records of so many interactions, told right."""
    records: list[Record] = []
    t = 0
    for one in interactions(conversations, 1, QUEUES, 1_800_000_000_000):
        for record in _told(one):
            t += 1_000
            records.append(record._replace(t=t, asked=t - 10) if isinstance(record, Read) else record._replace(t=t))
    return records


def _told(one: Interaction) -> Iterator[Record]:
    steps: list[Step] = []
    for number, happening in enumerate(one.happenings):
        yield Sent(0, happening.id, one.conversation, happening.steps)
        yield Answered(0, happening.id, Outcome.OK)
        steps += happening.steps
        if number == len(one.happenings) // 2:
            yield _read(one.conversation, tuple(steps), number, final=False)
    yield _read(one.conversation, tuple(steps), len(one.happenings), final=True)


def _read(conversation: str, steps: tuple[Step, ...], version: int, final: bool) -> Read:
    stays: list[Stay] = []
    for at_ms, enters, queue in steps:
        if enters:
            stays.append(Stay(queue, at_ms, None, None))
        else:
            entered = stays[-1].entered_ms or 0
            stays[-1] = Stay(queue, entered, at_ms, (at_ms - entered) / 1000)
    queues = [stay.queue for stay in stays]
    waits = stays[-1].queue if stays and stays[-1].left_ms is None else None
    bounces = len(queues) - len(set(queues))
    told = tuple(stays)
    return Read(0, 0, conversation, True, version, steps, told, bounces, waits, tells_current=True, final=final)


def seconds(records: list[Record]) -> float:
    """Processor seconds of one check."""
    gc.collect()
    started = time.process_time()
    found = check(records)
    took = time.process_time() - started
    assert found == [], found[:3]
    return took


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.history_checker", description=__doc__)
    parser.add_argument("--conversations", type=int, default=2_000)
    small = history(parser.parse_args().conversations)
    large = history(parser.parse_args().conversations * TIMES)
    small_s = min(seconds(small) for _ in range(3))
    large_s = seconds(large)
    per_s = {"small": len(small) / small_s, "large": len(large) / large_s}
    ratio = (large_s / len(large)) / (small_s / len(small))
    reached = per_s["large"] >= REACH_PER_S and ratio <= MOST_RATIO
    print(f"{'':12}{'records':>12}{'seconds':>10}{'records/s':>14}")
    for name, records, took in (("small", small, small_s), ("large", large, large_s)):
        print(f"{name:12}{len(records):>12,}{took:>10.3f}{per_s[name]:>14,.0f}")
    print(f"{TIMES} times as many cost {ratio:.2f} times as much each (reach {MOST_RATIO}, {REACH_PER_S:,} records/s)")
    rates = {f"{name}_records_per_s": round(rate) for name, rate in per_s.items()}
    figures = {"records": len(large), **rates, "ratio_at_10_times": round(ratio, 3), "reached": reached}
    print(json.dumps({"benchmark": "history_checker", **figures}))
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
