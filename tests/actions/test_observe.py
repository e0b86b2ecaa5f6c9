import time

import pytest

from harness.errors import BadInput
from tests.actions.conftest import Live

pytestmark = pytest.mark.world


def test_time_passes_and_what_happens_meanwhile_is_counted(live: Live) -> None:
    started = time.monotonic()
    found = live.do("observe", seconds=5, reason="nothing is broken")
    assert time.monotonic() - started >= 0.5
    assert found["seconds"] == 5
    assert found["seen"]["poll"] > 0


@pytest.mark.parametrize("parameters", [{"seconds": 0, "reason": "x"}, {"seconds": "5", "reason": "x"}, {"seconds": 5}])
def test_what_makes_no_sense_is_refused(live: Live, parameters: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        live.do("observe", **parameters)
