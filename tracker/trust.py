"""Whom the tracker believes when it speaks TLS to others."""

import ssl
from pathlib import Path

from tracker.errors import BadInput


def trusting(ca: Path | None) -> ssl.SSLContext:
    """This machine's authorities, and the one at `ca` besides. Raises `BadInput`."""
    context = ssl.create_default_context()
    try:
        if ca is not None:
            context.load_verify_locations(ca)
    except OSError:  # ssl.SSLError is one
        raise BadInput("ca", "a file with certificates in PEM", str(ca)) from None
    return context
