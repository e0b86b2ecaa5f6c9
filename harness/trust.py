"""Whom a client trusts on the way to an address."""

import ssl


def trust(url: str, ca: str | None) -> ssl.SSLContext:
    """For an https `url` the system's certificates and those of the file `ca`; for http nobody, which costs nothing.

    Reading the system's certificates takes some 30 ms for each client.
    """
    if not url.startswith("https:"):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    found = ssl.create_default_context()
    if ca:
        found.load_verify_locations(ca)
    return found
