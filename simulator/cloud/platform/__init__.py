"""Users, presence, routing, queues and conversations: the state behind the public API, and its routes."""

from typing import TYPE_CHECKING

from starlette.routing import BaseRoute

from simulator.cloud.platform import analytics, control, conversations, media, presence, queues, stations, users
from simulator.cloud.platform.platform import Platform

if TYPE_CHECKING:
    from simulator.cloud.cloud import Cloud

__all__ = ["Platform", "control_routes", "routes"]


def routes(cloud: "Cloud") -> list[BaseRoute]:
    """The public API below /api/v2."""
    parts = (presence, queues, stations, users, conversations, media, analytics)
    return [route for part in parts for route in part.routes()]


def control_routes(cloud: "Cloud") -> list[BaseRoute]:
    """The verbs below /_control."""
    return control.routes()
