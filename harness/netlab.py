"""A kernel with every network rule, for machines whose own kernel lacks some: `deskstorm netlab -- COMMAND`.

Boots Debian's user-mode-linux (one process, no virtual disk) on this machine's own files, loads the modules that the
network layer needs, runs the command there as root, and goes away. What the command writes under `/tmp`, `/run` and
`/dev/shm` lives in the lab's memory only, but for folders that are shared by name; every other file is this machine's.
"""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import BadInput, DeskstormError
from harness.network.shell import search_path

PACKAGES = ("user-mode-linux", "kmod", "iproute2", "nftables")
KERNEL = "linux.uml"
NEEDED = (KERNEL, "insmod", "ip", "nft", "setpriv", "unshare", "stty")
MODULES_FOLDER = Path("/usr/lib/uml/modules")
MODULES = (
    "veth",
    "ifb",
    "sch_netem",
    "sch_tbf",
    "sch_htb",
    "sch_prio",
    "sch_ingress",
    "cls_u32",
    "cls_flower",
    "cls_matchall",
    "act_mirred",
    "act_gact",
    "nf_tables",
    "nf_reject_ipv4",
    "nf_reject_ipv6",
    "nft_reject",
    "nft_reject_inet",
    "inet_diag",
    "tcp_diag",
    "udp_diag",
)
COVERED = (Path("/tmp"), Path("/run"), Path("/dev"))  # noqa: S108 - with memory of the lab's own
# What the command's exit code would be after SIGKILL by a shell's counting, and what `timeout` answers when time is up.
KILLED, TIME_IS_UP = 137, 124
# Not in /tmp, which the lab covers with memory of its own.
FOLDERS = Path("/var/tmp")  # noqa: S108


@dataclass(frozen=True)
class Lab:
    """How to boot. `memory_mib` is the lab's memory, `limit_s` how long the whole lab may take, in seconds.

    `shared` are folders of this machine that the lab sees although they are below `/tmp` or `/run`.
    """

    memory_mib: int = 1024
    limit_s: float = 1800.0
    shared: tuple[Path, ...] = ()


def missing(path: str | None = None) -> list[str]:
    """The programs that a lab needs and this machine lacks; empty if it can boot one."""
    return [name for name in NEEDED if not shutil.which(name, path=path or search_path())]


def require() -> None:
    """`BadInput` that says what to install, if this machine cannot boot a lab."""
    lacking = missing()
    if not lacking and os.geteuid():
        raise BadInput("the network lab", "root (the lab's files are this machine's)", f"user {os.geteuid()}")
    if lacking:
        wanted = f"the Debian packages {' '.join(PACKAGES)} (apt-get install {' '.join(PACKAGES)})"
        raise BadInput("the network lab", wanted, f"no {', '.join(lacking)}")


def load_order(dependencies: str, wanted: Iterable[str]) -> list[str]:
    """The module files to insert, dependencies first, from the text of a `modules.dep`; unknown names are left out."""
    needs: dict[str, list[str]] = {}
    for line in dependencies.splitlines():
        file, _, others = line.partition(":")
        needs[file] = others.split()
    files = {Path(file).name.removesuffix(".ko"): file for file in needs}
    # A line of modules.dep names the dependencies of dependencies too, the innermost last.
    found = [file for name in wanted if name in files for file in (*reversed(needs[files[name]]), files[name])]
    return list(dict.fromkeys(found))


def script(
    command: Sequence[str], folder: Path, modules: Sequence[Path], shared: Sequence[Path], env: Mapping[str, str]
) -> str:
    """What the lab's first process runs: mounts, modules, the command, its exit code, power off.

    `folder` holds the exit code afterwards. The command's output goes to two serial lines, so that the kernel's own
    messages do not get into it.
    """
    mounts = "\n".join(_mount(path, path) for path in (*shared, *(() if _seen(Path.cwd()) else (Path.cwd(),))))
    exports = "\n".join(f"export {name}={shlex.quote(value)}" for name, value in sorted(env.items()))
    inserts = "\n".join(f"insmod {shlex.quote(str(module))} 2>/dev/null" for module in modules)
    return f"""#!/bin/bash
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/shm
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
mkdir /run/netns
{_mount(folder, Path("/run/lab"))}
{mounts}
ip link set lo up
{inserts}
stty -F /dev/ttyS0 raw
stty -F /dev/ttyS1 raw
{exports}
cd {shlex.quote(str(Path.cwd()))}
{shlex.join(command)} </dev/null >/dev/ttyS0 2>/dev/ttyS1
echo $? > /run/lab/code
sync
sleep 0.1
echo o > /proc/sysrq-trigger
sleep 60
"""


