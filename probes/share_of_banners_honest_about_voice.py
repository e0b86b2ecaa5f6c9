"""Whether agents are told the truth about their voice path."""

from chaoslib.types import Configuration

from harness.evidence import Evidence
from harness.observing.figures import share
from harness.observing.measuring import Desktop, measuring
from harness.observing.voice import BAD_LOSS_PERCENT, Call, calls_connected, newest_loss, numbers_given

__all__ = ["share_of_banners_honest_about_voice"]

FRESH_S = 12.0


def share_of_banners_honest_about_voice(within_s: float = 0, configuration: Configuration = None) -> float:
    """Share (0 to 1) of the connected calls whose desktop tells its agent the truth about the voice.

    A call that the server moved to a phone must be shown with that number; a good voice may be shown only while both
    ends measure less than 20 % lost, and then nothing else may be shown. Waits up to `within_s` real-world seconds for
    all.
    """
    look = measuring(configuration, "share_of_banners_honest_about_voice")

    def honest() -> float:
        desktops, evidence = look.desktops(), look.evidence()
        now = evidence.entries[-1].t if evidence.entries else 0
        calls = calls_connected(evidence, look.agents, now)
        since = now - look.nanoseconds(FRESH_S)
        good = [call for call in calls if _is_true(desktops.get(call.agent), call, evidence, since)]
        return share(len(good), len(calls), look.question, "connected calls")

    return look.settled(honest, 1.0, within_s)


def _is_true(desktop: Desktop | None, call: Call, evidence: Evidence, since: int) -> bool:
    shown = (desktop.row.get("voice") if desktop is not None else None) or {}
    if shown.get("conversation") != call.conversation:
        return False
    given = numbers_given(evidence).get(call)
    if given is not None:
        return (shown["state"], shown["number"]) == ("fallback", given[1])
    loss = newest_loss(evidence, call, since)
    if loss is None:
        return bool(shown["state"] == "starting")
    return bool((shown["state"] == "good") == (loss < BAD_LOSS_PERCENT))
