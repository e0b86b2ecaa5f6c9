"""API errors."""

from dataclasses import dataclass

from harness.errors import BadInput
from proxy_addons.core.answers import error_answer
from proxy_addons.core.fault import Fault, quantity
from proxy_addons.core.traffic import Call


@dataclass(frozen=True)
class Parameters:
    """Which errors, how often, and whether the cloud has done what was asked."""

    statuses: str = quantity("500,502,503", "", "HTTP statuses to choose from, with commas between them")
    rate: float = quantity(1.0, "share", "share of the calls that fail", 0, 1)
    execute: bool = quantity(False, "", "let the request reach the cloud, then lie about its outcome")

    def __post_init__(self) -> None:
        if not self.choices:
            raise BadInput("api_errors statuses", "statuses from 400 to 599 with commas between them", self.statuses)

    @property
    def choices(self) -> list[int]:
        """The statuses; empty if they are not well written."""
        words = [word.strip() for word in self.statuses.split(",")]
        return [int(word) for word in words] if all(w.isdecimal() and 400 <= int(w) <= 599 for w in words) else []


class ApiErrors(Fault[Parameters]):
    """API calls are answered with errors, before or after the cloud has carried them out."""

    name = "api_errors"
    parameters_type = Parameters

    async def request(self, call: Call) -> None:
        """Choose who fails and how."""
        dice = self.chance(call.agent)
        if call.flow.response is not None or dice.random() >= self.parameters.rate:
            return
        status = dice.choice(self.parameters.choices)
        if self.parameters.execute:
            call.notes[self] = status
        else:
            self._fail(call, status)

    async def response(self, call: Call) -> None:
        """The cloud has carried it out: say that it failed."""
        status = call.notes.pop(self, None)
        if status is not None:
            self._fail(call, status)

    def _fail(self, call: Call, status: int) -> None:
        call.flow.response = error_answer(status)
        self.touch(call.agent, f"{call.method} {call.path} answered {status}", call)
