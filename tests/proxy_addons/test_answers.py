"""What the wire says in the cloud's place has the cloud's shapes."""

import json

from proxy_addons.core.answers import error_answer, json_answer, system_message


def test_an_error_has_the_body_and_the_correlation_id_of_the_cloud() -> None:
    answer = error_answer(429, "3", {"Retry-After": "3"})
    body = json.loads(answer.get_text() or "")
    assert (answer.status_code, body["status"], body["code"]) == (429, 429, "too.many.requests")
    assert body["message"].endswith("in [3] seconds")
    assert answer.headers["ININ-Correlation-Id"] == body["contextId"]
    assert answer.headers["Retry-After"] == "3"


def test_a_status_without_a_text_of_its_own_still_has_a_body() -> None:
    body = json.loads(error_answer(418).get_text() or "")
    assert (body["status"], body["code"]) == (418, "http.418")


def test_json_is_said_to_be_json() -> None:
    answer = json_answer(400, {"error": "invalid_grant"})
    assert answer.headers["content-type"] == "application/json"
    assert json.loads(answer.get_text() or "") == {"error": "invalid_grant"}


def test_a_system_message_is_an_event_about_its_channel() -> None:
    event = json.loads(system_message("v2.system.socket_closing", "c1", {"message": "soon"}))
    assert event["topicName"] == "v2.system.socket_closing"
    assert event["eventBody"] == {"channelId": "c1", "message": "soon"}
