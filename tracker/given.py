"""Reads one JSON object of a settings file key by key; what is wrong is refused by name, with what was expected."""

from collections.abc import Iterator, Mapping
from typing import Any

from tracker.errors import BadInput

SCHEMES = ("http://", "https://")
ADDRESS = "an address that begins with http:// or https://"


class Secret:
    """A secret that was read from the environment; it never shows in a text that is made of it."""

    __slots__ = ("value",)

    def __init__(self, value: str) -> None:
        self.value = value

    def __repr__(self) -> str:
        return "Secret(***)"


class Given:
    """The object `given` at the place `where`; `rest()` at the end refuses the keys that nobody asked for."""

    def __init__(self, given: object, where: str, environment: Mapping[str, str]) -> None:
        if not isinstance(given, dict):
            raise BadInput(where, "an object", given)
        self._given: dict[str, Any] = given
        self._where = where
        self._environment = environment
        self._asked: set[str] = set()

    def text(self, key: str, default: str | None = None) -> str:
        """A text that is not empty."""
        found = self._take(key, default)
        if not isinstance(found, str) or not found:
            raise self._refusal(key, "a text", found)
        return found

    def maybe_text(self, key: str) -> str | None:
        """A text, or None if the key is absent or null."""
        return None if self._take(key, None) is None else self.text(key)

    def choice(self, key: str, choices: tuple[str, ...], default: str | None = None) -> str:
        """One of `choices`."""
        found = self._take(key, default)
        if found not in choices:
            raise self._refusal(key, f"one of {', '.join(choices)}", found)
        return str(found)

    def url(self, key: str) -> str:
        """An http or https address."""
        found = self.text(key)
        if not found.startswith(SCHEMES):
            raise self._refusal(key, ADDRESS, found)
        return found

    def number(self, key: str, default: float, least: float = 0.0) -> float:
        """A number of at least `least`."""
        found = self._take(key, default)
        if isinstance(found, bool) or not isinstance(found, int | float) or not least <= found < float("inf"):
            raise self._refusal(key, f"a number of at least {least:g}", found)
        return float(found)

    def whole(self, key: str, default: int, least: int, most: int) -> int:
        """A whole number from `least` to `most`."""
        found = self._take(key, default)
        if isinstance(found, bool) or not isinstance(found, int) or not least <= found <= most:
            raise self._refusal(key, f"a whole number from {least} to {most}", found)
        return found

    def flag(self, key: str) -> bool:
        """true or false; false if absent."""
        found = self._take(key, False)
        if not isinstance(found, bool):
            raise self._refusal(key, "true or false", found)
        return found

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; none if absent."""
        found = self._take(key, [])
        if not isinstance(found, list) or not all(isinstance(one, str) and one for one in found):
            raise self._refusal(key, "a list of texts", found)
        return tuple(found)

    def secret(self, key: str) -> Secret | None:
        """The secret in the environment variable that `key` names; None if the key is absent or null. White space
        around it is no part of it: files that secrets are mounted from end with a new line. It may have to stand in
        a header, so it is printable ASCII; a refusal names the variable, and never shows what is in it."""
        name = self.maybe_text(key)
        if name is None:
            return None
        value = self._environment.get(name, "").strip()
        if not value:
            raise self._refusal(key, "the name of an environment variable that holds a secret", name)
        if not (value.isascii() and value.isprintable()):
            raise self._refusal(key, "a secret of printable ASCII characters in an environment variable", name)
        return Secret(value)

    def secret_url(self, key: str) -> Secret | None:
        """An http or https address in the environment variable that `key` names; None if the key is absent or null."""
        found = self.secret(key)
        if found and not found.value.startswith(SCHEMES):
            raise self._refusal(key, f"an environment variable with {ADDRESS}", self._given[key])
        return found

    def part(self, key: str) -> "Given | None":
        """The object under `key`; None if absent or null."""
        found = self._take(key, None)
        return None if found is None else Given(found, self._name(key), self._environment)

    def parts(self, key: str) -> "list[Given]":
        """The objects in the list under `key`; none if absent."""
        found = self._take(key, [])
        if not isinstance(found, list):
            raise self._refusal(key, "a list of objects", found)
        return [Given(one, f"{self._name(key)}[{place}]", self._environment) for place, one in enumerate(found)]

    def others(self) -> Iterator[tuple[str, "Given"]]:
        """Every key that was not asked for, with its object, for keys that people choose."""
        for key in [key for key in self._given if key not in self._asked]:
            yield key, Given(self._take(key, None), self._name(key), self._environment)

    def rest(self) -> None:
        """Refuse the keys that nobody asked for."""
        for key in self._given:
            if key not in self._asked:
                raise BadInput(self._where, f"only the keys {', '.join(sorted(self._asked))}", key)

    def _take(self, key: str, default: object) -> Any:
        self._asked.add(key)
        return self._given.get(key, default)

    def _name(self, key: str) -> str:
        return f"{self._where}: {key}"

    def _refusal(self, key: str, expected: str, found: object) -> BadInput:
        return BadInput(self._name(key), expected, found)
