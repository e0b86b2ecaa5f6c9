"""Notification channels and their subscriptions."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.cloud.cloud import Cloud


class Channels:
    """All channels of one cloud."""

    def __init__(self, cloud: "Cloud") -> None:
        self._cloud = cloud
