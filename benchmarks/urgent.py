"""How long an editor's own job takes while the daemon is busy with a batch job, stage by stage.

    python -m benchmarks.urgent [--minutes 3] [--json FILE]

The batch job is the demo's clip over and over, with mix, preview and picture; the editor's is its first four
seconds, with another prompt each time, so that nothing of it is cached but, from the second time on, what is
seen. ALONE is the same where the daemon is idle.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from foleyd.client import Daemon
from foleyd.media.probe import probe
from foleyd.v1 import foleyd_pb2 as pb
from house import House

CLIP = Path(__file__).parents[1] / "demo" / "bottles.mp4"
STAGES = ("see", "hear", "conform", "place")
_SECONDS = 4


def request(prompt: str, folder: Path, seconds: float, priority: pb.Priority) -> pb.GenerateRequest:
    """So many SECONDS of the clip, over and over."""
    info = probe(CLIP)
    length, wanted = int(info.duration * info.rate), round(seconds * info.rate)
    message = pb.GenerateRequest(request_id=uuid.uuid4().hex, client="benchmark", priority=priority)
    program = message.selection.program
    program.name, (program.rate.num, program.rate.den) = "clip", info.rate.as_integer_ratio()
    for start in range(0, wanted, length):
        shot = program.shots.add(record_start_frame=start, duration_frames=min(length, wanted - start))
        shot.media.path = str(CLIP)
    message.rule.prompts.append(prompt)
    message.engine.name = "procedural"
    message.output.folder = str(folder)
    batch = priority == pb.PRIORITY_BATCH
    message.output.preview = message.output.picture = message.output.audition_mix = batch
    return message


def editors_job(daemon: Daemon, folder: Path) -> float:
    """Seconds from asking to the takes."""
    began = time.perf_counter()
    prompt = f"footsteps, rain {uuid.uuid4().hex[:4]}"
    events = list(daemon.generate(request(prompt, folder / prompt[-4:], _SECONDS, pb.PRIORITY_INTERACTIVE)))
    assert events[-1].HasField("done"), events[-1]
    return time.perf_counter() - began


def batch_stages(daemon: Daemon, folder: Path, minutes: float) -> Iterator[tuple[str, float]]:
    """Runs the batch job; each stage as it begins, and the editor's seconds in it."""
    events = daemon.generate(request("plastic bottles", folder, minutes * 60, pb.PRIORITY_BATCH))
    lock, at = threading.Condition(), [""]

    def follow() -> None:
        for event in events:
            with lock:
                at[0] = event.stage.name or at[0]
                lock.notify_all()
        with lock:
            at[0] = "over"
            lock.notify_all()

    threading.Thread(target=follow, daemon=True).start()
    for stage in STAGES:
        with lock:
            lock.wait_for(lambda stage=stage: at[0] in (stage, "over"))  # type: ignore[misc]
            if at[0] == "over":
                return
        yield stage, editors_job(daemon, folder.parent / stage)
    with lock:
        lock.wait_for(lambda: at[0] == "over")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        house = House(work / "home")
        with house.start() as daemon:
            editors_job(daemon, work / "warm")
            alone = median(editors_job(daemon, work / "alone") for _ in range(3))
            began = time.perf_counter()
            busy = dict(batch_stages(daemon, work / "batch", arguments.minutes))
            whole = time.perf_counter() - began
        house.stop()
    print(f"the editor's {_SECONDS} s, alone            {alone:6.2f} s")
    for stage, seconds in busy.items():
        print(f"while the batch is at {stage:<12} {seconds:6.2f} s")
    print(f"the batch's {arguments.minutes:g} minutes, in all   {whole:6.2f} s")
    if arguments.json:
        figures = {"alone": alone, **busy, "batch": whole, "cores": os.cpu_count()}
        arguments.json.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
