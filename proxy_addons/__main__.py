"""`python -m proxy_addons --settings FILE`: mitmdump as an explicit proxy with our faults, all of them off."""

import argparse
import sys
from pathlib import Path

from mitmproxy.tools.main import mitmdump

from harness.errors import DeskstormError
from proxy_addons.core.settings import Settings, read_settings

LOOPBACK = "127.0.0.1"


def arguments(path: Path, settings: Settings) -> list[str]:
    """The command line of mitmdump for these settings."""
    options = {
        "confdir": settings.confdir,
        "flow_detail": 0,
        "listen_host": LOOPBACK,
        "listen_port": 0,
        # A connection is opened when a request needs it, so that a failure belongs to that request and its agent.
        "connection_strategy": "lazy",
        # One connection carries one exchange, so that cutting it cuts no other.
        "http2": "false",
        "deskstorm_settings": path,
    }
    if settings.upstream_ca is not None:
        options["ssl_verify_upstream_trusted_ca"] = settings.upstream_ca
    sets = [word for key, value in options.items() for word in ("--set", f"{key}={value}")]
    modes = ["regular", *(f"regular@{host}:0" for host in sorted(settings.listen))]
    for place, (url, port) in enumerate(settings.fronts.items(), 1):
        # mitmproxy wants an address of its own for each server that may choose its port.
        modes.append(f"reverse:{url}@{LOOPBACK if port else f'127.0.1.{place}'}:{port}")
    listening = [word for mode in modes for word in ("--mode", mode)]
    return ["--quiet", *listening, "-s", str(Path(__file__).parent / "wire.py"), *sets]


def main() -> None:
    """Check the settings, then become mitmdump; a wrong setting is one line and exit code 2."""
    parser = argparse.ArgumentParser(prog="python -m proxy_addons")
    parser.add_argument("--settings", type=Path, required=True)
    path = parser.parse_args().settings
    try:
        settings = read_settings(path)
    except DeskstormError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    # The ready line alone goes to the real stdout; what mitmproxy has to say goes to stderr.
    sys.stdout = sys.stderr
    mitmdump(arguments(path.absolute(), settings))


if __name__ == "__main__":
    main()
