import socket

import pytest

from harness.errors import BadInput
from harness.network.inside import alone, inside
from harness.network.shell import Shell
from tests.harness.network.links import joined

pytestmark = pytest.mark.world


def names() -> list[str]:
    return [name for _, name in socket.if_nameindex()]


def test_a_call_is_made_inside_and_we_stay_outside() -> None:
    before = names()
    with joined() as link:
        assert sorted(inside(link.near, names)) == sorted(["lo", link.near_link])
        assert inside("", names) == names()
    assert names() == before


def test_sockets_made_inside_stay_there() -> None:
    with joined() as link, inside(link.far, lambda: socket.create_server((link.far_address, 0))) as listener:
        with inside(link.near, lambda: socket.create_connection(listener.getsockname(), 2)) as there:
            assert there.getsockname()[0] == link.near_address
        with pytest.raises(OSError, match=r"unreachable|refused|timed out"):
            socket.create_connection(listener.getsockname(), 0.2)


def test_what_goes_wrong_inside_is_raised_outside() -> None:
    with joined() as link, pytest.raises(ZeroDivisionError):
        inside(link.near, lambda: 1 // 0)


def test_a_namespace_that_is_not_there_is_refused() -> None:
    with pytest.raises(BadInput, match=r"network namespace dtnone: expected one that exists, found 'No such file"):
        inside("dtnone", names)


def test_a_call_and_its_tools_are_alone_in_a_namespace_without_a_name() -> None:
    before = names()

    def seen() -> tuple[list[str], str]:
        Shell().ip("link", "add", "v", "type", "veth", "peer", "name", "w")
        return names(), Shell().ip("-o", "link", "show")

    ours, theirs = alone(seen)
    assert sorted(ours) == ["lo", "v", "w"]
    assert len(theirs.splitlines()) == 3
    assert names() == before


def test_what_goes_wrong_alone_is_raised_outside() -> None:
    with pytest.raises(ZeroDivisionError):
        alone(lambda: 1 // 0)
