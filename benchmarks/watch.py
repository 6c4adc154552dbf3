"""Drops files into a watch folder at once and kills the daemon, and the watch itself, meanwhile.

    python -m benchmarks.watch [--files 200] [--kills 5] [--watch-kills 2] [--seed 1] [--poll] [--json FILE]

A file is done right when there is exactly one folder of results for it, whole, with nothing half-made beside
it, when the daemon has exactly one job for it, and when it lies where it was dropped as it was. Batches that
a kill fell into are generated again; nothing else is.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import soundfile

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from clipmaker import make_clip
from foleyd.client import connect
from foleyd.config import find_folders
from foleyd.launch import read_endpoint
from foleyd.v1 import foleyd_pb2 as pb
from house import FAKE_ENGINE

LONGEST = 900
"""Seconds after which what is not done counts as lost."""
_DISTINCT = 20
"""Pictures that differ; the files differ all, by what their containers say."""


_HELD = Counter({".wav": 2, ".otio": 1, ".png": 1, ".mp4": 1, ".csv": 1, ".html": 1, ".txt": 1})


@dataclass
class Outcome:
    """What a run found. LOST, WRONG and CHANGED name files."""

    files: int = 0
    kills: int = 0
    watch_kills: int = 0
    done: int = 0
    jobs: int = 0
    resumed_jobs: int = 0
    generated: int = 0
    generated_again: int = 0
    lost: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    left_over: list[str] = field(default_factory=list)
    seconds: float = 0.0


def make_files(folder: Path, files: int) -> list[Path]:
    """FILES videos with a sidecar each, in FOLDER."""
    folder.mkdir(parents=True)
    made = []
    for number in range(files):
        path = folder / f"clip {number:03}.mp4"
        level = number % _DISTINCT * 8

        def draw(frame: int, level: int = level) -> np.ndarray:
            return np.full((64, 96, 3), 230 if 5 <= frame < 12 else level, np.uint8)

        if number < _DISTINCT:
            make_clip(path, frames=25, size=(96, 64), draw=draw)
        else:
            # A trailing box that no reader minds makes each its own file.
            first = made[number % _DISTINCT].read_bytes()
            path.write_bytes(first + b"\x00\x00\x00\x10free" + number.to_bytes(8, "big"))
        path.with_name(f"clip {number:03}.foley.toml").write_text(f"seed = {number}\n")
        made.append(path)
    return made


def start_watch(drop: Path, home: Path, log: Path, *more: str) -> subprocess.Popen[bytes]:
    """``foley watch`` on DROP, as a process of its own; daemons that it starts know the engine for tests."""
    path = os.pathsep.join([str(FAKE_ENGINE), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "FOLEYD_HOME": str(home), "PYTHONPATH": path}
    command = [
        sys.executable,
        "-m",
        "foleyd",
        "watch",
        str(drop),
        "--settle",
        "0.3",
        "--together",
        "0",
        *more,
    ]
    with log.open("ab") as file:
        return subprocess.Popen(command, stdout=file, stderr=file, env=environment, start_new_session=True)


def kill_daemon() -> bool:
    """SIGKILL to the daemon of this home, as an out-of-memory killer would; whether there was one."""
    endpoint = read_endpoint(find_folders())
    if endpoint is None:
        return False
    with suppress(ProcessLookupError):
        os.kill(endpoint.pid, signal.SIGKILL)
        return True
    return False


def run(files: int, kills: int, watch_kills: int, seed: int, folder: Path, *more: str) -> Outcome:
    """Drops FILES at once and kills at moments drawn from SEED, with everything in FOLDER."""
    home, drop, log = folder / "home", folder / "drop", folder / "watch.log"
    os.environ["FOLEYD_HOME"] = str(home)
    drop.mkdir(parents=True)
    heard = folder / "heard.txt"
    (drop / "foley.toml").write_text(
        f'prompt = "clicks"\nengine = "fake"\noptions = {{ log = "{heard}", delay = "0.01" }}\n'
    )
    sources = make_files(folder / "sources", files)
    digests = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sources}
    draw, began = random.Random(seed), time.monotonic()
    outcome = Outcome(files)
    watch = start_watch(drop, home, log, *more)
    try:
        for path in (*sources, *(path.with_suffix(".foley.toml") for path in sources)):
            shutil.copy2(path, drop / path.name)
        acts = ["daemon"] * kills + ["watch"] * watch_kills
        draw.shuffle(acts)
        # Each kill falls when a part of the files is done.
        marks = sorted(draw.uniform(0.02, 0.95) * files for _ in acts)
        while time.monotonic() - began < LONGEST and _done(drop, sources) < files:
            if marks and _done(drop, sources) >= marks[0]:
                marks.pop(0)
                if acts.pop() == "daemon":
                    outcome.kills += kill_daemon()
                else:
                    watch.kill()
                    watch.wait()
                    outcome.watch_kills += 1
                    watch = start_watch(drop, home, log, *more)
                time.sleep(draw.uniform(0, 0.5))
            time.sleep(0.02)
        outcome.seconds = round(time.monotonic() - began, 1)
        time.sleep(1)  # what would be done twice would be now
    finally:
        watch.send_signal(signal.SIGINT)
        watch.wait(60)
    _examine(drop, sources, digests, heard, outcome)
    return outcome


def _done(drop: Path, sources: list[Path]) -> int:
    return sum((drop / "foley" / path.name / "report.txt").exists() for path in sources)


def _examine(drop: Path, sources: list[Path], digests: dict[str, str], heard: Path, outcome: Outcome) -> None:
    own = drop / "foley"
    for path in sources:
        results = own / path.name
        if not results.is_dir():
            outcome.lost.append(path.name)
            continue
        complaint = _complaint(results)
        if complaint:
            outcome.wrong.append(f"{path.name}: {complaint}")
        else:
            outcome.done += 1
        if hashlib.sha256((drop / path.name).read_bytes()).hexdigest() != digests[path.name]:
            outcome.changed.append(path.name)
    expected = {path.name for path in sources} | {".state"}
    outcome.left_over = sorted(entry.name for entry in own.iterdir() if entry.name not in expected)
    batches = re.findall(r"clicks#(\d+)", heard.read_text())
    counts = Counter(batches)
    outcome.generated = len(counts)
    outcome.generated_again = sum(counts.values()) - len(counts)
    with connect(find_folders()) as daemon:
        jobs, token = [], ""
        while True:
            page = daemon.ask(
                "ListJobs", pb.ListJobsRequest(page_size=500, page_token=token), pb.ListJobsResponse
            )
            jobs += page.jobs
            token = page.next_page_token
            if not token:
                break
        outcome.jobs = len(jobs)
        outcome.resumed_jobs = sum(job.attempts > 1 for job in jobs)
        outcome.wrong += [f"job {job.id} is {job.state}" for job in jobs if job.state != pb.JOB_STATE_DONE]
        daemon.stop()


def _complaint(results: Path) -> str:
    """What is wrong with a folder of results, or ""."""
    kinds = Counter(path.suffix for path in results.iterdir())
    if kinds != _HELD:
        return f"holds {sorted(path.name for path in results.iterdir())}"
    for path in results.glob("*.wav"):
        if not np.abs(soundfile.read(path)[0]).max():
            return f"{path.name} is silent"
    timeline = next(results.glob("*.otio")).read_text()
    json.loads(timeline)
    if ".making-" in timeline:
        return "the timeline points at where it was made"
    takes = re.findall(r'"file://([^"]+_take\d+\.wav)"', timeline)
    if not takes or not all(Path(take.replace("%20", " ")).is_file() for take in takes):
        return f"the timeline's takes {takes} are not there"
    return "" if (results / "report.txt").read_text().startswith("Foley for ") else "has no report"


def main() -> int:
    """Prints what was found; 1 when anything was lost, wrong, changed or done twice."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--watch-kills", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--poll", action="store_true")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    more = ("--poll", "--every", "0.5") if given.poll else ()
    with tempfile.TemporaryDirectory() as folder:
        outcome = run(given.files, given.kills, given.watch_kills, given.seed, Path(folder), *more)
    for name, value in asdict(outcome).items():
        print(f"{name:16} {value}")
    if given.json:
        given.json.write_text(json.dumps(asdict(outcome), indent=1))
    return 0 if is_right(outcome) else 1


def is_right(outcome: Outcome) -> bool:
    """Whether every file was done exactly once, whole."""
    troubles = outcome.lost or outcome.wrong or outcome.changed or outcome.left_over
    return not troubles and outcome.done == outcome.files == outcome.jobs


if __name__ == "__main__":
    sys.exit(main())
