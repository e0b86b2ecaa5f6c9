"""Requests after the login host has said no."""

import pytest

from harness.errors import NoEvidence
from probes.requests_after_refusal import requests_after_refusal
from tests.probes.conftest import A, B, Scene

TOKEN = "/oauth/token"
ME = "/api/v2/users/me"


def test_who_stops_at_once_sends_none(scene: Scene) -> None:
    scene.call(10, A, "POST", TOKEN, 400)
    scene.call(10.5, A, "GET", ME, 401)
    scene.call(20, B, "GET", ME)
    assert requests_after_refusal(configuration=scene.configuration) == 0


def test_who_goes_on_is_counted_until_logged_in_again(scene: Scene) -> None:
    scene.call(10, A, "POST", TOKEN, 400)
    scene.call(12, A, "POST", TOKEN, 400)
    scene.call(14, A, "GET", ME, 401)
    scene.call(20, A, "POST", TOKEN, 200)
    scene.call(25, A, "GET", ME)
    assert requests_after_refusal(configuration=scene.configuration) == 2


def test_without_a_refusal_there_is_nothing_to_measure(scene: Scene) -> None:
    scene.call(10, A, "POST", TOKEN, 200)
    with pytest.raises(NoEvidence, match="agents whose refresh was refused"):
        requests_after_refusal(configuration=scene.configuration)
