"""After-call work lives in memory, in the component that the outage tears down."""

from dataclasses import replace

from simulator.desktop.defects import DefectiveSession


class Defect(DefectiveSession):
    """An outage in the middle of wrap-up empties the notes and starts the timer anew."""

    seen_in = "seed 003, edge case 1"

    def leave_attempt(self) -> None:
        """The form is built anew."""
        super().leave_attempt()
        for draft in [draft for draft in self.drafts.values() if draft.state == "draft"]:
            whole = (draft.deadline_wall or self.now) - draft.started_wall
            fresh = replace(draft, notes="", code=None, started_wall=self.now, deadline_wall=self.now + whole)
            self.drop_alarm(f"deadline:{draft.conversation}")
            self.show_draft(fresh)
