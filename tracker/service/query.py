"""Reads a query string: what is wrong, twice or unknown is refused by name."""

from typing import TypeVar

from starlette.datastructures import QueryParams

from tracker.service.access import Refusal

MOST_ON_A_PAGE = 100
LAST_PAGE = 1_000_000
LONGEST_TEXT = 256


T = TypeVar("T", bound=str)


class Refused(Exception):
    """A request that gets an error for an answer."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.what)
        self.refusal = refusal


class Query:
    """The parameters of one request, of which only `known` exist."""

    def __init__(self, given: QueryParams, *known: str) -> None:
        for name, _ in given.multi_items():
            if name not in known:
                raise wrong("query", f"only {', '.join(known)}" if known else "no parameters", name)
            if len(given.getlist(name)) > 1:
                raise wrong(f"query parameter {name}", "one value", f"{len(given.getlist(name))} of them")
        self._given = given

    def text(self, name: str) -> str:
        """A text that must be there."""
        found = self._given.get(name, "")
        # PostgreSQL knows no text with a NUL in it.
        if not 0 < len(found) <= LONGEST_TEXT or "\0" in found:
            raise wrong(f"query parameter {name}", f"a text of 1 to {LONGEST_TEXT} characters, none of them NUL", found)
        return found

    def choice(self, name: str, choices: tuple[T, ...]) -> T:
        """One of `choices`; the first, if none is named."""
        found = self._given.get(name, choices[0])
        for choice in choices:
            if choice == found:
                return choice
        raise wrong(f"query parameter {name}", f"one of {', '.join(choices)}", found)

    def page(self) -> tuple[int, int]:
        """`pageSize` and `pageNumber`; pages begin with 1."""
        return self._whole("pageSize", 25, MOST_ON_A_PAGE), self._whole("pageNumber", 1, LAST_PAGE)

    def _whole(self, name: str, default: int, most: int) -> int:
        found = self._given.get(name)
        if found is None:
            return default
        if not (found.isascii() and found.isdigit() and len(found) <= len(str(most)) and 1 <= int(found) <= most):
            raise wrong(f"query parameter {name}", f"a whole number from 1 to {most}", found)
        return int(found)


def wrong(what: str, expected: str, found: str) -> Refused:
    """A request that is wrong: 400."""
    return Refused(Refusal(400, what, expected, found if len(found) <= LONGEST_TEXT else f"{found[:LONGEST_TEXT]}..."))
