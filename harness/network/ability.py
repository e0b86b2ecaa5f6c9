"""What this machine can do to networks: each ability with the reason why not, and how to get it, in one line."""

import functools
import os
import shutil
import socket
from collections.abc import Callable, Iterable

from harness.errors import BadInput
from harness.network.inside import alone
from harness.network.shell import Shell, ToolFailed, search_path

PACKAGES = {"tc": "iproute2", "ip": "iproute2", "ss": "iproute2", "nft": "nftables"}
TRIED = ("veth", "htb", "netem", "ifb", "nft", "ss_kill")
LAB = "run it in a kernel that has it: deskstorm netlab -- COMMAND"


def abilities() -> dict[str, str]:
    """`root`, `tools`, `veth`, `htb`, `netem`, `ifb`, `nft`, `ss_kill`: "" where this machine has it, else why not and
    the cure.

    Tries each in a network namespace without a name; nothing else is touched.
    """
    return dict(_abilities(os.geteuid(), search_path()))


def require(fault: str, needs: Iterable[str]) -> None:
    """`BadInput` with reason and cure if this machine lacks what `fault` needs."""
    found = abilities()
    for need in ("root", "tools", *sorted(needs)):
        if found[need]:
            raise BadInput(f"{fault} on this machine", need, found[need])


@functools.cache
def _abilities(user: int, path: str) -> tuple[tuple[str, str], ...]:
    found = {"root": "" if user == 0 else f"user {user} may not change networks; run it as root (sudo)"}
    lacking = [name for name in PACKAGES if not shutil.which(name, path=path)]
    packages = " ".join(sorted({PACKAGES[name] for name in lacking}))
    found["tools"] = f"{', '.join(lacking)} missing; apt-get install {packages}" if lacking else ""
    if why := found["root"] or found["tools"]:
        return tuple({**found, **dict.fromkeys(TRIED, why)}.items())
    return tuple({**found, **_tried()}.items())


def _tried() -> dict[str, str]:
    try:
        return alone(_tried_here)
    except BadInput as error:
        return dict.fromkeys(TRIED, f"no network namespaces: {error.found}")


def _tried_here() -> dict[str, str]:
    here = Shell()

    def ifb() -> None:
        here.ip("link", "add", "i", "type", "ifb")
        here.tc_batch(IFB)

    veth = _try(lambda: here.ip("link", "add", "v", "type", "veth", "peer", "name", "w"), "veth")
    return {
        "veth": veth,
        "htb": veth or _try(lambda: here.tc_batch(HTB), "sch_htb, sch_tbf or cls_u32"),
        "netem": veth or _try(lambda: here.tc_batch(NETEM), "sch_netem"),
        "ifb": veth or _try(ifb, "ifb or act_mirred"),
        "nft": veth or _try(lambda: here.nft(NFT), "nf_tables with netdev"),
        "ss_kill": _try(lambda: _ss_kill(here), "INET_DIAG_DESTROY"),
    }


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


def _ss_kill(here: Shell) -> None:
    # A listening socket of our own: it is aborted, or the kernel cannot.
    with socket.create_server(("0.0.0.0", 0)) as ours:  # noqa: S104 - in here is nobody
        words = ("-H", "-t", "-n", "-l", "sport", "=", f":{ours.getsockname()[1]}")
        here.ss("-K", *words)
        if left := here.ss(*words):
            raise ToolFailed(["ss", "-K"], f"it left {left.strip()}")
