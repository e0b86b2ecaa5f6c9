"""Nobody remembers where the agent was."""

from simulator.desktop.defects import DefectiveSession
from simulator.desktop.facts import Presence


class Defect(DefectiveSession):
    """After a long gap the platform restores Available, and nobody goes back On Queue: calls silently stop."""

    seen_in = "Genesys documentation of the restore window"

    def set_by_log_on(self, found: Presence) -> bool:
        """It was somebody's decision, surely."""
        return False
