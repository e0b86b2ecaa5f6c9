"""The errors of Deskstorm: few, with fields, one sentence each, saying what was expected and what was found."""


class DeskstormError(Exception):
    """What every refusal of ours is; its text is one line that a person can act on."""


class BadInput(DeskstormError):
    """Something a person gave us is wrong; nothing was touched."""

    def __init__(self, what: str, expected: str, found: object) -> None:
        super().__init__(f"{what}: expected {expected}, found {found!r}")
        self.what = what
        self.expected = expected
        self.found = found


class FaultNotInForce(DeskstormError):
    """A fault was ordered and its effect was not seen on the data path."""

    def __init__(self, fault: str, expected: str, found: str) -> None:
        super().__init__(f"{fault} is not in force: expected {expected}, found {found}")
        self.fault = fault
        self.expected = expected
        self.found = found


class FaultNotCleared(DeskstormError):
    """A fault was taken back and its effect is still seen on the data path."""

    def __init__(self, fault: str, expected: str, found: str) -> None:
        super().__init__(f"{fault} is not cleared: expected {expected}, found {found}")
        self.fault = fault
        self.expected = expected
        self.found = found


class Unreachable(DeskstormError):
    """A part of the world did not answer."""

    def __init__(self, part: str, address: str, found: str) -> None:
        super().__init__(f"{part} at {address} did not answer: {found}")
        self.part = part
        self.address = address


class NoEvidence(DeskstormError):
    """A probe has nothing to measure; its experiment is VOID, never green."""

    def __init__(self, question: str, expected: str, found: str) -> None:
        super().__init__(f"{question}: expected {expected}, found {found}")
        self.question = question


class CannotTell(DeskstormError):
    """What is under test has no answer to a question, which is not a wrong answer: the run is VOID, not FAIL."""

    def __init__(self, question: str, whom: str, why: str) -> None:
        super().__init__(f"{whom} cannot tell {question}: {why}")
        self.question = question


class Refused(DeskstormError):
    """The blast-radius guard said no."""
