import json

from harness.network.nft import Hole, dropped, script, table_of, tables
from harness.network.target import Target

# As printed by `nft -j list table netdev deskstorm_blackhole_1` of nftables 1.0.6.
RECORDED = """{"nftables": [{"metainfo": {"version": "1.0.6", "release_name": "Lester Gooch #5",
"json_schema_version": 1}}, {"table": {"family": "netdev", "name": "deskstorm_blackhole_1", "handle": 2}}, {"chain":
{"family": "netdev", "table": "deskstorm_blackhole_1", "name": "ingress0", "handle": 1, "type": "filter", "hook":
"ingress", "prio": -500, "policy": "accept"}}, {"rule": {"family": "netdev", "table": "deskstorm_blackhole_1", "chain":
"ingress0", "handle": 3, "expr": [{"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "saddr"}},
"right": {"prefix": {"addr": "34.195.0.0", "len": 16}}}}, {"counter": {"packets": 83, "bytes": 4980}}, {"drop":
null}]}}]}"""


def test_a_hole_for_everything_leaves_neighbours_to_find_each_other() -> None:
    assert script("deskstorm_t", [Hole("", "veth1", "ingress", True, Target())]).splitlines() == [
        "add table netdev deskstorm_t",
        "add chain netdev deskstorm_t ingress0 { type filter hook ingress device veth1 priority -500; policy accept; }",
        "add rule netdev deskstorm_t ingress0 meta protocol { ip, ip6 } counter drop",
    ]


def test_holes_for_two_networks_and_a_port_drop_nothing_else() -> None:
    target = Target(("34.195.0.0/16", "35.180.0.0/16"), ((443, 443),))
    rules = [line for line in script("t", [Hole("", "eth7", "egress", True, target)]).splitlines() if "rule" in line]
    assert rules == [
        "add rule netdev t egress0 ip daddr 34.195.0.0/16 meta l4proto { tcp, udp } th dport { 443 } counter drop",
        "add rule netdev t egress0 ip daddr 35.180.0.0/16 meta l4proto { tcp, udp } th dport { 443 } counter drop",
    ]


def test_each_lease_has_a_table_of_its_own() -> None:
    assert table_of("blackhole-f96e566b5108") == "deskstorm_blackhole_f96e566b5108"


def test_what_nft_prints_is_read() -> None:
    found = json.loads(RECORDED)
    assert tables(found) == ["deskstorm_blackhole_1"]
    assert dropped(found) == {"ingress0": 83}
    assert tables({}) == [] and dropped({}) == {}
