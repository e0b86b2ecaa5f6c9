"""Counts, rates and p99 over a window."""

from proxy_addons.core.statistics import Statistics


def test_calls_are_counted_in_the_window_and_for_the_agents_asked_for() -> None:
    made = Statistics()
    made.call(1.0, "ann", 200, 10.0)
    made.call(9.0, "ann", 503, 20.0)
    made.call(9.5, "bob", 0, 30.0)
    made.call(9.6, "ann", 401, 40.0)
    assert made.api(0.0, None, []) == {"count": 4, "errors": 2, "p99_ms": 40.0}
    assert made.api(5.0, {"ann"}, []) == {"count": 2, "errors": 1, "p99_ms": 40.0}
    assert made.api(5.0, {"ann"}, [("ann", 900.0), ("bob", 5.0)]) == {"count": 3, "errors": 1, "p99_ms": 900.0}
    assert made.api(99.0, None, []) == {"count": 0, "errors": 0, "p99_ms": 0.0}


def test_p99_is_the_value_that_99_of_100_do_not_exceed() -> None:
    made = Statistics()
    for ms in range(1, 201):
        made.call(1.0, None, 200, float(ms))
    assert made.api(0.0, None, [])["p99_ms"] == 198.0


def test_the_socket_error_rate_is_over_all_sockets_of_the_window() -> None:
    made = Statistics()
    for agent in ("ann", "bob", "cid"):
        made.socket_opened(1.0, agent)
    made.socket_closed(2.0, "ann", 1006)
    made.socket_closed(2.0, "bob", 1000)
    made.socket_refused(2.0, "ann")
    found = made.websocket(0.0, None, ["cid"])
    assert found == {"open": 1, "opened": 3, "refused": 1, "abnormal": 1, "error_rate": 0.5}
    assert made.websocket(0.0, {"cid"}, ["cid"])["error_rate"] == 0.0
    assert made.websocket(0.0, {"nobody"}, ["cid"])["error_rate"] == 0.0


def test_old_samples_are_forgotten() -> None:
    made = Statistics()
    made.call(0.0, "ann", 200, 1.0)
    made.call(500.0, "ann", 200, 1.0)
    assert made.api(0.0, None, [])["count"] == 1
