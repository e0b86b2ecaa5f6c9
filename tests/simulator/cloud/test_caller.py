"""The errors that a caller is answered with."""

from simulator.cloud.caller import ApiError
from simulator.cloud.limits import RateLimited


def test_an_error_can_be_caught_and_freed_of_its_traceback() -> None:
    for error in (ApiError(404, "not.found", "Nobody."), RateLimited(429, "too.many.requests", "Later.")):
        try:
            raise error
        except ApiError as caught:
            caught.__traceback__ = None
        assert error.__traceback__ is None
        assert len({error}) == 1
