"""Nobody takes alerts."""

from proxy_addons.core.outage import OutageFault


class AlertSinkDown(OutageFault):
    """Whoever is to be alerted cannot be reached: 503, or the connection ends."""

    name = "alert_sink_down"
