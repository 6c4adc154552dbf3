"""``foley timeline`` for every target, on timelines of real tools and our own; others read what comes.

    python -m benchmarks.interchange [--samples DIR] [--only TEXT] [--json FILE] [--keep DIR]

What is written is read back by OpenTimelineIO, otiotool and otio-fcp-adapter, its sound rendered by melt
through otio-mlt-adapter, and summed by soundfile at OpenTimelineIO's ranges. Where marks must lie is worked
out in whole numbers from the frames of the document; nothing of foleyd is imported. The engine is the one of
the tests, which clicks where the picture's brightness turns. Media are made in place of those that a timeline
names.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio

from benchmarks import interchange_check as check
from benchmarks.interchange_check import Found
from benchmarks.interchange_melt import lacking, render
from benchmarks.interchange_scene import EditPicture, Picture, Scene, make_media, read_scene, stored_rate
from benchmarks.placement import Foley, foley
from benchmarks.placement_edit import RATES, make_edit

SAMPLES = Path(__file__).parents[1] / "tests" / "data" / "otio"
TARGETS = ("generic", "resolve", "premiere", "kdenlive")
OUTS = (*TARGETS, "xml", "otioz")
FROM_TIMECODE = {"generic", "resolve", "xml", "otioz"}
OWN = ("23.976", "25", "29.97 DF", "59.94 NDF")
LIMIT = 1200
"""Frames of a sample that are looked at."""
HANDLES = (("generic", 5), ("generic", 24), *((out, 12) for out in OUTS))
"""With them a clip begins inside its file, which MLT enters by packets; the other reader is exact there."""

WARPS = 4
"""Speed changes and freezes in our own edits."""

_LENGTHS = (31, 90, 7, 200, 333, 1)
_REFUSED = "08"
_CLICKS = ("--engine", "fake", "--prompt", "clicks", "--json", "--no-preview", "--no-picture")


@dataclass(frozen=True)
class Case:
    """One run: SOURCE to OUT in the shape of TARGET, CUES on the picture of SCENE. WARPS are speed changes in
    it; BLIND takes are made without a picture."""

    source: Path
    out: Path
    target: str
    scene: Picture
    cues: Sequence[tuple[int, int]]
    handles: int = 0
    options: tuple[str, ...] = ()
    warps: int = 0

    @property
    def blind(self) -> bool:
        return "--text-only" in self.options


def run_one(command: Foley, case: Case) -> Found:
    """``foley timeline`` and all that can be checked of what it wrote."""
    found, scene, out = Found(), case.scene, case.out
    is_otio = case.target in TARGETS
    shape = ["--target", case.target] if is_otio else []
    ranges = [word for cue in case.cues for word in ("--range", *(_seconds(at, scene.rate) for at in cue))]
    words = [*_CLICKS, "--handles", str(case.handles), *shape, *ranges, *case.options]
    done = command.ask("timeline", str(case.source), "-o", str(out), *words)
    if done.returncode not in {0, 4}:
        found.wrong.append(f"exit code {done.returncode}: {done.stderr[-400:]}")
        return found
    answer = json.loads(done.stdout)
    found.expect("cues", len(answer["cues"]), len(case.cues))
    made = [cue for cue, told in zip(case.cues, answer["cues"], strict=False) if told["takes"]]
    if len(made) < len(case.cues):
        found.notes.append(
            f"{len(case.cues) - len(made)} of {len(case.cues)} cues without a picture, not made"
        )
    timeline, folder, read_back = _read(out)
    if is_otio:
        check.check_rest(found, case.source, out)
    if case.target == "xml":
        lost = [line for line in done.stderr.splitlines() if "is lost in FCP7 XML" in line]
        found.expect("warps named as lost", len(lost), case.warps)
    written = stored_rate(case.source) if is_otio else None
    clips = check.read_ours(found, timeline, folder, scene, written)
    check.check_ranges(found, case.source, read_back, len(clips))
    check.check_places(found, clips, made, scene)
    check_sound(found, case, clips, made)
    if not lacking():
        check_melt(found, case, (timeline, folder), check.marks_of_files(clips, scene))
    return found


def _seconds(frame: int, rate: Fraction) -> str:
    return f"{float(frame / rate):.7f}"


def _read(out: Path) -> tuple[Any, Path, Path]:
    """The timeline in OUT by its adapter, the folder of its relative names, and a file of it for otiotool."""
    if out.suffix == ".otio":
        return otio.adapters.read_from_file(str(out)), out.parent, out
    folder = out.parent
    if out.suffix == ".otioz":
        folder = out.parent / f"{out.stem} unpacked"
        folder.mkdir()
        timeline = otio.adapters.read_from_file(str(out), extract_to_directory=str(folder))
    else:
        timeline = otio.adapters.read_from_file(str(out), adapter_name="fcp_xml")
    read_back = out.with_suffix(".read.otio")
    otio.adapters.write_to_file(timeline, str(read_back))
    return timeline, folder, read_back


def check_sound(
    found: Found, case: Case, clips: Sequence[check.Ours], cues: Sequence[tuple[int, int]]
) -> None:
    """Marks in the files against the picture, and the files at the timeline's ranges against those."""
    scene, whole = case.scene, check.is_whole(case.scene.rate)
    wanted = check.stamp(clips, scene) if case.blind else check.wanted_marks(cues, clips, scene)
    by_files = check.marks_of_files(clips, scene)
    # An engine counts from its item's start and rounds there.
    allowed = 0 if whole or case.blind else 1
    found.picture = check.worst(found, "marks in files, to the picture", by_files, wanted, allowed)
    found.marks = len(wanted)
    from_timecode = case.target in FROM_TIMECODE
    pieces = check.laid(clips, scene, from_timecode=from_timecode)
    summed = sorted(begin + at for begin, piece in pieces for at in check.onsets(piece))
    found.summed = check.worst(
        found, "summed, to the files", summed, by_files, 0 if whole or from_timecode else 1
    )


