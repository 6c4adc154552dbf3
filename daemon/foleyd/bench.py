"""Where engines work: they see pictures and make takes, in the process that belongs to their device.

A bench never opens the cache. It reads what it is given by path, and leaves what it makes as drafts, which
the studio takes in.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

from foleyd.brief import Advance, CuePlan, Made, Order, Seen, Spent, Viewing
from foleyd.cache.drafts import Drafts
from foleyd.cache.features import read_features, write_features
from foleyd.cache.fingerprint import FrameHasher
from foleyd.cache.takes import write_take
from foleyd.config import Folders
from foleyd.contact_sheet import Filmstrip
from foleyd.cue import FrameRange
from foleyd.engines.engine import (
    Audio,
    Cancelled,
    Capabilities,
    Engine,
    EngineLoaded,
    Features,
    Frame,
    Item,
    LoadReport,
    Window,
)
from foleyd.engines.registry import check_installed
from foleyd.errors import CancelledWork, FoleyError, failure_of
from foleyd.filmstrips import write_filmstrip
from foleyd.loading import LoadedEngines
from foleyd.media.ahead import read_ahead
from foleyd.media.picture import program_frames
from foleyd.timebase import seconds_to_frame
from foleyd.timeline.program import trim

ANY = ("", "auto")
"""Devices and profiles that leave the choice to the engine."""


class Watch(Protocol):
    """Who asked for a piece of work, as the work sees them."""

    def event(self, event: object) -> None:
        """Tells them something."""

    def cancelled(self, index: int = 0) -> bool:
        """Whether they want it (or item INDEX of it) stopped."""
        ...

    def give_way(self) -> None:
        """Called where the work stands well: does here and now what others cannot wait for."""


class Bench:
    """The engines of one worker process, each loaded when it is first needed."""

    def __init__(self, folders: Folders) -> None:
        self._drafts = Drafts(folders.cache)
        self._engines = LoadedEngines()

    # ---------------------------------------------------------------------------------------- see

    def see(self, viewings: Sequence[Viewing], *, watch: Watch) -> list[Any]:
        """Looks at each picture once. Returns what was Seen of it, or a Failure, for each."""
        engine = self._engine(viewings[0].plan.engine, len(viewings), watch)
        return [
            _or_failure(self._see, engine, viewing, index, watch) for index, viewing in enumerate(viewings)
        ]

    def _see(self, engine: Engine, viewing: Viewing, index: int, watch: Watch) -> Seen:
        plan = viewing.plan
        hasher = FrameHasher()
        strip = Filmstrip(plan.picture.duration, plan.picture.rate, _cue_part(plan))
        seen: list[Features] = []
        for window in plan.windows:
            part = _frames_of(window, plan)
            frames = _reporting(
                read_ahead(program_frames(trim(plan.picture, part), engine.capabilities.between)),
                window,
                plan,
                watch,
                index,
            )
            whole = hasher.wrap(strip.wrap(frames, part.start, part.end))
            seen.append(engine.encode(whole, window, plan.options))
            _drain(whole)

        def kept(features: Features) -> Path:
            return self._drafts.write(viewing.job, lambda path: write_features(path, features))

        filmstrip = self._drafts.write(viewing.job, lambda path: write_filmstrip(path, strip))
        return Seen(hasher.hexdigest(), tuple(map(kept, seen)), filmstrip)

    # --------------------------------------------------------------------------------------- hear

    def hear(self, orders: Sequence[Order], *, watch: Watch) -> list[Any]:
        """Makes the orders' takes as one batch. Returns what was Made, or a Failure, for each."""
        engine = self._engine(orders[0].plan.engine, len(orders), watch)
        answers = [_or_failure(self._item, engine, order) for order in orders]
        fit = [index for index, item in enumerate(answers) if isinstance(item, Item)]
        made = engine.generate(
            [answers[index] for index in fit],
            _stepping(engine, watch),
            lambda number: watch.cancelled(fit[number]),
        )
        report = engine.report()
        peak = report.peak_bytes if report else 0
        for index, audio in zip(fit, made, strict=True):
            answers[index] = _or_failure(self._keep, orders[index], audio, watch.cancelled(index), peak)
        return answers

    def _item(self, engine: Engine, order: Order) -> Item:
        plan, cue = order.plan, order.plan.cue
        engine.check(cue.prompt, cue.negative_prompt, plan.options)
        sight = [read_features(path) for path in order.sight] or [Features({})] * len(plan.windows)
        return Item(
            windows=list(zip(plan.windows, sight, strict=True)),
            prompt=cue.prompt,
            negative_prompt=cue.negative_prompt,
            seed=order.seed,
            duration_samples=plan.samples,
            options=plan.options,
        )

    def _keep(self, order: Order, audio: Audio | Cancelled, cancelled: bool, peak: int) -> Made:
        if cancelled or isinstance(audio, Cancelled):
            raise CancelledWork("cancelled while it was being heard")
        return Made(self._drafts.write(order.job, lambda path: write_take(path, audio)), peak)

    # ------------------------------------------------------------------------------------ engines

    def loaded(self, *, watch: Watch) -> dict[str, LoadReport]:
        """The engines that are in memory, by name, and how they stand."""
        return self._engines.reports()

    def load_engine(self, name: str, device: str, profile: str, *, watch: Watch) -> None:
        """Loads and warms an engine up. Raises EngineLoaded where it is, otherwise than asked for."""
        engine = self._engines.get(
            name,
            "",
            lambda done, words: watch.event((done, words)),
            watch.cancelled,
            device=device,
            profile=profile,
        )
        report = engine.report()
        if report is None:
            return
        kind = report.device.partition(":")[0]
        if device not in (*ANY, kind, report.device) or profile not in (*ANY, report.profile):
            raise EngineLoaded(
                f"{name} is loaded on {report.device} with the profile {report.profile}; unload it first",
                fix=f"foley unload {name}",
            )

    def unload_engine(self, name: str, *, watch: Watch) -> None:
        """Gives an engine's memory back. Raises EngineUnknown."""
        check_installed(name)
        self._engines.unload(name)

    def _engine(self, wanted: Capabilities, count: int, watch: Watch) -> Engine:
        """The engine WANTED for COUNT pieces of work, loaded; each of them hears how far that is."""
        began, waited = time.perf_counter(), False

        def tell(fraction: float, words: str) -> None:
            nonlocal waited
            waited = True
            watch.event((None, Advance("load", fraction, words=words)))

        try:
            return self._engines.get(
                wanted.name, wanted.version, tell, lambda: all(map(watch.cancelled, range(count)))
            )
        finally:
            if waited:
                watch.event((None, Spent("load", (time.perf_counter() - began) / count)))


