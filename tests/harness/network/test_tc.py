import json

import pytest

from harness.errors import BadInput
from harness.network.shape import Shape
from harness.network.target import Target
from harness.network.tc import Part, Qdisc, build, classes, differences, foreign, ours, qdiscs, redirect, remove

VOICE = Target((), ((40000, 40000),), udp_only=True)
GENESYS = Target(("34.195.0.0/16",))
CLASS = "rate 10gbit burst 10mb quantum 60000"

# As printed by `tc -s -j qdisc show dev X` of iproute2 6.1 on Linux 6.1, with three faults in force.
RECORDED = """[{"kind":"htb","handle":"d5:","root":true,"refcnt":2,"options":{"r2q":10,"default":"0",
"direct_packets_stat":3,"direct_qlen":1000},"bytes":33764,"packets":200,"drops":59,"overlimits":0,"requeues":0,
"backlog":0,"qlen":0},{"kind":"netem","handle":"d501:","parent":"d5:1","options":{"limit":20000,"delay":{"delay":0.02,
"jitter":0.005,"correlation":0},"loss-gemodel":{"p":0.015,"r":0.735,"1-h":1,"1-k":0},"ecn":false,"gap":0},
"bytes":33764,"packets":200,"drops":59,"overlimits":0,"requeues":0,"backlog":0,"qlen":0},{"kind":"tbf",
"handle":"d601:","parent":"d501:1","options":{"rate":320000,"burst":3200,"lat":250000},"bytes":33764,"packets":200,
"drops":12,"overlimits":7,"requeues":0,"backlog":1500,"qlen":1}]"""
RECORDED_DEFAULTS = """[{"kind":"mq","handle":"0:","root":true,"options":{}},{"kind":"fq_codel","handle":"0:",
"parent":":1","options":{"limit":10240}}]"""
ORDERED = Shape(delay_ms=20, jitter_ms=5, burst=(1.5, 73.5, 100, 0), rate_bit=2_560_000)


def lines(*parts: Part, outgoing: bool = True) -> list[str]:
    return build("veth1", classes(parts, outgoing))


def test_one_fault_for_everything_is_one_class() -> None:
    assert lines(Part(Target(), Shape(loss=2))) == [
        "qdisc add dev veth1 root handle d5: htb",
        f"class add dev veth1 parent d5: classid d5:1 htb {CLASS}",
        "qdisc add dev veth1 parent d5:1 handle d501: netem limit 20000 loss random 2%",
        "filter add dev veth1 parent d5: protocol ip prio 1 u32 match u32 0 0 flowid d5:1",
        "filter add dev veth1 parent d5: protocol ipv6 prio 2 u32 match u32 0 0 flowid d5:1",
    ]


def test_faults_for_the_same_traffic_share_a_class_with_the_rate_below() -> None:
    found = lines(Part(Target(), Shape(loss=2)), Part(Target(), Shape(delay_ms=200)), Part(Target(), Shape(rate_bit=8)))
    assert found[1:4] == [
        f"class add dev veth1 parent d5: classid d5:1 htb {CLASS}",
        "qdisc add dev veth1 parent d5:1 handle d501: netem limit 20000 delay 200.000ms loss random 2%",
        "qdisc add dev veth1 parent d501:1 handle d601: tbf rate 8bit burst 3200 limit 18200",
    ]


def test_the_more_special_traffic_suffers_what_is_ordered_for_all_too() -> None:
    found = lines(Part(Target(), Shape(delay_ms=200)), Part(VOICE, Shape(rate_bit=16_000)))
    assert [line for line in found if "netem" in line or "tbf" in line] == [
        "qdisc add dev veth1 parent d5:1 handle d501: netem limit 20000 delay 200.000ms",
        "qdisc add dev veth1 parent d501:1 handle d601: tbf rate 16000bit burst 3200 limit 18200",
        "qdisc add dev veth1 parent d5:2 handle d502: netem limit 20000 delay 200.000ms",
    ]
    assert [line.split("u32 ", 1)[1] for line in found if "filter" in line] == [
        "match u32 0 0 match u32 0 0 match ip protocol 17 0xff match ip dport 40000 0xffff flowid d5:1",
        "match u32 0 0 match u32 0 0 match ip6 protocol 17 0xff match ip6 dport 40000 0xffff flowid d5:1",
        "match u32 0 0 flowid d5:2",
        "match u32 0 0 flowid d5:2",
    ]