def check_melt(found: Found, case: Case, read: tuple[Any, Path], by_files: Sequence[int]) -> None:
    """Marks in what melt plays of READ, a timeline and its folder."""
    timeline, folder = read
    names = check.our_tracks(timeline)
    played, said = render(timeline, folder, case.scene.rate, names, case.out.with_suffix(".melt"))
    if any("failed" in line.lower() for line in said):
        found.wrong.append(f"melt: {said}"[:400])
    heard = check.onsets(played)
    if not case.handles:
        # Two offsets of at most a sample each: MLT counts both record and file from their own first frame.
        allowed = 0 if check.is_whole(case.scene.rate) else 2
        found.melt = check.worst(found, "melt, to the files", heard, by_files, allowed)
    else:
        # It enters a file by packets that it takes for frames: nowhere a frame off, but not to the sample.
        found.melt = check.nearest(found, heard, by_files, int(Fraction(48_000) / case.scene.rate))


def own_timelines(
    command: Foley,
    folder: Path,
    names: Sequence[str] = OWN,
    *,
    outs: Sequence[str] = OUTS,
    handled: Sequence[tuple[str, int]] = HANDLES,
) -> Iterator[tuple[str, Found]]:
    """Trims, speeds, a freeze, a gap, embedded timecode and mixed rates, at the rates with NAMES: for OUTS
    without handles, and HANDLED with so many."""
    for rate in (rate for rate in RATES if rate.name in names):
        edit = make_edit(folder / rate.name, rate, "01:00:00:00", rate.stored[0])
        scene, cues = EditPicture(edit), edit.cues
        for target in outs:
            out = edit.path.with_name(f"for {target}.{_suffix(target)}")
            case = Case(edit.path, out, target, scene, cues, warps=WARPS)
            yield f"{rate.name} {target}", run_one(command, case)
        for target, handles in handled:
            out = edit.path.with_name(f"{target} handles {handles}.{_suffix(target)}")
            found = run_one(command, Case(edit.path, out, target, scene, cues, handles, warps=WARPS))
            yield f"{rate.name} {target}, handles of {handles}", found


def _suffix(target: str) -> str:
    return target if target in {"xml", "otioz"} else "otio"


def layers(command: Foley, folder: Path) -> Found:
    """Two layers and alternates: what is on is mixed, what is off is silent."""
    rate = next(rate for rate in RATES if rate.name == "25")
    edit = make_edit(folder / "layers", rate, "10:00:00:00", 25.0)
    scene, out, found = EditPicture(edit), edit.path.with_name("layers.otio"), Found()
    cue = (0, edit.frames)
    command.run(
        "timeline",
        str(edit.path),
        "-o",
        str(out),
        *_CLICKS,
        "--prompt",
        "fx: clicks",
        "--takes",
        "2",
        "--handles",
        "0",
    )
    timeline, where, _ = _read(out)
    clips = check.read_ours(found, timeline, where, scene, 25.0)
    names = check.our_tracks(timeline)
    expected = ["Foley: foley", "Foley: foley (take 2)", "Foley: fx", "Foley: fx (take 2)"]
    found.expect("tracks", sorted(names), expected)
    found.expect("off", sum(not clip.enabled for clip in clips), 2)
    wanted = check.wanted_marks([cue], clips, scene)
    mix = check.summed(list(check.laid(clips, scene, from_timecode=True)))
    found.marks = len(wanted)
    found.summed = check.worst(found, "summed", check.onsets(mix), wanted, 0)
    found.expect("summed level", round(float(mix.max()), 3), 1.0)
    if not lacking():
        played, _ = render(timeline, where, scene.rate, names, out.with_suffix(".melt"))
        found.melt = check.worst(found, "melt", check.onsets(played), wanted, 0)
        found.expect("melt's level", round(float(played.max()), 3), 1.0)
    return found


