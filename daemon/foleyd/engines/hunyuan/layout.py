"""Where every row of a packed batch belongs.

A batch is some windows, of any lengths, side by side without padding between them. Its rows of sound come
first, then its rows of picture; where guidance is on, each has the unconditional half of all windows before
the conditional one. Nothing but attention and the three-tap convolutions looks from row to row, and those are
told here how far they may look: so a row computes the same in any company, up to rounding.

Sizes are rounded up so that few of them occur (a recorded step serves one set of sizes); rows past the end
belong to nobody, and nobody looks at them.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from foleyd.engines.hunyuan.transformer import SYNC_PERIOD, nearest_exact

TILE = 128
"""Query rows that one program of the attention kernel takes."""

_NOISY_STEP = 32
_VISUAL_STEP = 16
_MOMENT_STEP = 32
_TEXT_STEP = 32
_TILE_STEP = 4


@dataclass(frozen=True, slots=True)
class Lengths:
    """Tokens of one window: latents of sound, frames of picture, sync tokens, text of both prompts."""

    latents: int
    visual: int
    sync: int
    text: int
    negative: int = 0


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many rows a batch has of each kind, rounded up: what a recorded step is recorded for.

    NOISY and VISUAL are those of one half.
    """

    halves: int
    noisy: int
    visual: int
    moments: int
    text: int
    audio_tiles: int
    visual_tiles: int

    @property
    def audio(self) -> int:
        """Rows of sound."""
        return self.halves * self.noisy

    @property
    def tokens(self) -> int:
        """Rows of sound and picture."""
        return self.halves * (self.noisy + self.visual)


@dataclass(frozen=True, slots=True)
class Span:
    """Rows START .. START + COUNT - 1."""

    start: int
    count: int


@dataclass(frozen=True, slots=True)
class Looks:
    """Which rows look at which: rows QUERY of the queries at rows FIRST and SECOND of the keys."""

    query: Span
    first: Span
    second: Span = Span(0, 0)


@dataclass(frozen=True, slots=True)
class Maps:
    """The layout as tensors, int32, on one device.

    Per row of sound: MOMENT, its row among the distinct sync features, and EDGES, 1 where it has no row
    before it, 2 where none after, 3 for neither. Per row of sound and picture: STREAM (0 sound, 1 picture),
    JOINT and PLAIN positions for the rotation. Per text row: TEXT_POSITION. The TILES are (n, 6): first query
    row and count, then start and count of both stretches of keys; those of the sound come first.
    """

    moment: Tensor
    edges: Tensor
    stream: Tensor
    joint: Tensor
    plain: Tensor
    text_position: Tensor
    self_tiles: Tensor
    text_tiles: Tensor
    audio_tiles: Tensor

    def to(self, device: torch.device) -> Maps:
        """The same on DEVICE."""
        return self.each(lambda part: part.to(device))

    def each(self, change: Callable[[Tensor], Tensor]) -> Maps:
        """Maps of every tensor CHANGEd."""
        return Maps(*(change(getattr(self, item.name)) for item in fields(self)))

    def copy_(self, other: Maps) -> None:
        """Takes the values of OTHER, of the same sizes."""
        for item in fields(self):
            getattr(self, item.name).copy_(getattr(other, item.name), non_blocking=True)


@dataclass(frozen=True, slots=True)
class Layout:
    """A batch's sizes, maps, and who looks at whom, as plain numbers."""

    windows: tuple[Lengths, ...]
    sizes: Sizes
    maps: Maps
    self_looks: tuple[Looks, ...]
    text_looks: tuple[Looks, ...]
    audio_looks: tuple[Looks, ...]

    @property
    def latents(self) -> list[Span]:
        """Rows of each window's latents among the noisy rows."""
        return _spans([window.latents for window in self.windows])


