from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foleyd.brief import STAGES, Advance
from foleyd.jobs.events import Progressed
from foleyd.jobs.progress import Meter


@given(
    costs=st.dictionaries(st.sampled_from(STAGES), st.floats(0, 100)),
    steps=st.lists(st.tuples(st.sampled_from(STAGES), st.floats(0, 1), st.integers(0, 3)), max_size=30),
)
def test_the_fraction_never_goes_back_and_stays_within_one(
    costs: dict[str, float], steps: list[tuple[str, float, int]]
) -> None:
    told: list[Progressed] = []
    meter = Meter(costs, told.append)
    for stage, fraction, part in steps:
        meter.advance(Advance(stage, fraction), part, 0.25)
    meter.complete("place")
    fractions = [progressed.fraction for progressed in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1.0)
    assert all(0 <= fraction <= 1 for fraction in fractions)


def test_stages_weigh_what_they_have_cost() -> None:
    told: list[Progressed] = []
    meter = Meter({"see": 3.0, "hear": 1.0}, told.append)
    meter.complete("see")
    meter.advance(Advance("hear", 0.5))
    assert [round(progressed.fraction, 3) for progressed in told] == [0.75, 0.875]


def test_there_is_no_eta_before_there_is_a_measure_for_it() -> None:
    told: list[Progressed] = []
    meter = Meter({}, told.append)
    meter.advance(Advance("see", 0.5))
    assert told[0].eta is None


def test_loading_is_told_in_words_and_weighs_what_it_has_cost() -> None:
    told: list[Progressed] = []
    meter = Meter({"load": 3.0, "see": 0.5, "hear": 0.5}, told.append)
    meter.complete("look_up")
    meter.advance(Advance("load", 0.0, words="loading the encoders"))
    meter.advance(Advance("load", 0.5, words="loading the transformer"))
    meter.advance(Advance("load", 1.0, words="ready"))
    meter.advance(Advance("see", 1.0))
    assert [(one.words, round(one.fraction, 3)) for one in told[1:]] == [
        ("loading the encoders", 0.0),
        ("loading the transformer", 0.375),
        ("ready", 0.75),
        ("", 0.875),
    ]


def test_loading_that_nobody_could_foresee_moves_nothing() -> None:
    told: list[Progressed] = []
    meter = Meter({}, told.append)
    meter.complete("look_up")
    before = told[-1].fraction
    meter.advance(Advance("load", 0.5, words="loading the transformer"))
    meter.advance(Advance("load", 1.0, words="ready"))
    assert [one.fraction for one in told[-2:]] == [before, before]
