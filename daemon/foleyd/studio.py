"""The way down: what happens to a request, in order, room by room.

    spot      timeline/   which cues, on which picture
    look up   cache/      is it known already?
    see       media/ and the engine, on its bench: what is in the picture
    hear      the engine, on its bench: what it sounds like
    conform   media/      cut, level, write
    place     timeline/   tracks, and what people want to look at

A studio lives in a worker process: it opens files, and a bad file may bring it down, but not the
daemon. It owns the cache. Engines work at a :class:`foleyd.bench.Bench`, which may be in another process:
what they see and make comes back as files that are taken in here. Every step takes and returns plain
values; WATCH hears of progress and says when to stop.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from foleyd import refresh, spot, timelines
from foleyd.bench import Watch
from foleyd.brief import (
    Brief,
    Commission,
    Conformed,
    CuePlan,
    Delivery,
    EngineCard,
    Found,
    Heard,
    Made,
    Names,
    Order,
    Seen,
    Spotted,
)
from foleyd.cache.drafts import Drafts
from foleyd.cache.errors import NotCached
from foleyd.cache.features import FeatureStore
from foleyd.cache.files import Draft, Pin
from foleyd.cache.fingerprint import (
    NO_PICTURE,
    Look,
    PictureIndex,
    TakeRequest,
    engine_view,
    feature_key,
    take_key,
)
from foleyd.cache.store import CacheFigures, Purged, Store
from foleyd.cache.takes import CachedTake, TakeStore, read_take
from foleyd.config import Folders, Settings
from foleyd.cue import Cue
from foleyd.delivery import conform, place
from foleyd.engines.engine import Audio, Capabilities, Engine
from foleyd.engines.registry import installed_engines, make_engine
from foleyd.errors import FoleyError, at_field
from foleyd.filmstrips import keep_filmstrip, kept_filmstrip
from foleyd.media.probe import MediaInfo, probe
from foleyd.names import check_output, choose_names, withdraw
from foleyd.redelivery import cut_anew
from foleyd.refreshed import Refresh
from foleyd.request import CueRule, Document, Output, Request, Selection
from foleyd.shown import Sounds
from foleyd.tracks import ReadTracks, Timeline

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Held:
    """What a job under way holds: its takes by key, features it will need, looks at its pictures by cue."""

    takes: dict[str, CachedTake | Audio] = field(default_factory=dict)
    pins: list[Pin] = field(default_factory=list)
    looks: dict[str, Look] = field(default_factory=dict)

    def release(self) -> None:
        """The cache may evict all of it again."""
        for take in self.takes.values():
            if isinstance(take, CachedTake):
                take.release()
        for pin in self.pins:
            pin.release()


class Studio:
    """The rooms around the engines, and the cache."""

    def __init__(self, folders: Folders, settings: Settings) -> None:
        self._folders = folders
        self._settings = settings
        self._engines: dict[str, Engine] = {}
        self._store = Store(folders.cache, settings.cache_bytes)
        self._drafts = Drafts(folders.cache)
        self._pictures = PictureIndex(self._store)
        self._features = FeatureStore(self._store)
        self._takes = TakeStore(self._store)
        self._held: dict[str, _Held] = {}

    # --------------------------------------------------------------------------------- the way down

    def spot(self, request: Request, engine: Capabilities, *, watch: Watch) -> Brief:
        """Reads the selection, finds the cues and plans each of them for ENGINE."""
        spotted = self._spotted(request.selection, request.spotting)
        own = self._engine(engine.name)

        def check(cue: Cue, options: Mapping[str, str]) -> tuple[str, ...]:
            return own.check(cue.prompt, cue.negative_prompt, options)

        if isinstance(request.spotting, Refresh):
            brief = refresh.plan_refresh(spotted, request, engine, check)
        else:
            options = request.engine.all_options()
            brief = spot.plan(spotted, request, engine, lambda cue: check(cue, options))
        samples = sum(plan.samples * engine.channels * len(plan.cue.seeds) for plan in brief.plans)
        check_output(request.output, self._folders.takes, samples)
        return brief

    def _spotted(self, selection: Selection, rule: tuple[Cue, ...] | CueRule | Refresh) -> Spotted:
        if isinstance(rule, Refresh):
            return refresh.spot_refresh(selection, self._settings)
        return spot.spot(selection, rule, self._settings)

    def look_up(self, plan: CuePlan, job: str, *, watch: Watch) -> Found:
        """What is known of the plan's picture by its files' stats, and of its takes."""
        if plan.text_only:
            return self._found(plan, NO_PICTURE, (), job)
        look = self._pictures.look(plan.picture, engine_view(plan.engine, plan.options))
        self._hold(job).looks[plan.cue.id] = look
        return Found(None) if look.fingerprint is None else self._found(plan, look.fingerprint, None, job)

    # see: Bench.see looks at the picture

    def keep_sight(self, plan: CuePlan, seen: Seen, job: str, *, watch: Watch) -> Found:
        """Takes in what the engine saw; its takes of the same picture may be known from another file."""
        view = engine_view(plan.engine, plan.options)
        sight = []
        for window, path in zip(plan.windows, seen.features, strict=True):
            try:
                pin = self._store.publish(
                    feature_key(seen.fingerprint, view, window), Draft(path), plan.engine.name
                )
            except NotCached as reason:
                logger.warning("%s", reason)
                sight.append(path)
            else:
                self._hold(job).pins.append(pin)
                sight.append(pin.path)
        keep_filmstrip(self._store, seen.fingerprint, seen.filmstrip)
        look = self._hold(job).looks.get(plan.cue.id)
        if look is not None:
            self._pictures.remember(look, plan.picture, view, seen.fingerprint)
        return self._found(plan, seen.fingerprint, tuple(sight), job)

    def _found(self, plan: CuePlan, fingerprint: str, sight: tuple[Path, ...] | None, job: str) -> Found:
        """The takes that are known; where some are not, the features to make them from."""
        heard = {}
        for seed in plan.cue.seeds:
            key = take_key(fingerprint, _take_request(plan, seed))
            take = self._takes.load(key)
            if take is not None:
                self._hold(job).takes[key] = take
                heard[seed] = _heard(seed, key, fingerprint, take.audio, cached=True)
        if sight is None and len(heard) < len(plan.cue.seeds):
            sight = self._sight(plan, fingerprint, job)
        return Found(fingerprint, heard, sight)

    def _sight(self, plan: CuePlan, fingerprint: str, job: str) -> tuple[Path, ...] | None:
        """Files of the picture's features, held; None unless all are there."""
        view = engine_view(plan.engine, plan.options)
        pins = [self._features.pin(feature_key(fingerprint, view, window)) for window in plan.windows]
        self._hold(job).pins += [pin for pin in pins if pin is not None]
        return None if None in pins else tuple(pin.path for pin in pins if pin is not None)

    # hear: Bench.hear makes the take

    def keep_take(self, order: Order, made: Made, *, watch: Watch) -> Heard:
        """Takes in what the engine made."""
        key = take_key(order.fingerprint, _take_request(order.plan, order.seed))
        take: CachedTake | Audio
        warning = ""
        try:
            take = self._takes.publish(key, Draft(made.path), order.plan.engine.name)
        except NotCached as reason:
            take = read_take(made.path)
            warning = f"the take could not be kept in the cache: {reason}"
        self._hold(order.job).takes[key] = take
        audio = take.audio if isinstance(take, CachedTake) else take
        return _heard(order.seed, key, order.fingerprint, audio, warning, cached=False)

    def choose_names(
        self,
        brief: Brief,
        heard: dict[str, tuple[Heard, ...]],
        output: Output,
        job: str,
        claimed: list[Path],
        *,
        watch: Watch,
    ) -> Names:
        """Free names for everything that will be written; other jobs have CLAIMED some. Makes the folder."""
        return choose_names(brief, heard, output, self._folders.takes / job, claimed)

    def conform(self, commission: Commission, *, watch: Watch) -> Conformed:
        """Cuts the takes to the sample, levels them together and writes them."""
        conformed = conform(commission, self._sounds(commission), watch)
        return cut_anew(commission, conformed, watch) if commission.brief.refreshed else conformed

    def place(self, commission: Commission, conformed: Conformed, *, watch: Watch) -> Delivery:
        """Puts the takes on tracks and writes timeline, preview, picture and mix where asked."""
        pictures = {take.fingerprint for takes in commission.heard.values() for take in takes}
        pictures |= {str(one.notes.get("picture_fingerprint") or "") for one in commission.brief.refreshed}
        strips = {picture: kept_filmstrip(self._features, picture) for picture in pictures}
        return place(commission, conformed, self._sounds(commission), strips, watch)

    def _sounds(self, commission: Commission) -> Sounds:
        """The takes of COMMISSION; those that were held by a worker that died come from the cache."""
        takes = self._hold(commission.job).takes
        for key in {take.key for heard in commission.heard.values() for take in heard} - takes.keys():
            take = self._takes.load(key)
            if take is not None:
                takes[key] = take
        return {key: take.audio if isinstance(take, CachedTake) else take for key, take in takes.items()}

    def _hold(self, job: str) -> _Held:
        return self._held.setdefault(job, _Held())

    def withdraw(self, paths: Sequence[Path], job: str, *, watch: Watch) -> None:
        """Takes away what JOB wrote at PATHS, and nothing else."""
        withdraw(paths, job)

    def release(self, job: str, *, watch: Watch) -> CacheFigures:
        """JOB is over: what it held in the cache may go, and drafts of it. Returns the cache's figures."""
        self._held.pop(job, _Held()).release()
        self._drafts.drop(job)
        return self._store.figures()

    # ------------------------------------------------------------------------------ quick questions

    def spot_cues(
        self, selection: Selection, rule: tuple[Cue, ...] | CueRule | Refresh, *, watch: Watch
    ) -> Spotted:
        """The program and the cues, without planning anything."""
        return self._spotted(selection, rule)

    def engine_needed(self, selection: Selection, *, watch: Watch) -> str:
        """The engine for what a refresh of SELECTION makes anew; empty where nothing is."""
        return refresh.engine_needed(refresh.spot_refresh(selection, self._settings))

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
                engine = self._engine(name)
            except FoleyError as error:
                logger.info("%s", error)
                continue
            cards.append(EngineCard(engine.capabilities, engine.ready(), engine.caution()))
        return cards

    def _engine(self, name: str) -> Engine:
        """The engine of NAME, not loaded: it can be asked, and not more."""
        if name not in self._engines:
            self._engines[name] = make_engine(name)
        return self._engines[name]


def _heard(seed: int, key: str, fingerprint: str, audio: Audio, warning: str = "", *, cached: bool) -> Heard:
    warnings = (*audio.warnings, warning) if warning else audio.warnings
    return Heard(seed, key, fingerprint, audio.events, warnings, cached, audio.provenance)


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
