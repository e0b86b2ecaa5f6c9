"""What the routing core wants to be told to the outside."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class RoutingChanged:
    """The routing status of `user_id` is another."""

    user_id: str


@dataclass(frozen=True)
class MembershipChanged:
    """`user_id` joined or left `queue_id`."""

    queue_id: str
    user_id: str


@dataclass(frozen=True)
class ConversationChanged:
    """A conversation has a new version."""

    conversation_id: str


@dataclass(frozen=True)
class Offered:
    """A call alerts at `user_id`."""

    conversation_id: str
    user_id: str


@dataclass(frozen=True)
class Answered:
    """`user_id` took the call."""

    conversation_id: str
    user_id: str


@dataclass(frozen=True)
class Declined:
    """`user_id` did not take the call: `why` is `declined`, `timeout` or `gone` (the caller hung up)."""

    conversation_id: str
    user_id: str
    why: str


@dataclass(frozen=True)
class AcwStarted:
    """After-call work of `user_id` began and ends by itself at `deadline_ms`."""

    conversation_id: str
    user_id: str
    deadline_ms: int


@dataclass(frozen=True)
class WrappedUp:
    """A wrap-up was assigned to `participant_id` by `by` (a user id, `client` or `timeout`)."""

    conversation_id: str
    participant_id: str
    by: str


@dataclass(frozen=True)
class Detail:
    """One analytics detail event, `v2.detail.events.conversation.{id}.<name>`, about one participant."""

    conversation_id: str
    participant_id: str
    name: str
    at_ms: int
    fields: dict[str, object] = field(default_factory=dict)


Effect = (
    RoutingChanged
    | MembershipChanged
    | ConversationChanged
    | Offered
    | Answered
    | Declined
    | AcwStarted
    | WrappedUp
    | Detail
)
