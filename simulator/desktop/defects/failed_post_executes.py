"""Two layers that do not know of each other: one gives up, the other tries again."""

from dataclasses import replace

from simulator.desktop.defects import DefectiveSession
from simulator.desktop.events import Replied
from simulator.desktop.rest import Request
from simulator.desktop.standing import Intent


class Defect(DefectiveSession):
    """On a 401 the caller is told "failed", and the request is sent again anyway: what failed has happened."""

    seen_in = "JavaScript SDK 262, reproduced"

    def unauthorized(self, request: Request, reply: Replied) -> None:
        """Tell, then replay."""
        if request.write_id is not None and not request.replayed:
            self.tell(request, "failed", reply.status)
        super().unauthorized(replace(request, still=lambda: True), reply)

    def hear_system(self, notice: str) -> None:
        """The layer that sends does not listen."""
        if notice != "token_revoked":
            super().hear_system(notice)

    def may_push(self, intent: Intent) -> bool:
        """Nor does it know of sockets."""
        return self.presence is None or intent.basis >= self.presence.version

    def may_repeat(self, request: Request, reply: Replied) -> bool:
        """Whatever it was."""
        return True

    def settle(self, request: Request, reply: Replied) -> None:
        """Who was told once is not told again."""
        if request.replayed:
            request.then(reply)
        else:
            super().settle(request, reply)
