"""What this machine can do to networks: each ability with the reason why not, and how to get it, in one line."""

import functools
import os
import secrets
import shutil
import socket
from collections.abc import Callable, Iterable
from contextlib import suppress

from harness.errors import BadInput
from harness.network.inside import inside
from harness.network.shell import Shell, ToolFailed

PACKAGES = {"tc": "iproute2", "ip": "iproute2", "ss": "iproute2", "nft": "nftables"}
LAB = "run it in a kernel that has it: deskstorm netlab -- COMMAND"


def abilities() -> dict[str, str]:
    """`root`, `tools`, `veth`, `htb`, `netem`, `ifb`, `nft`, `ss_kill`: "" where this machine has it, else why not and
    the cure.

    Tries each in a namespace of its own, gone afterwards; nothing else is touched.
    """
    return dict(_abilities(os.geteuid(), os.environ.get("PATH", "")))


def require(fault: str, needs: Iterable[str]) -> None:
    """`BadInput` with reason and cure if this machine lacks what `fault` needs."""
    found = abilities()
    for need in ("root", "tools", *sorted(needs)):
        if found[need]:
            raise BadInput(f"{fault} on this machine", need, found[need])


@functools.cache
def _abilities(user: int, path: str) -> tuple[tuple[str, str], ...]:
    found = {"root": "" if user == 0 else f"user {user} may not change networks; run it as root (sudo)"}
    lacking = [name for name in PACKAGES if not shutil.which(name, path=f"{path}:/usr/sbin:/sbin")]
    packages = " ".join(sorted({PACKAGES[name] for name in lacking}))
    found["tools"] = f"{', '.join(lacking)} missing; apt-get install {packages}" if lacking else ""
    names = ("veth", "htb", "netem", "ifb", "nft", "ss_kill")
    if why := found["root"] or found["tools"]:
        return tuple({**found, **dict.fromkeys(names, why)}.items())
    return tuple({**found, **_tried()}.items())


def _tried() -> dict[str, str]:
    namespace = f"dst{secrets.token_hex(4)}"
    root, there = Shell(), Shell(namespace)
    try:
        root.ip("netns", "add", namespace)
    except ToolFailed as error:
        return dict.fromkeys(("veth", "htb", "netem", "ifb", "nft", "ss_kill"), f"no network namespaces: {error.found}")

    def ifb() -> None:
        there.ip("link", "add", "i", "type", "ifb")
        there.tc_batch(IFB)

    try:
        veth = _try(lambda: there.ip("link", "add", "v", "type", "veth", "peer", "name", "w"), "veth")
        return {
            "veth": veth,
            "htb": veth or _try(lambda: there.tc_batch(HTB), "sch_htb, sch_tbf or cls_u32"),
            "netem": veth or _try(lambda: there.tc_batch(NETEM), "sch_netem"),
            "ifb": veth or _try(ifb, "ifb or act_mirred"),
            "nft": veth or _try(lambda: there.nft(NFT), "nf_tables with netdev"),
            "ss_kill": _try(lambda: _ss_kill(there), "INET_DIAG_DESTROY"),
        }
    finally:
        with suppress(ToolFailed):
            there.ip("link", "del", "v")
        with suppress(ToolFailed):
            root.ip("netns", "del", namespace)


HTB = (
    "qdisc add dev v root handle d5: htb",
    "class add dev v parent d5: classid d5:1 htb rate 1gbit",
    "qdisc add dev v parent d5:1 handle d601: tbf rate 1mbit burst 3200 limit 15000",
    "filter add dev v parent d5: protocol ip prio 1 u32 match u32 0 0 flowid d5:1",
)
NETEM = ("qdisc add dev w root handle d5: netem delay 1ms",)
IFB = (
    "qdisc add dev v handle ffff: ingress",
    "filter add dev v parent ffff: protocol ip u32 match u32 0 0 action mirred egress redirect dev i",
)
NFT = """add table netdev t
add chain netdev t c { type filter hook ingress device v priority 0; }
add chain netdev t d { type filter hook egress device v priority 0; }
add rule netdev t c ip saddr 198.18.0.1 counter drop
"""


def _try(attempt: Callable[[], object], what: str) -> str:
    try:
        attempt()
    except ToolFailed as error:
        return f"this kernel has no {what} ({error.found}); load the module, or {LAB}"
    return ""


def _ss_kill(there: Shell) -> None:
    # A listening socket of our own in there: it is aborted, or the kernel cannot.
    with inside(there.namespace, lambda: socket.create_server(("0.0.0.0", 0))):  # noqa: S104 - in there is nobody
        there.ss("-K", "-H", "-t", "-n", "-l")
        if left := there.ss("-H", "-t", "-n", "-l"):
            raise ToolFailed(["ss", "-K"], f"it left {left.strip()}")
