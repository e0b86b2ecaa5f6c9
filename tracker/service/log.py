"""What an operator reads on stderr: the start, and one line when a part gets into trouble and when it is well again.

No line holds a secret, or anything that callers said: problems name parts, addresses of servers and errors.
"""

import asyncio
import sys
from collections.abc import Callable, Mapping

LOOK_EVERY_S = 1.0
LONGEST_LINE = 300


def say(text: str) -> None:
    """One line."""
    line = " ".join(text.split())
    print(f"tracker: {line[:LONGEST_LINE]}", file=sys.stderr, flush=True)


class Troubles:
    """Looks at `problems`, why each part is in trouble, in words (empty: it is not); what lasts is said once."""

    def __init__(self, problems: Callable[[], Mapping[str, str]], say: Callable[[str], None] = say) -> None:
        self._problems = problems
        self._say = say
        self._known: set[str] = set()

    def look(self) -> None:
        """Say what began and what ended since the last look."""
        for part, problem in self._problems().items():
            if problem and part not in self._known:
                self._known.add(part)
                self._say(f"{part}: {problem}")
            elif not problem and part in self._known:
                self._known.discard(part)
                self._say(f"{part}: well again")

    async def watch(self) -> None:
        """For ever."""
        while True:
            self.look()
            await asyncio.sleep(LOOK_EVERY_S)  # waits: the pace of looking
