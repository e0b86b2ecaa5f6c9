"""The percentiles of each queue's newest visits."""

from tracker.dwell import MOST_QUEUES, NEWEST, Dwell, Percentiles


def test_percentiles_are_those_of_the_nearest_rank() -> None:
    dwell = Dwell()
    for seconds in range(100, 0, -1):
        dwell.add("billing", seconds * 1000)
    assert dwell.of("billing") == Percentiles(100, 50.0, 95.0, 99.0)


def test_a_queue_without_visits_has_no_figures() -> None:
    assert Dwell().of("nowhere") == Percentiles(0, None, None, None)


def test_one_visit_is_all_percentiles() -> None:
    dwell = Dwell()
    dwell.add("q", 1500)
    assert dwell.of("q") == Percentiles(1, 1.5, 1.5, 1.5)


def test_only_the_newest_visits_count_but_all_are_counted() -> None:
    dwell = Dwell()
    for _ in range(NEWEST):
        dwell.add("q", 1)
    for _ in range(NEWEST):
        dwell.add("q", 2000)
    assert dwell.of("q") == Percentiles(2 * NEWEST, 2.0, 2.0, 2.0)


def test_memory_is_bounded_by_forgetting_the_first_queues() -> None:
    dwell = Dwell()
    for number in range(MOST_QUEUES + 1):
        dwell.add(f"q-{number}", 1)
    assert dwell.of("q-0").count == 0
    assert dwell.of("q-1").count == dwell.of(f"q-{MOST_QUEUES}").count == 1
