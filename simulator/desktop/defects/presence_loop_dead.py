"""The loop that confirms presence dies, and nothing looks after it."""

from simulator.desktop.defects import DefectiveSession
from simulator.desktop.events import Replied
from simulator.desktop.standing import Intent


class Defect(DefectiveSession):
    """The socket comes back, the presence loop does not: what the agent sets, the supervisor never sees."""

    seen_in = "seed 003"

    def leave_attempt(self) -> None:
        """The loop ends with the socket."""
        super().leave_attempt()
        self.drop_alarm("beat")

    def start_presence_loop(self) -> None:
        """Only once."""
        if self.times_connected == 1:
            super().start_presence_loop()

    def confirm_presence(self) -> None:
        """A turn that takes too long (a tenth of a request's time) is the last one."""
        asked = self.now

        def answered(reply: Replied) -> None:
            if not reply.ok or self.now - asked > self.timings.rest_timeout_s / 10:
                self.drop_alarm("beat")
            else:
                self.confirmed(reply)

        self.read(self.presence_path(), answered)

    def may_push(self, intent: Intent) -> bool:
        """It is the loop that tells the server."""
        return "beat" in self.alarms and super().may_push(intent)
