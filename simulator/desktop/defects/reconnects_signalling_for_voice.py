"""When in doubt, reconnect."""

from simulator.desktop.defects import DefectiveSession
from simulator.desktop.voice import VoiceLine, VoiceState


class Defect(DefectiveSession):
    """A bad voice path makes the desktop drop its healthy socket, again and again: the agent is cut off from both."""

    seen_in = "seed 003, edge case 2"

    def voice_bad(self, line: VoiceLine, why: str) -> None:
        """Try to mend the network path from here, and look at the voice anew afterwards."""
        self.show_voice(line, VoiceState.BAD)
        self.lose(f"voice: {why}")
        line.state, line.heard_at, line.measured = VoiceState.STARTING, self.now, []
