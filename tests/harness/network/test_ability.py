import pytest

from harness.errors import BadInput
from harness.network import ability
from harness.network.ability import abilities, require
from harness.network.shell import Shell, ToolFailed, search_path

NAMES = ["root", "tools", "veth", "htb", "netem", "ifb", "nft", "ss_kill"]


def test_without_root_every_ability_says_so_and_how_to_get_it() -> None:
    found = dict(ability._abilities(1000, ""))
    assert list(found) == NAMES
    assert found["netem"] == found["root"] == "user 1000 may not change networks; run it as root (sudo)"


def test_a_missing_tool_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ability, "PACKAGES", {"tc": "iproute2", "no-such-tool": "nothing"})
    assert dict(ability._abilities(0, "/usr/sbin:/sbin"))["nft"] == "no-such-tool missing; apt-get install nothing"


@pytest.mark.world
def test_what_it_says_of_this_machine_is_what_this_machine_does() -> None:
    found = abilities()
    assert list(found) == NAMES
    assert found["veth"] == found["htb"] == ""
    with pytest.raises(ToolFailed):
        Shell().tc_batch(["qdisc add dev no-such-device root handle 1: tbf rate 1mbit burst 3200 limit 3200"])


@pytest.mark.world
def test_tools_that_are_not_on_the_path_of_a_plain_su_are_found_and_run(monkeypatch: pytest.MonkeyPatch) -> None:
    found = abilities()
    monkeypatch.setenv("PATH", "/usr/local/bin:/usr/bin:/bin")
    assert ability._abilities(0, search_path()) == tuple(found.items())


@pytest.mark.world
def test_what_is_missing_is_refused_with_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    why = "this kernel has no sch_netem; load the module"
    monkeypatch.setattr(ability, "abilities", lambda: dict.fromkeys(NAMES, "") | {"netem": why})
    require("bandwidth", ["htb"])
    with pytest.raises(BadInput) as refused:
        require("latency", ["htb", "netem"])
    assert str(refused.value) == f"latency on this machine: expected netem, found '{why}'"
