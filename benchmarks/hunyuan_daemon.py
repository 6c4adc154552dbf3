"""The hunyuan engine through the real daemon on this machine's card, as a user has it.

Run ``python -m benchmarks.hunyuan_daemon [--size xxl|xl] [--folder DIR] [--json FILE]`` where foleyd is
installed. Files of the published layout, random at full size, are written below DIR and imported by
``foley models import``; then ``foley load``, ``foley generate`` and ``foley unload`` run, in every memory
profile. *Card* is the most memory of the card in use at once meanwhile, all programs together, as nvidia-smi
says (sampled ten times a second), less what was in use before; *job* is the peak in the job's record.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from benchmarks.clip import make_clip
from benchmarks.hunyuan_published import write_published

MIB = 2**20
GIB = 2**30
PROMPTS = iter(f"footsteps on gravel, light rain, {number} birds" for number in range(1000))


def card_bytes() -> int:
    """Memory of the first card in use."""
    asked = ["nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits", "--id=0"]
    return int(subprocess.run(asked, capture_output=True, text=True, check=True).stdout) * MIB


class CardWatch:
    """The most memory of the card in use while it is open, less BEFORE."""

    def __init__(self, before: int) -> None:
        self._before = before
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self.peak = 0

    def __enter__(self) -> CardWatch:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.1):
            self.peak = max(self.peak, card_bytes() - self._before)


def foley(*words: str) -> Any:
    """The JSON answer of a command; fails with what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "foleyd", *words], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"foley {' '.join(words)}: {done.returncode}\n{done.stdout}\n{done.stderr}")
    return json.loads(done.stdout) if "--json" in words else done.stdout


class Session:
    """Commands, one after the other, each a row of the table."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._before = card_bytes()
        self.rows: list[dict[str, Any]] = []

    def step(self, what: str, work: Callable[[], dict[str, Any] | None]) -> None:
        """Does WORK and notes how long it took and what it held of the card."""
        began = time.perf_counter()
        with CardWatch(self._before) as watch:
            more = work() or {}
        row = {"what": what, "seconds": time.perf_counter() - began, "card_gib": watch.peak / GIB}
        row |= {"card_after_gib": (card_bytes() - self._before) / GIB, **more}
        self.rows.append(row)
        notes = "  ".join(f"{key} {value}" for key, value in more.items())
        print(
            f"{what:<44}{row['seconds']:8.2f} s  card {row['card_gib']:6.2f}, then"
            f" {row['card_after_gib']:6.2f} GiB  {notes}",
            flush=True,
        )

    def generate(self, clip: Path, *words: str) -> dict[str, Any]:
        """Makes sound for CLIP with a prompt never heard; what its record says."""
        out = Path(tempfile.mkdtemp(dir=self._folder))
        asked = ("-p", next(PROMPTS), "--engine", "hunyuan", "-o", str(out), "--no-preview", "--no-picture")
        began = time.perf_counter()
        result = foley("generate", str(clip), *asked, *words, "--json")
        seconds = time.perf_counter() - began
        job = foley("jobs", result["job"], "--json")
        sounds = [take["path"] for cue in result["cues"] for take in cue["takes"]]
        levels = [float(np.sqrt(np.mean(np.square(soundfile.read(path)[0])))) for path in sounds]
        assert np.isfinite(levels).all(), levels
        assert min(levels) > 0, levels
        return {
            "command": round(seconds, 2),
            **{stage: round(took, 2) for stage, took in result["seconds"].items() if took >= 0.01},
            "takes": len(sounds),
            "samples": result["cues"][0]["takes"][0]["cue_samples"],
            "job_gib": round(job["peak_device_memory_bytes"] / GIB, 2),
            "worker_mib": round(job["peak_memory_bytes"] / MIB),
            "warnings": [text for cue in result["cues"] for text in cue.get("warnings", [])],
        }


def note_of_engine() -> dict[str, Any]:
    engines = foley("status", "--json")["engines"]
    found = next(engine for engine in engines if engine["name"] == "hunyuan")
    return {key: found[key] for key in ("version", "device", "profile", "note")}


def _published(folder: Path, size: str) -> Path:
    """Written by a process that leaves nothing on the card."""
    path = folder / "published"
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as other:
        other.submit(write_published, path, size).result()
    return path


def run(session: Session, folder: Path, published: Path) -> None:
    short = make_clip(folder / "10s.mp4", 10)
    long = make_clip(folder / "60s.mp4", 60)
    step, generate = session.step, session.generate

    def simply(*words: str) -> Callable[[], None]:
        def work() -> None:
            foley(*words)

        return work

    step("models import", simply("models", "import", str(published), "--accept-license", "--json"))
    step("first job, not loaded before", lambda: generate(short))
    step("status", note_of_engine)
    step("unload", simply("unload", "hunyuan"))
    step("load", simply("load", "hunyuan"))
    step("a clip known already, another prompt", lambda: generate(short))
    step("the same, another prompt", lambda: generate(short))
    new = [make_clip(folder / f"new-{seed}.mp4", 10, seed) for seed in (2, 3, 4)]
    step("a new clip of 10 s", lambda: generate(new[0]))
    step("4 takes of 10 s", lambda: generate(short, "--takes", "4"))
    step("60 s", lambda: generate(long))
    step("60 s, 4 takes", lambda: generate(long, "--takes", "4"))
    step("unload", simply("unload", "hunyuan"))
    for profile, clip in (("8bit", new[1]), ("offload", new[2])):
        step(f"load --profile {profile}", simply("load", "hunyuan", "--profile", profile))
        step("status", note_of_engine)
        step(f"{profile}: 10 s", partial(generate, short))
        step(f"{profile}: a new clip", partial(generate, clip))
        step("unload", simply("unload", "hunyuan"))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=("xxl", "xl"), default="xxl")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "foleyd-daemon")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    os.environ["FOLEYD_HOME"] = str(arguments.folder / "home")
    published = _published(arguments.folder, arguments.size)
    session = Session(arguments.folder)
    try:
        run(session, arguments.folder, published)
    finally:
        subprocess.run([sys.executable, "-m", "foleyd", "stop"], check=False)
        if arguments.json:
            arguments.json.write_text(json.dumps(session.rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
