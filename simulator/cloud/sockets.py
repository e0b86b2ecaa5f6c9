"""Notification sockets."""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.cloud.cloud import Cloud

Watcher = Callable[[str, int], None]


class Sockets:
    """All open notification sockets of one cloud."""

    def __init__(self, cloud: "Cloud") -> None:
        self._cloud = cloud
        self._watchers: list[Watcher] = []

    def watch(self, watcher: Watcher) -> None:
        """Call `watcher(user_id, open_sockets)` whenever a user's number of open sockets changes."""
        self._watchers.append(watcher)

    def count(self, user_id: str) -> int:
        """How many sockets `user_id` has open."""
        return 0
