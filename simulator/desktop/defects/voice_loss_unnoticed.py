"""Connected is connected."""

from simulator.desktop.defects import DefectiveSession
from simulator.desktop.voice import VoiceLine


class Defect(DefectiveSession):
    """The voice path is dead and the screen shows a good call: agent and customer say hello to nobody."""

    seen_in = "seed 003, edge case 2"

    def trouble(self, line: VoiceLine) -> str | None:
        """The socket is open, so what could be wrong?"""
        return None
