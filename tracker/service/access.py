"""Who may deliver, and who may read; secrets are compared in constant time and never shown."""

import hashlib
import hmac
from dataclasses import dataclass

from tracker.settings import Settings

SIGNATURE = "X-Signature"
SCHEME = "sha256="


@dataclass(frozen=True)
class Refusal:
    """Why a request is not served: an HTTP status, and the error's three parts."""

    status: int
    what: str
    expected: str
    found: str


class Access:
    """The rules of one tracker."""

    def __init__(self, settings: Settings) -> None:
        delivery = settings.delivery
        self._deliver = _bearer(delivery.token.value) if delivery.token else None
        self._key = delivery.hmac.value.encode() if delivery.hmac else None
        self._read = _bearer(settings.read_token.value) if settings.read_token else None

    @property
    def signed(self) -> bool:
        """Whether a delivery may prove itself by a signature of its body."""
        return self._key is not None

    def warnings(self, host: str) -> list[str]:
        """What is open to anybody who reaches `host`, if that is more than this machine."""
        if host.startswith("127.") or host == "::1":
            return []
        open_to_all = {"deliver": self._deliver is None and self._key is None, "read": self._read is None}
        return [f"anybody who reaches {host} may {verb}" for verb, is_open in open_to_all.items() if is_open]

    def delivers(self, authorization: bytes) -> bool:
        """Whether this Authorization header alone admits a delivery."""
        if self._deliver is None:
            return self._key is None
        return hmac.compare_digest(authorization, self._deliver)

    def delivery(self, authorization: bytes, signature: bytes, body: bytes) -> Refusal | None:
        """Whether to take a delivery: with the token or with a signature, whichever of them is set up."""
        if self.delivers(authorization) or (self._key and _signed(self._key, signature, body)):
            return None
        if signature and self._key:
            return Refusal(403, f"header {SIGNATURE}", f"{SCHEME} and the HMAC-SHA256 of the body", "another one")
        expected = " or ".join(
            words
            for words, wanted in (
                ("a bearer token", self._deliver),
                (f"a signature of the body in {SIGNATURE}", self._key),
            )
            if wanted
        )
        return _refused(authorization, expected)

    def reading(self, authorization: bytes) -> Refusal | None:
        """Whether to answer a question."""
        if self._read is None or hmac.compare_digest(authorization, self._read):
            return None
        return _refused(authorization, "a bearer token")


def _bearer(token: str) -> bytes:
    return f"Bearer {token}".encode()


def _refused(authorization: bytes, expected: str) -> Refusal:
    if not authorization:
        return Refusal(401, "header Authorization", expected, "nothing")
    return Refusal(403, "header Authorization", expected, "another one")


def _signed(key: bytes, signature: bytes, body: bytes) -> bool:
    wanted = SCHEME + hmac.new(key, body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(signature, wanted.encode())
