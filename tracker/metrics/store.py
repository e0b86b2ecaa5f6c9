"""A time-series store that speaks InfluxDB's v2 write API, through the official client."""

from enum import Enum, auto
from pathlib import Path
from typing import TYPE_CHECKING

from tracker.settings import Tsdb
from tracker.trust import trusting

if TYPE_CHECKING:
    from influxdb_client.client.write_api import WriteApi

# The store understood and does not want them: the same points will never be welcome. Of such a write InfluxDB keeps
# what it can.
REFUSALS = frozenset({400, 422})
TOO_MUCH = 413


class Outcome(Enum):
    """What became of one write: in the store, not wanted there, too much at once, or to be tried again."""

    WRITTEN = auto()
    REFUSED = auto()
    TOO_MUCH = auto()
    FAILED = auto()


class Store:
    """One client of `tsdb`; for one thread. Each write ends within the deadline, with an outcome and no exception."""

    def __init__(self, tsdb: Tsdb, proxy: str | None = None, ca: Path | None = None) -> None:
        # Half a second of imports, which only who writes to a server pays for.
        from influxdb_client.client.influxdb_client import InfluxDBClient
        from influxdb_client.client.write_api import SYNCHRONOUS

        self._bucket = tsdb.bucket
        self._client = InfluxDBClient(
            url=tsdb.url,
            token=tsdb.token.value if tsdb.token else "",
            org=tsdb.org,
            timeout=round(tsdb.deadline_s * 1000),
            enable_gzip=False,
            proxy=proxy,
            ssl_context=trusting(ca),
        )
        self._api: WriteApi = self._client.write_api(write_options=SYNCHRONOUS)

    def write(self, body: bytes) -> tuple[Outcome, str]:
        """Write lines of the line protocol; the second is why not, in words."""
        from influxdb_client.rest import ApiException
        from urllib3.exceptions import HTTPError

        try:
            self._api.write(self._bucket, record=body)
        except ApiException as error:
            return _outcome(error.status), f"the store answered {error.status} {error.reason}"
        except (HTTPError, OSError, ValueError) as error:
            return Outcome.FAILED, f"{type(error).__name__}: {error}"
        return Outcome.WRITTEN, ""

    def close(self) -> None:
        """End its connections."""
        self._client.close()  # type: ignore[no-untyped-call]


def _outcome(status: int | None) -> Outcome:
    if status in REFUSALS:
        return Outcome.REFUSED
    return Outcome.TOO_MUCH if status == TOO_MUCH else Outcome.FAILED
