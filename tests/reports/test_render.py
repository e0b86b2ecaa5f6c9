"""The files of a review."""

import json
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from reports.model import Review
from reports.render import html, seconds, value, write

VOID_TAGS = {"meta", "br", "link", "img", "hr"}


class Checker(HTMLParser):
    """Collects the text, the tags with their attributes, and every tag that was closed wrongly."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID_TAGS:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def checked(page: str) -> Checker:
    """The page, parsed; every tag is closed in order."""
    checker = Checker()
    checker.feed(page)
    assert (checker.open, checker.wrong) == ([], [])
    return checker


def test_the_page_says_verdict_reasons_and_how_to_repeat_it(reviewed: Callable[[], Review]) -> None:
    review = reviewed()
    text = checked(html(review)).text
    for words in ("FAIL", "Do desktops come back", "agents still without a socket <b>: expected 0", review.repeat):
        assert words in text


def test_the_page_needs_nothing_but_itself(reviewed: Callable[[], Review]) -> None:
    page = html(reviewed())
    for tag, attributes in checked(page).tags:
        assert tag not in ("script", "link", "img", "iframe")
        assert not {"src", "href", "srcset"} & set(attributes)
    assert "@import" not in page and "url(http" not in page and "<style>" in page


def test_what_a_run_found_cannot_become_markup(reviewed: Callable[[], Review]) -> None:
    review = replace(reviewed(), title="<script>alert(1)</script>", reasons=("<img src=x>",))
    assert "<script>" not in html(review) and "<img" not in html(review)


def test_every_drawing_has_words_for_those_who_do_not_see_it(reviewed: Callable[[], Review]) -> None:
    tags = checked(html(reviewed())).tags
    drawings = [attributes for tag, attributes in tags if tag == "svg" and attributes.get("aria-hidden") != "true"]
    ids = {attributes.get("id") for _, attributes in tags}
    assert len(drawings) == 2
    for drawing in drawings:
        assert drawing["role"] == "img"
        assert set(str(drawing["aria-labelledby"]).split()) <= ids


@pytest.mark.parametrize("verdict", ["PASS", "FAIL", "VOID"])
def test_each_verdict_has_a_word_and_a_sign_beside_its_colour(verdict: str, reviewed: Callable[[], Review]) -> None:
    text = checked(html(replace(reviewed(), verdict=verdict))).text
    assert {"PASS": "✓", "FAIL": "✗", "VOID": "∅"}[verdict] in text


def test_a_run_of_which_little_is_known_has_a_page_too(reviewed: Callable[[], Review]) -> None:
    none = dict.fromkeys(("agents", "faults", "questions", "activities", "phases", "guard", "leases", "sources"), ())
    unknown: dict[str, Any] = {"recoveries": None, "seed": None, "wall_s": None, "versions": {}, "journal": {}, **none}
    text = checked(html(replace(reviewed(), **unknown, repeat="", started="", ended=""))).text
    for words in ("no fault was ordered", "No question was judged", "No lease was held", "No desktop and no agent"):
        assert words in text


def test_the_files_stand_beside_the_evidence_and_the_json_has_the_same_content(
    recorded: Any, reviewed: Callable[[], Review]
) -> None:
    review = reviewed()
    paths = write(review, recorded.folder)
    assert [path.name for path in paths] == ["review.html", "review.json", "junit.xml"]
    found = json.loads((recorded.folder / "review.json").read_text())
    assert found["verdict"] == "FAIL"
    assert found["reasons"] == list(review.reasons)
    assert len(found["agents"]) == 12
    assert found["recoveries"]["rows"][0]["outcome"] == "not recovered"


def test_no_file_holds_a_secret(recorded: Any, reviewed: Callable[[], Review]) -> None:
    secret = "planted-9f8e7d6c5b4a"
    recorded.add("crowd", 41, "write.result", "agent-01", note=f"Authorization: Bearer {secret}", access_token=secret)
    recorded.add("chaos-1", 43.1, "fault.seen", fault="x", lease="x", expected={}, found={"refresh_token": secret})
    recorded.verdict["findings"][0]["found"] = {"client_secret": secret}
    recorded.verdict["reasons"].append(f"POST /oauth/token refresh_token={secret} answered 400")
    for path in write(reviewed(), recorded.folder):
        assert secret not in path.read_text()


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (999_999.0, "never"),
        (None, "nothing"),
        ([], "none"),
        ({"a": 1}, "a 1"),
        (True, "yes"),
        (1.0, "1"),
        ("", "empty"),
    ],
)
def test_what_was_found_is_said_in_words(found: object, words: str) -> None:
    assert value(found) == words


def test_what_never_was_is_a_dash() -> None:
    assert (seconds(None), seconds(1234.56)) == ("\u2013", "1,234.6 s")
