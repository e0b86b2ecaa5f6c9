"""The address of a sink may be a secret, and then stays one."""

import pytest

from tracker.alerts.sender import address_of
from tracker.errors import BadInput
from tracker.settings import Sink, parse

SECRET = "https://hooks.example/services/T0/B0/s3cret"


def test_an_address_comes_from_the_environment_and_shows_nowhere() -> None:
    settings = parse({"data": "x", "alerts": [{"kind": "slack", "url_env": "HOOK"}]}, {"HOOK": SECRET})
    [sink] = settings.alerts
    assert sink.url == SECRET
    assert "s3cret" not in repr(settings) + sink.name


def test_an_alertmanager_is_known_by_its_base_address_or_by_the_whole_one() -> None:
    for given, posted in (
        ("http://am:9093", "http://am:9093/api/v2/alerts"),
        ("http://am:9093/", "http://am:9093/api/v2/alerts"),
        ("http://am:9093/prefix/api/v2/alerts", "http://am:9093/prefix/api/v2/alerts"),
    ):
        assert address_of(Sink("alertmanager", given, None)) == posted


PAGERDUTY = {"kind": "pagerduty", "url": "https://events.example/v2/enqueue"}
KEYS = {"ONE": "routing-key-one", "OTHER": "routing-key-other"}


def test_services_that_differ_in_their_routing_keys_alone_are_two_sinks_and_their_names_show_no_key() -> None:
    sinks = [{**PAGERDUTY, "token_env": name} for name in KEYS]
    one, other = parse({"data": "x", "alerts": sinks}, KEYS).alerts
    assert one.name != other.name
    assert not any(key in sink.name for key in KEYS.values() for sink in (one, other))


def test_a_token_that_is_renewed_leaves_a_sink_the_same() -> None:
    before, after = (
        parse({"data": "x", "alerts": [{"kind": "generic", "url": "http://x", "token_env": name}]}, KEYS).alerts[0]
        for name in KEYS
    )
    assert before.name == after.name


@pytest.mark.parametrize(
    "sink", [{**PAGERDUTY, "token_env": "ONE"}, {"kind": "generic", "url": "http://x"}], ids=lambda sink: sink["kind"]
)
def test_the_same_sink_twice_is_refused(sink: dict[str, str]) -> None:
    words = "alerts: expected sinks that differ, found 'alerts[1], which is there already'"
    with pytest.raises(BadInput) as refused:
        parse({"data": "x", "alerts": [sink, sink]}, KEYS)
    assert str(refused.value) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("hooks.example/s3cret", "an environment variable with an address that begins with http:// or https://"),
        ("https://hooks.example/s3cr\u00e9t", "a secret of printable ASCII characters in an environment variable"),
    ],
)
def test_an_address_that_cannot_be_one_is_refused_without_being_shown(value: str, words: str) -> None:
    with pytest.raises(BadInput) as refused:
        parse({"data": "x", "alerts": [{"kind": "slack", "url_env": "HOOK"}]}, {"HOOK": value})
    assert str(refused.value) == f"settings: alerts[0]: url_env: expected {words}, found 'HOOK'"
