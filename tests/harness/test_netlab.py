"""The network lab: a kernel with real netem, the command's own output and exit code, and nothing left on the host."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness import netlab
from harness.errors import BadInput, DeskstormError
from harness.waiting import until
from tests.debian import need

DEPENDENCIES = """kernel/net/sched/sch_netem.ko:
kernel/net/netfilter/nf_tables.ko: kernel/net/netfilter/nfnetlink.ko
kernel/a.ko: kernel/b.ko kernel/c.ko
kernel/b.ko: kernel/c.ko
kernel/c.ko:
"""
InLab = Callable[..., "subprocess.CompletedProcess[str]"]
DESKSTORM = (sys.executable, "-m", "harness.cli", "netlab")

pytestmark = pytest.mark.world


def test_modules_are_loaded_after_what_they_need() -> None:
    assert netlab.load_order(DEPENDENCIES, ["nf_tables", "a", "c", "no_such"]) == [
        "kernel/net/netfilter/nfnetlink.ko",
        "kernel/net/netfilter/nf_tables.ko",
        "kernel/c.ko",
        "kernel/b.ko",
        "kernel/a.ko",
    ]


def test_what_is_missing_is_said_with_the_packages_that_bring_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert netlab.missing(str(tmp_path)) == list(netlab.NEEDED)
    monkeypatch.setattr(netlab, "NEEDED", ("no-such-program",))
    with pytest.raises(BadInput, match=r"apt-get install user-mode-linux kmod iproute2 nftables.*no no-such-program"):
        netlab.require()


def test_a_kernel_without_its_modules_is_refused_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in (tmp_path / "no-such-folder", tmp_path):
        monkeypatch.setattr(netlab, "MODULES_FOLDER", folder)
        with pytest.raises(DeskstormError, match=f"expected the kernel's modules in {folder}, found none"):
            netlab.run(["true"])


@pytest.fixture(scope="module", autouse=True)
def _installed() -> None:
    need(*netlab.PACKAGES)


@pytest.fixture
def in_lab() -> InLab:
    def run(script: str, *options: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*DESKSTORM, *options, "--", "bash", "-c", script], capture_output=True, text=True, timeout=120
        )

    return run


def test_the_command_keeps_its_output_and_its_exit_code(in_lab: InLab) -> None:
    found = in_lab("echo out; echo err >&2; exit 7")
    assert (found.returncode, found.stdout, found.stderr) == (7, "out\n", "err\n")


def test_the_lab_has_netem_of_its_own(in_lab: InLab) -> None:
    outside = _rules()
    found = in_lab("tc qdisc add dev lo root netem delay 150ms && tc qdisc show dev lo")
    assert "netem" in found.stdout
    assert "delay 150ms" in found.stdout
    assert _rules() == outside


def test_only_what_is_shared_comes_out_of_the_lab(in_lab: InLab, tmp_path: Path) -> None:
    found = in_lab(
        f"mkdir -p {tmp_path}; echo kept > {tmp_path}/kept; echo gone > /tmp/gone-{os.getpid()}",
        "--share",
        str(tmp_path),
    )
    assert found.returncode == 0, found.stderr
    assert (tmp_path / "kept").read_text() == "kept\n"
    assert not Path(f"/tmp/gone-{os.getpid()}").exists()


def test_a_lab_ends_when_its_time_is_up(in_lab: InLab) -> None:
    assert in_lab("echo begun; sleep 60", "--limit", "4").returncode == netlab.TIME_IS_UP


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_lab_whose_owner_is_ended_is_gone(how: signal.Signals) -> None:
    owner = subprocess.Popen([*DESKSTORM, "--", "bash", "-c", "echo up; sleep 60"], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    with owner.stdout:
        assert owner.stdout.readline() == "up\n"
        owner.send_signal(how)
        owner.wait(20)
        mine = f"netlab-{owner.pid}-"
        until(lambda: not _processes(mine), "the lab to be gone", 20)
    netlab._clear_up_after_the_killed()
    assert not list(netlab.FOLDERS.glob(f"{mine}*"))


def _rules() -> str:
    """The rules of this machine's own loopback."""
    return subprocess.run(
        ["/usr/sbin/tc", "qdisc", "show", "dev", "lo"], capture_output=True, text=True, check=True
    ).stdout


def _processes(mine: str) -> list[str]:
    """Command lines of processes that know the folder of a lab."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_text(errors="replace"))
        except OSError:
            continue  # it has just ended
    return [line for line in found if mine in line]
