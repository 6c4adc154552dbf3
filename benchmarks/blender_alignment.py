"""How far from its place Blender plays what the extension lays down, in samples at 48 kHz.

    python -m benchmarks.blender_alignment [--json FILE]

Files of the daemon's shape (cut as the daemon cuts: from the rounded sample of a whole frame on) hold clicks
at known samples. The extension lays them onto scenes of every rate and start, Blender mixes down, libsndfile
reads the mix. What is expected is worked out in whole numbers, and nothing of foleyd is imported here.

Blender begins and ends strips only between the blocks that it mixes, 1024 samples (21 ms) long unless said
otherwise: clicks that near to an end are looked for in a second mix of short blocks. There all that lie
within the cue must be heard, and none that lies in a handle.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

ROOT = Path(__file__).parents[1]
SAMPLE_RATE = 48_000
BOUND = 4
"""Samples; Blender's own error stays below it (0.083 ms, a two-hundredth of a frame at 60 per second)."""
HANDLES = 12
LENGTH = 300
CUES = ((0, 40), (40, 97), (150, 151), (170, 288))
"""Frames from the scene's start: at once, at a cut, one frame long, and long."""
BLOCKS = (1024, 64)
"""Samples that Blender mixes at a time: as always, and short ones for the ends of strips."""
NEAR = 180
LOUD = 0.2

RATES: dict[str, tuple[Fraction, int, float]] = {
    "23.976": (Fraction(24000, 1001), 24, 1.001),
    "24": (Fraction(24), 24, 1.0),
    "25": (Fraction(25), 25, 1.0),
    "29.97": (Fraction(30000, 1001), 30, 1.001),
    "30": (Fraction(30), 30, 1.0),
    "50": (Fraction(50), 50, 1.0),
    "59.94": (Fraction(60000, 1001), 60, 1.001),
}
"""Exact rate, and how Blender is told of it."""
STARTS = (0, 1, 86400)


@dataclass(frozen=True)
class Case:
    """A scene with clicks laid onto it."""

    rate: str
    start: int
    clicks: tuple[int, ...]
    """Samples from scene frame 0 on which a click must be heard."""
    spec: dict[str, Any]
    """For ``tests/blender/inside/align.py``."""


@dataclass(frozen=True)
class Measured:
    """What became of the clicks of a case in one mix; errors in samples, later is positive."""

    rate: str
    start: int
    block: int
    clicks: int
    worst: float
    mean: float
    missing: int
    """Clicks of a cue that are not heard."""
    strays: int
    """Clicks of a handle that are heard."""


def sample(frame: int, rate: Fraction) -> int:
    """The sample on which FRAME begins, counted from frame 0: the exact place, rounded to the nearest."""
    exact = Fraction(frame * SAMPLE_RATE) / rate
    return (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)


def make_case(folder: Path, name: str, start: int) -> Case:
    """Writes the files of a scene at the rate called NAME that begins at frame START."""
    rate, fps, fps_base = RATES[name]
    placements, takes, cues, clicks = [], [], [], []
    for number, (begin, end) in enumerate(CUES):
        cue = (start + begin, start + end)
        file = (max(0, cue[0] - HANDLES), cue[1] + HANDLES)
        path = folder / f"{name} {start} {number}.wav"
        first, last = sample(cue[0], rate), sample(cue[1], rate)
        heard = [first + 100, first + 300, *range(first + 1500, last - 1500, 9000), last - 300, last - 100]
        _write(path, sample(file[0], rate), sample(file[1], rate), [*heard, first - 300, last + 300])
        clicks += heard
        takes.append({"id": f"t{number}", "cue_id": f"c{number}", "path": str(path), "seed": 1} | _file(file))
        cues.append({"id": f"c{number}", "prompt": "click", "negative_prompt": ""})
        placements.append(
            {"cue_id": f"c{number}", "take_id": f"t{number}", "path": str(path), "enabled": True}
            | {"track_name": "Foley: foley", "layer": "foley"}
            | {"range": {"start_frame": cue[0], "end_frame": cue[1]}}
        )
    result = {"placements": placements, "takes": takes, "cues": cues, "engine": {"name": "made"}}
    result["rate"] = {"num": rate.numerator, "den": rate.denominator}
    spec = {"fps": fps, "fps_base": fps_base, "start": start, "end": start + LENGTH, "result": result}
    mixes = [(str(folder / f"{name} {start} mix {block}.wav"), block) for block in BLOCKS]
    return Case(name, start, tuple(clicks), spec | {"mixes": mixes})


def _file(covered: tuple[int, int]) -> dict[str, Any]:
    return {"file_range": {"start_frame": covered[0], "end_frame": covered[1]}}


def _write(path: Path, first: int, last: int, clicks: Sequence[int]) -> None:
    """A file of the samples FIRST until LAST of the timeline with CLICKS in it, where they fall into it."""
    sound = np.zeros(last - first)
    for click in clicks:
        if first <= click < last:
            sound[click - first] = 0.9
    soundfile.write(path, sound, SAMPLE_RATE, "PCM_24")


