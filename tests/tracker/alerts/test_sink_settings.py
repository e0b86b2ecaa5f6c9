"""The address of a sink may be a secret, and then stays one."""

from tracker.alerts.sender import address_of, name_of
from tracker.settings import Sink, parse

SECRET = "https://hooks.example/services/T0/B0/s3cret"


def test_an_address_comes_from_the_environment_and_shows_nowhere() -> None:
    settings = parse({"data": "x", "alerts": [{"kind": "slack", "url_env": "HOOK"}]}, {"HOOK": SECRET})
    [sink] = settings.alerts
    assert sink.url == SECRET
    assert "s3cret" not in repr(settings) + name_of(sink)


def test_an_alertmanager_is_known_by_its_base_address_or_by_the_whole_one() -> None:
    for given, posted in (
        ("http://am:9093", "http://am:9093/api/v2/alerts"),
        ("http://am:9093/", "http://am:9093/api/v2/alerts"),
        ("http://am:9093/prefix/api/v2/alerts", "http://am:9093/prefix/api/v2/alerts"),
    ):
        assert address_of(Sink("alertmanager", given, None)) == posted
