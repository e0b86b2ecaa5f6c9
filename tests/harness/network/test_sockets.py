from harness.network.place import Place, Way
from harness.network.resetting import orders
from harness.network.sockets import Connection, connections, kill, own, peer, show
from harness.network.target import Target

# As printed by `ss -Htn state established` of iproute2 6.1.
RECORDED = """0      0      198.18.250.1:45435 198.18.250.2:43912
0      61       127.0.0.53%lo:53 127.0.0.1:40000
0      0      [2600:1f18::1]:443 [2600:1f18::2]:51000
0      0      [::ffff:10.0.0.1]:443 [::ffff:10.0.0.2]:51001
RTNETLINK answers: Invalid argument
"""
HEAD = ["-H", "-t", "-n", "state", "established"]


def test_what_ss_prints_is_read() -> None:
    assert connections(RECORDED) == [
        Connection("198.18.250.1", 45435, "198.18.250.2", 43912),
        Connection("127.0.0.53", 53, "127.0.0.1", 40000),
        Connection("2600:1f18::1", 443, "2600:1f18::2", 51000),
        Connection("10.0.0.1", 443, "10.0.0.2", 51001),
    ]


def test_connections_are_chosen_by_the_other_sides_network_and_port() -> None:
    target = Target(("34.195.0.0/16", "2600:1f18::/32"), ((443, 443), (8000, 8100)))
    assert kill(peer(target)) == [
        "-K",
        *HEAD,
        "( dst 34.195.0.0/16 or dst [2600:1f18::]/32 )",
        "( dport = :443 or ( dport >= :8000 and dport <= :8100 ) )",
    ]
    assert show(own(Target(ports=((1, 65535),)))) == [*HEAD, "( sport >= :1 )"]
    assert show(peer(Target())) == HEAD


def test_at_a_site_either_end_can_be_aborted() -> None:
    target = Target(ports=((443, 443),))
    place = Place("site a", {}, target, namespace="ns", near="198.18.0.2", far="198.18.0.1")
    far = ("", ["-K", *HEAD, "( dst 198.18.0.2/32 )", "( sport = :443 )"])
    near = ("ns", ["-K", *HEAD, "( dst 198.18.0.1/32 )", "( dport = :443 )"])
    assert orders(place, [Way.TO_DESKTOPS]) == [far]
    assert orders(place, [Way.FROM_DESKTOPS]) == [near]
    assert orders(place, list(Way)) == [far, near]


def test_at_an_interface_the_machines_own_sockets_are_aborted() -> None:
    place = Place("eth7", {}, Target(("34.195.0.0/16",)), witness=("34.195.0.1", 443))
    assert orders(place, list(Way)) == [("", ["-K", *HEAD, "( dst 34.195.0.0/16 )"])]
