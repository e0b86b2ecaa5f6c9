"""Access and refresh tokens, and authorization codes; only their owners can be asked for, never the values."""

from typing import TYPE_CHECKING

from simulator.cloud.caller import Caller

if TYPE_CHECKING:
    from simulator.cloud.cloud import Cloud


class Tokens:
    """All tokens of one cloud."""

    def __init__(self, cloud: "Cloud") -> None:
        self._cloud = cloud

    def caller(self, access_token: str) -> Caller | None:
        """The owner of a live access token."""
        return None
