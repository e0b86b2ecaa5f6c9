"""Which tools are run, and what it means when they refuse."""

import pytest

from harness.network.shell import Shell, ToolFailed
from tests.harness.network.links import joined


@pytest.mark.parametrize(
    ("found", "gone"),
    [
        ('Cannot find device "eth7"', True),
        ('Device "eth7" does not exist.', True),
        ('Cannot open network namespace "it": No such file or directory', True),
        ("Error: Operation not permitted", False),
        ("no end within 5 s", False),
    ],
)
def test_what_a_tool_says_is_not_there_is_gone(found: str, gone: bool) -> None:
    assert ToolFailed(["tc"], found).gone is gone


def test_a_tool_that_is_not_there_says_nothing_of_what_is() -> None:
    with pytest.raises(ToolFailed, match="no-such-tool: No such file or directory") as refused:
        Shell()._run(["no-such-tool"])
    assert not refused.value.gone


@pytest.mark.world
def test_nor_does_one_that_is_not_there_in_a_namespace() -> None:
    with joined() as link, pytest.raises(ToolFailed, match="No such file or directory") as refused:
        Shell(link.near)._run([*Shell(link.near)._exec(), "no-such-tool"])
    assert not refused.value.gone


def test_tools_are_found_where_the_path_of_a_plain_su_does_not_lead(monkeypatch: pytest.MonkeyPatch) -> None:
    for path in ("/usr/local/bin:/usr/bin:/bin", ""):
        monkeypatch.setenv("PATH", path)
        assert all(one.kernels_own for one in Shell().qdiscs("lo"))
