"""Scope families."""

import pytest

from simulator.cloud.caller import ApiError
from simulator.cloud.scopes import check_scope, family_of


@pytest.mark.parametrize(
    ("path", "family"),
    [
        ("/api/v2/users/me", "users"),
        ("/api/v2/users/u1/presences/PURECLOUD", "presence"),
        ("/api/v2/users/presences/bulk", "presence"),
        ("/api/v2/users/u1/routingstatus", "routing"),
        ("/api/v2/users/u1/queues/q1", "routing"),
        ("/api/v2/presencedefinitions", "presence"),
        ("/api/v2/notifications/channels", "notifications"),
        ("/api/v2/tokens/me", None),
    ],
)
def test_a_path_belongs_to_a_family(path: str, family: str | None) -> None:
    assert family_of(path) == family


@pytest.mark.parametrize(
    ("scopes", "method", "path"),
    [
        ((), "PATCH", "/api/v2/users/u1/presences/PURECLOUD"),
        (("presence",), "PATCH", "/api/v2/users/u1/presences/PURECLOUD"),
        (("presence:readonly",), "GET", "/api/v2/users/u1/presences/PURECLOUD"),
        (("user-basic-info",), "GET", "/api/v2/users/me"),
        (("presence",), "DELETE", "/api/v2/tokens/me"),
    ],
)
def test_a_scope_that_is_enough_passes(scopes: tuple[str, ...], method: str, path: str) -> None:
    check_scope(scopes, method, path)


@pytest.mark.parametrize(
    ("scopes", "method", "path"),
    [
        (("presence:readonly",), "PATCH", "/api/v2/users/u1/presences/PURECLOUD"),
        (("users",), "GET", "/api/v2/users/u1/presences/PURECLOUD"),
        (("user-basic-info",), "GET", "/api/v2/users/u1"),
    ],
)
def test_a_scope_that_is_not_enough_is_refused(scopes: tuple[str, ...], method: str, path: str) -> None:
    with pytest.raises(ApiError) as found:
        check_scope(scopes, method, path)
    assert (found.value.status, found.value.code) == (403, "missing.scope")
