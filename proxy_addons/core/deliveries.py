"""What services send each other by POST: event deliveries, points of metrics, alerts. No agent belongs to them."""

import asyncio
import uuid
from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar

from mitmproxy import ctx, http

from proxy_addons.core.fault import Fault, Order
from proxy_addons.core.traffic import COPY_OF, Call, Traffic

P = TypeVar("P")
LIMIT_S = 30.0


class DeliveryFault(Fault[P]):
    """Touches only POSTs. The dice are counted for each path, so that nobody's deliveries change another's luck."""

    def __init__(self, order: Order, parameters: P, traffic: Traffic) -> None:
        super().__init__(order, parameters, traffic)
        self.over = False
        self._beside: set[asyncio.Task[None]] = set()

    def covers_call(self, call: Call) -> bool:
        """Whether this call is a delivery inside the scope."""
        return call.method == "POST" and super().covers_call(call)

    def chosen(self, call: Call, share: float) -> bool:
        """Whether the next delivery to this path is one of the `share`; never one that is answered already."""
        return call.flow.response is None and self.chance(None, call.path).random() < share

    def beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something while the delivery itself goes on."""
        task = asyncio.get_running_loop().create_task(work)
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

    def end(self) -> None:
        """Let go of everything; copies that are on their way arrive."""
        self.over = True
        super().end()


async def send_copy(
    call: Call, fault: str, content: bytes | None = None, headers: Mapping[str, str] | None = None
) -> int:
    """Send a copy of a delivery, with other `content` and `headers` if given; its answer's status, 0 for none.

    It goes through the wire's books as a call of its own (`copy_of` in the evidence) that no fault touches.
    """
    # Not at the top: this loads every addon of mitmproxy, as the wire does and nobody else needs.
    from mitmproxy.addons.clientplayback import ReplayHandler

    copy: http.HTTPFlow = call.flow.copy()  # type: ignore[no-untyped-call]
    copy.metadata = {COPY_OF: fault}
    copy.response = copy.error = None
    copy.client_conn.id = str(uuid.uuid4())
    copy.request.headers.update(headers or {})
    if content is not None:
        copy.request.content = content
    try:
        async with asyncio.timeout(LIMIT_S):
            await ReplayHandler(copy, ctx.options).replay()
    except TimeoutError:
        return 0
    return _status(copy)


def _status(flow: http.HTTPFlow) -> int:
    return flow.response.status_code if flow.response else 0
