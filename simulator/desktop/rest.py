"""Requests and the token that they need: one refresh at a time, ahead of everything else that waits to be sent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from simulator.desktop.backoff import Backoff
from simulator.desktop.core import Core
from simulator.desktop.effects import Cancel, Send
from simulator.desktop.events import Replied

TRANSIENT = (0, 408, 429, 500, 502, 503, 504)
# The status of a request that we took back before it was sent.
WITHDRAWN = -1


@dataclass(frozen=True)
class Request:
    """One request of ours until it is settled; `token` is the one it was last sent with.

    `still` is asked at the moment of sending: what waited for too long may have been overtaken.
    """

    id: int
    method: str
    path: str
    then: Callable[[Replied], None]
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    write_id: str | None = None
    basis: str | None = None
    still: Callable[[], bool] = lambda: True
    token: str | None = None
    replayed: bool = False


@dataclass(frozen=True)
class Change:
    """A change of what others see; `basis` is the server's version that it builds on, `still` as in `Request`."""

    method: str
    path: str
    body: Any
    basis: str | None = None
    still: Callable[[], bool] = lambda: True


class Rest(Core):
    """REST with a token. What comes back goes to `then`, once, after 401 and 429 were dealt with.

    A write carries an id. It is sent again only if the answer shows that it was not executed: a 429, or a 401 that is
    the server's own. Whoever wrote is told one final outcome: ok, failed, or unknown.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.token: str | None = None
        self.token_expires = 0.0
        self.refreshes: set[int] = set()
        self.refresh_backoff = Backoff(self.timings, self.random)
        self.throttle_backoff = Backoff(self.timings, self.random)
        self.held_until = 0.0
        self.waiting: list[Request] = []
        self.under_way: dict[int, Request] = {}

    # Asking

    def read(self, path: str, then: Callable[[Replied], None], **query: str) -> None:
        """GET `path`."""
        self.submit(Request(self.new_id(), "GET", path, then, query))

    def reads(self, path: str) -> bool:
        """Whether a GET of `path` waits or is under way."""
        return any(r.method == "GET" and r.path == path for r in (*self.waiting, *self.under_way.values()))

    def ask(
        self,
        method: str,
        path: str,
        then: Callable[[Replied], None],
        body: Any = None,
        query: Mapping[str, str] | None = None,
    ) -> None:
        """A request that does no harm when it is executed twice."""
        self.submit(Request(self.new_id(), method, path, then, query or {}, body))

    def write(self, change: Change, then: Callable[[Replied], None]) -> None:
        """Have a change made."""
        write_id = f"{self.random.getrandbits(64):016x}"
        request = Request(self.new_id(), change.method, change.path, then, {}, change.body, write_id)
        self.submit(replace(request, basis=change.basis, still=change.still))

    def submit(self, request: Request) -> None:
        """Send `request`, behind those that wait already."""
        self.waiting.append(request)
        self.flush()

    def flush(self) -> None:
        """Send what waits, as far as it may be sent."""
        while self.waiting and self.may_send(self.waiting[0]):
            request = self.waiting.pop(0)
            if request.still():
                self.transmit(request)
            else:
                self.settle(request, Replied(request.id, WITHDRAWN))

    def may_send(self, request: Request) -> bool:
        """Whether `request` can go now; starts a refresh that is due."""
        refresh_at = self.alarms.get("refresh")
        if refresh_at is not None and refresh_at[0] <= self.now:
            self.refresh()
        return not self.refreshes and self.token is not None and self.held_until <= self.now < self.token_expires

    def transmit(self, request: Request) -> None:
        """Put `request` on the wire with the token in hand."""
        self.under_way[request.id] = replace(request, token=self.token)
        if request.write_id is not None:
            self.record("write.sent", method=request.method, path=request.path, write_id=request.write_id)
        self.want(
            Send(
                request.id,
                request.method,
                request.path,
                request.query,
                request.body,
                token=self.token,
                write_id=request.write_id,
                basis=request.basis,
                timeout_s=self.timings.rest_timeout_s,
            )
        )

    # Answers

    def replied(self, reply: Replied) -> None:
        """A request has ended."""
        if reply.request in self.refreshes:
            self.refreshes.discard(reply.request)
            self.refresh_answered(reply)
            return
        request = self.under_way.pop(reply.request, None)
        if request is None:
            return
        if reply.status == 401:
            self.unauthorized(request, reply)
        elif reply.status == 429:
            self.throttled(request, reply)
        else:
            self.settle(request, reply)

    def unauthorized(self, request: Request, reply: Replied) -> None:
        """Refresh once and send `request` again, unless that was tried or could execute a write twice."""
        current = request.token == self.token
        if request.replayed:
            self.settle(request, reply)
            return
        if self.may_repeat(request, reply):
            self.waiting.insert(0, replace(request, replayed=True))
        else:
            self.settle(request, reply)
        if current:
            self.token_died()
        else:
            self.flush()

    def may_repeat(self, request: Request, reply: Replied) -> bool:
        """Whether a 401 leaves no doubt that `request` was not executed: any read, or the server's own error body."""
        return request.write_id is None or servers_own(reply)

    def throttled(self, request: Request, reply: Replied) -> None:
        """Hold everything back for as long as the server says, and a little longer by chance."""
        wait = (reply.retry_after_s or 0.0) + self.throttle_backoff.delay_s()
        self.waiting.insert(0, request)
        self.held_until = max(self.held_until, self.now + wait)
        self.set_alarm("hold", self.held_until - self.now, self.flush)

    def settle(self, request: Request, reply: Replied) -> None:
        """`request` is over: tell the outcome and go on."""
        if reply.ok:
            self.throttle_backoff.reset()
        if request.write_id is not None:
            self.tell(request, self.outcome(reply), reply.status)
        request.then(reply)

    def outcome(self, reply: Replied) -> str:
        """What is certain about a write after this answer."""
        if reply.ok:
            return "ok"
        doubtful = reply.status in TRANSIENT or (reply.status == 401 and not servers_own(reply))
        return "unknown" if doubtful else "failed"

    def tell(self, request: Request, outcome: str, status: int) -> None:
        """Tell whoever wrote."""
        self.record("write.result", write_id=request.write_id, outcome=outcome, status=status)

    # The token

    def token_died(self) -> None:
        """The token in hand is worth nothing any more."""
        self.token = None
        self.refresh()

    def refresh(self) -> None:
        """Ask for a new token, unless that is under way."""
        if self.refreshes:
            return
        self.drop_alarm("refresh")
        self.send_refresh()

    def send_refresh(self) -> None:
        """Put one refresh on the wire."""
        request = self.new_id()
        self.refreshes.add(request)
        self.record("token.refreshing")
        form = {
            "grant_type": "refresh_token",
            "refresh_token": str(self.kept.get("refresh_token", self.identity.refresh_token)),
            "client_id": self.identity.client_id,
        }
        self.want(Send(request, "POST", "/oauth/token", form=form, login=True, timeout_s=self.refresh_patience_s()))

    def refresh_patience_s(self) -> float:
        """How long a refresh may take."""
        return self.timings.rest_timeout_s

    def refresh_answered(self, reply: Replied) -> None:
        """A refresh has ended."""
        if reply.ok and isinstance(reply.body, dict) and reply.body.get("access_token"):
            self.adopt_token(reply.body)
        elif refused(reply):
            self.record("token.failed", status=reply.status)
            self.refresh_refused(reply)
        else:
            self.record("token.failed", status=reply.status)
            self.refresh_failed(reply)

    def adopt_token(self, answer: Mapping[str, Any]) -> None:
        """Use the new token, and get the next one ahead of its end."""
        lifetime = float(answer.get("expires_in") or 86_399.0)
        self.token = str(answer["access_token"])
        self.token_expires = self.now + lifetime
        self.refresh_backoff.reset()
        self.record("token.refreshed")
        if answer.get("refresh_token") not in (None, self.identity.refresh_token):
            self.keep("refresh_token", str(answer["refresh_token"]))
        self.set_alarm("refresh", lifetime - min(self.refresh_lead_s(), lifetime / 2), self.refresh)
        self.flush()

    def refresh_lead_s(self) -> float:
        """How long ahead of its end a token is replaced; spread by chance, for a whole floor logs in together."""
        return self.timings.refresh_lead_s + self.random.uniform(0.0, self.timings.refresh_spread_s)

    def refresh_failed(self, reply: Replied) -> None:
        """Nobody said no: try again later. A token that is still good serves until then."""
        wait = (reply.retry_after_s or 0.0) + self.refresh_backoff.delay_s()
        self.set_alarm("refresh", wait, self.refresh)
        self.flush()

    def refresh_refused(self, reply: Replied) -> None:
        """The server said no for good."""
        self.log_out("authentication failed")

    # Ending

    def log_out(self, reason: str) -> None:
        """End the session; the layer that knows the socket does it."""
        raise NotImplementedError

    def forget_requests(self) -> None:
        """Nothing of what was asked is wanted any more."""
        for request in (*self.refreshes, *self.under_way):
            self.want(Cancel(request))
        for waiting in (*self.under_way.values(), *self.waiting):
            if waiting.write_id is not None:
                self.tell(waiting, "unknown" if waiting.id in self.under_way else "failed", 0)
        self.refreshes.clear()
        self.under_way.clear()
        self.waiting.clear()
        self.token = None
        self.drop_alarm("refresh", "hold")


def servers_own(reply: Replied) -> bool:
    """Whether an error was answered by the API itself, with its own body, and not by somebody on the way."""
    return isinstance(reply.body, dict) and isinstance(reply.body.get("code"), str)


def refused(reply: Replied) -> bool:
    """Whether the login host turned the refresh token down, in its own words."""
    named = isinstance(reply.body, dict) and ("error" in reply.body or "code" in reply.body)
    return reply.status in (400, 401, 403) and named
