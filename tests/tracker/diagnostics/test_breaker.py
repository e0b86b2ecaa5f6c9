"""The breaker opens after failures in a row, and one question decides whether it closes."""

from tracker.diagnostics.breaker import Breaker


def opened() -> Breaker:
    breaker = Breaker(most=3, rest_s=10)
    for _ in range(3):
        assert breaker.refusal(0.0) is None
        breaker.failed(0.0)
    return breaker


def test_it_opens_after_failures_in_a_row_and_says_for_how_long() -> None:
    breaker = opened()
    assert breaker.refusal(4.0) == 6.0


def test_a_success_in_between_begins_the_count_anew() -> None:
    breaker = Breaker(most=2)
    breaker.failed(0.0)
    breaker.succeeded()
    breaker.failed(0.0)
    assert breaker.refusal(0.0) is None


def test_after_its_rest_one_question_is_let_through_at_a_time() -> None:
    breaker = opened()
    assert breaker.refusal(10.0) is None
    assert breaker.refusal(10.0) is not None
    breaker.succeeded()
    assert breaker.refusal(10.0) is None
    assert breaker.refusal(10.0) is None


def test_a_question_that_fails_opens_it_again_and_one_that_was_given_up_frees_the_turn() -> None:
    breaker = opened()
    assert breaker.refusal(10.0) is None
    breaker.failed(10.0)
    assert breaker.refusal(15.0) == 5.0
    assert breaker.refusal(20.0) is None
    breaker.abandoned()
    assert breaker.refusal(20.0) is None
