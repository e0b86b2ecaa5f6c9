"""When packets are due. Pure."""

# After a pause of the process no more than this is made up for; the rest was never sent.
MOST_AT_ONCE = 100


class Pace:
    """A packet every `packet_s` seconds from `start_s` on."""

    def __init__(self, packet_s: float, start_s: float) -> None:
        self._packet_s = packet_s
        self._start_s = start_s
        self._done = 0

    def due(self, now_s: float) -> tuple[int, int]:
        """How many packets to send now, and how many before them to leave out because time ran away."""
        behind = max(0, int((now_s - self._start_s) / self._packet_s) + 1 - self._done)
        self._done += behind
        return min(behind, MOST_AT_ONCE), max(0, behind - MOST_AT_ONCE)
