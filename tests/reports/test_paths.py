"""What was measured on the desktops' network, in words."""

from typing import Any

import pytest

from reports import record
from reports.faults import faults
from reports.paths import found_in_words, order_in_words

ONE_WAY = {"datagrams": 3000, "lost_percent": 1.9, "delay_ms": 100.2}
NOTHING = {"datagrams": 40, "lost_percent": 100.0, "delay_ms": None}


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (
            {"connects": 15, "failed": 0, "connect_ms": 200.3, "from_desktops": ONE_WAY},
            "connect 200.3 ms (p50 of 15); from desktops 1.9 % of 3,000 datagrams lost, 100.2 ms",
        ),
        (
            {"connects": 2, "failed": 2, "connect_ms": None, "to_desktops": NOTHING},
            "none of 2 connects came about; to desktops 100.0 % of 40 datagrams lost",
        ),
        ({"connects": 15, "failed": 1, "connect_ms": 9.0}, "connect 9.0 ms (p50 of 15, 1 failed)"),
        (
            {"to_desktops": {**ONE_WAY, "rate_kbit": 7680.4, "repeated_percent": 2.5}},
            "to desktops 1.9 % of 3,000 datagrams lost, 100.2 ms, 7,680 kbit/s, 2.5 % repeated",
        ),
        (
            {"reset": ["ConnectionResetError"], "connections": 24},
            "24 connections reset, besides those of the proof",
        ),
        ({}, "nothing was measured"),
    ],
)
def test_what_was_found_is_said_in_words(found: dict[str, Any], words: str) -> None:
    assert found_in_words(found) == words


@pytest.mark.parametrize(
    ("expected", "words"),
    [
        ({"ways": ["from_desktops", "to_desktops"], "on": {}}, ("every site, both ways", "")),
        (
            {"ways": ["to_desktops"], "on": {"site": "b"}, "shape": {"rate_bit": 64000}},
            ("site b, to desktops", "rate_bit 64000"),
        ),
        (
            {"ways": ["from_desktops"], "on": {"interface": "eth0", "cidrs": ["34.195.0.0/16"], "ports": [443]}},
            ("eth0, cidrs 34.195.0.0/16, ports 443, from desktops", ""),
        ),
    ],
)
def test_where_a_fault_was_ordered_is_said_in_words(expected: dict[str, Any], words: tuple[str, str]) -> None:
    assert order_in_words(expected) == words


def test_each_order_of_a_fault_has_its_own_measurements(recorded: Any) -> None:
    for number, second in enumerate((60, 80)):
        order = {"fault": "link_down", "lease": f"l-{number}", "expected": {"ways": ["to_desktops"], "on": {}}}
        place = {"fault": "link_down", "place": "site a"}
        recorded.add("chaos-1", second, "fault.ordered", **order, found=None)
        recorded.add("chaos-1", second + 1, "path.measured", **place, when="injected", found={"to_desktops": NOTHING})
        recorded.add("chaos-1", second + 2, "fault.seen", **order, found={})
        recorded.add("chaos-1", second + 3, "fault.cleared_seen", **order, found="gone")
        recorded.add(
            "chaos-1", second + 4, "path.measured", **place, when="cleared", found={"connects": 2, "connect_ms": number}
        )
    found = [fault for fault in faults(record.read(recorded.write())) if fault.fault == "link_down"]
    assert [fault.scope for fault in found] == ["every site, to desktops"] * 2
    assert [fault.measured for fault in found] == [
        (
            "site a, in force: to desktops 100.0 % of 40 datagrams lost",
            f"site a, cleared: connect {number} ms (p50 of 2)",
        )
        for number in range(2)
    ]
