"""Which calls an action is about."""

from harness.runtime import Run


def calls_named(conversations: str, run: Run) -> list[str]:
    """The ids in `conversations`, with commas between them; without any, those of all calls that `place_calls` placed
    and nobody ended."""
    named = [name.strip() for name in conversations.split(",") if name.strip()]
    evidence = run.reader.read()
    ended = {entry["conversation"] for entry in evidence.of("call.ended")}
    return named or [e["conversation"] for e in evidence.of("call.placed") if e["conversation"] not in ended]
