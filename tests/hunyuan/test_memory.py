"""Which memory profile is chosen, and what happens when the card's memory runs out in a job."""

from __future__ import annotations

import pytest

from foleyd.engines.engine import EngineError, EngineNotReady, OptionError
from foleyd.engines.hunyuan.memory import PROFILES, WORKING, Weights, choose_profile, sparing

GIB = 2**30
WEIGHTS = Weights(10 * GIB, GIB)


@pytest.mark.parametrize(
    ("free", "name"),
    [(80 * GIB, "full"), (11 * GIB + WORKING, "full"), (11 * GIB, "8bit"), (6 * GIB, "offload")],
)
def test_the_best_that_fits_is_taken_and_the_reason_said(free: int, name: str) -> None:
    chosen = choose_profile("auto", free, WEIGHTS)
    assert chosen.name == name
    assert f"{free / GIB:.1f} GiB of the card are free" in chosen.reason


def test_a_card_without_room_for_the_smallest_is_refused_with_both_figures() -> None:
    with pytest.raises(EngineNotReady, match=r"1\.0 GiB of the card are free, and it needs 2\.5"):
        choose_profile("auto", GIB, WEIGHTS)


@pytest.mark.parametrize("name", PROFILES)
def test_a_named_profile_is_taken_as_it_is(name: str) -> None:
    assert choose_profile(name, GIB, WEIGHTS).name == name


def test_the_processor_has_everything_as_it_is() -> None:
    assert choose_profile("auto", None, WEIGHTS).name == "full"


def test_an_unknown_profile_is_refused_by_name() -> None:
    with pytest.raises(OptionError, match=r"'tiny'.*auto, full, 8bit, offload"):
        choose_profile("tiny", GIB, WEIGHTS)


def test_each_profile_takes_less_than_the_one_before() -> None:
    assert [sparing(name).name for name in PROFILES[:-1]] == ["8bit", "offload"]
    with pytest.raises(EngineError, match="even with the transformer's weights in host memory; close other"):
        sparing("offload")
    needs = [WEIGHTS.needs(name) for name in PROFILES]
    assert needs == sorted(needs, reverse=True)
