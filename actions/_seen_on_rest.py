"""Proofs of faults on REST calls: the canary asks, and looks at what it is answered."""

import math
from collections.abc import Callable
from typing import Any

from harness.breaking.answer import Answer
from harness.breaking.canary import ME, Canary
from harness.breaking.fault import Proof
from harness.errors import FaultNotInForce
from harness.scope import Scope

# A fault that is in force stays unseen in one proof of 10,000.
UNLUCKY = 1e-4
TOKEN_PATH = "/oauth/token"  # noqa: S105


def tries_for(percent: float) -> int:
    """How many messages one must send to meet a fault that touches `percent` of them."""
    return 1 if percent >= 100 else math.ceil(math.log(UNLUCKY) / math.log(1 - percent / 100))


def seen_on_rest(
    fault: str, scope: Scope, percent: float, wanted: Callable[[Answer], bool], expected: str, within_s: float = 15.0
) -> Proof:
    """The proof that one of the canary's own calls to a path in `scope` gets an answer that is `wanted`."""

    def prove(canary: Canary) -> dict[str, Any]:
        tries = tries_for(percent)
        path = concrete(scope.path, canary)
        for calls in range(1, tries + 1):
            answer = _call(canary, path, within_s)
            if wanted(answer):
                return _as_seen(path, calls, answer)
        raise FaultNotInForce(fault, expected, f"{answer} on the last of {tries} calls to {path}")

    return prove


def concrete(pattern: str, canary: Canary) -> str:
    """A path that `pattern` matches: one that the canary may read, else the pattern with the canary's id for `*`.

    Such a path may not exist in the cloud; the wire touches the call before the cloud says so.
    """
    scope = Scope(path=pattern)
    own = f"/api/v2/users/{canary.id}"
    readable = (ME, f"{own}/presences/PURECLOUD", f"{own}/routingstatus", own, "/api/v2/conversations", TOKEN_PATH)
    for path in readable:
        if scope.covers_path(path):
            return path
    return pattern.replace("*", canary.id)


def _call(canary: Canary, path: str, within_s: float) -> Answer:
    return canary.refresh(within_s) if path == TOKEN_PATH else canary.request("GET", path, within_s=within_s)


def _as_seen(path: str, calls: int, answer: Answer) -> dict[str, Any]:
    return {
        "path": path,
        "calls": calls,
        "status": answer.status,
        "body": answer.body,
        "first_ms": round(answer.first_ms, 1),
        "ms": round(answer.ms, 1),
        "retry_after_s": answer.retry_after,
    }
