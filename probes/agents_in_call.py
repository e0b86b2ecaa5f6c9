"""How many agents talk to a customer."""

from chaoslib.types import Configuration

from harness.observing.measuring import measuring

__all__ = ["agents_in_call"]


def agents_in_call(expected: int = 0, within_s: float = 0, configuration: Configuration = None) -> int:
    """Number of agents whose desktop shows a connected call.

    Waits up to `within_s` real-world seconds for it to be `expected`.
    """
    look = measuring(configuration, "agents_in_call")

    def talking() -> int:
        return len([desktop for desktop in look.desktops().values() if "connected" in desktop.conversations.values()])

    return int(look.settled(talking, expected, within_s))
