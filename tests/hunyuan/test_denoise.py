"""Takes of any length: windows agree at every step, and what is cancelled or out of range stops alone.

The transformer is replaced by a velocity that is known for every latent; what it does itself is checked in
test_step.py and test_parity.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from foleyd.engines.hunyuan import denoise as denoising
from foleyd.engines.hunyuan.denoise import (
    Piece,
    Take,
    denoise,
    noise,
    piece_weights,
)
from foleyd.engines.hunyuan.schedule import schedule
from foleyd.engines.hunyuan.step import Batch, Conditions
from hunyuan.tiny import CHANNELS, latents, velocity, window

STEPS = 6


def pieces(*spans: tuple[int, int]) -> tuple[Piece, ...]:
    return tuple(Piece(first, window(last - first)) for first, last in spans)


def take(*spans: tuple[int, int], seed: int = 0) -> Take:
    return Take(pieces(*spans), noise(seed, spans[-1][1]))


@dataclass
class Field:
    """A velocity that is known for every latent: FLOW (x, place in its take) of each row of each window.

    PLACES are where the windows lie, in the order in which they are asked for at each step.
    """

    flow: Callable[[Tensor, Tensor], Tensor]
    places: list[int]
    batches: list[Batch] = field(default_factory=list)
    asked: int = 0

    def __call__(self, batch: Batch, noisy: Tensor, vec: Tensor, triple: Tensor, guidance: float) -> Tensor:
        moved = torch.full_like(noisy, 1e6)  # what rows of nobody become must not matter
        for span in batch.layout.latents:
            rows = slice(span.start, span.start + span.count)
            start = self.places[self.asked % len(self.places)]
            moved[rows] = self.flow(noisy[rows], start + torch.arange(span.count)[:, None].float())
            self.asked += 1
        self.batches.append(batch)
        return moved


def swirl(x: Tensor, place: Tensor) -> Tensor:
    """Not linear, and different at every latent: whoever is moved from elsewhere ends elsewhere."""
    return torch.sin(3 * x + place % 7) + 0.2 * x


def euler(x: Tensor, steps: int = STEPS) -> Tensor:
    sigmas = torch.linspace(1, 0, steps + 1)
    place = torch.arange(len(x))[:, None].float()
    for before, after in pairwise(sigmas):
        x = x + swirl(x, place) * (after - before)
    return x


def made(takes: list[Take], step: Field | None = None, guidance: float = 1.0) -> list[Tensor]:
    done = denoise(velocity(), takes, STEPS, guidance, lambda number, of: None, lambda number: False, step)
    return [one.latents for one in done if one.latents is not None]


# ------------------------------------------------------------------------------------ windows that agree


@st.composite
def spans(draw: st.DrawFn) -> list[tuple[int, int]]:
    """Windows over a take: hard edges and overlaps, at most two over a latent."""
    found = [(0, draw(st.integers(4, 60)))]
    free = 0
    for _ in range(draw(st.integers(0, 4))):
        end = found[-1][1]
        start = draw(st.integers(max(free, found[-1][0] + 1), end))
        free = end
        found.append((start, draw(st.integers(end + 1, end + 50))))
    return found


@settings(deadline=None, max_examples=40)
@given(spans())
def test_a_known_velocity_is_followed_exactly_through_any_windows(places: list[tuple[int, int]]) -> None:
    one = take(*places)
    (ours,) = made([one], Field(swirl, [first for first, _ in places]))
    assert torch.allclose(ours, euler(one.noise), rtol=0, atol=1e-5)


@settings(deadline=None, max_examples=100)
@given(spans())
def test_weights_of_the_windows_over_a_latent_sum_to_one(places: list[tuple[int, int]]) -> None:
    windows = pieces(*places)
    total = torch.zeros(places[-1][1])
    for piece in windows:
        weights = piece_weights(windows, piece)
        assert weights.min() >= 0
        total[piece.start : piece.end] += weights
    assert torch.allclose(total, torch.ones_like(total), rtol=0, atol=1e-6)


def test_windows_ramp_over_their_overlap_and_meet_hard_where_they_share_nothing() -> None:
    first, second, third = pieces((0, 10), (6, 20), (20, 30))
    windows = (first, second, third)
    up = torch.tensor([0.125, 0.375, 0.625, 0.875])
    assert torch.equal(piece_weights(windows, first), torch.cat([torch.ones(6), 1 - up]))
    assert torch.equal(piece_weights(windows, second), torch.cat([up, torch.ones(10)]))
    assert torch.equal(piece_weights(windows, third), torch.ones(10))


def test_windows_of_equal_conditions_give_what_one_window_gives() -> None:
    """Both windows are given the transformer's velocity of the whole take, each its part: what it is for them
    where all that they hear is equal. They cover most of the take twice.
    """
    length, short = 120, 100
    whole = window(length)

    def whole_step(batch: Batch, noisy: Tensor, vec: Tensor, triple: Tensor, guidance: float) -> Tensor:
        """The transformer on the whole take, of which each window is told its part."""
        seen = torch.zeros(length, CHANNELS)
        parts = [noisy[span.start : span.start + span.count] for span in batch.layout.latents]
        for start, part in zip((0, length - short), parts, strict=True):
            seen[start : start + short] = part
        one = velocity().batch([whole], guided=guidance > 1, exact=True)
        moved = velocity()(one, seen, vec, triple, guidance)
        out = torch.zeros_like(noisy)
        for start, span in zip((0, length - short), batch.layout.latents, strict=True):
            out[span.start : span.start + span.count] = moved[start : start + short]
        return out

    start = noise(3, length)
    split = Take(pieces((0, short), (length - short, length)), start)
    (done,) = denoise(velocity(), [split], STEPS, 4.5, lambda a, b: None, lambda number: False, whole_step)
    (alone,) = made([Take((Piece(0, whole),), start)], guidance=4.5)
    assert done.latents is not None
    assert torch.allclose(done.latents, alone, rtol=1e-4, atol=3e-4)


def test_takes_side_by_side_are_what_they_are_alone() -> None:
    takes = [take((0, 60)), take((0, 80), (64, 130), seed=1), take((0, 41), seed=2)]
    together = made(takes, guidance=4.5)
    for one, ours in zip(takes, together, strict=True):
        (alone,) = made([one], guidance=4.5)
        assert torch.allclose(ours, alone, rtol=1e-4, atol=3e-4)


@pytest.mark.parametrize(
    ("places", "words"),
    [
        ([(0, 40), (20, 70), (39, 99)], "three windows overlap"),
        ([(0, 40), (41, 90)], "left out"),
        ([(0, 40), (0, 90)], "left out"),
        ([(0, 40), (10, 30)], "left out"),
        ([(3, 40)], "all"),
    ],
)
def test_windows_that_do_not_make_a_take_are_told(places: list[tuple[int, int]], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        take(*places)
    with pytest.raises(ValueError, match="are needed"):
        Take(pieces((0, 30)), noise(0, 31))
    with pytest.raises(ValueError, match="are needed"):
        Take((), noise(0, 31))


# --------------------------------------------------------------------------------------------------- noise


def test_noise_is_the_seeds_own_on_any_device_and_in_any_company() -> None:
    torch.manual_seed(1)
    first = noise(7, 50)
    torch.manual_seed(2)
    assert torch.equal(first, noise(7, 50))
    assert first.shape == (50, CHANNELS)
    assert first.device.type == "cpu"
    assert not torch.equal(first, noise(8, 50))
    whole = torch.randn(CHANNELS, 50, generator=torch.Generator().manual_seed(7))
    assert torch.equal(first.T, whole)
    assert noise(2**64 + 5, 3).isfinite().all()


def test_the_noise_a_take_starts_from_does_not_depend_on_its_windows() -> None:
    start = noise(5, 90)
    seen: list[Tensor] = []

    def still(x: Tensor, place: Tensor) -> Tensor:
        seen.append(x.clone())
        return torch.zeros_like(x)

    for places in ([(0, 90)], [(0, 50), (40, 90)], [(0, 50), (50, 90)]):
        (ours,) = made([Take(pieces(*places), start)], Field(still, [0]))
        assert torch.equal(ours, start)
        for (first, last), part in zip(places, seen, strict=False):
            assert torch.equal(part, start[first:last])
        seen.clear()


# ------------------------------------------------------------------------------- stopping, and out of range


@pytest.mark.parametrize("stopped_after", [0, 1, 3])
def test_a_cancelled_take_stops_within_a_step_and_the_others_go_on(stopped_after: int) -> None:
    done = 0

    def on_step(number: int, of: int) -> None:
        nonlocal done
        done = number

    def cancelled(number: int) -> bool:
        return number == 0 and done >= stopped_after

    step = Field(swirl, [0, 0])
    takes = [take((0, 40)), take((0, 50), seed=1)]
    first, second = denoise(velocity(), takes, STEPS, 1.0, on_step, cancelled, step)
    assert first.cancelled
    assert first.latents is None
    assert second.latents is not None
    assert torch.allclose(second.latents, euler(takes[1].noise), rtol=0, atol=1e-5)
    assert done == STEPS

    alone = Field(swirl, [0])
    done = 0
    (only,) = denoise(velocity(), takes[:1], STEPS, 1.0, on_step, cancelled, alone)
    assert only.cancelled
    assert len(alone.batches) == stopped_after


def test_the_steps_of_a_group_end_with_its_last_take(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long take that is cancelled is not stepped any further for the sake of one in another group."""
    monkeypatch.setattr(denoising, "ROWS_AT_ONCE", 60)
    calls: list[int] = []

    def step(batch: Batch, noisy: Tensor, vec: Tensor, triple: Tensor, guidance: float) -> Tensor:
        calls.append(batch.layout.windows[0].latents)
        return torch.zeros_like(noisy)

    takes = [take((0, 50)), take((0, 45), seed=1)]
    first, second = denoise(
        velocity(), takes, STEPS, 1.0, lambda a, b: None, lambda number: number == 0 and len(calls) >= 4, step
    )
    assert first.cancelled
    assert second.latents is not None
    assert calls == [50, 45, 50, 45, *[45] * (STEPS - 2)]


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
@pytest.mark.parametrize("at", [0, 2, STEPS - 1])
def test_values_out_of_range_stop_the_takes_that_have_them_at_most_two_steps_late(
    bad: float, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(denoising, "ROWS_AT_ONCE", 60)
    asked: list[int] = []

    def step(batch: Batch, noisy: Tensor, vec: Tensor, triple: Tensor, guidance: float) -> Tensor:
        length = batch.layout.windows[0].latents
        asked.append(length)
        moved = torch.zeros_like(noisy)
        if length == 50 and asked.count(50) == at + 1:
            moved[33, 5] = bad
        return moved

    takes = [take((0, 50)), take((0, 45), seed=1)]
    first, second = denoise(velocity(), takes, STEPS, 1.0, lambda a, b: None, lambda number: False, step)
    assert first.latents is None
    assert not first.cancelled
    assert second.latents is not None
    assert torch.equal(second.latents, takes[1].noise)
    assert at + 1 <= asked.count(50) <= min(STEPS, at + 3)
    assert asked.count(45) == STEPS


# ---------------------------------------------------------------------------------------- memory and groups


def test_groups_give_what_one_group_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    takes = [take((0, 60), (48, 110), (100, 160)), take((0, 41), seed=2)]
    together = made(takes, guidance=4.5)
    monkeypatch.setattr(denoising, "ROWS_AT_ONCE", 64)
    for one, other in zip(together, made(takes, guidance=4.5), strict=True):
        assert torch.allclose(one, other, rtol=1e-4, atol=3e-4)


@pytest.mark.parametrize("windows", [1, 6, 30])
def test_what_is_stepped_together_does_not_grow_with_a_takes_length(
    windows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(denoising, "ROWS_AT_ONCE", 200)
    places = [(40 * number, 40 * number + 50) for number in range(windows)]
    step = Field(swirl, [first for first, _ in places])
    one = take(*places)
    (ours,) = made([one], step)
    assert torch.allclose(ours, euler(one.noise), rtol=0, atol=1e-5)
    assert max(batch.layout.sizes.noisy for batch in step.batches) <= 224
    assert len(step.batches) == STEPS * -(-windows // 4)


def test_a_window_longer_than_what_is_stepped_together_is_stepped_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(denoising, "ROWS_AT_ONCE", 30)
    (ours,) = made([take((0, 50), (45, 99))], Field(swirl, [0, 45]))
    assert torch.allclose(ours, euler(noise(0, 99)), rtol=0, atol=1e-5)


# ------------------------------------------------------------------------------------------------ schedule


@pytest.mark.parametrize("steps", [1, 2, 7, 25, 50, 100])
def test_the_schedule_runs_evenly_from_one_to_nothing(steps: int) -> None:
    ours = schedule(steps)
    sigmas = torch.linspace(1, 0, steps + 1)
    assert torch.equal(ours.sigmas, sigmas)
    assert torch.equal(ours.timesteps, 1000 * sigmas[:-1])


def test_progress_is_told_once_a_step() -> None:
    told: list[tuple[int, int]] = []
    denoise(velocity(), [take((0, 33))], 3, 1.0, lambda *step: told.append(step), lambda number: False)
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_a_take_of_text_only_is_denoised() -> None:
    silent: Conditions = replace(window(50), clip=None, sync=None, visual=8, moments=16)
    (ours,) = made([Take((Piece(0, silent),), latents(50))], guidance=4.5)
    assert ours.isfinite().all()
    assert ours.shape == (50, CHANNELS)
