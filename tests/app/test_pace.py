"""The frame rate goes down where ticks come late, and up again when they have long come in time."""

from visualnet.app.session.adaptive_frame_rate import CALM_JUDGEMENTS, TICKS_PER_JUDGEMENT, AdaptiveFrameRate


def tick(pace, judgements, late):
    for _ in range(judgements * TICKS_PER_JUDGEMENT):
        pace.note_tick(late)


def test_late_ticks_halve_the_rate_down_to_fifteen():
    pace = AdaptiveFrameRate(60)
    rates = []
    for _ in range(4):
        tick(pace, 1, late=True)
        rates.append(pace.rate)
    assert rates == [30, 15, 15, 15]


def test_calm_raises_the_rate_again_up_to_what_was_wanted():
    pace = AdaptiveFrameRate(60)
    tick(pace, 2, late=True)
    tick(pace, CALM_JUDGEMENTS - 1, late=False)
    assert pace.rate == 15
    tick(pace, 1, late=False)
    assert pace.rate == 30
    tick(pace, 3 * CALM_JUDGEMENTS, late=False)
    assert pace.rate == 60


def test_a_late_judgement_begins_the_count_of_calm_ones_anew():
    pace = AdaptiveFrameRate(60)
    tick(pace, 1, late=True)
    tick(pace, CALM_JUDGEMENTS - 1, late=False)
    for place in range(TICKS_PER_JUDGEMENT):
        pace.note_tick(is_late=place % 10 == 0)
    tick(pace, CALM_JUDGEMENTS - 1, late=False)
    assert pace.rate == 30
