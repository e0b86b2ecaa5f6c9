"""Proofs of faults on notification sockets: the canary opens one before, and listens to what becomes of it."""

from collections.abc import Callable
from typing import Any

from actions._seen_on_rest import tries_for
from harness.breaking.canary import Canary
from harness.breaking.fault import Proof
from harness.breaking.heard import Heard
from harness.errors import FaultNotInForce

# As long as the canary listens for what must not come; its pong takes milliseconds.
SILENCE_S = 0.5
CLOSE_WITHIN_S = 5.0
EVENTS_AT_LEAST = 4
CLOSING_TOPIC = "v2.system.socket_closing"


def listening(canary: Canary) -> None:
    """Open the canary's socket, and see that it works."""
    canary.listen()
    if canary.ping(CLOSE_WITHIN_S) is None:
        raise FaultNotInForce("the canary's socket", "a pong before any fault", "silence")


def seen_closing(fault: str, wanted: Callable[[int], bool], expected: str) -> Proof:
    """The proof that the canary's socket is closed from the other side with a code that is `wanted`."""

    def prove(canary: Canary) -> dict[str, Any]:
        closed = canary.closed(CLOSE_WITHIN_S)
        if closed is None or not wanted(closed[0]):
            raise FaultNotInForce(fault, expected, "an open socket" if closed is None else f"close code {closed[0]}")
        return {"code": closed[0], "reason": closed[1]}

    return prove


def seen_silent(fault: str) -> Proof:
    """The proof that pings get no pong any more while nobody closes the canary's socket."""

    def prove(canary: Canary) -> dict[str, Any]:
        pong_ms = canary.ping(SILENCE_S)
        if pong_ms is not None:
            raise FaultNotInForce(fault, f"no pong for {SILENCE_S:g} s", f"a pong after {pong_ms:.0f} ms")
        closed = canary.closed(0.05)
        if closed is not None:
            raise FaultNotInForce(fault, "a silent socket that stays open", f"close code {closed[0]}")
        return {"silent_s": SILENCE_S, "socket": "open"}

    return prove


def seen_in_events(
    fault: str, percent: float, wanted: Callable[[Heard], bool], expected: str, within_s: float = CLOSE_WITHIN_S
) -> Proof:
    """The proof that of the canary's own presence changes, listened to over its socket, what comes is `wanted`."""

    def prove(canary: Canary) -> dict[str, Any]:
        events = max(EVENTS_AT_LEAST, tries_for(percent))
        heard = canary.count_events(events, within_s + events * 0.02)
        if not wanted(heard):
            raise FaultNotInForce(fault, expected, str(heard))
        return {
            "sent": heard.sent,
            "missing": heard.missing,
            "repeated": heard.repeated,
            "overtaken": heard.overtaken,
            "fastest_ms": round(min(heard.delays_ms, default=0), 1),
            "slowest_ms": round(max(heard.delays_ms, default=0), 1),
        }

    return prove


def seen_deaf_to_beats(canary: Canary) -> dict[str, Any]:
    """The proof that heartbeats and pongs are gone from the canary's socket while its own events still come."""
    pong_ms = canary.ping(SILENCE_S)
    if pong_ms is not None:
        raise FaultNotInForce("heartbeat_loss", f"no pong for {SILENCE_S:g} s", f"a pong after {pong_ms:.0f} ms")
    heard = canary.count_events(EVENTS_AT_LEAST, CLOSE_WITHIN_S)
    if heard.missing:
        raise FaultNotInForce("heartbeat_loss", "events that still come", str(heard))
    return {"no_pong_for_s": SILENCE_S, "events": str(heard)}


def seen_notice(fault: str) -> Proof:
    """The proof that the canary's socket is told that it will be closed."""

    def prove(canary: Canary) -> dict[str, Any]:
        notice = canary.hear(lambda message: message.get("topicName") == CLOSING_TOPIC, CLOSE_WITHIN_S)
        if notice is None:
            raise FaultNotInForce(fault, f"a {CLOSING_TOPIC} message", f"none within {CLOSE_WITHIN_S:g} s")
        return {"notice": notice["topicName"]}

    return prove


def seen_refused(fault: str, status: int, percent: float) -> Proof:
    """The proof that one of the canary's own handshakes is answered with `status`."""

    def prove(canary: Canary) -> dict[str, Any]:
        tries = tries_for(percent)
        for handshakes in range(1, tries + 1):
            found = canary.knock()
            if found == status:
                return {"status": found, "handshakes": handshakes}
        raise FaultNotInForce(fault, f"a handshake answered with {status}", f"{found} on the last of {tries}")

    return prove
