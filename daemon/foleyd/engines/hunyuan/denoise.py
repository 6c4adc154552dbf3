"""From noise to latents: takes of any length, step by step.

A take longer than a window is several windows that overlap. All windows of all takes take each step together,
and where two overlap the take moves by the weighted mean of their velocities (MultiDiffusion, Bar-Tal et al.
2023), so that they agree at every step. On a card memory does not grow with a take's length: windows are
stepped a few at a time, and what the steps do not change waits in host memory.

The loop never waits for the card's present step: it hears of cancellation and of values out of range from the
step before the last, while the card works on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import torch
from torch import Tensor

from foleyd.engines.hunyuan.schedule import schedule
from foleyd.engines.hunyuan.step import Batch, Conditions, Velocity

ROWS_AT_ONCE = 2048
"""Latents that are stepped together at most: four windows of 10 s."""

_BEHIND = 2
"""Steps that the loop may be ahead of the card."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A window of a take: where it STARTS in the take, in latents, and what it is to sound like."""

    start: int
    conditions: Conditions

    @property
    def end(self) -> int:
        """The latent after its last."""
        return self.start + self.conditions.latents


@dataclass(frozen=True, slots=True)
class Take:
    """What is to be denoised: PIECES in order, one or two over every latent, from NOISE (L, 128).

    Raises ValueError for pieces that leave a latent out or are three over one.
    """

    pieces: tuple[Piece, ...]
    noise: Tensor

    def __post_init__(self) -> None:
        for first, second in pairwise(self.pieces):
            if not (first.start < second.start <= first.end < second.end):
                raise ValueError(f"no latent may be left out between {_where(first)} and {_where(second)}")
        for first, third in zip(self.pieces, self.pieces[2:], strict=False):
            if third.start < first.end:
                raise ValueError(f"three windows overlap: {_where(first)} reaches into {_where(third)}")
        if not self.pieces or self.pieces[0].start or self.pieces[-1].end != len(self.noise):
            places = ", ".join(map(_where, self.pieces)) or "none"
            raise ValueError(f"windows over all {len(self.noise)} latents are needed, not {places}")


@dataclass(frozen=True, slots=True)
class Denoised:
    """LATENTS (L, 128) float32, or why there are none: it was CANCELLED, or values left the range of the
    dtype.
    """

    latents: Tensor | None
    cancelled: bool = False


def _where(piece: Piece) -> str:
    return f"latents {piece.start} to {piece.end}"


Step = Callable[[Batch, Tensor, Tensor, Tensor, float], Tensor]
"""As :meth:`.step.Velocity.__call__`."""


def noise(seed: int, latents: int, channels: int = 128) -> Tensor:
    """Standard normal (LATENTS, CHANNELS) float32, of a generator of its own on the CPU.

    Drawn channel by channel over time, so that it is what a (channels, latents) tensor would be filled with.
    """
    generator = torch.Generator("cpu").manual_seed(seed % 2**63)
    return torch.randn(channels, latents, generator=generator).T.contiguous()


@torch.inference_mode()
def denoise(
    velocity: Velocity,
    takes: Sequence[Take],
    steps: int,
    guidance: float,
    on_step: Callable[[int, int], None],
    cancelled: Callable[[int], bool],
    step: Step | None = None,
) -> list[Denoised]:
    """Denoises TAKES together in STEPS steps. GUIDANCE of 1 or less leaves out the unconditional half (5.8).

    STEP does the work of VELOCITY where a faster way to do the same is at hand (:mod:`.record`).
    """
    step = step or velocity
    scheduler = schedule(steps)
    times = velocity.times(scheduler.timesteps)
    whole = _Whole(takes, velocity.device)
    groups = list(whole.groups(velocity, guided=guidance > 1))
    watch = _Watch(len(takes), whole.owners)
    for number, timestep in enumerate(scheduler.timesteps):
        watch.look(cancelled)
        if watch.all_dropped:
            break
        moved = torch.zeros_like(whole.latents)
        for group in groups:
            if not watch.dropped.issuperset(group.takes):
                noisy = whole.latents[group.rows]
                part = step(group.batch, noisy, times.vec[number], times.triple[number], guidance)
                moved.index_add_(0, group.rows, part * group.weights)
        whole.latents = scheduler.step(moved, timestep, whole.latents).prev_sample
        watch.follow(whole.latents)
        on_step(number + 1, steps)
    watch.finish()
    return [whole.result(number, watch) for number in range(len(takes))]


@dataclass(frozen=True, slots=True)
class _Group:
    """Windows stepped together. ROWS (noisy rows,) among all latents, WEIGHTS (noisy rows, 1) of their
    velocity.
    """

    batch: Batch
    rows: Tensor
    weights: Tensor
    takes: frozenset[int]


