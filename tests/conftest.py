"""For all tests: nothing of them stays behind, what needs netem runs where there is netem, and who shares a worker."""

import signal

import pytest

from harness.network.ability import abilities
from harness.network.needs import NETEM
from tests.residue import nothing_is_left as nothing_is_left
from tests.residue import pytest_sessionfinish as pytest_sessionfinish
from tests.residue import pytest_sessionstart as pytest_sessionstart

LAB = "lab"


def pytest_configure() -> None:
    """Whoever started the tests in the background had SIGINT ignored for all that they start; it is what Ctrl-C is."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)  # before the workers are told of the groups
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what cannot run on this kernel, and keep on one worker what shares a world, or boots a lab."""
    _leave_out(config, items)
    for item in items:
        if not _marked(item, "xdist_group", "prove"):
            item.add_marker(pytest.mark.xdist_group(LAB if _marked(item, LAB) else item.nodeid.split("::")[0]))


def _leave_out(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what needs netem on a kernel without, for tests/test_in_the_lab.py runs it in the lab; with netem, that
    one. A mere listing has both."""
    if config.option.collectonly or not any(_marked(item, NETEM, LAB) for item in items):
        return
    left_out = NETEM if abilities()[NETEM] else LAB
    config.hook.pytest_deselected(items=[item for item in items if _marked(item, left_out)])
    items[:] = [item for item in items if not _marked(item, left_out)]


def _marked(item: pytest.Item, *names: str) -> bool:
    return any(item.get_closest_marker(name) for name in names)
