"""The screen shows wishes."""

from simulator.desktop.connection import Phase
from simulator.desktop.defects import DefectiveSession
from simulator.desktop.facts import Presence


class Defect(DefectiveSession):
    """The banner says connected and shows the presence that was asked for, whatever the API says."""

    seen_in = "seed 003"

    def banner(self) -> str:
        """Good news only."""
        return self.phase.value if self.phase is Phase.LOGGED_OUT else Phase.CONNECTED.value

    def choose(self, system: str, message: str | None = None) -> None:
        """Show it as if it were done."""
        super().choose(system, message)
        shown = self.shown_presence()
        if shown is not None:
            self.show_presence(shown)

    def shown_presence(self) -> Presence | None:
        """The wish, before the fact."""
        if self.intent is None or self.presence is None:
            return self.presence
        return Presence(self.intent.system, self.presence.version, self.intent.message or "")
