"""Where the cloud's parts say that something changed; notification sockets and the event feed listen."""

from collections.abc import Callable
from typing import Any

Listener = Callable[[str, dict[str, Any]], None]


class Events:
    """A list of listeners, called in the order of publishing, in the cloud's one event loop."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def subscribe(self, listener: Listener) -> None:
        """Call `listener(topic, event_body)` for each event from now on."""
        self._listeners.append(listener)

    def publish(self, topic: str, event_body: dict[str, Any]) -> None:
        """`topic` is filled (`v2.users.<id>.presence`), `event_body` has the shape of genesys' own event."""
        for listener in self._listeners:
            listener(topic, event_body)