class _Whole:
    """The latents of all takes, one after the other, and after them one row for the rows of nobody."""

    def __init__(self, takes: Sequence[Take], device: torch.device) -> None:
        self._takes = takes
        self._device = device
        self._starts = [sum(len(take.noise) for take in takes[:number]) for number in range(len(takes))]
        self.owners = torch.cat([torch.full((len(take.noise),), n) for n, take in enumerate(takes)])
        rows = [take.noise for take in takes]
        self.latents = torch.cat([*rows, torch.zeros_like(rows[0][:1])]).to(device)

    def groups(self, velocity: Velocity, guided: bool) -> Iterator[_Group]:
        """The takes' windows, a few at a time."""
        pieces = [(number, piece) for number, take in enumerate(self._takes) for piece in take.pieces]
        bunches: list[list[tuple[int, Piece]]] = []
        room = 0
        for number, piece in pieces:
            room -= piece.conditions.latents
            if room < 0 or not bunches:
                bunches.append([])
                room = ROWS_AT_ONCE - piece.conditions.latents
            bunches[-1].append((number, piece))
        for bunch in bunches:
            batch = velocity.batch([piece.conditions for _, piece in bunch], guided)
            yield self._group(batch if len(bunches) == 1 else batch.waiting(), bunch)

    def _group(self, batch: Batch, bunch: Sequence[tuple[int, Piece]]) -> _Group:
        rows = torch.full((batch.layout.sizes.noisy,), len(self.latents) - 1)
        weights = torch.zeros(batch.layout.sizes.noisy, 1)
        for span, (number, piece) in zip(batch.layout.latents, bunch, strict=True):
            there = slice(span.start, span.start + span.count)
            rows[there] = self._starts[number] + piece.start + torch.arange(span.count)
            weights[there, 0] = piece_weights(self._takes[number].pieces, piece)
        return _Group(
            batch, rows.to(self._device), weights.to(self._device), frozenset(number for number, _ in bunch)
        )

    def result(self, number: int, watch: _Watch) -> Denoised:
        """What became of take NUMBER."""
        if number in watch.dropped:
            return Denoised(None, cancelled=number in watch.cancelled)
        start = self._starts[number]
        return Denoised(self.latents[start : start + len(self._takes[number].noise)])


def piece_weights(pieces: Sequence[Piece], piece: Piece) -> Tensor:
    """How much of the velocity is PIECE's, latent by latent: ramps over overlaps, which sum to 1 with the
    other's.
    """
    at = torch.arange(piece.start, piece.end, dtype=torch.float32)
    weights = torch.ones_like(at)
    for other in pieces:
        first, last = max(other.start, piece.start), min(other.end, piece.end)
        if other is piece or first >= last:
            continue
        rise = (at - first + 0.5) / (last - first)
        share = rise if other.start < piece.start else 1 - rise
        weights = torch.where((at >= first) & (at < last), share, weights)
    return weights


@dataclass(slots=True)
class _Watch:
    """Follows the steps from behind: which takes were cancelled, and which left the range of their dtype."""

    takes: int
    owners: Tensor
    cancelled: set[int] = field(default_factory=set)
    out_of_range: set[int] = field(default_factory=set)
    _reports: deque[tuple[Tensor, torch.cuda.Event | None]] = field(default_factory=deque)

    @property
    def dropped(self) -> set[int]:
        """Takes that need no more steps."""
        return self.cancelled | self.out_of_range

    @property
    def all_dropped(self) -> bool:
        """Whether nothing is left to do."""
        return len(self.dropped) == self.takes

    def follow(self, latents: Tensor) -> None:
        """Asks for a report on LATENTS (rows, 128), to be read later."""
        finite = torch.isfinite(latents[:-1]).all(dim=1)
        event = None
        if finite.is_cuda:
            host = torch.empty(finite.shape, dtype=torch.bool, pin_memory=True)
            finite = host.copy_(finite, non_blocking=True)
            event = torch.cuda.Event()
            event.record()
        self._reports.append((finite, event))

    def look(self, cancelled: Callable[[int], bool]) -> None:
        """Reads the report on the step before the last, and who is cancelled by now."""
        while len(self._reports) >= _BEHIND:
            self._read()
        self.cancelled |= {number for number in range(self.takes) if cancelled(number)}

    def finish(self) -> None:
        """Reads all reports."""
        while self._reports:
            self._read()

    def _read(self) -> None:
        finite, event = self._reports.popleft()
        if event is not None:
            event.synchronize()
        if not finite.all():
            self.out_of_range |= set(self.owners[~finite].tolist()) - self.cancelled
