"""Layouts of packed batches: who has which rows, who looks at whom, and sizes that repeat."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from foleyd.engines.hunyuan.layout import TILE, Layout, Lengths, Span, plan_layout
from foleyd.engines.hunyuan.transformer import nearest_exact

LENGTHS = st.builds(
    Lengths,
    latents=st.integers(1, 300),
    visual=st.integers(1, 60),
    sync=st.integers(1, 12).map(lambda segments: 8 * segments),
    text=st.integers(1, 77),
    negative=st.integers(1, 77),
)
WINDOWS = st.lists(LENGTHS, min_size=1, max_size=5)


def rows_of(span: Span) -> list[int]:
    return list(range(span.start, span.start + span.count))


def queries(layout: Layout) -> list[int]:
    return [row for look in layout.self_looks for row in rows_of(look.query)]


@settings(deadline=None, max_examples=60)
@given(WINDOWS, st.booleans())
def test_every_row_belongs_to_at_most_one_window(windows: list[Lengths], guided: bool) -> None:
    layout = plan_layout(windows, guided)
    rows = queries(layout)
    halves = 2 if guided else 1
    assert len(rows) == len(set(rows)) == halves * sum(one.latents + one.visual for one in windows)
    assert max(rows) < layout.sizes.tokens
    noisy = [row for span in layout.latents for row in rows_of(span)]
    assert noisy == list(range(sum(one.latents for one in windows)))
    texts = {row: look for look in layout.text_looks for row in rows_of(look.first)}
    assert max(texts) < layout.sizes.text
    assert len(texts) == sum(one.text + guided * one.negative for one in windows)


@settings(deadline=None, max_examples=60)
@given(WINDOWS, st.booleans())
def test_tiles_cover_every_query_once_and_look_where_the_looks_say(
    windows: list[Lengths], guided: bool
) -> None:
    layout = plan_layout(windows, guided)
    maps, sizes = layout.maps, layout.sizes
    for tiles, looks in (
        (maps.self_tiles, layout.self_looks),
        (maps.text_tiles, layout.text_looks),
        (maps.audio_tiles, layout.audio_looks),
    ):
        stretches = [
            (row, *keys) for first, count, *keys in tiles.tolist() for row in range(first, first + count)
        ]
        wanted = [
            (row, look.first.start, look.first.count, look.second.start, look.second.count)
            for look in looks
            for row in rows_of(look.query)
        ]
        assert sorted(stretches) == sorted(wanted)
        assert int(tiles[:, 1].max()) <= TILE
    sound = maps.self_tiles[: sizes.audio_tiles]
    assert int((sound[:, 0] + sound[:, 1]).max()) <= sizes.audio
    assert len(maps.self_tiles) == sizes.audio_tiles + sizes.visual_tiles


@settings(deadline=None, max_examples=60)
@given(WINDOWS, st.booleans())
def test_sizes_are_rounded_up_little_and_an_exact_layout_has_no_spare_rows(
    windows: list[Lengths], guided: bool
) -> None:
    exact, padded = plan_layout(windows, guided, exact=True).sizes, plan_layout(windows, guided).sizes
    assert exact.noisy == sum(one.latents for one in windows)
    assert exact.visual == sum(one.visual for one in windows)
    for name, step in (
        ("noisy", 32),
        ("visual", 16),
        ("moments", 32),
        ("text", 32),
        ("audio_tiles", 4),
        ("visual_tiles", 4),
    ):
        few, many = getattr(exact, name), getattr(padded, name)
        assert few <= many < few + step
        assert many % step == 0


@settings(deadline=None, max_examples=30)
@given(WINDOWS, st.booleans())
def test_maps_are_those_of_each_window_alone(windows: list[Lengths], guided: bool) -> None:
    """Positions, edges and sync features of a window start anew, in both halves."""
    layout = plan_layout(windows, guided)
    maps, sizes = layout.maps, layout.sizes
    first_moment = 8 if guided else 0
    for number, one in enumerate(windows):
        start = layout.latents[number].start
        for half in range(sizes.halves):
            rows = slice(half * sizes.noisy + start, half * sizes.noisy + start + one.latents)
            assert maps.plain[rows].tolist() == list(range(one.latents))
            assert maps.joint[rows].tolist() == [2 * place for place in range(one.latents)]
            edges = maps.edges[rows].tolist()
            assert edges[0] & 1
            assert edges[-1] & 2
            assert not any(edges[1:-1])
            among = nearest_exact(one.sync, one.latents).int()
            unconditional = guided and half == 0
            assert torch.equal(maps.moment[rows], among % 8 if unconditional else among + first_moment)
        first_moment += one.sync
    owned = torch.zeros(sizes.audio, dtype=torch.bool)
    owned[[row for row in queries(layout) if row < sizes.audio]] = True
    assert (maps.edges[~owned] == 3).all()
