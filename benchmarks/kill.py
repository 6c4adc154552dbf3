"""Kills the daemon with SIGKILL at seeded moments under load; counts what was lost. Should be nothing.

    python -m benchmarks.kill [--kills 100] [--seed 1] [--json FILE]

Between two kills three jobs are accepted. A job is whole when it has exactly one terminal event, done,
and its folder holds its takes and its timeline, each readable by libsndfile or the JSON reader, with
nothing beside them.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import grpc
import numpy as np
import soundfile

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from clipmaker import make_clip
from foleyd.v1 import foleyd_pb2 as pb
from house import House, request, wait_for

LONGEST_WAIT = 1.0
"""Seconds after the jobs were accepted within which the kill falls."""


@dataclass
class Outcome:
    """What a run found. LOST and WRONG name jobs."""

    kills: int = 0
    accepted: int = 0
    done: int = 0
    resumed: int = 0
    lost: list[str] | None = None
    wrong: list[str] | None = None
    seconds: float = 0.0


def run(kills: int, seed: int, folder: Path) -> Outcome:
    """KILLS kills at moments drawn from SEED, with everything in FOLDER."""
    began, random_ = time.monotonic(), random.Random(seed)
    clip = make_clip(folder / "clip.mp4", frames=50, size=(96, 64), draw=_flash)
    house, jobs = House(folder / "home"), {}
    for number in range(kills):
        daemon = house.start()
        for take in range(3):
            out = folder / f"out {number} {take}"
            message = request(clip, 50, folder=out, takes=2, prompt=f"{number} {take}", delay=0.04)
            message.output.preview = message.output.picture = take == 0
            try:
                jobs[next(iter(daemon.stub.Generate(message))).job_id] = (out, take == 0)
            except grpc.RpcError:
                continue
        time.sleep(random_.uniform(0, LONGEST_WAIT))
        house.kill()
        daemon.close()
    outcome = Outcome(kills, len(jobs), lost=[], wrong=[])
    with house.start() as daemon:
        for job, (out, rich) in jobs.items():
            _check(daemon, job, out, rich, outcome)
    house.stop()
    outcome.seconds = round(time.monotonic() - began, 1)
    return outcome


def _check(daemon, job: str, out: Path, rich: bool, outcome: Outcome) -> None:  # type: ignore[no-untyped-def]
    wait_for(lambda: daemon.job(job).state not in (pb.JOB_STATE_QUEUED, pb.JOB_STATE_RUNNING), 300)
    record = daemon.job(job)
    outcome.resumed += record.attempts > 1
    if record.state != pb.JOB_STATE_DONE:
        outcome.lost.append(f"{job}: {record.error.message}")
        return
    outcome.done += 1
    events = list(daemon.stub.WatchJob(pb.WatchJobRequest(job_id=job)))
    complaint = _complaint(events, out, rich)
    if complaint:
        outcome.wrong.append(f"{job}: {complaint}")


def _complaint(events: list[pb.JobEvent], out: Path, rich: bool) -> str:
    """What is wrong with a finished job, or ""."""
    if sum(event.HasField("done") for event in events) != 1 or not events[-1].HasField("done"):
        return "not exactly one terminal event, last"
    done = events[-1].done
    for take in done.takes:
        if soundfile.info(take.path).frames != take.samples or not np.abs(soundfile.read(take.path)[0]).max():
            return f"{take.path} is not whole"
    json.loads(Path(done.otio_path).read_bytes())
    expected = {".wav": 2, ".otio": 1} | ({".png": 1, ".mp4": 1} if rich else {})
    found: dict[str, int] = {}
    for path in out.iterdir():
        found[path.suffix] = found.get(path.suffix, 0) + 1
    return "" if found == expected else f"holds {sorted(path.name for path in out.iterdir())}"


def _flash(number: int) -> np.ndarray:
    return np.full((64, 96, 3), 200 if 10 <= number < 30 else 20, np.uint8)


def main() -> int:
    """Prints what was found; 1 when anything was lost."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        outcome = run(given.kills, given.seed, Path(folder))
    for name, value in asdict(outcome).items():
        print(f"{name:10} {value}")
    if given.json:
        given.json.write_text(json.dumps(asdict(outcome), indent=1))
    return 1 if outcome.lost or outcome.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
