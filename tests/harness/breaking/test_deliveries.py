"""What a trial of deliveries tells."""

from harness.breaking.deliveries import Sent, Trial

SENT = tuple(Sent(number, 200, 5.0) for number in range(4))


def test_a_trial_in_which_all_went_well_shows_nothing() -> None:
    trial = Trial(SENT, (0, 1, 2, 3))
    assert (trial.repeated, trial.spoilt, trial.overtaken, trial.refused) == ([], 0, [], [])
    assert str(trial) == "4 deliveries answered [200] within 5 ms, 4 arrived: [0, 1, 2, 3]"


def test_what_arrives_more_than_once_is_repeated() -> None:
    trial = Trial(SENT, (0, 1, 1, 2, 3))
    assert (trial.repeated, trial.spoilt) == ([1], 1)


def test_what_is_none_of_ours_is_spoilt() -> None:
    assert Trial(SENT, (0, None, 1, 2, 3)).spoilt == 1


def test_what_arrives_after_a_later_one_is_overtaken() -> None:
    assert Trial(SENT, (1, 2, 0, 3)).overtaken == [0]


def test_what_is_not_taken_and_does_not_arrive_is_refused() -> None:
    sent = (Sent(0, 503, 1.0), Sent(1, 0, 1.0), Sent(2, 503, 1.0), Sent(3, 200, 1.0))
    assert Trial(sent, (2, 3)).refused == [0, 1]
