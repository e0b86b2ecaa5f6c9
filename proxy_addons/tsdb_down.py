"""No time-series store."""

from proxy_addons.core.outage import OutageFault


class TsdbDown(OutageFault):
    """The time-series store takes no writes: it answers 503, or the connection ends."""

    name = "tsdb_down"
