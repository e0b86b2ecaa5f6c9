"""Writes of desktops, as they stand in the evidence."""

from tests.probes.conftest import Scene

CALL = "/api/v2/conversations/calls/c1/participants/p1"


def write(scene: Scene, second: float, agent: str, write_id: str, outcome: str, path: str) -> None:
    """A desktop writes at `second`, and learns of the outcome nine tenths of a second later."""
    scene.at(second, "crowd", "write.sent", agent, method="PATCH", path=path, write_id=write_id)
    scene.at(second + 0.9, "crowd", "write.result", agent, write_id=write_id, outcome=outcome, status=0)