def test_different_targets_have_a_class_for_what_they_share_first() -> None:
    found = classes([Part(GENESYS, Shape(loss=2)), Part(VOICE, Shape(rate_bit=8))], outgoing=True)
    assert [one.shape for one in found] == [Shape(loss=2, rate_bit=8), Shape(loss=2), Shape(rate_bit=8)]


def test_targets_that_have_nothing_in_common_have_no_class_for_it() -> None:
    ports = [Target((), ((port, port),)) for port in (7001, 7002)]
    found = classes([Part(ports[0], Shape(loss=2)), Part(ports[1], Shape(rate_bit=8))], outgoing=True)
    assert [one.shape for one in found] == [Shape(loss=2), Shape(rate_bit=8)]
    # Of TCP and UDP on port 40000 the voice is what they share.
    both = [Part(VOICE, Shape(rate_bit=8)), Part(Target((), ((40000, 40000),)), Shape(loss=2))]
    first = classes(both, outgoing=True)[0]
    assert first.shape == Shape(loss=2, rate_bit=8)
    assert not any("6 0xff" in " ".join(clause.words) for clause in first.clauses)
    networks = [Part(Target((cidr,)), Shape(loss=2)) for cidr in ("34.195.0.0/16", "34.196.0.0/16")]
    assert len(classes(networks, outgoing=True)) == 2


def test_too_many_different_targets_are_refused() -> None:
    parts = [Part(Target((f"198.18.{number}.0/24",)), Shape(loss=2)) for number in range(4)]
    with pytest.raises(BadInput, match="faults on one interface: expected at most 3 different targets, found 4"):
        classes(parts, outgoing=True)


def test_nothing_ordered_is_nothing_built() -> None:
    assert lines() == []


def test_the_tree_is_taken_off_by_its_own_handle() -> None:
    assert remove("veth1") == ["qdisc del dev veth1 root handle d5:"]


def test_what_comes_in_is_led_over_an_ifb() -> None:
    wanted = classes([Part(GENESYS, Shape(loss=2))], outgoing=False)
    assert redirect("eth7", "dsi1", wanted[0].clauses) == [
        "qdisc add dev eth7 handle ffff: ingress",
        "filter add dev eth7 parent ffff: protocol ip prio 1 u32 match ip src 34.195.0.0/16 "
        "action mirred egress redirect dev dsi1",
    ]


def test_what_tc_prints_is_read() -> None:
    found = qdiscs(RECORDED)
    assert [(one.kind, one.handle, one.parent, one.root) for one in found] == [
        ("htb", "d5:", "", True),
        ("netem", "d501:", "d5:1", False),
        ("tbf", "d601:", "d501:1", False),
    ]
    assert (found[1].packets, found[1].bytes, found[1].drops, found[2].drops) == (200, 33764, 59, 12)
    assert ours(found) == found
    assert qdiscs("") == []


def test_what_is_there_as_ordered_differs_in_nothing() -> None:
    assert differences(classes([Part(Target(), ORDERED)], True), qdiscs(RECORDED)) == []


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("delay", {"delay": 0.01, "jitter": 0.005}, "netem d501: delay.delay 0.01 instead of 0.02"),
        ("loss-gemodel", {}, "netem d501: loss-gemodel.p 0.0 instead of 0.015"),
    ],
)
def test_what_is_not_as_ordered_is_named(key: str, value: object, words: str) -> None:
    found = json.loads(RECORDED)
    found[1]["options"][key] = value
    assert differences(classes([Part(Target(), ORDERED)], True), qdiscs(json.dumps(found)))[0] == words


def test_what_is_missing_is_named() -> None:
    assert differences(classes([Part(Target(), ORDERED)], True), []) == ["no d5:", "no netem d501:", "no tbf d601:"]


def root(kind: str, handle: str) -> list[Qdisc]:
    return [Qdisc(kind, handle, "", True, {}, 0, 0, 0)]


def test_defaults_of_the_kernel_are_nobodys() -> None:
    assert foreign(qdiscs(RECORDED_DEFAULTS), known=False) is None


@pytest.mark.parametrize(
    ("handle", "known", "refused"), [("1:", True, True), ("d5:", False, True), ("d5:", True, False)]
)
def test_a_root_that_we_did_not_put_there_is_foreign(handle: str, known: bool, refused: bool) -> None:
    assert (foreign(root("htb", handle), known) is not None) == refused
