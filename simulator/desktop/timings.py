"""All durations of a desktop, in one place."""

from dataclasses import dataclass, fields
from typing import Any

# So much of a voice path lost, and a caller cannot be understood any more.
VOICE_LOSS_PERCENT = 20.0


@dataclass(frozen=True)
class Timings:
    """Real-world seconds by default; `scaled` gives the same in another world's time.

    The constants are those of Genesys' own streaming client, except that we jitter.
    """

    backoff_base_s: float = 2.0
    backoff_max_s: float = 90.0
    # The least time between two attempts, so that chance never makes an attempt follow a failure at once.
    backoff_min_s: float = 0.2
    # A connection that held for this long has proved itself: the next backoff starts from its base again.
    stable_s: float = 10.0
    # The server says something at least every 30 s; a little later the desktop asks, and soon after it gives up.
    ping_s: float = 31.0
    silence_s: float = 35.0
    polite_close_s: float = 5.0
    # A socket_closing notice comes about a minute ahead: all desktops have it at once, so they spread their moves.
    move_over_s: float = 20.0
    channel_renew_s: float = 23 * 3600.0
    refresh_lead_s: float = 60.0
    refresh_spread_s: float = 15.0
    presence_beat_s: float = 30.0
    # Without a socket the desktop looks for offers, often enough to decline one before it is missed (after 8 s).
    offline_beat_s: float = 6.0
    # After a gap of this length the server may have changed presence by itself (it does after 60 s).
    long_gap_s: float = 30.0
    auto_answer_s: float = 2.0
    # What the agent wrote is sent this long before the server would end after-call work by itself.
    wrapup_margin_s: float = 2.0
    auto_wrapup_s: float | None = None
    # A voice path is dead after so much silence, and bad if too much of this window is lost; it is measured every beat.
    voice_silence_s: float = 5.0
    voice_window_s: float = 10.0
    voice_beat_s: float = 1.0
    rest_timeout_s: float = 30.0
    connect_timeout_s: float = 15.0

    def scaled(self, time_scale: float) -> "Timings":
        """Every duration times `time_scale`; timeouts stay at 1 s or more, for a small world has real sockets too."""
        given = {f.name: getattr(self, f.name) for f in fields(self)}
        times: dict[str, Any] = {name: value and value * time_scale for name, value in given.items()}
        for name in ("rest_timeout_s", "connect_timeout_s"):
            times[name] = max(1.0, times[name])
        return Timings(**times)
