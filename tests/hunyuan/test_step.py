"""The step that serves: a window computes the same in any company, and halves and features are what they are.

Its numbers are checked against the golden data in test_parity.py.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from foleyd.engines.hunyuan.step import LONGEST, Conditions
from foleyd.engines.hunyuan.transformer import SYNC_PERIOD, nearest_exact
from hunyuan.tiny import latents, stepped, tiny, velocity, window

CLOSE = {"rtol": 1e-4, "atol": 2e-5}

SHAPES = st.builds(
    window,
    st.integers(1, 150),
    visual=st.integers(1, 40),
    segments=st.integers(1, 6),
    text=st.integers(1, 20),
    negative=st.integers(1, 20),
    seed=st.integers(0, 3),
)


@settings(deadline=None, max_examples=25)
@given(SHAPES, st.lists(SHAPES, max_size=3), st.integers(0, 3), st.sampled_from([1.0, 4.5]))
def test_a_window_computes_the_same_in_any_company(
    one: Conditions, others: list[Conditions], place: int, guidance: float
) -> None:
    place = min(place, len(others))
    windows = [*others[:place], one, *others[place:]]
    noisy = [latents(each.latents, seed) for seed, each in enumerate(windows)]
    (alone,) = stepped([one], [noisy[place]], guidance=guidance, exact=True)
    beside = stepped(windows, noisy, guidance=guidance, idle=1e4)[place]
    assert torch.allclose(alone, beside, **CLOSE)


@pytest.mark.parametrize("guidance", [1.0, 4.5])
def test_the_step_computes_what_the_eager_transformer_does(guidance: float) -> None:
    one, x = window(83), latents(83)
    assert one.clip is not None
    assert one.sync is not None
    model, t = tiny(), torch.tensor([700.0])
    with torch.inference_mode():
        conditional = model(x.T[None], t, one.clip[None], one.text[None], one.sync[None])[0].T
        clip = model.empty_clip.expand_as(one.clip)
        sync = model.empty_sync.expand_as(one.sync)
        unconditional = model(x.T[None], t, clip[None], one.negative[None], sync[None])[0].T
    expected = conditional if guidance == 1 else unconditional + guidance * (conditional - unconditional)
    assert torch.allclose(stepped([one], [x], guidance=guidance)[0], expected, **CLOSE)


@pytest.mark.parametrize("touched", [0, 2])
def test_neighbours_neither_attend_to_nor_convolve_with_each_other(touched: int) -> None:
    """Whatever a neighbour is changed to, right up to the edge, the window's own result stays as it is."""
    windows = [window(40, seed=1), window(33, seed=2), window(50, seed=3)]
    noisy = [latents(one.latents, 7) for one in windows]
    before = stepped(windows, noisy)
    noisy[touched] = latents(windows[touched].latents, 8) * 50
    windows[touched] = window(windows[touched].latents, seed=9)
    after = stepped(windows, noisy)
    assert torch.equal(before[1], after[1])
    assert torch.equal(before[2 - touched], after[2 - touched])
    assert not torch.allclose(before[touched], after[touched], atol=0.1)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_what_is_not_finite_stays_where_it_is(bad: float) -> None:
    windows = [window(40, seed=1), window(33, seed=2)]
    noisy = [latents(one.latents, 7) for one in windows]
    clean = stepped(windows, noisy)
    noisy[0] = torch.full_like(noisy[0], bad)
    first, second = stepped(windows, noisy, idle=bad)
    assert not first.isfinite().any()
    assert torch.equal(second, clean[1])


def test_no_picture_is_the_learned_empty_features() -> None:
    model, seen = tiny(), window(60)
    empty = replace(
        seen,
        clip=model.empty_clip.detach().expand(7, -1),
        sync=model.empty_sync.detach().expand(2 * SYNC_PERIOD, -1),
    )
    nothing = replace(seen, clip=None, sync=None, visual=7, moments=2 * SYNC_PERIOD)
    assert nothing.lengths == empty.lengths == seen.lengths
    x = [latents(60)]
    assert torch.allclose(stepped([nothing], x)[0], stepped([empty], x)[0], **CLOSE)
    assert not torch.allclose(stepped([nothing], x)[0], stepped([seen], x)[0], atol=0.1)


