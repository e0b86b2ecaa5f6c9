"""Headless agent desktops: what one of them believes and does (`session`), and a process full of them (`crowd`).

The crowd's evidence has source `crowd`; every line names its agent. It is what the desktops believe, not the truth.

| kind | fields | written when |
|---|---|---|
| desktop.banner | banner (connected, connecting, offline, logged_out), connected | the banner changes |
| socket.opening | socket | a socket is about to be opened; numbers count up per desktop |
| socket.open | socket, channel | the handshake is done |
| socket.closed | socket, code, reason | nothing is left of the socket; `handshake refused (503)` for one never open |
| token.refreshing | | a refresh is sent |
| token.refreshed | | its answer is a token |
| token.failed | status | its answer is none; 0: no answer |
| presence.shown | presence, version (the server's modifiedDate), message | the presence on the screen changes |
| routing.shown | routing | the routing status on the screen changes |
| offer.received | conversation, connected | an alerting call is heard of or found |
| offer.accepted | conversation, connected | the desktop takes it |
| offer.declined | conversation, connected | the desktop declines it |
| conversation.shown | conversation, state (alerting, connected, wrapup, ended), version | a call changes |
| wrapup.shown | conversation, notes, code, deadline_wall, state (draft, submitted) | after-call work changes |
| media.shown | conversation, state (starting, good, bad, fallback), loss_percent, jitter_ms | what is shown changes |
| media.heard | conversation, loss_percent, jitter_ms, received, expected | what arrived: every 5 s, and at the end |
| media.fallback | conversation, number | the voice moved to a phone; the number is shown |
| write.sent | method, path, write_id | a change is put on the wire; again with the same id when it is replayed |
| write.result | write_id, outcome (ok, failed, unknown), status | the final outcome, once |
| logged_in | | a human, or the start of the crowd, logs the agent in |
| logged_out | reason | the session ends: `by the agent`, `authentication failed`, ... |

A write.sent after the write.result of the same id is a replay behind the caller's back. Status -1 in a write.result is
a change that was taken back before it was sent, because the server had something newer.
"""

import sys

# httpx imports its own command line and HTTP/2 wherever it can: 6 MB of libraries that no desktop needs.
for module in ("httpx._main", "httpcore._async.http2", "httpcore._sync.http2"):
    sys.modules.setdefault(module, None)  # type: ignore[arg-type]