def samples(
    command: Foley,
    folder: Path,
    source: Path,
    *,
    outs: Sequence[str] = (*TARGETS, "xml"),
    handled: Sequence[tuple[str, int]] = (("generic", 12),),
) -> Iterator[tuple[str, Found]]:
    """The timeline of a real tool in SOURCE, with media made in place of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    name = source.name[:2]
    if name == _REFUSED:
        yield f"{name} refused", _refused(command, folder, source)
        return
    # Beside its media, as relative names want it.
    scene = read_scene(otio.adapters.read_from_file(str(source)), LIMIT)
    there = folder / "media"
    cues = cues_of(scene)
    turns = any(scene.flips(begin, end, begin) for begin, end in cues)
    made = list(make_media(there, scene)) if turns else []
    options = ("--media-root", str(there)) if made else ("--text-only",)
    for target, handles in [*((target, 0) for target in outs), *handled]:
        out = folder / f"{target} {handles}.{'xml' if target == 'xml' else 'otio'}"
        warps = warps_of(source) if target == "xml" else 0
        found = run_one(command, Case(source, out, target, scene, cues, handles, options, warps))
        if not made:
            found.notes.append(
                f"{name}: no picture that turns: made from text, marks put in by the benchmark"
            )
        yield f"{name} {target}{f', handles of {handles}' if handles else ''}", found


def cues_of(scene: Scene) -> list[tuple[int, int]]:
    """Adjoining ranges over all that is looked at."""
    ranges: list[tuple[int, int]] = []
    while not ranges or ranges[-1][1] < scene.frames:
        begin = ranges[-1][1] if ranges else 0
        ranges.append((begin, min(begin + _LENGTHS[len(ranges) % len(_LENGTHS)], scene.frames)))
    return ranges


def warps_of(source: Path) -> int:
    """Speed changes in SOURCE."""
    root = otio.adapters.read_from_file(str(source))
    clips = [root] if isinstance(root, otio.schema.Clip) else list(root.find_clips())
    return sum(isinstance(effect, otio.schema.TimeEffect) for clip in clips for effect in clip.effects)


def _refused(command: Foley, folder: Path, source: Path) -> Found:
    found = Found()
    done = command.ask("timeline", str(source), "-o", str(folder / "out.otio"), *_CLICKS)
    error = json.loads(done.stdout)["error"]["message"]
    found.expect("exit code", done.returncode, 2)
    found.expect("names the schema", "Marker.3" in error, True)
    found.notes.append(error)
    return found


def main() -> int:
    """Prints a table; 1 when anything is not as it should be."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--samples", type=Path, default=SAMPLES)
    parser.add_argument("--only", default="", help="a rate, layers, or how a sample's name begins")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--keep", type=Path, help="a folder for all that is made, instead of a temporary one")
    given = parser.parse_args()
    if lacking():
        print(f"no rendering by melt: {lacking()}")
    results: dict[str, Found] = {}
    began = time.monotonic()
    print(_row("timeline, for", "clips", "marks", "picture", "summed", "melt"))
    with tempfile.TemporaryDirectory() as name:
        work = given.keep or Path(name)
        with foley(work) as command:
            for what, found in _all(command, work, given.samples, given.only):
                results[what] = found
                print(
                    _row(what, found.clips, found.marks, found.picture, found.summed, found.melt), flush=True
                )
                for sentence in found.wrong[:6]:
                    print(f"    WRONG {sentence[:500]}")
    wrong = sum(len(found.wrong) for found in results.values())
    print(f"{wrong} wrong, in {time.monotonic() - began:.0f} s (errors are in samples at 48 kHz)")
    for note in dict.fromkeys(note for found in results.values() for note in found.notes):
        print(f"    {note[:300]}")
    if given.json:
        given.json.write_text(json.dumps({what: asdict(found) for what, found in results.items()}, indent=1))
    return 1 if wrong else 0


def _all(command: Foley, work: Path, folder: Path, only: str) -> Iterator[tuple[str, Found]]:
    if not only or only in OWN:
        yield from own_timelines(command, work / "own", (only,) if only else OWN)
    if not only or only == "layers":
        yield "layers and alternates", layers(command, work / "own")
    for source in sorted(folder.glob("*.otio")):
        if source.name.startswith(only):
            yield from samples(command, work / source.stem[:2], source)


def _row(what: str, *cells: object) -> str:
    return f"{what:34}" + "".join(f"{cell!s:>9}" for cell in cells)


if __name__ == "__main__":
    sys.exit(main())