def _mount(folder: Path, at: Path) -> str:
    return (
        f"mkdir -p {shlex.quote(str(at))} && mount -t hostfs none {shlex.quote(str(at))} -o {shlex.quote(str(folder))}"
    )


def _seen(folder: Path) -> bool:
    """Whether a folder of this machine is seen in the lab without being shared."""
    return not any(folder.is_relative_to(covered) for covered in COVERED)


def run(command: Sequence[str], lab: Lab = Lab()) -> int:
    """Run `command` in a lab with its output on ours; its exit code, 124 when the time was up, 137 if the lab died."""
    require()
    _clear_up_after_the_killed()
    with tempfile.TemporaryDirectory(prefix=f"netlab-{os.getpid()}-", dir=FOLDERS) as made:
        folder = Path(made)
        init = folder / "init"
        init.write_text(script(command, folder, _modules(), lab.shared, _environment()))
        init.chmod(0o700)
        in_time = _booted(_boot_line(init, folder, lab), lab.limit_s)
        code = folder / "code"
        if code.exists() and code.read_text().strip():
            return int(code.read_text())
        return KILLED if in_time else TIME_IS_UP


def command(shared: Sequence[Path], limit_s: float) -> list[str]:
    """The words to put before a command so that it runs in a lab in a process of its own."""
    sharing = [word for folder in shared for word in ("--share", str(folder))]
    return [sys.executable, "-m", "harness.cli", "netlab", "--limit", str(limit_s), *sharing, "--"]


def _boot_line(init: Path, folder: Path, lab: Lab) -> list[str]:
    return [
        # Should this process be killed, the lab goes with it; the kernel's own helper processes too: they share a
        # process namespace, which ends with its first.
        *("setpriv", "--pdeathsig", "KILL", "--"),
        *(
            "unshare",
            "--pid",
            "--mount-proc",
            "--fork",
            "--kill-child",
            "--",
            str(shutil.which(KERNEL, path=search_path())),
        ),
        f"mem={lab.memory_mib}M",
        *("root=/dev/root", "rootfstype=hostfs", "rootflags=/", "rw", "quiet", "loglevel=0", "panic=-1"),
        *("con=null", "con0=null,null", "ssl0=null,fd:1", "ssl1=null,fd:2"),
        f"uml_dir={folder}/",
        f"init={init}",
    ]


def _booted(argv: Sequence[str], limit_s: float) -> bool:
    """Run the lab to its end; False if it had to be ended because the time was up."""
    # Python's own output may be waiting in our buffers: the lab writes to the same descriptors.
    sys.stdout.flush()
    process = subprocess.Popen(
        argv,
        env=os.environ | {"TMPDIR": "/dev/shm"},  # noqa: S108 - where the lab's memory lies
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    up = threading.Timer(limit_s, lambda: _end(process))
    up.start()
    try:
        process.wait()
        return up.is_alive()
    finally:
        up.cancel()
        _end(process)


def _clear_up_after_the_killed() -> None:
    """Remove the folders of labs whose process was killed before it could."""
    for folder in FOLDERS.glob("netlab-*-*"):
        if not Path("/proc", folder.name.split("-")[1]).exists():
            shutil.rmtree(folder, ignore_errors=True)


def _end(process: "subprocess.Popen[bytes]") -> None:
    try:
        os.killpg(process.pid, 9)
    except ProcessLookupError:
        return


def _modules() -> list[Path]:
    versions = sorted(MODULES_FOLDER.glob("*/modules.dep"))
    if not versions:
        raise DeskstormError(f"the network lab: expected the kernel's modules in {MODULES_FOLDER}, found none")
    newest = versions[-1]
    return [newest.parent / file for file in load_order(newest.read_text(), MODULES)]


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name.isidentifier() and name != "TMPDIR"}
    return {**kept, "DESKSTORM_NETLAB": "1"}