def _or_failure(work: Callable[..., Any], *arguments: Any) -> Any:
    """What WORK returns, or the failure it raised: one item of a batch must not fail the others."""
    try:
        return work(*arguments)
    except FoleyError as error:
        return failure_of(error)


def _cue_part(plan: CuePlan) -> FrameRange:
    """The frames of the plan's picture that are the cue itself, without its handles."""
    start = plan.cue.record.start - plan.cut.first_frame
    return FrameRange(start, start + plan.cue.record.duration)


def _frames_of(window: Window, plan: CuePlan) -> FrameRange:
    """The frames of the plan's picture that WINDOW takes; windows begin and end on whole frames."""
    rate = plan.picture.rate
    end = window.start + Fraction(window.duration, plan.engine.sample_rate)
    return FrameRange(
        seconds_to_frame(window.start, rate), min(seconds_to_frame(end, rate), plan.picture.duration)
    )


def _reporting(
    frames: Iterator[Frame],
    window: Window,
    plan: CuePlan,
    watch: Watch,
    index: int,
) -> Iterator[Frame]:
    """FRAMES, with word of how far they have come to WATCH's item INDEX, until somebody cancels."""
    total = plan.picture.duration / plan.picture.rate
    told = 0.0
    for frame in frames:
        if watch.cancelled(index):
            raise CancelledWork("cancelled while the picture was looked at")
        watch.give_way()
        now = time.monotonic()
        if now - told > 0.1:
            told = now
            watch.event((index, Advance("see", float((window.start + frame.time) / total))))
        yield frame


def _stepping(engine: Engine, watch: Watch) -> Callable[[int, int], None]:
    """What ENGINE calls at each step of a batch."""

    def step(done: int, total: int) -> None:
        watch.event((None, Advance("hear", done / max(1, total), done, total)))
        if engine.capabilities.pauses:
            watch.give_way()

    return step


def _drain(frames: Iterable[Frame]) -> None:
    """Takes what an engine left: the fingerprint is of the whole picture."""
    for _ in frames:
        continue
