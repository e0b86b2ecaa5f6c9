"""Local state is taken for the truth."""

from simulator.desktop.defects import DefectiveSession
from simulator.desktop.facts import Call, Presence
from simulator.desktop.standing import Intent
from simulator.desktop.wrapup import Draft


class Defect(DefectiveSession):
    """On reconnect the desktop pushes its older state over what supervisor and platform have set meanwhile."""

    seen_in = "seed 003, edge case 1"

    def reconcile(self, found: Presence) -> None:
        """After a gap, what the screen shows is what the server should have."""
        if self.connected or self.presence is None or self.times_connected == 0:
            super().reconcile(found)
        elif found.newer_than(self.presence):
            self.intent = Intent(self.presence.system, self.presence.version, self.presence.message)

    def may_push(self, intent: Intent) -> bool:
        """Whatever the server has."""
        return self.connected

    def server_has_newer(self, call: Call, draft: Draft) -> bool:
        """Never."""
        return False

    def caught_up(self) -> None:
        """What was written so far belongs at the server, too."""
        super().caught_up()
        for draft in [draft for draft in self.drafts.values() if draft.notes and not draft.sent]:
            self.submit_wrapup(draft.conversation)