def plan_layout(windows: Sequence[Lengths], guided: bool, exact: bool = False) -> Layout:
    """The layout of WINDOWS in one batch, on the CPU. EXACT: sizes are not rounded up."""
    halves = 2 if guided else 1
    audio = _spans([window.latents for window in windows])
    visual = _spans([window.visual for window in windows])
    texts = [window.negative for window in windows] * (halves - 1) + [window.text for window in windows]
    text = _spans(texts)
    tiles_of = [sum(-(-count // TILE) for count in counts) * halves for counts in _counts(windows)]
    shared = SYNC_PERIOD if guided else 0
    moments = _spans([window.sync for window in windows], shared)
    steps = (
        (1,) * 6 if exact else (_NOISY_STEP, _VISUAL_STEP, _MOMENT_STEP, _TEXT_STEP, _TILE_STEP, _TILE_STEP)
    )
    totals = (_end(audio), _end(visual), _end(moments), _end(text), *tiles_of)
    sizes = Sizes(halves, *(-(-total // step) * step for total, step in zip(totals, steps, strict=True)))

    sound = [Span(half * sizes.noisy + span.start, span.count) for half in range(halves) for span in audio]
    picture = [
        Span(sizes.audio + half * sizes.visual + span.start, span.count)
        for half in range(halves)
        for span in visual
    ]
    together = list(zip(sound, picture, strict=True))
    self_looks = [Looks(a, v, a) for a, v in together] + [Looks(v, v, a) for a, v in together]
    text_looks = [Looks(rows, t) for rows, t in zip(sound + picture, text * 2, strict=True)]
    audio_looks = [Looks(a, a) for a in sound]
    maps = Maps(
        moment=_moments(windows, sound, moments, sizes, guided),
        edges=_edges(sound, sizes),
        stream=(torch.arange(sizes.tokens) >= sizes.audio).int(),
        joint=_joint(together, sizes),
        plain=_plain(sound + picture, sizes.tokens),
        text_position=_plain(text, sizes.text),
        self_tiles=_tiles(self_looks, sizes),
        text_tiles=_tiles(text_looks, sizes),
        audio_tiles=_tiles(audio_looks, sizes)[: sizes.audio_tiles],
    )
    return Layout(tuple(windows), sizes, maps, tuple(self_looks), tuple(text_looks), tuple(audio_looks))


def _counts(windows: Sequence[Lengths]) -> tuple[list[int], list[int]]:
    return [window.latents for window in windows], [window.visual for window in windows]


def _spans(counts: Sequence[int], start: int = 0) -> list[Span]:
    """Spans of COUNTS rows, one after the other."""
    starts = itertools.accumulate(counts, initial=start)
    return [Span(first, count) for first, count in zip(starts, counts, strict=False)]


def _end(spans: Sequence[Span]) -> int:
    return spans[-1].start + spans[-1].count


def _moments(
    windows: Sequence[Lengths], sound: Sequence[Span], moments: Sequence[Span], sizes: Sizes, guided: bool
) -> Tensor:
    """The unconditional half shares SYNC_PERIOD rows: its features differ by their position alone (5.8)."""
    rows = torch.zeros(sizes.audio, dtype=torch.int32)
    for number, span in enumerate(sound):
        window, moment = windows[number % len(windows)], moments[number % len(windows)]
        among = nearest_exact(window.sync, window.latents).int()
        unconditional = guided and number < len(windows)
        rows[span.start : span.start + span.count] = (
            among % SYNC_PERIOD if unconditional else among + moment.start
        )
    return rows


def _edges(sound: Sequence[Span], sizes: Sizes) -> Tensor:
    edges = torch.full((sizes.audio,), 3, dtype=torch.int32)
    for span in sound:
        edges[span.start : span.start + span.count] = 0
        edges[span.start] += 1
        edges[span.start + span.count - 1] += 2
    return edges


def _joint(together: Sequence[tuple[Span, Span]], sizes: Sizes) -> Tensor:
    """Positions where sound and picture are interleaved: sound at 2i, picture at 2 m(j) + 1 (5.4)."""
    at = torch.zeros(sizes.tokens, dtype=torch.int32)
    for sound, picture in together:
        at[sound.start : sound.start + sound.count] = 2 * torch.arange(sound.count, dtype=torch.int32)
        among = nearest_exact(sound.count, picture.count).int()
        at[picture.start : picture.start + picture.count] = 2 * among + 1
    return at


def _plain(spans: Sequence[Span], rows: int) -> Tensor:
    at = torch.zeros(rows, dtype=torch.int32)
    for span in spans:
        at[span.start : span.start + span.count] = torch.arange(span.count, dtype=torch.int32)
    return at


def _tiles(looks: Sequence[Looks], sizes: Sizes) -> Tensor:
    """(audio_tiles + visual_tiles, 6): the looks in stretches of TILE queries; idle tiles have no queries."""
    tiles = torch.zeros(sizes.audio_tiles + sizes.visual_tiles, 6, dtype=torch.int32)
    at = {False: 0, True: sizes.audio_tiles}
    for look in looks:
        picture = look.query.start >= sizes.audio
        for first in range(0, look.query.count, TILE):
            tiles[at[picture]] = torch.tensor(
                [
                    look.query.start + first,
                    min(TILE, look.query.count - first),
                    look.first.start,
                    look.first.count,
                    look.second.start,
                    look.second.count,
                ]
            )
            at[picture] += 1
    return tiles
