"""Whom the tracker believes when it speaks TLS to others."""

import ssl
from pathlib import Path


def trusting(ca: Path | None) -> ssl.SSLContext:
    """This machine's authorities, and the one at `ca` besides."""
    context = ssl.create_default_context()
    if ca is not None:
        context.load_verify_locations(ca)
    return context
