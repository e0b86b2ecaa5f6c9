"""A script for mitmdump that says where it listens, and does nothing else."""

from mitmproxy import ctx


def running() -> None:
    """Print the port of the first listener."""
    print(ctx.master.addons.lookup["proxyserver"].listen_addrs()[0][1], flush=True)
