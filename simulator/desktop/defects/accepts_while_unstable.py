"""Work is work."""

from simulator.desktop.defects import DefectiveSession


class Defect(DefectiveSession):
    """Takes new work while its socket is down: the caller hears silence."""

    seen_in = "seed 003, metric 3"

    def may_take_work(self) -> bool:
        """Always."""
        return True
