"""Evidence -> what was delivered to a tracker, what it took, and what it told on. Pure."""

from reports.model import Following
from reports.record import Record

REFUSALS = ("delivery.failed", "delivery.unknown")


def following(record: Record) -> Following | None:
    """None for a run without deliveries to a tracker."""
    fed, made_up = record.of("cloud.feed.sent"), record.of("delivery.invoked")
    if not fed and not made_up:
        return None
    refused = [entry for entry in record.of("cloud.feed.answered") if not 200 <= int(entry["status"]) < 300]
    alerts = record.of("alert.received", source="receiver")
    ends = [e.kind for e in record.of("process.struck", "process.died", source="keeper") if e["name"] == "tracker"]
    return Following(
        interactions=len({entry["conversation"] for entry in (*fed, *made_up) if entry.get("conversation")}),
        events=len({entry["event"] for entry in fed} | {entry["delivery"] for entry in made_up}),
        attempts=len(fed) + len(made_up),
        refused=len(refused) + len(record.of(*REFUSALS)),
        points=sum(int(entry["count"]) for entry in record.of("points.received", source="receiver")),
        fired=sum(entry["state"] == "firing" for entry in alerts),
        resolved=sum(entry["state"] == "resolved" for entry in alerts),
        struck=ends.count("process.struck"),
        died=ends.count("process.died"),
    )
