import pytest

from harness.errors import BadInput
from harness.network.target import Clause, Target, clauses, common, masks, nft_match, target_of

GENESYS = Target(("34.195.0.0/16",), ((443, 443),))
VOICE = Target((), ((1024, 65535),), udp_only=True)
HIGH_PORTS = ["1024 0xfc00", "2048 0xf800", "4096 0xf000", "8192 0xe000", "16384 0xc000", "32768 0x8000"]


def words(found: list[Clause]) -> list[str]:
    return [f"{one.family}: {' '.join(one.words)}" for one in found]


def test_everything_is_all_ip_and_all_ip6() -> None:
    assert words(clauses(Target(), outgoing=True)) == ["ip: match u32 0 0", "ip6: match u32 0 0"]


@pytest.mark.parametrize(("outgoing", "host", "port"), [(True, "dst", "dport"), (False, "src", "sport")])
def test_the_other_side_is_where_packets_go_to_or_come_from(outgoing: bool, host: str, port: str) -> None:
    rest = f"match ip {host} 34.195.0.0/16 match ip protocol {{}} 0xff match ip {port} 443 0xffff"
    assert words(clauses(GENESYS, outgoing)) == ["ip: " + rest.format(6), "ip: " + rest.format(17)]


def test_a_network_of_ip6_is_matched_in_ip6_alone() -> None:
    assert words(clauses(Target(("2600:1f18::/32",)), outgoing=True)) == ["ip6: match ip6 dst 2600:1f18::/32"]


def test_voice_is_udp_with_high_ports() -> None:
    found = words(clauses(VOICE, outgoing=True))
    assert found[:6] == [f"ip: match u32 0 0 match ip protocol 17 0xff match ip dport {port}" for port in HIGH_PORTS]
    assert len(found) == 12


def test_what_two_targets_have_in_common_matches_both() -> None:
    assert words(common((GENESYS, Target(ports=((443, 443),))), outgoing=True))[0] == (
        "ip: match ip dst 34.195.0.0/16 match ip protocol 6 0xff match ip dport 443 0xffff "
        "match u32 0 0 match ip protocol 6 0xff match ip dport 443 0xffff"
    )
    assert common((GENESYS, Target(ports=((80, 80),))), outgoing=True) == []


@pytest.mark.parametrize("ends", [(1, 65535), (1024, 65535), (443, 443), (8000, 8100), (1, 1), (65535, 65535)])
def test_masks_cover_a_range_of_ports_and_nothing_else(ends: tuple[int, int]) -> None:
    covered = [port for port in range(65536) if any(port & mask == value for value, mask in masks(*ends))]
    assert covered == list(range(ends[0], ends[1] + 1))


def test_nft_is_told_the_same() -> None:
    assert nft_match(Target(), outgoing=True) == [""]
    assert nft_match(GENESYS, True) == ["ip daddr 34.195.0.0/16 meta l4proto { tcp, udp } th dport { 443 } "]
    assert nft_match(VOICE, False) == ["meta l4proto udp th sport { 1024-65535 } "]
    assert nft_match(Target(("2600:1f18::/32",)), False) == ["ip6 saddr 2600:1f18::/32 "]


def test_networks_and_ports_are_read_as_a_person_writes_them() -> None:
    assert target_of(["34.195.0.0/16"], [443, "1024-65535"]) == Target(("34.195.0.0/16",), ((443, 443), (1024, 65535)))


@pytest.mark.parametrize(
    ("cidrs", "ports", "sentence"),
    [
        ("34.195.0.0/16", [], "cidrs: expected a list, found '34.195.0.0/16'"),
        (["34.195.0.1/16"], [], "cidrs: expected networks such as \"34.195.0.0/16\", found '34.195.0.1/16'"),
        ([], [0], 'ports: expected ports such as 443 or "1024-65535", found 0'),
        ([], ["9-8"], "ports: expected ports such as 443 or \"1024-65535\", found '9-8'"),
        ([], [True], 'ports: expected ports such as 443 or "1024-65535", found True'),
        ([], ["https"], "ports: expected ports such as 443 or \"1024-65535\", found 'https'"),
    ],
)
def test_what_is_no_network_and_no_port_is_refused(cidrs: object, ports: object, sentence: str) -> None:
    with pytest.raises(BadInput) as refused:
        target_of(cidrs, ports)
    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("target", "taken"),
    [
        (Target(), (True, True)),
        (Target(("198.18.0.0/15",), ((443, 443),)), (True, True)),
        (Target(("2001:db8::/32", "198.18.0.0/24")), (True, True)),
        (Target(("203.0.113.0/24",)), (False, False)),
        (Target((), ((80, 442), (444, 500))), (False, False)),
        (Target((), ((1, 1024),), udp_only=True), (False, True)),
    ],
)
def test_a_target_takes_what_its_rules_would(target: Target, taken: tuple[bool, bool]) -> None:
    assert tuple(target.takes("198.18.0.1", 443, udp) for udp in (False, True)) == taken
