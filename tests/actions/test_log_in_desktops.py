import pytest

from actions.log_in_desktops import log_in_desktops
from harness.errors import BadInput
from tests.actions.conftest import Live

pytestmark = pytest.mark.world


def test_without_a_world_nobody_logs_in() -> None:
    assert log_in_desktops(configuration={}) == {"logged_in": []}


def test_unknown_agents_are_refused(live: Live) -> None:
    with pytest.raises(BadInput, match="nobody"):
        live.do("log_in_desktops", agents="nobody")
