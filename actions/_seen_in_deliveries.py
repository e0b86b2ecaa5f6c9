"""What faults on deliveries have in common: how many of our own it takes to meet a share of them."""

from actions._seen_on_rest import tries_for
from harness.breaking.deliveries import AT_ONCE

# Beyond this the feed gives up waiting for an answer after 30 s and sends again, so that it never arrives.
LONGEST_HOLD_MS = 20_000


def deliveries_for(percent: float) -> int:
    """How many deliveries meet a fault that touches `percent` of them, in whole rounds."""
    return -(-tries_for(percent) // AT_ONCE) * AT_ONCE
