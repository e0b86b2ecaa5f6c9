"""What a tracker was told, and told on."""

from typing import Any

from reports import record
from reports.faults import faults
from reports.following import following
from reports.model import Following
from reports.render import html
from reports.review import review


def told(recorded: Any) -> None:
    """One event of the cloud, sent twice, and two made-up ones, of which one was not taken."""
    for attempt, status in enumerate((503, 200), 1):
        about = {"conversation": "c-1", "topic": "v2.detail.events.conversation.c-1.acd.start"}
        recorded.add("cloud", 10 + attempt, "cloud.feed.sent", event="e-1", **about, attempt=attempt)
        recorded.add("cloud", 10.5 + attempt, "cloud.feed.answered", event="e-1", status=status)
    for delivery, outcome in (("d-1", "ok"), ("d-2", "unknown")):
        about = {"delivery": delivery, "conversation": "c-2"}
        recorded.add("chaos", 14, "delivery.invoked", **about, attempt=1, steps=[])
        recorded.add("chaos", 15, f"delivery.{outcome}", **about, status=200)
    recorded.add("receiver", 16, "points.received", count=3)
    for state in ("firing", "firing", "resolved"):
        recorded.add("receiver", 17, "alert.received", state=state, alert="stuck", conversation="c-1")
    for kind, name in (("process.struck", "tracker"), ("process.died", "tracker"), ("process.died", "crowd")):
        recorded.add("keeper", 18, kind, name=name)


def test_deliveries_points_alerts_and_ends_of_the_process_are_counted(recorded: Any) -> None:
    told(recorded)
    assert following(record.read(recorded.write())) == Following(
        interactions=2, events=3, attempts=4, refused=2, points=3, fired=2, resolved=1, struck=1, died=1
    )


def test_a_run_without_a_tracker_tells_nothing_of_one(recorded: Any) -> None:
    found = record.read(recorded.write())
    assert following(found) is None
    assert "told to the tracker" not in html(review(found))


def test_the_review_tells_it_and_names_the_tracker_as_what_was_broken(recorded: Any) -> None:
    told(recorded)
    recorded.add("chaos", 20, "fault.ordered", fault="tracker_killed", lease="k", expected={"tracker": "no answer"})
    found = record.read(recorded.write())
    assert [fault.scope for fault in faults(found) if fault.fault == "tracker_killed"] == ["the tracker"]
    page = html(review(found))
    assert "interactions told to the tracker" in page
    assert "4 attempts, of which 2 were not taken" in page
    assert "died 1 times by itself" in page
