"""How well what is seen, and what is heard, meets contact times that are known.

Run ``python -m benchmarks.sync [--json FILE] [--clips DIR] [--tuning] [--count N] [--silent]``. Scenes whose
contacts are known by construction are rendered and given to the procedural engine; both its events (seen) and
the onsets of the take it makes of them (heard) are matched with the contacts, one to one, within one frame.
``--tuning`` adds the scenes that the engine was tuned on, ``--clips`` measures real footage in a folder,
``--silent`` skips the takes, ``--timeline RATE`` shows each scene on a timeline of that rate, and with
``--uneven`` keeps from the engine when its pictures were taken.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from itertools import islice
from multiprocessing import Pool
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from benchmarks.scenes.drawn import drawn_scenes
from benchmarks.scenes.gaits import strides
from benchmarks.scenes.held_out import held_out
from benchmarks.scenes.quiet import quiet_scenes
from benchmarks.scenes.scene import Scene
from benchmarks.scenes.tune import scenes as tuning_scenes
from benchmarks.scenes.vault import vaulting_scenes
from foleyd.engines.engine import Audio, Features, Frame, Item, Window
from foleyd.engines.procedural.engine import ProceduralEngine
from foleyd.engines.procedural.sight import Sight
from foleyd.selftest.onsets import onsets, pairs

RATE = 48_000
EDGE_S = 0.15
"""What happens this close to a scene's ends is neither asked for nor held against the engine."""

SETS: dict[str, Callable[..., Iterator[Scene]]] = {
    "held out": held_out,
    "quiet": quiet_scenes,
    "tuned on": tuning_scenes,
    "tuned on, hard": drawn_scenes,
    "tuned on, walkers": vaulting_scenes,
    "tuned on, gaits": strides,
}
PROMPTS = {
    "ball": "wood hits",
    "hammer": "metal hits",
    "walker": "footsteps on concrete",
    "quiet": "wood hits",
}
CLIPS: dict[str, tuple[str, float, tuple[float, ...]]] = {
    "drumstick-on-metal.mp4": ("metal hits", 0.0, (0.10, 0.83, 1.67, 2.44, 3.19, 3.91, 4.65, 5.42)),
    "footsteps-pov-gopro.mp4": (
        "footsteps on concrete",
        5.0,
        (5.20, 5.79, 6.4, 7.00, 7.60, 8.20, 8.80, 9.40, 9.98),
    ),
    "bottles-put-down-silent.mp4": ("glass hits", 0.0, ()),
    "film-dialogue-1940.mp4": ("wood hits", 0.0, ()),
    "stream-of-water.mp4": ("wood hits", 0.0, ()),
    "tears-of-steel-battle.webm": ("metal hits", 0.0, ()),
}
"""Prompt, the second that the known times begin at, and the onsets of each clip's own sound."""


@dataclass(frozen=True)
class Score:
    """How found times met the true ones."""

    hits: int
    missed: int
    extra: int

    @property
    def f1(self) -> float:
        """2 hits / (2 hits + missed + extra); 1 where nothing was to be found and nothing was."""
        whole = 2 * self.hits + self.missed + self.extra
        return 2 * self.hits / whole if whole else 1.0

    def __add__(self, other: Score) -> Score:
        return Score(self.hits + other.hits, self.missed + other.missed, self.extra + other.extra)


@dataclass(frozen=True)
class Result:
    """A scene's scores: of the events SEEN, the same within two frames (NEARLY), of the onsets HEARD."""

    name: str
    rate: float
    size: tuple[int, int]
    truth: int
    seen: Score
    nearly: Score
    heard: Score | None


def matched(truth: Sequence[float], found: Iterable[float], tolerance: float) -> Score:
    """How times FOUND meet the true ones, one to one, within TOLERANCE seconds."""
    times = list(found)
    hits = len(pairs(truth, times, tolerance))
    return Score(hits, len(truth) - hits, len(times) - hits)


def taken(features: Features, window: Window, prompt: str) -> npt.NDArray[np.float32]:
    """The engine's take of what it saw, dry so that the room blurs no onset."""
    item = Item([(window, features)], prompt, "", 7, window.duration, {"space": "dry"})
    (audio,) = ProceduralEngine().generate([item], lambda done, total: None, lambda index: False)
    assert isinstance(audio, Audio)
    return audio.samples


def measured(scene: Scene, heard: bool) -> Result:
    """SCENE through the engine's eye and, where HEARD, its voice."""
    window = Window(Fraction(0), round(scene.seconds * RATE))
    features = ProceduralEngine().encode(scene.render(), window, {})
    low, high = EDGE_S, float(scene.seconds) - EDGE_S

    def score(times: Iterable[float], frames: int = 1) -> Score:
        return matched(scene.truth, [time for time in times if low < time < high], frames * scene.tolerance)

    prompt = PROMPTS[scene.name.split("/")[0]]
    seen = Sight.from_features(features).impacts.time.tolist()
    return Result(
        scene.name,
        float(scene.rate),
        scene.size,
        len(scene.truth),
        score(seen),
        score(seen, 2),
        score(onsets(taken(features, window, prompt))) if heard else None,
    )


def filmed(path: Path) -> Iterator[Frame]:
    """The frames of a file as displayed, times from the first; for upright files without an edit list."""
    with av.open(str(path)) as file:
        start: Fraction | None = None
        for picture in file.decode(video=0):
            assert picture.pts is not None
            assert picture.time_base is not None
            time = picture.pts * picture.time_base
            start = time if start is None else start
            yield Frame(time - start, np.asarray(picture.to_ndarray(format="rgb24"), np.uint8))


