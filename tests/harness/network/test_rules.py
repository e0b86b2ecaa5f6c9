"""Rules on links of the tests' own; netem in its own tests, for kernels that have it."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import BadInput, FaultNotCleared, FaultNotInForce
from harness.network.book import End, Order
from harness.network.meter import Meter
from harness.network.rules import counters, put_in_force, take_away
from harness.network.shape import Shape
from harness.network.shell import Shell, ToolFailed
from harness.network.target import Target
from harness.network.tc import Part
from harness.waiting import until
from tests.harness.network.left import LINKS
from tests.harness.network.links import Joined, joined

pytestmark = pytest.mark.world

SLOW, SLOWER = Shape(rate_bit=2_000_000), Shape(rate_bit=500_000)
VOICE = Target((), ((1024, 65535),), udp_only=True)


# Holds the book and runs a tool that does not end by itself.
CALLER = """
import pathlib, sys
from harness.network.book import opened
from harness.network.shell import Shell

with opened(pathlib.Path(sys.argv[1])) as book:
    Shell("", book.lock).ip("monitor", "mroute")
"""
# In place of tc, at the front of the path: fails at one interface.
FAILING = """#!/bin/sh
input=$(cat)
case "$* $input" in *" {interface} "*) echo "Error: busy" >&2; exit 2 ;; esac
echo "$input" | exec /sbin/tc "$@"
"""


@pytest.fixture
def link() -> Iterator[Joined]:
    """A link whose far end is here."""
    with joined(far_is_root=True) as found:
        yield found


def order(link: Joined, fault: str, shape: Shape, target: Target = Target(), lease: str = "") -> Order:  # noqa: B008
    return Order(lease or f"{fault}-1", fault, End("", link.far_link, outgoing=False), Part(target, shape))


def kinds(link: Joined) -> list[str]:
    return [f"{one.kind} {one.handle}" for one in Shell().qdiscs(link.far_link)]


def slow_bit(link: Joined) -> float:
    with Meter(link.near, link.near_address, link.far_address) as meter:
        return meter.datagrams(outgoing=False, count=120, size=1000, rate_bit=4_000_000).rate_bit


def test_a_rule_is_read_back_seen_on_the_path_and_gone_afterwards(link: Joined, tmp_path: Path) -> None:
    before = kinds(link)
    found = put_in_force(tmp_path, [order(link, "bandwidth", SLOW)])
    assert found == {
        link.far_link: [{"kind": "tbf", "handle": "d601:", "rate": 250_000, "burst": 3200, "lat": 250_000}]
    }
    assert slow_bit(link) == pytest.approx(2_000_000, rel=0.05)
    assert counters(End("", link.far_link, False))["packets"] > 0
    assert take_away(tmp_path, "bandwidth-1", "bandwidth") == {"rules": "gone"}
    assert kinds(link) == before
    assert take_away(tmp_path, "bandwidth-1", "bandwidth") == {"rules": "gone"}


def test_two_faults_on_one_interface_compose_and_are_cleared_each_for_itself(link: Joined, tmp_path: Path) -> None:
    put_in_force(tmp_path, [order(link, "bandwidth", SLOW)])
    put_in_force(tmp_path, [order(link, "media_throttle", SLOWER, VOICE)])
    assert slow_bit(link) == pytest.approx(500_000, rel=0.05)
    take_away(tmp_path, "media_throttle-1", "media_throttle")
    assert slow_bit(link) == pytest.approx(2_000_000, rel=0.05)
    put_in_force(tmp_path, [order(link, "media_throttle", SLOWER, VOICE, "media_throttle-2")])
    take_away(tmp_path, "bandwidth-1", "bandwidth")
    assert slow_bit(link) == pytest.approx(500_000, rel=0.05)


def test_what_was_not_taken_off_is_taken_off_by_the_next_who_tries(
    link: Joined, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside, here = Shell(link.near), Shell()
    before = inside.qdiscs(link.near_link), here.qdiscs(link.far_link)
    ends = End(link.near, link.near_link, outgoing=True), End("", link.far_link, outgoing=False)
    put_in_force(tmp_path, [Order("bandwidth-1", "bandwidth", end, Part(Target(), SLOW)) for end in ends])
    put_in_force(tmp_path, [Order("media_throttle-1", "media_throttle", ends[0], Part(VOICE, SLOWER))])
    with monkeypatch.context() as patch:
        (tmp_path / "tc").write_text(FAILING.format(interface=link.near_link))
        (tmp_path / "tc").chmod(0o700)
        patch.setenv("PATH", str(tmp_path), prepend=":")
        for _ in range(2):
            with pytest.raises(FaultNotCleared, match=f"no rule of it, found {ends[0]}: tc .*: Error: busy"):
                take_away(tmp_path, "bandwidth-1", "bandwidth")
        assert [one.handle for one in here.qdiscs(link.far_link)] == [one.handle for one in before[1]]
    assert "d602:" in [one.handle for one in inside.qdiscs(link.near_link)]
    assert take_away(tmp_path, "bandwidth-1", "bandwidth") == {"rules": "gone"}
    assert [one.handle for one in inside.qdiscs(link.near_link)] == ["d5:", "d601:"]
    take_away(tmp_path, "media_throttle-1", "media_throttle")
    assert [one.handle for one in inside.qdiscs(link.near_link)] == [one.handle for one in before[0]]


def test_only_the_traffic_that_is_meant_is_shaped(link: Joined, tmp_path: Path) -> None:
    put_in_force(tmp_path, [order(link, "media_throttle", SLOWER, VOICE)])
    with Meter(link.near, link.near_address, link.far_address) as meter:
        assert meter.stream_bit(outgoing=False, size=500_000, within_s=2) > 5_000_000
    put_in_force(tmp_path, [order(link, "bandwidth", SLOW, Target(("203.0.113.0/24",)))])
    take_away(tmp_path, "media_throttle-1", "media_throttle")
    assert slow_bit(link) > 3_000_000


def test_a_root_qdisc_of_somebody_else_is_refused_by_name_and_left_alone(link: Joined, tmp_path: Path) -> None:
    Shell().tc_batch([f"qdisc add dev {link.far_link} root handle 7: tbf rate 1gbit burst 100000 limit 100000"])
    with pytest.raises(BadInput) as refused:
        put_in_force(tmp_path, [order(link, "bandwidth", SLOW)])
    expected = "the kernel's default, found 'tbf 7: of somebody else'"
    assert str(refused.value) == f"root qdisc of {link.far_link}: expected {expected}"
    assert kinds(link) == ["tbf 7:"]
    take_away(tmp_path, "bandwidth-1", "bandwidth")
    assert kinds(link) == ["tbf 7:"]


def test_the_tree_of_another_run_is_somebody_elses(link: Joined, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    put_in_force(tmp_path / "a", [order(link, "bandwidth", SLOW)])
    with pytest.raises(BadInput, match="htb d5: of somebody else"):
        put_in_force(tmp_path / "b", [order(link, "bandwidth", SLOW)])
    assert "htb d5:" in kinds(link)


def test_the_same_fault_twice_on_one_interface_is_refused(link: Joined, tmp_path: Path) -> None:
    put_in_force(tmp_path, [order(link, "bandwidth", SLOW)])
    with pytest.raises(BadInput, match=f"bandwidth on {link.far_link}: expected none in force there yet"):
        put_in_force(tmp_path, [order(link, "bandwidth", SLOWER, lease="bandwidth-2")])
    assert slow_bit(link) == pytest.approx(2_000_000, rel=0.05)


def test_what_was_taken_back_already_is_not_put_in_force_late(link: Joined, tmp_path: Path) -> None:
    before = kinds(link)
    take_away(tmp_path, "bandwidth-1", "bandwidth")
    with pytest.raises(FaultNotInForce, match="expected a lease that is held, found one that was undone meanwhile"):
        put_in_force(tmp_path, [order(link, "bandwidth", SLOW)])
    assert kinds(link) == before


def test_an_order_that_the_kernel_does_not_take_is_gone_after_its_undo(link: Joined, tmp_path: Path) -> None:
    before = kinds(link)
    with pytest.raises(ToolFailed):
        put_in_force(tmp_path, [order(link, "bandwidth", Shape(rate_bit=1000, burst_bytes=10**12))])
    take_away(tmp_path, "bandwidth-1", "bandwidth")
    assert kinds(link) == before


def test_a_link_and_a_namespace_that_are_gone_have_no_rules(tmp_path: Path) -> None:
    with joined() as link:
        ends = End(link.far, link.far_link, False), End(link.near, link.near_link, True)
        put_in_force(tmp_path, [Order("bandwidth-1", "bandwidth", end, Part(Target(), SLOW)) for end in ends])
    assert take_away(tmp_path, "bandwidth-1", "bandwidth") == {"rules": "gone"}


def test_what_comes_in_is_shaped_over_an_ifb_that_is_gone_afterwards(link: Joined, tmp_path: Path) -> None:
    end = End("", f"dsi{link.far_link[:10]}", outgoing=False, fed_by=link.far_link)
    before = kinds(link)
    put_in_force(tmp_path, [Order("bandwidth-1", "bandwidth", end, Part(Target(), SLOW))])
    with Meter(link.near, link.near_address, link.far_address) as meter:
        heard = meter.datagrams(outgoing=True, count=120, size=1000, rate_bit=4_000_000)
        assert heard.rate_bit == pytest.approx(2_000_000, rel=0.05)
        assert meter.datagrams(outgoing=False, count=120, size=1000).lost_percent == 0
    take_away(tmp_path, "bandwidth-1", "bandwidth")
    assert kinds(link) == before
    assert not (LINKS / end.interface).exists()


def test_one_of_two_faults_on_what_comes_in_is_cleared_without_taking_the_ifb_away(
    link: Joined, tmp_path: Path
) -> None:
    end = End("", f"dsi{link.far_link[:10]}", outgoing=False, fed_by=link.far_link)
    put_in_force(tmp_path, [Order("bandwidth-1", "bandwidth", end, Part(Target(), SLOW))])
    index = socket.if_nametoindex(end.interface)
    put_in_force(tmp_path, [Order("media_throttle-1", "media_throttle", end, Part(VOICE, SLOWER))])
    with Meter(link.near, link.near_address, link.far_address) as meter:
        heard = meter.datagrams(outgoing=True, count=60, size=1000, rate_bit=4_000_000)
        assert heard.rate_bit == pytest.approx(500_000, rel=0.05)
        take_away(tmp_path, "media_throttle-1", "media_throttle")
        heard = meter.datagrams(outgoing=True, count=120, size=1000, rate_bit=4_000_000)
        assert heard.rate_bit == pytest.approx(2_000_000, rel=0.05)
    assert socket.if_nametoindex(end.interface) == index
    take_away(tmp_path, "bandwidth-1", "bandwidth")
    assert not (LINKS / end.interface).exists()


def test_an_ifb_goes_though_the_interface_that_fed_it_is_gone(tmp_path: Path) -> None:
    with joined(far_is_root=True) as link:
        end = End("", f"dsi{link.far_link[:10]}", outgoing=False, fed_by=link.far_link)
        put_in_force(tmp_path, [Order("bandwidth-1", "bandwidth", end, Part(Target(), SLOW))])
        put_in_force(tmp_path, [Order("media_throttle-1", "media_throttle", end, Part(VOICE, SLOWER))])
    assert (LINKS / end.interface).exists()
    assert take_away(tmp_path, "bandwidth-1", "bandwidth") == {"rules": "gone"}
    assert not (LINKS / end.interface).exists()
    assert take_away(tmp_path, "media_throttle-1", "media_throttle") == {"rules": "gone"}


def test_an_ingress_qdisc_of_somebody_else_is_refused(link: Joined, tmp_path: Path) -> None:
    Shell().tc_batch([f"qdisc add dev {link.far_link} handle ffff: ingress"])
    end = End("", f"dsi{link.far_link[:10]}", outgoing=False, fed_by=link.far_link)
    with pytest.raises(BadInput, match=f"ingress of {link.far_link}: expected no ingress qdisc of somebody else"):
        put_in_force(tmp_path, [Order("bandwidth-1", "bandwidth", end, Part(Target(), SLOW))])
    take_away(tmp_path, "bandwidth-1", "bandwidth")
    assert "ingress ffff:" in kinds(link)


def test_whoever_cleans_up_waits_for_a_tool_that_outlived_its_caller(tmp_path: Path) -> None:
    caller = subprocess.Popen([sys.executable, "-c", CALLER, str(tmp_path)])
    with caller:
        tool = until(lambda: running_below(caller.pid, "ip"), "the tool to run", 30)
        handle = os.pidfd_open(tool)
        try:
            caller.kill()
            caller.wait()
            taken: list[str] = []
            waiting = threading.Thread(target=lambda: taken.append(take_away(tmp_path, "x-1", "x")["rules"]))
            waiting.start()
            waiting.join(0.3)
            assert waiting.is_alive() and taken == []
        finally:
            signal.pidfd_send_signal(handle, signal.SIGKILL)
            os.close(handle)
    waiting.join(30)
    assert taken == ["gone"]


def running_below(pid: int, name: str) -> int:
    """The child `name` of a process; 0 if there is none (yet)."""
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        if Path(f"/proc/{child}/comm").read_text().strip() == name:
            return int(child)
    return 0


LATENCY = Shape(delay_ms=20, jitter_ms=5, delay_correlation=25, distribution="normal")


@pytest.mark.netem
@pytest.mark.parametrize(
    ("fault", "shape", "delay"),
    [
        ("latency", LATENCY, {"delay": 0.02, "jitter": 0.005, "correlation": 0.25}),
        ("reordering", Shape(reorder=25, delay_ms=5), {"delay": 0.005, "jitter": 0.0, "correlation": 0.0}),
    ],
)
def test_netem_is_read_back_as_ordered_and_composes_with_a_rate(
    link: Joined, tmp_path: Path, fault: str, shape: Shape, delay: dict[str, float]
) -> None:
    shapes = {
        fault: shape,
        "packet_loss": Shape(burst=(1, 20, 100, 0)),
        "corruption": Shape(corrupt=1),
        "duplication": Shape(duplicate=1),
        "bandwidth": SLOW,
    }
    for name, one in shapes.items():
        found = put_in_force(tmp_path, [order(link, name, one)])
    assert [(one["kind"], one["handle"]) for one in found[link.far_link]] == [("netem", "d501:"), ("tbf", "d601:")]
    assert found[link.far_link][0]["delay"] == delay
    for name in shapes:
        take_away(tmp_path, f"{name}-1", name)
    assert not any("d5" in kind for kind in kinds(link))


def test_faults_for_different_ports_are_in_force_side_by_side(link: Joined, tmp_path: Path) -> None:
    for number, port in enumerate((7001, 7002, 7003)):
        put_in_force(tmp_path, [order(link, f"fault{number}", SLOW, Target((), ((port, port),)))])
    for number in range(3):
        take_away(tmp_path, f"fault{number}-1", f"fault{number}")
    assert not any("d5" in kind for kind in kinds(link))
