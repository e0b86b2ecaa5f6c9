"""What the tracker follows: the events of conversations, parsed once at the border."""

from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What happened; Genesys' detail topics `v2.detail.events.conversation.{id}.*`. A queue is entered and left by
    `acd_start` and `acd_end`; there is no topic for queues."""

    CUSTOMER_START = "customer_start"
    FLOW_START = "flow_start"
    FLOW_END = "flow_end"
    ACD_START = "acd_start"
    ACD_END = "acd_end"
    USER_START = "user_start"
    USER_END = "user_end"
    ACW = "acw"
    WRAPUP = "wrapup"
    CUSTOMER_END = "customer_end"


class Event(NamedTuple):
    """One thing that happened in a conversation, at `at_ms` (epoch milliseconds).

    `id` is the delivery's own (a redelivery has the same one). `participant` is whose event it is: for `acd_*` the ACD
    participant of one stay in a queue. `outcome` is how the stay ended (`acd_end`), or the user's end, if it is said.
    """

    id: str
    conversation: str
    kind: Kind
    at_ms: int
    participant: str | None = None
    queue: str | None = None
    user: str | None = None
    outcome: str | None = None