def measure(case: Case) -> list[Measured]:
    """Finds the clicks of CASE in Blender's mixes."""
    return [_measure(case, path, block) for path, block in case.spec["mixes"]]


def _measure(case: Case, path: str, block: int) -> Measured:
    mix, rate = soundfile.read(path, dtype="float32")
    if rate != SAMPLE_RATE or mix.ndim != 1:
        raise ValueError(f"the mix is not mono at 48 kHz: {rate}, {mix.shape}")
    begin = Fraction(case.start * SAMPLE_RATE) / RATES[case.rate][0]
    loud, errors = np.abs(mix) > LOUD, []
    for click in case.clicks:
        place = click - begin
        low = max(0, int(place) - NEAR // 2)
        near = np.abs(mix[low : low + NEAR])
        at = int(near.argmax())
        if near[at] > LOUD:
            errors.append(float(low + at - place))
            loud[low + at - 2 : low + at + 3] = False
    return Measured(
        case.rate,
        case.start,
        block,
        clicks=len(case.clicks),
        worst=max(errors, key=abs, default=0.0),
        mean=float(np.mean(errors)) if errors else 0.0,
        missing=len(case.clicks) - len(errors),
        strays=int(loud.sum()),
    )


def interpreters() -> dict[str, Path]:
    """The Pythons with a Blender in them, by its version."""
    found = sorted(ROOT.glob(".venv-bpy-*/bin/python"))
    return {path.parents[1].name.removeprefix(".venv-bpy-"): path for path in found}


def run_inside(python: Path, folder: Path, cases: Sequence[Case]) -> None:
    """Has CASES laid and mixed by the Blender of PYTHON. Raises RuntimeError with its words on failure."""
    package = folder / "extension" / "foley"
    shutil.copytree(ROOT / "plugins" / "blender", package, dirs_exist_ok=True)
    for module in (ROOT / "plugins" / "shared").glob("*.py"):
        shutil.copy(module, package)
    (package / "__init__.py").write_text("")  # the interface has no part in this
    inside = ROOT / "tests" / "blender" / "inside"
    (folder / "cases.json").write_text(json.dumps([case.spec for case in cases]))
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join((str(package.parent), str(inside))),
        "BLENDER_USER_RESOURCES": str(folder / "user"),
    }
    done = subprocess.run(
        [str(python), str(inside / "align.py"), str(folder / "cases.json")],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
        env=environment,
    )
    if done.returncode:
        raise RuntimeError(f"{python} exited with {done.returncode}:\n{done.stdout}\n{done.stderr}")


def table(version: str, results: Sequence[Measured]) -> str:
    """Worst and mean error of each rate and start, and what was heard at the ends."""
    lines = [f"Blender {version}: samples at 48 kHz, worst (mean)", ""]
    lines.append("| rate | " + " | ".join(f"start {start}" for start in STARTS) + " |")
    lines.append("|---|" + "---|" * len(STARTS))
    for name in RATES:
        found = {r.start: r for r in results if r.rate == name and r.block == BLOCKS[0]}
        cells = [f"{found[start].worst:+.2f} ({found[start].mean:+.2f})" for start in STARTS]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    for block in BLOCKS:
        of_block = [r for r in results if r.block == block]
        clicks, missing, strays = (
            sum(getattr(r, key) for r in of_block) for key in ("clicks", "missing", "strays")
        )
        lines += [
            "",
            f"Mixed in blocks of {block} samples: {clicks} clicks, of them {missing} within a block of",
        ]
        lines += [f"a strip's start not heard, and {strays} of a handle heard after its end."]
    return "\n".join(lines)


def fine(results: Sequence[Measured]) -> bool:
    """Whether all clicks lie within the bound, and in short blocks all are heard and nothing else is."""
    exact = [r for r in results if r.block == BLOCKS[-1]]
    return all(abs(r.worst) <= BOUND for r in results) and not any(r.missing or r.strays for r in exact)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", type=Path, help="write the figures here")
    arguments = parser.parse_args()
    figures: dict[str, list[Measured]] = {}
    for version, python in interpreters().items():
        if version.startswith("4.2."):
            continue  # that build of the module has no sound
        with tempfile.TemporaryDirectory() as folder:
            cases = [make_case(Path(folder), name, start) for name in RATES for start in STARTS]
            run_inside(python, Path(folder), cases)
            figures[version] = [found for case in cases for found in measure(case)]
        print(table(version, figures[version]) + "\n")
    if not figures:
        print("no Blender was found: make install-bpy gets it")
        return 1
    if arguments.json:
        arguments.json.write_text(
            json.dumps(
                {version: [asdict(r) for r in results] for version, results in figures.items()}, indent=2
            )
        )
    return 0 if all(map(fine, figures.values())) else 1


if __name__ == "__main__":
    sys.exit(main())
