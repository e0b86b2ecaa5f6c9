"""JUnit XML as usual parsers read it."""

from collections.abc import Callable
from dataclasses import replace
from xml.etree import ElementTree

from reports.junit import junit
from reports.model import Review


def parsed(review: Review) -> ElementTree.Element:
    """The one test suite of the document."""
    root = ElementTree.fromstring(junit(review))  # noqa: S314 - our own output
    assert root.tag == "testsuites"
    (suite,) = root.findall("testsuite")
    return suite


def test_each_question_is_a_test_case_and_a_fail_is_a_failure(reviewed: Callable[[], Review]) -> None:
    suite = parsed(reviewed())
    assert {key: suite.get(key) for key in ("name", "tests", "failures", "errors", "skipped")} == {
        "name": "websocket_reset",
        "tests": "4",
        "failures": "3",
        "errors": "0",
        "skipped": "0",
    }
    names = [case.get("name") for case in suite.findall("testcase")]
    assert names == [
        "the run as a whole",
        "share of desktops connected (before)",
        "agents still without a socket <b> (method)",
        "share of desktops connected (after)",
    ]
    failure = suite.findall("testcase")[2].find("failure")
    assert failure is not None
    assert failure.get("message") == "expected 0, found agent-07"


def test_a_void_run_is_an_error_even_when_every_question_passed(reviewed: Callable[[], Review]) -> None:
    review = reviewed()
    good = tuple(question for question in review.questions if question.verdict == "PASS")
    suite = parsed(replace(review, verdict="VOID", reasons=("ws_reset was never seen",), questions=good))
    assert (suite.get("errors"), suite.get("failures")) == ("1", "0")


def test_a_passed_run_has_neither(reviewed: Callable[[], Review]) -> None:
    review = reviewed()
    good = tuple(replace(question, verdict="PASS") for question in review.questions)
    suite = parsed(replace(review, verdict="PASS", questions=good))
    assert (suite.get("errors"), suite.get("failures")) == ("0", "0")


def test_the_same_question_asked_twice_has_two_names(reviewed: Callable[[], Review]) -> None:
    review = reviewed()
    suite = parsed(replace(review, questions=(review.questions[0], review.questions[0])))
    names = [case.get("name") for case in suite.findall("testcase")]
    assert len(set(names)) == 3


def test_what_xml_cannot_hold_is_replaced(reviewed: Callable[[], Review]) -> None:
    review = reviewed()
    odd = replace(review.questions[1], found="bell \x07 and surrogate \ud800")
    case = parsed(replace(review, questions=(odd,))).findall("testcase")[1]
    assert "bell \ufffd and surrogate \ufffd" in str(case[0].text)
