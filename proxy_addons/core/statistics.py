"""What passed in the last seconds, for guards and for the terminal."""

import math
from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

KEPT_S = 120.0
KEPT = 200_000
ORDERLY = frozenset({1000, 1001})


def is_error(status: int) -> bool:
    """Whether a call went wrong for reasons that lie not with its caller: no answer, 429 or 5xx."""
    return status == 0 or status == 429 or status >= 500


def is_abnormal(code: int | None) -> bool:
    """Whether a socket ended otherwise than by a close frame of 1000 or 1001."""
    return code not in ORDERLY


@dataclass(frozen=True, slots=True)
class _Sample:
    t: float
    agent: str | None
    what: str
    ms: float = 0.0


class Statistics:
    """Samples of the last two minutes; `t` are seconds of any one monotonic clock."""

    def __init__(self) -> None:
        self._calls: deque[_Sample] = deque(maxlen=KEPT)
        self._sockets: deque[_Sample] = deque(maxlen=KEPT)

    def call(self, t: float, agent: str | None, status: int, ms: float) -> None:
        """A call was answered at `t`, or ended without an answer (status 0)."""
        self._add(self._calls, _Sample(t, agent, "error" if is_error(status) else "ok", ms))

    def socket_opened(self, t: float, agent: str | None) -> None:
        """A WebSocket was opened."""
        self._add(self._sockets, _Sample(t, agent, "opened"))

    def socket_refused(self, t: float, agent: str | None) -> None:
        """A WebSocket handshake was answered with something else than 101."""
        self._add(self._sockets, _Sample(t, agent, "refused"))

    def socket_closed(self, t: float, agent: str | None, code: int | None) -> None:
        """A WebSocket ended."""
        self._add(self._sockets, _Sample(t, agent, "abnormal" if is_abnormal(code) else "closed"))

    def api(
        self, since: float, agents: Collection[str] | None, waiting_ms: Iterable[tuple[str | None, float]]
    ) -> dict[str, Any]:
        """`{"count", "errors", "p99_ms"}`; calls that still wait (agent and ms so far) count with what they waited."""
        calls = [sample for sample in self._calls if sample.t >= since and _meant(sample.agent, agents)]
        ms = sorted([sample.ms for sample in calls] + [ms for agent, ms in waiting_ms if _meant(agent, agents)])
        p99 = ms[math.ceil(len(ms) * 0.99) - 1] if ms else 0.0
        return {"count": len(ms), "errors": sum(c.what == "error" for c in calls), "p99_ms": round(p99, 2)}

    def websocket(
        self, since: float, agents: Collection[str] | None, open_agents: Iterable[str | None]
    ) -> dict[str, Any]:
        """`{"open", "opened", "refused", "abnormal", "error_rate"}`; the rate is over all sockets of the window."""
        found = [sample.what for sample in self._sockets if sample.t >= since and _meant(sample.agent, agents)]
        opened, refused, abnormal = (found.count(what) for what in ("opened", "refused", "abnormal"))
        open_now = sum(_meant(agent, agents) for agent in open_agents)
        all_of_them = open_now + refused + abnormal + found.count("closed")
        rate = (refused + abnormal) / all_of_them if all_of_them else 0.0
        return {
            "open": open_now,
            "opened": opened,
            "refused": refused,
            "abnormal": abnormal,
            "error_rate": round(rate, 4),
        }

    def _add(self, samples: deque[_Sample], sample: _Sample) -> None:
        samples.append(sample)
        while samples[0].t < sample.t - KEPT_S:
            samples.popleft()


def _meant(agent: str | None, agents: Collection[str] | None) -> bool:
    return agents is None or agent in agents