@pytest.mark.parametrize("guidance", [0.0, 0.5, 1.0])
def test_guidance_of_one_or_less_leaves_out_the_unconditional_half(guidance: float) -> None:
    one = window(60)
    guided, plain = velocity().batch([one], guided=True), velocity().batch([one], guided=False)
    assert plain.layout.sizes.audio * 2 == guided.layout.sizes.audio
    assert plain.layout.sizes.tokens * 2 == guided.layout.sizes.tokens
    other = replace(one, negative=window(99).negative)
    x = [latents(60)]
    assert torch.equal(stepped([one], x, guidance=guidance)[0], stepped([other], x, guidance=guidance)[0])


def test_modulation_is_computed_for_distinct_sync_features_only() -> None:
    """Each window's own sync tokens, and for all unconditional halves together one segment's positions."""
    windows = [window(200, segments=3), window(90, segments=2)]
    batch = velocity().batch(windows, guided=True, exact=True)
    assert len(batch.moments) == SYNC_PERIOD * (1 + 3 + 2)
    assert len(batch.moments.unique(dim=0)) == len(batch.moments)
    assert len(batch.moments) < batch.layout.sizes.audio / 4
    model = tiny()
    with torch.inference_mode():
        for one, span in zip(windows, batch.layout.latents, strict=True):
            assert one.sync is not None
            own = model.sync_in(model.with_positions(one.sync))
            rows = batch.layout.sizes.noisy + span.start + torch.arange(span.count)
            ours = batch.moments[batch.maps.moment[rows]]
            assert torch.allclose(ours, own[nearest_exact(len(one.sync), one.latents)], **CLOSE)


def test_all_steps_times_are_those_of_single_steps() -> None:
    times = velocity().times(torch.tensor([1000.0, 500.0, 20.0]))
    for number, t in enumerate((1000.0, 500.0, 20.0)):
        one = velocity().times(torch.tensor([t]))
        assert torch.allclose(times.vec[number], one.vec[0], **CLOSE)
        assert torch.allclose(times.triple[number], one.triple[0], **CLOSE)


def test_the_longest_window_that_the_positions_hold_is_taken_and_a_longer_one_told() -> None:
    longest = LONGEST // 2
    assert stepped([window(longest)], [latents(longest)])[0].isfinite().all()
    with pytest.raises(ValueError, match="positions"):
        velocity().batch([window(longest + 1)], guided=True)
    with pytest.raises(ValueError, match="positions"):
        velocity().batch([window(50, text=LONGEST + 1)], guided=True)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_the_residual_stream_and_the_result_are_wide_at_any_precision(dtype: torch.dtype) -> None:
    from benchmarks.parity_groups.dit_tiny import transformer
    from foleyd.engines.hunyuan.ops import PlainOps
    from foleyd.engines.hunyuan.step import Velocity
    from hunyuan.tiny import GOLDEN

    half = Velocity(transformer(GOLDEN, torch.device("cpu"), dtype), PlainOps())
    one, x = window(60), latents(60)
    with torch.inference_mode():
        batch, times = half.batch([one], guided=True, exact=True), half.times(torch.tensor([700.0]))
        assert batch.moments.dtype == batch.visual.dtype == half.begin(batch, x).dtype == torch.float32
        moved = half(batch, x, times.vec[0], times.triple[0], 4.5)
    assert moved.dtype == torch.float32
    wide = stepped([one], [x])[0]
    error = ((moved - wide).square().mean() / wide.square().mean()).sqrt()
    assert error < (0.01 if dtype == torch.float16 else 0.08)
