"""Users, presence, routing, queues and conversations."""

from typing import TYPE_CHECKING

from starlette.routing import BaseRoute

if TYPE_CHECKING:
    from simulator.cloud.cloud import Cloud


class Platform:
    """The state behind the public API."""

    def __init__(self, cloud: "Cloud") -> None:
        self.cloud = cloud


def routes(cloud: "Cloud") -> list[BaseRoute]:
    """The public API below /api/v2."""
    return []


def control_routes(cloud: "Cloud") -> list[BaseRoute]:
    """The verbs below /_control."""
    return []
