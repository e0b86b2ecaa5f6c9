"""What becomes of a connection that says nothing for a while."""

import http.client
from urllib.parse import urlsplit

from harness.waiting import pause

# Longer than httpx keeps an idle connection (5 s), so that it is never the server that gives up first.
IDLE_S = 6.0


def answers_after_a_rest(url: str) -> bool:
    """Whether the server at `url` answers twice on one connection that was idle in between."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    try:
        connection.request("GET", parts.path)
        connection.getresponse().read()
        first = connection.sock
        pause(IDLE_S)
        connection.request("GET", parts.path)
        return connection.getresponse().read() != b"" and connection.sock is first
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
