"""Answers as bytes, made once: nearly all are one of very few."""

from functools import lru_cache

import orjson

from tracker.answer import Answer


@lru_cache(maxsize=256)
def body_of(answer: Answer) -> bytes:
    """The JSON of an answer."""
    if not answer.kept:
        return error("store", "room and a working disk", "neither; deliver again")
    found = answer._asdict()
    del found["kept"]
    return orjson.dumps(found)


@lru_cache(maxsize=256)
def response_of(answer: Answer) -> bytes:
    """The whole HTTP/1.1 response of an answer, for a connection that stays open."""
    phrase = {200: b"200 OK", 400: b"400 Bad Request", 503: b"503 Service Unavailable"}[answer.status]
    body = body_of(answer)
    head = b"HTTP/1.1 %b\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % (phrase, len(body))
    return head + body


def error(what: str, expected: str, found: str) -> bytes:
    """`{"error": {"what", "expected", "found"}}` on one line."""
    return orjson.dumps({"error": {"what": what, "expected": expected, "found": found}})
