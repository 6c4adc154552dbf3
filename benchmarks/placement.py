"""Runs ``foley`` on edits of every rate and start timecode, and checks from outside where all lies.

    python -m benchmarks.placement [--json FILE]

Edits are made with OpenTimelineIO, clips with PyAV; files are read back by libsndfile, wavinfo and
OpenTimelineIO, and what is expected is worked out in whole numbers. Nothing of foleyd is imported. The engine
is the one of the tests, which clicks where the picture's brightness jumps.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from benchmarks.placement_check import Found, Wanted, check_document, check_take, check_tiles, wanted
from benchmarks.placement_edit import RATES, SIZE, STARTS, Rate, bright, drawn, make_edit
from clipmaker import make_clip

FAKE_ENGINE = Path(__file__).parents[1] / "tests" / "fake_engine"
HANDLES = (12, 0, 5, 24, 12)
"""For each of STARTS."""


class Foley:
    """The command, with a daemon of its own below HOME that knows the tests' engine."""

    def __init__(self, home: Path) -> None:
        path = os.pathsep.join([str(FAKE_ENGINE), os.environ.get("PYTHONPATH", "")])
        self._environment = {**os.environ, "FOLEYD_HOME": str(home), "PYTHONPATH": path}

    def run(self, *arguments: str) -> dict[str, Any]:
        """What the command answered with ``--json``. Raises RuntimeError with its words when it fails."""
        done = self.ask(*arguments)
        if done.returncode:
            raise RuntimeError(f"foley {' '.join(arguments)}: {done.stderr.strip() or done.returncode}")
        answer: dict[str, Any] = json.loads(done.stdout) if "--json" in arguments else {}
        return answer

    def ask(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The command, however it ends."""
        command = [sys.executable, "-m", "foleyd", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, env=self._environment)


@contextmanager
def foley(folder: Path) -> Iterator[Foley]:
    """A command whose daemon leaves at the end."""
    command = Foley(folder / "home")
    try:
        yield command
    finally:
        command.run("stop")


_CLICKS = ("--engine", "fake", "--prompt", "clicks", "--json", "--no-preview", "--no-picture")


def check_timeline(command: Foley, folder: Path, rate: Rate, number: int) -> Found:
    """``foley timeline`` on one edit, from the start timecode, stored rate and handles with NUMBER."""
    label, handles = STARTS[number], HANDLES[number]
    edit = make_edit(folder, rate, label, rate.stored[number % len(rate.stored)])
    ranges: list[str] = []
    for begin, end in edit.cues:
        ranges += ["--range", rate.label(edit.start + begin), rate.label(edit.start + end)]
    out = folder / "with foley.otio"
    answer = command.run(
        "timeline", str(edit.path), "-o", str(out), *_CLICKS, "--handles", str(handles), *ranges
    )
    found = Found()
    found.expect(f"{rate.name} cues", len(answer["cues"]), len(edit.cues))
    places = []
    for cue, (begin, end) in zip(answer["cues"], edit.cues, strict=True):
        first, last = wanted(edit.start, handles, begin, end)
        want = Wanted(begin, end, first, last, edit.seen(begin, end, first, last))
        places.append(check_take(found, rate, edit.start, cue, want))
    check_tiles(found, rate, places)
    check_document(found, edit, out, answer["cues"], handles)
    return found


def check_clip(
    command: Foley,
    clip: Path,
    rate: Rate,
    start: int,
    seen: list[bool],
    *,
    cut: tuple[int, int] | None = None,
) -> Found:
    """``foley generate`` on CLIP, whose record frames show SEEN; only frames CUT where given."""
    found, handles = Found(), 12
    begin, end = cut or (0, len(seen))
    options = [] if cut is None else ["--in", rate.label(start + begin), "--out", rate.label(start + end)]
    folder = clip.parent / f"{clip.stem} {begin}.foley"
    answer = command.run("generate", str(clip), "-o", str(folder), *_CLICKS, *options)
    first, last = wanted(start, handles, begin, end)
    shown = [seen[min(max(frame, 0), len(seen) - 1)] for frame in range(first, last)]
    found.expect(f"{rate.name} cues", len(answer["cues"]), 1)
    check_take(found, rate, start, answer["cues"][0], Wanted(begin, end, first, last, shown))
    return found


CLIP_RATES = ("23.976", "25", "29.97 DF", "59.94 NDF")


def check_clips(command: Foley, folder: Path, names: Sequence[str] = CLIP_RATES) -> dict[str, Found]:
    """``foley generate``: embedded timecode at the rates with NAMES, variable frame rate, an odd rate."""
    folder.mkdir(parents=True, exist_ok=True)
    results: dict[str, Found] = {}
    for rate in (rate for rate in RATES if rate.name in names):
        clip, start = folder / f"{rate.name}.mov", rate.frame("15:44:35:10")
        frames = 3 * rate.nominal + 7
        make_clip(clip, rate=rate.exact, frames=frames, size=SIZE, draw=drawn, timecode=rate.label(start))
        seen = [bright(frame) for frame in range(frames)]
        results[f"{rate.name} 15:44:35:10"] = check_clip(command, clip, rate, start, seen)
        part = check_clip(command, clip, rate, start, seen, cut=(11, frames - 5))
        results[f"{rate.name} 15:44:35:10, part"] = part
    odd = Rate("179/6", 179, 6, (179 / 6,), 2_592_000)
    clip = make_clip(folder / "odd.mp4", rate=Fraction(179, 6), frames=95, size=SIZE, draw=drawn)
    results["179/6"] = check_clip(command, clip, odd, 0, [bright(frame) for frame in range(95)])
    results["variable 30"] = _check_variable(command, folder)
    return results


def _check_variable(command: Foley, folder: Path) -> Found:
    """A phone's clip at 30: frames are missing, others come late by a third of a frame."""
    rate = next(rate for rate in RATES if rate.name == "30")
    stamps = [20 * frame + (7 if frame % 3 == 1 else 0) for frame in range(100) if frame % 7 not in {3, 4}]
    clip = make_clip(
        folder / "variable.mp4",
        frames=len(stamps),
        stamps=stamps,
        time_base=Fraction(1, 600),
        rate=Fraction(30),
        b_frames=0,
        size=SIZE,
        draw=drawn,
    )
    record = range(-(-(stamps[-1] + 20) // 20))
    seen = [bright(max(i for i, stamp in enumerate(stamps) if stamp <= 20 * frame)) for frame in record]
    return check_clip(command, clip, rate, 0, seen)


def main() -> int:
    """Prints a table; 1 when anything lies where it should not."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    results: dict[str, Found] = {}
    began = time.monotonic()
    print(_row("rate and start", "cues", "cuts", "clicks", "worst cut", "between", "worst click"))
    with tempfile.TemporaryDirectory() as name, foley(Path(name)) as command:
        for rate in RATES:
            for number, label in enumerate(STARTS):
                where = Path(name) / rate.name / str(number)
                results[f"{rate.name} {label}"] = check_timeline(command, where, rate, number)
                _print(results, f"{rate.name} {label}")
        for what, found in check_clips(command, Path(name) / "clips").items():
            results[f"generate {what}"] = found
            _print(results, f"generate {what}")
    wrong = sum(len(found.wrong) for found in results.values())
    print(f"{wrong} wrong, in {time.monotonic() - began:.0f} s (errors are in samples at 48 kHz)")
    if given.json:
        given.json.write_text(json.dumps({what: asdict(found) for what, found in results.items()}, indent=1))
    return 1 if wrong else 0


def _row(what: str, *cells: object) -> str:
    return f"{what:30}" + "".join(f"{cell!s:>12}" for cell in cells)


def _print(results: dict[str, Found], what: str) -> None:
    f = results[what]
    print(_row(what, f.cues, f.cuts, f.clicks, f.worst_cut, f.worst_tile, f.worst_click), flush=True)
    for sentence in f.wrong[:5]:
        print(f"    {sentence[:400]}")


if __name__ == "__main__":
    sys.exit(main())
