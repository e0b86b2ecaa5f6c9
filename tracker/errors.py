"""The tracker's refusals: one line each, saying what, what was expected and what was found."""


class BadInput(Exception):
    """Something that a person or a caller gave us is wrong; nothing was touched."""

    def __init__(self, what: str, expected: str, found: object) -> None:
        super().__init__(f"{what}: expected {expected}, found {found!r}")
        self.what = what
        self.expected = expected
        self.found = found
