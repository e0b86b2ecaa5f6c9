"""A review -> JUnit XML: one test case a question, and one for the run itself. FAIL is a failure, VOID an error."""

import re
from collections import Counter
from collections.abc import Iterator
from xml.etree import ElementTree

from reports.faults import in_words
from reports.model import Question, Review

NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
KINDS = {"FAIL": "failure", "VOID": "error"}


def junit(review: Review) -> str:
    """The document as text with its declaration."""
    cases = [_run(review), *_questions(review)]
    kinds = Counter(child.tag for case in cases for child in case)
    counts = {"tests": str(len(cases)), "failures": str(kinds["failure"]), "errors": str(kinds["error"])}
    time = f"{review.wall_s or 0:.3f}"
    root = ElementTree.Element("testsuites", {"name": "deskstorm", **counts, "time": time})
    about = {"name": clean(review.experiment), **counts, "skipped": "0", "time": time, "timestamp": review.started[:19]}
    suite = ElementTree.SubElement(root, "testsuite", about)
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in _properties(review):
        ElementTree.SubElement(properties, "property", {"name": name, "value": clean(value)})
    suite.extend(cases)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def clean(text: str) -> str:
    """`text` without what XML cannot hold."""
    return NOT_XML.sub("\ufffd", text)


def _run(review: Review) -> ElementTree.Element:
    return _case(review, "the run as a whole", 0.0, review.verdict, "\n".join(review.reasons))


def _questions(review: Review) -> Iterator[ElementTree.Element]:
    used: Counter[str] = Counter()
    for question in review.questions:
        name = f"{question.question} ({question.phase})" if question.phase else question.question
        used[name] += 1
        if used[name] > 1:
            name = f"{name} #{used[name]}"
        yield _case(review, name, _took(review, question), question.verdict, _sentence(question))


def _took(review: Review, question: Question) -> float:
    """Wall seconds of the probe, 0 where it is not known."""
    for step in review.activities:
        if (step.name, step.phase) == (question.question, question.phase):
            return step.took_s * review.time_scale
    return 0.0


def _sentence(question: Question) -> str:
    return f"expected {question.expected}, found {in_words(question.found) or 'nothing'}"


def _case(review: Review, name: str, took_s: float, verdict: str, words: str) -> ElementTree.Element:
    about = {"classname": f"deskstorm.{review.experiment}", "name": name, "time": f"{took_s:.3f}"}
    case = ElementTree.Element("testcase", {key: clean(value) for key, value in about.items()})
    if verdict in KINDS:
        message = clean(words.splitlines()[0] if words else verdict)
        ElementTree.SubElement(case, KINDS[verdict], {"message": message, "type": verdict}).text = clean(words)
    return case


def _properties(review: Review) -> Iterator[tuple[str, str]]:
    yield "verdict", review.verdict
    yield "seed", str(review.seed)
    yield "time_scale", str(review.time_scale)
    yield "world", review.world
    yield "repeat", review.repeat
    if review.defect:
        yield "defect", review.defect
    if review.sabotage:
        yield "sabotage", ", ".join(review.sabotage)