def clip(path: Path, heard: bool) -> Result:
    """Real footage measured as a scene is."""
    prompt, begin, truth = CLIPS[path.name]
    with av.open(str(path)) as file:
        stream = file.streams.video[0]
        rate = Fraction(stream.average_rate or 25)
        size = (stream.width, stream.height)
        seconds = Fraction(file.duration or 0, 1_000_000)
    window = Window(Fraction(0), round(seconds * RATE))
    features = ProceduralEngine().encode(filmed(path), window, {})
    seen = [time for time in Sight.from_features(features).impacts.time if time > begin]
    takes = [time for time in onsets(taken(features, window, prompt)) if time > begin] if heard else None
    return Result(
        path.name,
        float(rate),
        size,
        len(truth),
        matched(truth, seen, float(1 / rate)),
        matched(truth, seen, float(2 / rate)),
        matched(truth, takes, float(1 / rate)) if takes is not None else None,
    )


def on_timeline(scene: Scene, rate: Fraction, uneven: bool) -> Scene:
    """SCENE as a timeline of RATE shows it: of each frame there the latest picture, each once.

    UNEVEN: without the pictures that it passes over, and the instants that pictures show.
    """

    def shown() -> Iterator[Frame]:
        for index, picture in enumerate(scene.render()):
            instant, end = index / scene.rate, (index + 1) / scene.rate
            first = math.ceil(instant * rate)
            if first < math.ceil(end * rate):
                yield Frame(first / rate, picture.rgb, None if uneven else instant)
            elif not uneven:
                yield Frame(instant, picture.rgb, instant, shown=False)

    return replace(scene, name=f"{scene.name} at {float(rate):.4g}", render=shown)


def one(job: tuple[str, int, int, bool, Fraction | None, bool]) -> Result:
    """Scene NUMBER of a set; scenes cannot travel between processes, their numbers can."""
    which, number, count, heard, rate, uneven = job
    made = SETS[which]() if which == "quiet" else SETS[which](count)
    scene = next(islice(made, number, None))
    return measured(on_timeline(scene, rate, uneven) if rate else scene, heard)


def row(result: Result) -> str:
    heard = result.heard
    own = f"{heard.hits:>5}{heard.missed:>5}{heard.extra:>5}{heard.f1:>7.2f}" if heard else ""
    seen = result.seen
    size = f"{result.size[0]}x{result.size[1]}"
    return (
        f"{result.name:<36}{result.rate:>7.2f} {size:>9}{result.truth:>6}"
        f"{seen.hits:>6}{seen.missed:>5}{seen.extra:>5}{seen.f1:>7.2f}  {own}"
    )


def report(title: str, results: Sequence[Result]) -> dict[str, object]:
    """Prints RESULTS and their sums by the first word of their names."""
    head = f"{'scene':<36}{'rate':>7} {'size':>9}{'truth':>6}  seen: hit miss extra F1  heard: the same"
    print(f"\n{title}\n{head}")
    sums: dict[str, Score] = {}
    loose: dict[str, Score] = {}
    takes: dict[str, Score] = {}
    for result in results:
        print(row(result))
        for kind in (result.name.split("/")[0], "all"):
            sums[kind] = sums.get(kind, Score(0, 0, 0)) + result.seen
            loose[kind] = loose.get(kind, Score(0, 0, 0)) + result.nearly
            if result.heard is not None:
                takes[kind] = takes.get(kind, Score(0, 0, 0)) + result.heard
    for kind, score in sums.items():
        heard = f", heard F1 {takes[kind].f1:.3f} (extra {takes[kind].extra})" if kind in takes else ""
        lost = f"missed {score.missed}, extra {score.extra}; within two frames {loose[kind].f1:.3f}"
        print(f"  {kind}: seen F1 {score.f1:.3f} ({lost}){heard}")
    return {
        "scenes": [asdict(result) for result in results],
        "seen_f1": {kind: round(score.f1, 4) for kind, score in sums.items()},
        "seen_f1_two_frames": {kind: round(score.f1, 4) for kind, score in loose.items()},
        "heard_f1": {kind: round(score.f1, 4) for kind, score in takes.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", type=Path)
    parser.add_argument("--clips", type=Path)
    parser.add_argument("--tuning", action="store_true")
    parser.add_argument("--silent", action="store_true")
    parser.add_argument("--count", type=int, default=21, help="scenes of each set")
    parser.add_argument("--timeline", type=Fraction, metavar="RATE", help="such as 24 or 24000/1001")
    parser.add_argument("--uneven", action="store_true")
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    report_of: dict[str, object] = {}
    wanted = list(SETS) if arguments.tuning else ["held out", "quiet"]
    with Pool(arguments.jobs) as pool:
        for which in wanted:
            count = sum(1 for _ in quiet_scenes()) if which == "quiet" else arguments.count
            shown = (arguments.timeline, arguments.uneven)
            jobs = [(which, number, count, not arguments.silent, *shown) for number in range(count)]
            report_of[which] = report(which, pool.map(one, jobs, chunksize=1))
    if arguments.clips:
        present = [arguments.clips / name for name in CLIPS if (arguments.clips / name).exists()]
        report_of["clips"] = report("real footage", [clip(path, not arguments.silent) for path in present])
    if arguments.json:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(report_of, indent=1) + "\n")


if __name__ == "__main__":
    main()
