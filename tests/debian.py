"""Debian packages that tests need, installed by name when they are missing: `python -m tests.debian PACKAGE...`."""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

LOCK = Path("/tmp/deskstorm-tests-apt.lock")
# Services of the packages are not wanted: tests start what they need themselves, and end it.
QUIET = {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}


def need(*packages: str) -> None:
    """Install what is missing of `packages`; fails with what to do where that is not possible."""
    with LOCK.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)  # test workers ask for the same at the same time
        lacking = [package for package in packages if not _installed(package)]
        if not lacking:
            return
        by_hand = f"apt-get install {' '.join(lacking)}"
        assert shutil.which("apt-get"), f"these tests need the Debian packages {' '.join(lacking)}: there is no apt-get"
        assert not os.geteuid(), f"these tests need packages that only root can install: {by_hand}"
        if _apt("install", "-y", "--no-install-recommends", *lacking):
            _apt("update")
            _apt("install", "-y", "--no-install-recommends", *lacking)
        still = [package for package in lacking if not _installed(package)]
        assert not still, f"these tests need {' '.join(still)}; this failed: {by_hand}"


def _installed(package: str) -> bool:
    asked = ["dpkg-query", "-W", "-f", "${db:Status-Status}", package]
    return subprocess.run(asked, capture_output=True, text=True).stdout == "installed"


def _apt(*arguments: str) -> int:
    argv = ["/usr/bin/apt-get", "-q", *arguments]
    return subprocess.run(argv, env=os.environ | QUIET, capture_output=True).returncode


if __name__ == "__main__":
    try:
        need(*sys.argv[1:])
    except AssertionError as error:
        sys.exit(str(error))
