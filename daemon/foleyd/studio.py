"""The way down: what happens to a request, in order, room by room.

    spot      timeline/   which cues, on which picture
    look up   cache/      is it known already?
    see       media/ and the engine: what is in the picture
    hear      the engine: what it sounds like
    conform   media/      cut, level, write
    place     timeline/   tracks, and what people want to look at

A studio lives in a worker process: it opens files, and a bad file may bring it down, but not the
daemon. Every step takes and returns plain values; WATCH hears of progress and says when to stop.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

from foleyd import spot, timelines
from foleyd.brief import (
    Advance,
    Brief,
    Commission,
    Conformed,
    CuePlan,
    Delivery,
    EngineCard,
    Found,
    Heard,
    Names,
    Order,
    Spotted,
)
from foleyd.cache.features import FeatureStore
from foleyd.cache.fingerprint import (
    NO_PICTURE,
    FrameHasher,
    PictureIndex,
    TakeRequest,
    engine_view,
    feature_key,
    take_key,
)
from foleyd.cache.store import CacheFigures, Purged, Store
from foleyd.cache.takes import CachedTake, TakeStore
from foleyd.config import Folders, Settings
from foleyd.contact_sheet import Filmstrip
from foleyd.cue import Cue, FrameRange
from foleyd.delivery import Sounds, conform, place
from foleyd.engines.engine import (
    Audio,
    Cancelled,
    Capabilities,
    Engine,
    EngineUnknown,
    Features,
    Frame,
    Item,
    LoadReport,
    Window,
)
from foleyd.engines.registry import installed_engines, make_engine
from foleyd.errors import CancelledWork, Failure, FoleyError, at_field, failure_of
from foleyd.filmstrips import keep_filmstrip, kept_filmstrip
from foleyd.media.ahead import read_ahead
from foleyd.media.picture import program_frames
from foleyd.media.probe import MediaInfo, probe
from foleyd.names import check_output, choose_names, withdraw
from foleyd.request import CueRule, Document, Output, Request, Selection
from foleyd.timebase import seconds_to_frame
from foleyd.timeline.program import trim
from foleyd.tracks import ReadTracks, Timeline

logger = logging.getLogger(__name__)


class Watch(Protocol):
    """Who asked for a piece of work, as the work sees them."""

    def event(self, event: object) -> None:
        """Tells them something."""

    def cancelled(self, index: int = 0) -> bool:
        """Whether they want it (or item INDEX of it) stopped."""
        ...


class Studio:
    """The rooms of one worker process."""

    def __init__(self, folders: Folders, settings: Settings) -> None:
        self._folders = folders
        self._settings = settings
        self._engines: dict[str, Engine] = {}
        self._reports: dict[str, LoadReport] = {}
        self._loading = threading.Lock()
        self._store = Store(folders.cache, settings.cache_bytes)
        self._pictures = PictureIndex(self._store)
        self._features = FeatureStore(self._store)
        self._takes = TakeStore(self._store)
        self._held: dict[str, dict[str, CachedTake | Audio]] = {}

    # --------------------------------------------------------------------------------- the way down

    def spot(self, request: Request, engine: Capabilities, *, watch: Watch) -> Brief:
        """Reads the selection, finds the cues and plans each of them for ENGINE."""
        spotted = spot.spot(request.selection, request.spotting, self._settings)
        options = request.engine.all_options()
        check = self._engine(engine.name).check
        brief = spot.plan(
            spotted, request, engine, lambda cue: check(cue.prompt, cue.negative_prompt, options)
        )
        samples = sum(plan.samples * engine.channels * len(plan.cue.seeds) for plan in brief.plans)
        check_output(request.output, self._folders.takes, samples)
        return brief

    def look_up(self, plan: CuePlan, fingerprint: str | None, job: str, *, watch: Watch) -> Found:
        """Which of the plan's takes are known. FINGERPRINT None: the files' stats are asked for it."""
        if plan.text_only:
            fingerprint = NO_PICTURE
        if fingerprint is None:
            fingerprint = self._pictures.look(
                plan.picture, engine_view(plan.engine, plan.options)
            ).fingerprint
        if fingerprint is None:
            return Found(None)
        heard = {}
        for seed in plan.cue.seeds:
            key = take_key(fingerprint, _take_request(plan, seed))
            take = self._takes.load(key)
            if take is not None:
                self._held.setdefault(job, {})[key] = take
                heard[seed] = Heard(
                    seed, key, fingerprint, take.audio.events, take.audio.warnings, cached=True
                )
        return Found(fingerprint, heard)

    def see(self, plans: Sequence[CuePlan], *, watch: Watch) -> list[str | Failure]:
        """Looks at each plan's picture once, keeps the engine's features, returns the fingerprints."""
        return [_or_failure(self._see, plan, index, watch) for index, plan in enumerate(plans)]

    def _see(self, plan: CuePlan, index: int, watch: Watch) -> str:
        engine = self._engine(plan.engine.name)
        view = engine_view(plan.engine, plan.options)
        look = self._pictures.look(plan.picture, view)
        hasher = FrameHasher()
        strip = Filmstrip(plan.picture.duration, plan.picture.rate, _cue_part(plan))
        seen: list[tuple[Window, Features]] = []
        for window in plan.windows:
            part = _frames_of(window, plan)
            frames = _reporting(
                read_ahead(program_frames(trim(plan.picture, part))),
                window,
                plan,
                lambda advance: watch.event((index, advance)),
                lambda: watch.cancelled(index),
            )
            whole = hasher.wrap(strip.wrap(frames, part.start, part.end))
            seen.append((window, engine.encode(whole, window, plan.options)))
            _drain(whole)
        fingerprint = hasher.hexdigest()
        for window, features in seen:
            self._features.save(feature_key(fingerprint, view, window), features, plan.engine.name)
        keep_filmstrip(self._features, fingerprint, strip)
        self._pictures.remember(look, plan.picture, view, fingerprint)
        return fingerprint

    def hear(self, orders: Sequence[Order], *, watch: Watch) -> list[Heard | Failure]:
        """Lets the engine make the orders' takes, as one batch, and keeps what it made."""
        engine = self._engine(orders[0].plan.engine.name)
        items: list[Item] = []
        for order in orders:
            items.append(self._item(order, watch))
        made = engine.generate(
            items,
            lambda done, total: watch.event((None, Advance("hear", done / max(1, total), done, total))),
            watch.cancelled,
        )
        return [_or_failure(self._keep, order, audio) for order, audio in zip(orders, made, strict=True)]

    def _item(self, order: Order, watch: Watch) -> Item:
        plan = order.plan
        view = engine_view(plan.engine, plan.options)
        windows = []
        for window in plan.windows:
            key = feature_key(order.fingerprint, view, window)
            features = Features({}) if plan.text_only else self._features.load(key)
            if features is None:  # evicted since, or never kept for want of room
                frames = program_frames(trim(plan.picture, _frames_of(window, plan)))
                features = self._engine(plan.engine.name).encode(frames, window, plan.options)
            windows.append((window, features))
        return Item(
            windows=windows,
            prompt=plan.cue.prompt,
            negative_prompt=plan.cue.negative_prompt,
            seed=order.seed,
            duration_samples=plan.samples,
            options=plan.options,
        )

    def _keep(self, order: Order, audio: Audio | Cancelled) -> Heard:
        if isinstance(audio, Cancelled):
            raise CancelledWork("cancelled while it was being heard")
        key = take_key(order.fingerprint, _take_request(order.plan, order.seed))
        warnings = audio.warnings
        held: CachedTake | Audio | None = None
        not_kept = self._takes.save(key, audio, order.plan.engine.name)
        if not_kept is None:
            held = self._takes.load(key)
        else:
            warnings = (*warnings, f"the take could not be kept in the cache: {not_kept}")
        self._held.setdefault(order.job, {})[key] = held or audio
        return Heard(order.seed, key, order.fingerprint, audio.events, warnings, cached=False)

    def choose_names(
        self, brief: Brief, heard: dict[str, tuple[Heard, ...]], output: Output, job: str, *, watch: Watch
    ) -> Names:
        """Free names for everything that will be written. Makes the folder."""
        return choose_names(brief, heard, output, self._folders.takes / job)

    def conform(self, commission: Commission, *, watch: Watch) -> Conformed:
        """Cuts the takes to the sample, levels them together and writes them."""
        return conform(commission, self._sounds(commission.job), watch)

    def place(self, commission: Commission, conformed: Conformed, *, watch: Watch) -> Delivery:
        """Puts the takes on tracks and writes timeline, preview, picture and mix where asked."""
        pictures = {take.fingerprint for takes in commission.heard.values() for take in takes}
        strips = {picture: kept_filmstrip(self._features, picture) for picture in pictures}
        return place(commission, conformed, self._sounds(commission.job), strips, watch)

    def _sounds(self, job: str) -> Sounds:
        held = self._held.get(job, {})
        return {key: take.audio if isinstance(take, CachedTake) else take for key, take in held.items()}

    def withdraw(self, paths: Sequence[Path], job: str, *, watch: Watch) -> None:
        """Takes away what JOB wrote at PATHS, and nothing else."""
        withdraw(paths, job)

    def release(self, job: str, *, watch: Watch) -> CacheFigures:
        """JOB is over: what it held in the cache may go. Returns the cache's figures."""
        for take in self._held.pop(job, {}).values():
            if isinstance(take, CachedTake):
                take.release()
        return self._store.figures()

    # ------------------------------------------------------------------------------ quick questions

    def spot_cues(self, selection: Selection, rule: tuple[Cue, ...] | CueRule, *, watch: Watch) -> Spotted:
        """The program and the cues, without planning anything."""
        return spot.spot(selection, rule, self._settings)

    def probe(self, path: Path, *, watch: Watch) -> MediaInfo:
        """What is in a media file."""
        return probe(path)

    def read_timeline(self, document: Document, *, watch: Watch) -> ReadTracks:
        """A document's tracks, for hosts without OTIO."""
        with at_field("otio.json"):
            return timelines.read_timeline(document, self._settings)

    def write_timeline(self, timeline: Timeline, target: str, *, watch: Watch) -> Document:
        """A document from a host's tracks."""
        return timelines.write_timeline(timeline, target)

    def cache_figures(self, *, watch: Watch) -> CacheFigures:
        """How full the cache is."""
        return self._store.figures()

    def purge(
        self, older_than: float | None, larger_than: int | None, engine: str | None, *, watch: Watch
    ) -> Purged:
        """Drops what the filters name."""
        return self._store.purge(older_than, larger_than, engine)

    # -------------------------------------------------------------------------------------- engines

    def introduce(self, *, watch: Watch) -> list[EngineCard]:
        """Every installed engine that can be imported, and whether it can be used."""
        cards = []
        for name in installed_engines():
            try:
                engine = self._engines.get(name) or make_engine(name)
            except FoleyError as error:
                logger.info("%s", error)
                continue
            report = self._reports.get(name)
            cards.append(
                EngineCard(
                    engine.capabilities,
                    engine.ready(),
                    loaded=report is not None,
                    device=report.device if report else "",
                    profile=report.profile if report else "",
                    note=report.note if report else "",
                )
            )
        return cards

    def load_engine(self, name: str, device: str, profile: str, *, watch: Watch) -> None:
        """Loads and warms an engine up."""
        self._engine(name, device, profile, lambda fraction, words: watch.event((fraction, words)))

    def unload_engine(self, name: str, *, watch: Watch) -> None:
        """Gives an engine's memory back. Raises EngineUnknown."""
        if name not in installed_engines():
            raise EngineUnknown(
                f"there is no engine {name!r}; installed are {', '.join(installed_engines())}", field="name"
            )
        with self._loading:
            engine = self._engines.pop(name, None)
            self._reports.pop(name, None)
            if engine is not None:
                engine.unload()

    def _engine(
        self,
        name: str,
        device: str = "auto",
        profile: str = "auto",
        on_progress: Callable[[float, str], None] = lambda fraction, words: None,
    ) -> Engine:
        """The engine of NAME, loaded."""
        with self._loading:
            if name not in self._engines:
                engine = make_engine(name)
                began = time.perf_counter()
                self._reports[name] = engine.load(device, profile, on_progress)
                logger.info("engine %s loaded in %.2f s", name, time.perf_counter() - began)
                self._engines[name] = engine
            return self._engines[name]


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
    tell: Callable[[Advance], None],
    cancelled: Callable[[], bool],
) -> Iterator[Frame]:
    """FRAMES, with word of how far they have come, until somebody cancels."""
    total = plan.picture.duration / plan.picture.rate
    told = 0.0
    for frame in frames:
        if cancelled():
            raise CancelledWork("cancelled while the picture was looked at")
        now = time.monotonic()
        if now - told > 0.1:
            told = now
            tell(Advance("see", float((window.start + frame.time) / total)))
        yield frame


def _drain(frames: Iterable[Frame]) -> None:
    """Takes what an engine left: the fingerprint is of the whole picture."""
    for _ in frames:
        continue


def _take_request(plan: CuePlan, seed: int) -> TakeRequest:
    return TakeRequest(
        engine=engine_view(plan.engine, plan.options),
        prompt=plan.cue.prompt,
        negative_prompt=plan.cue.negative_prompt,
        seed=seed,
        duration_samples=plan.samples,
        sample_rate=plan.engine.sample_rate,
        channels=plan.engine.channels,
        windows=plan.windows,
        options=plan.options,
    )
