"""An alert that its receiver did not take is never sent again.

It is posted once, and whatever comes of that counts as sent.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

import httpx

from tracker.alerts.desk import Alerts
from tracker.alerts.lifecycle import Notice
from tracker.alerts.sender import Sender
from tracker.parts import Parts

SEEN_IN = "webhooks that are posted without a look at the answer"


class PostsOnce(Sender):
    """Takes any answer for a yes, and none as well."""

    async def _post(self, notices: Sequence[Notice]) -> httpx.Response:
        with suppress(httpx.HTTPError, TimeoutError):
            await super()._post(notices)
        return httpx.Response(202)


class Careless(Alerts):
    """Has such senders."""

    sender = PostsOnce


def plant(parts: Parts) -> Parts:
    """The defect is in the senders of alerts."""
    return replace(parts, alerts=Careless)
