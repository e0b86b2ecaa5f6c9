"""The refresh stands in the same line as the presence update, behind it."""

from simulator.desktop.defects import DefectiveSession
from simulator.desktop.effects import Cancel
from simulator.desktop.events import Replied
from simulator.desktop.rest import Request


class Defect(DefectiveSession):
    """A presence update near the token's end holds the refresh back, and the agent is thrown out."""

    seen_in = "seed 003, edge case 3"
    behind = False

    def push_intent(self) -> None:
        """Presence first: a refresh goes to the end of the line, and the line is slow (twice the refresh lead)."""
        before = self.pushing
        super().push_intent()
        patience = 2 * (self.timings.refresh_lead_s + self.timings.refresh_spread_s)
        if self.pushing is not before and self.token_expires - self.now < patience:
            for refresh in self.refreshes:
                self.want(Cancel(refresh))
            self.refreshes.clear()
            self.set_alarm("refresh", patience, self.refresh)
            self.behind = True

    def refresh(self) -> None:
        """Its turn has come."""
        self.behind = False
        super().refresh()

    def token_died(self) -> None:
        """The platform's notice gets nobody to the front of the line."""
        if not self.behind:
            super().token_died()

    def may_send(self, request: Request) -> bool:
        """With whatever token there is, refresh or not."""
        return self.token is not None and self.held_until <= self.now

    def unauthorized(self, request: Request, reply: Replied) -> None:
        """The session must be invalid, then."""
        self.log_out("session invalidated")
