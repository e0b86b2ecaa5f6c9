"""Users and `me`, as a client reads them."""

import pytest

from tests.simulator.cloud.conftest import AGENTS, CloudProcess
from tests.simulator.cloud.platform.conftest import desk

pytestmark = pytest.mark.world


def test_me_is_the_user_of_the_token_with_what_was_asked_for(calm: CloudProcess) -> None:
    ann = desk(calm)
    plain = ann.http.get("/api/v2/users/me").json()
    assert (plain["id"], plain["name"], "presence" in plain) == (AGENTS[0].id, "Agent 1", False)
    wanted = (
        "presence,routingStatus,conversationSummary,station,outOfOffice,geolocation,organization,presencedefinitions"
    )
    found = ann.http.get("/api/v2/users/me", params={"expand": wanted}).json()
    assert found["presence"]["presenceDefinition"]["systemPresence"] == "Offline"
    assert found["routingStatus"]["status"] == "OFF_QUEUE"
    assert found["conversationSummary"]["call"]["contactCenter"] == {"active": 0, "acw": 0}
    assert found["station"]["associatedStation"]["name"] == "Agent 1 WebRTC"
    assert len(found["presenceDefinitions"]) == 10
    assert {"outOfOffice", "geolocation", "organization"} <= set(found)


def test_me_is_nobody_for_client_credentials(calm: CloudProcess) -> None:
    assert calm.service().get("/api/v2/users/me").status_code == 400


def test_users_are_listed_by_id_and_paged(calm: CloudProcess) -> None:
    service = calm.service()
    everybody = service.get("/api/v2/users", params={"pageSize": 3}).json()
    assert (len(everybody["entities"]), everybody["total"], everybody["pageCount"]) == (3, 4, 2)
    ids = f"{AGENTS[1].id},{AGENTS[3].id}"
    some = service.get("/api/v2/users", params={"id": ids, "expand": "presence"}).json()["entities"]
    assert [user["name"] for user in some] == ["Agent 2", "Agent 4"]
    assert some[0]["presence"]["source"] == "PURECLOUD"
    assert service.get(f"/api/v2/users/{AGENTS[1].id}").json()["name"] == "Agent 2"


def test_an_unknown_user_is_not_found(calm: CloudProcess) -> None:
    refused = calm.service().get("/api/v2/users/nobody")
    assert (refused.status_code, refused.json()["message"]) == (404, "User nobody was not found.")


def test_a_station_can_be_left_and_taken_again(calm: CloudProcess) -> None:
    ann = desk(calm)
    station = f"/api/v2/users/{ann.id}/station"
    assert ann.http.delete(f"{station}/associatedstation").status_code == 202
    assert "associatedStation" not in ann.http.get(station).json()
    own = ann.http.get(station).json()["defaultStation"]["id"]
    assert ann.http.put(f"{station}/associatedstation/{own}").status_code == 202
    assert ann.http.get(station).json()["associatedStation"]["id"] == own
    assert ann.http.put(f"{station}/associatedstation/other").status_code == 404
    assert len(ann.http.get("/api/v2/stations").json()["entities"]) == 4
